/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_RESYNC_H
#define XFRMD_XFRMD_RESYNC_H

#include "xfrmd/xfrmd/state.h"

/* After lost notifications, or lost memory: the kernel's SAs tell what was missed. open: 0 or -ENOMEM
 * and @err. */
int resync_open(struct daemon *daemon, struct err *err);
void resync_close(struct daemon *daemon);
void resync_now(struct daemon *daemon);
void resync_soon(struct daemon *daemon);

#endif
