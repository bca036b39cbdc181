/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_IDLE_PEERS_H
#define XFRMD_XFRMD_IDLE_PEERS_H

#include "xfrmd/xfrmd/state.h"

/* Peers that are silent for idle_timeout. open: 0 or -ENOMEM and @err. */
int idle_peers_open(struct daemon *daemon, struct err *err);
void idle_peers_close(struct daemon *daemon);
/* idle_timeout is another one, or for the first time there is one. */
void idle_peers_arm(struct daemon *daemon);

#endif
