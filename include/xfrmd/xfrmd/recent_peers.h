/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_RECENT_PEERS_H
#define XFRMD_XFRMD_RECENT_PEERS_H

#include "xfrmd/ike/peers_file.h"
#include "xfrmd/xfrmd/parts.h"

/* Recent peers, remembered over a reboot. open: reads the file; what is wrong with it is logged and
 * ignored. */
extern const struct part recent_peers_part;
/* Those that are protected by now become known hosts and are negotiated with; before a new plan.
 * 0 or -ENOMEM. */
int recent_peers_apply(struct daemon *daemon);
/* A peer changed its state, a negotiator_callbacks one. */
void recent_peers_on_change(void *ctx);
/* Who is remembered: peers that are up, the latest first, then those that shall be, and who is still
 * waited for. Pure. 0 or -ENOMEM. */
int recent_peers_choose(const struct peers *peers, const struct peers_file *waiting,
                        struct peers_file *ret_file);
/* From here on the SAs end because we do: the peers stay remembered. */
void recent_peers_freeze(struct daemon *daemon);

#endif
