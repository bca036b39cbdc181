/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_LIVE_PEERS_H
#define XFRMD_XFRMD_LIVE_PEERS_H

#include "xfrmd/sad/liveness.h"
#include "xfrmd/xfrmd/parts.h"

/* Whether the peers that are up still take what is sent to them. */
extern const struct part live_peers_part;
/* There may be something to look at: a peer is up, or dpd_delay is another one. */
void live_peers_arm(struct daemon *daemon);
/* A pair has new SAs. */
void live_peers_on_negotiated(struct daemon *daemon, const struct pair *pair);
/* For the negotiator; @ctx is a struct daemon. */
void live_peers_on_failed(void *ctx, const struct pair *pair, bool answered);

struct liveness_counters live_peers_counters(const struct daemon *daemon);

#endif
