/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_MONITOR_H
#define XFRMD_XFRMD_MONITOR_H

#include "xfrmd/ctl/ctl_server.h"

/* Takes the request: its client gets every line of the log from now on. */
void monitor_begin(struct ctl_server *ctl, struct ctl_request *request);
/* Before @ctl closes. */
void monitor_end(void);

#endif
