/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_SHUTDOWN_H
#define XFRMD_XFRMD_SHUTDOWN_H

#include "xfrmd/ctl/ctl_server.h"
#include "xfrmd/xfrmd/parts.h"

/*
 * `xfrmctl shutdown`: begins, or joins the one under way; @now: no job is waited for any longer.
 * Takes @request, which is answered at the end.
 */
void shutdown_ask(struct daemon *daemon, struct ctl_request *request, bool now);
bool shutdown_is_under_way(const struct daemon *daemon);
void shutdown_status(const struct daemon *daemon, struct ctl_status *status);
/* A signal ends xfrmd. If the end of the protection has begun, it is done at once: the peers have
 * their DELETEs, so it cannot go on. False: it goes on. */
bool shutdown_finish(struct daemon *daemon);
/* close: answers those who still wait. */
extern const struct part shutdown_part;

#endif
