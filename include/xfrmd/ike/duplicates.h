/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_IKE_DUPLICATES_H
#define XFRMD_IKE_DUPLICATES_H

#include "xfrmd/ike/peers.h"

/*
 * Several IKE_SAs with one peer, of which one survives: two ends that initiate at the same moment
 * make two, and an end whose charon was restarted makes a new one beside the old one that it does
 * not know any more. Pure.
 *
 * Of the two ends the one with the lower address decides, alone, so that the two cannot end each
 * other's choice, whatever each of them knows and whenever it learns it. It keeps the IKE_SA whose
 * SA it sends with and terminates the others, but none that was used lately: the other end follows
 * what it sends with (hosts.h), and then nothing is under way by them any more. The other end steps
 * in late, and only against IKE_SAs much older than the one that it sends with: the first end would
 * have acted if it still knew them. Since it too sends with its newest one, both keep the same.
 */

/* From a new SA until the first end acts: known hosts have moved to the newest one
 * (HOSTS_SETTLE_MS, and a second more, or that move would meet the end of what is terminated). */
#define DUPLICATES_SETTLE_MS   4000
/* Until the other end acts, and until one that is left is terminated again: a DELETE without an
 * answer takes charon 6.2 s. */
#define DUPLICATES_PATIENCE_MS 10000
/* Without a packet either way for so long an SA is not used: an end that follows looks every
 * HOSTS_LOOK_MAX_MS, and may go over to what was used just before. */
#define DUPLICATES_QUIET_MS    3000
/* From one look at the packets to the next, and from the newest of two SAs until the other is
 * terminated although it is used: a peer that does not follow would keep it for ever. */
#define DUPLICATES_LOOK_MS     1000
#define DUPLICATES_DRAIN_MS    60000
/* Much older: more than two ends can differ about the moment at which one SA came up. */
#define DUPLICATES_OLDER_MS    5000

/* When duplicates of the peer, whose SAs have just changed, are to be ended; UINT64_MAX: it has
 * none. */
uint64_t duplicates_due_ms(const struct peer *peer, uint64_t now_ms);
/* Whether this end is the first one. */
bool duplicates_has_lower_address(const struct peer *peer);
struct duplicates_choice {
	uint32_t ike_ids[PEERS_CHILDREN_MAX]; /* to be terminated now */
	size_t count;
	bool in_use; /* others cannot be yet: greet the peer and look again */
};
/*
 * The IKE_SAs that this end has to terminate. @spi_in_use: of the outbound SA that the kernel sends
 * with, 0 for the newest; peers_on_looked() comes before. -ENOENT: none of the peer's SAs has this
 * SPI, so nothing can be said.
 */
int duplicates_choose(const struct peer *peer, uint32_t spi_in_use, uint64_t now_ms,
                      struct duplicates_choice *ret_choice);

#endif
