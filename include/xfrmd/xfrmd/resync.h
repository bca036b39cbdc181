/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_RESYNC_H
#define XFRMD_XFRMD_RESYNC_H

#include "xfrmd/xfrmd/parts.h"

/* After lost notifications, or lost memory: the kernel's SAs tell what was missed. */
extern const struct part resync_part;
/* @daemon: a struct daemon, so that this may be a callback. */
void resync_now(void *daemon);
void resync_soon(struct daemon *daemon);

#endif
