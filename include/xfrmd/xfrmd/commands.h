/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_COMMANDS_H
#define XFRMD_XFRMD_COMMANDS_H

#include "xfrmd/xfrmd/parts.h"

/* The control socket and its commands. */
extern const struct part commands_part;

#endif
