/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_STATUS_H
#define XFRMD_XFRMD_STATUS_H

#include "xfrmd/ctl/ctl_proto.h"
#include "xfrmd/xfrmd/state.h"

/* The caller calls ctl_status_fini(). */
void status_fill(struct daemon *daemon, struct ctl_status *ret_status);
/* Answers of the control socket; NULL: out of memory. */
char *status_json(struct daemon *daemon);
char *status_peers_json(struct daemon *daemon);

#endif
