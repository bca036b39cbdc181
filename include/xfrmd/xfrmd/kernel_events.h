/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_KERNEL_EVENTS_H
#define XFRMD_XFRMD_KERNEL_EVENTS_H

#include "xfrmd/xfrmd/state.h"

/* What the kernel tells of policies and SAs, and who is told. What it did not tell before is looked
 * for. 0, or negative errno and @err. */
int kernel_events_open(struct daemon *daemon, struct err *err);
void kernel_events_close(struct daemon *daemon);

#endif
