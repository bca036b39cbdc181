/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_LOCKDOWN_H
#define XFRMD_XFRMD_LOCKDOWN_H

#include "xfrmd/base/err.h"
#include "xfrmd/conf/conf.h"

/*
 * `xfrmd --lockdown`: blocks what is protected. Adds and updates policies, deletes none. Where another
 * xfrmd runs in @run_dir they are that one's business: they are waited for, and -EEXIST tells that
 * some are not in the kernel. A run directory that cannot be locked is no reason to leave the host
 * open. 0, or negative errno and @err.
 */
int lockdown_run(const struct conf *conf, const char *run_dir, struct err *err);

#endif
