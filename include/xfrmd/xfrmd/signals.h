/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_SIGNALS_H
#define XFRMD_XFRMD_SIGNALS_H

#include "xfrmd/xfrmd/parts.h"

/* SIGHUP reloads, SIGTERM and SIGINT end xfrmd. */
extern const struct part signals_part;

#endif
