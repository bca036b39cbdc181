/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_DAEMON_H
#define XFRMD_XFRMD_DAEMON_H

#include "xfrmd/xfrmd/parts.h"

/*
 * Brings everything up in the order of the contract: lock, netlink, sysctls, policies, charon,
 * control socket. @daemon: conf_path, run_dir, ready_fd and settings are set, the rest is zero. 0, or
 * negative errno and @err; nothing is open then, but policies that were applied stay.
 */
int daemon_open(struct daemon *daemon, struct err *err);
/* Leaves policies, SAs and charon as they are, but for the pins of known hosts. */
void daemon_close(struct daemon *daemon);

/* All of them, in the order in which they are opened. */
const struct part *const *daemon_parts(size_t *ret_count);

#endif
