/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CTL_CTL_METRICS_H
#define XFRMD_CTL_CTL_METRICS_H

#include "xfrmd/base/err.h"
#include "xfrmd/base/metrics.h"

/* The answer to METRICS, as ctl_proto.h has them: NULL: out of memory; -EBADMSG, -ENOMEM and
 * @err. */
char *ctl_metrics_write(const struct metrics *metrics);
int ctl_metrics_parse(const char *text, size_t len, struct metrics *ret_metrics, struct err *err);

#endif
