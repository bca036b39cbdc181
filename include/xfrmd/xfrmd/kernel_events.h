/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_KERNEL_EVENTS_H
#define XFRMD_XFRMD_KERNEL_EVENTS_H

#include "xfrmd/xfrmd/parts.h"

/* What the kernel tells of policies and SAs, and who is told. What it did not tell before is looked
 * for. */
extern const struct part kernel_events_part;

#endif
