/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_METRICS_REPORT_H
#define XFRMD_XFRMD_METRICS_REPORT_H

#include "xfrmd/xfrmd/state.h"

/* What `xfrmctl metrics` shows; NULL: out of memory. */
char *metrics_report(struct daemon *daemon);

#endif
