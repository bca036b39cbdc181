/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CTL_READINESS_H
#define XFRMD_CTL_READINESS_H

#include "xfrmd/ctl/ctl_proto.h"

/*
 * Whether a fleet that runs with optional = true can be switched to required: with which peers this
 * host has no SA although traffic asked for one, or a negotiation failed. Pure.
 */

/* Packets between us and the peer go in clear while optional = true. */
bool readiness_in_clear(const struct ctl_peer *peer);
/* Forgets all others. */
void readiness_keep(struct ctl_peers *peers);
/* `readiness --json` of what is left. The caller frees; NULL: out of memory. */
char *readiness_json(bool optional, const struct ctl_peers *peers);

#endif
