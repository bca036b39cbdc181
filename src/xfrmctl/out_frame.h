/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_OUT_FRAME_H
#define XFRMCTL_OUT_FRAME_H

#include "xfrmd/base/buf.h"

/*
 * Appends to @out what draws the lines of @text over whatever a terminal of @rows rows shows. Lines
 * that are too long are cut by the terminal, those too many are counted in the last row. Pure.
 */
void out_frame(const struct buf *text, size_t rows, struct buf *out);

#endif
