/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_COMMANDS_H
#define XFRMD_XFRMD_COMMANDS_H

#include "xfrmd/xfrmd/state.h"

/* The control socket and its commands. 0, or negative errno and @err. */
int commands_open(struct daemon *daemon, struct err *err);
void commands_close(struct daemon *daemon);

#endif
