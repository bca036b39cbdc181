/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_IKE_LIFETIMES_H
#define XFRMD_IKE_LIFETIMES_H

#include <stdint.h>

/*
 * What happens in the life of an SA, in seconds since it was installed. xfrmd renews it, with a
 * negotiation beside the old SAs: the end with the lower address, a random time of early_s before
 * `rekey_time` is over; the other end if that did not happen, from late_s on, spread over the same
 * time again. charon's own rekeying, which costs packets, comes behind both, and the hard end last.
 */
struct lifetimes {
	uint32_t renew_s, early_s; /* 0: never */
	uint32_t late_s, late_spread_s;
	uint32_t rekey_s, rekey_spread_s; /* charon's; it comes before rekey_s by so much at most */
	uint32_t life_s;
};

/* All 0 where @rekey_time_s is 0, off. Pure. */
struct lifetimes lifetimes_of(uint32_t rekey_time_s);

#endif
