/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_SIGNALS_H
#define XFRMD_XFRMD_SIGNALS_H

#include "xfrmd/xfrmd/state.h"

/* SIGHUP reloads, SIGTERM and SIGINT end xfrmd. 0, or negative errno and @err. */
int signals_open(struct daemon *daemon, struct err *err);
/* From here on they are blocked. */
void signals_close(struct daemon *daemon);

#endif
