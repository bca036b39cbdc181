/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_IDLE_PEERS_H
#define XFRMD_XFRMD_IDLE_PEERS_H

#include "xfrmd/xfrmd/parts.h"

/* Peers that are silent for idle_timeout. */
extern const struct part idle_peers_part;
/* idle_timeout is another one, or for the first time there is one. */
void idle_peers_arm(struct daemon *daemon);

#endif
