/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_OUT_TEXT_H
#define XFRMCTL_OUT_TEXT_H

#include "xfrmd/base/buf.h"
#include "xfrmd/ctl/ctl_proto.h"

/*
 * What people read, appended to @out (whose sticky error says whether it is complete). Pure: times
 * are shown relative to @now, epoch seconds. Texts of others are escaped.
 */
void out_text_status(const struct ctl_status *status, int64_t now, bool coloured, struct buf *out);

/* On screens that are no tables, keys are one column. */
void out_text_key(struct buf *out, const char *key);

#define OUT_TEXT_UNIT_MAX 32
/* "12s", "3m12s", "4h05m", "3d07h"; nothing is shorter than "0s". */
const char *out_text_duration(int64_t seconds, char text[OUT_TEXT_UNIT_MAX]);
/* "999 B", "1.2 MB": powers of 1000. */
const char *out_text_bytes(uint64_t bytes, char text[OUT_TEXT_UNIT_MAX]);

/* What a row of a table has room for; the fault stands in front, names and dates behind it. */
#define OUT_TEXT_ERROR_MAX 121
/* The last error of a peer, escaped, its end replaced by "..." when it is too long. */
const char *out_text_error(const char *error, char text[OUT_TEXT_ERROR_MAX]);

#endif
