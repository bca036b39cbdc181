/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_SYSCTLS_H
#define XFRMD_XFRMD_SYSCTLS_H

#include "xfrmd/xfrmd/parts.h"

/* The sysctls of [kernel]. */
extern const struct part sysctls_part;
/* Writes those that differ; what cannot be is told, and a problem. */
int sysctls_write(struct daemon *daemon, struct err *err);
/* Empty: they are as [kernel] says. */
const char *sysctls_problem(const struct daemon *daemon);
/* Nobody will negotiate any more: packets that were held would fill their senders' buffers. */
void sysctls_stop_holding(void);

#endif
