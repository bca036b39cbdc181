/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_OUT_EXPLAIN_H
#define XFRMCTL_OUT_EXPLAIN_H

#include "xfrmd/base/buf.h"
#include "xfrmd/ctl/ctl_explain.h"

/* The answer for people, appended to @out, whose sticky error says whether it is complete: the
 * whole of it in the first line, then why. Pure: times are shown relative to @now, epoch
 * seconds. */
void out_explain(const struct ctl_explain *explain, int64_t now, bool coloured, struct buf *out);

#endif
