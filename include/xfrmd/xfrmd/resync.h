/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_RESYNC_H
#define XFRMD_XFRMD_RESYNC_H

#include "xfrmd/xfrmd/parts.h"

/* After lost notifications, or lost memory: the kernel's SAs tell what was missed. */
extern const struct part resync_part;
void resync_now(struct daemon *daemon);
void resync_soon(struct daemon *daemon);

#endif
