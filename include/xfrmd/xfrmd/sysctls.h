/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_SYSCTLS_H
#define XFRMD_XFRMD_SYSCTLS_H

#include "xfrmd/xfrmd/state.h"

/* The sysctls of [kernel]. open: 0 or -ENOMEM and @err. */
int sysctls_open(struct daemon *daemon, struct err *err);
void sysctls_close(struct daemon *daemon);
/* Writes those that differ; what cannot be is told, and a problem. */
int sysctls_write(struct daemon *daemon, struct err *err);
/* Empty: they are as [kernel] says. */
const char *sysctls_problem(const struct daemon *daemon);
/* Nobody will negotiate any more: packets that were held would fill their senders' buffers. */
void sysctls_stop_holding(void);

#endif
