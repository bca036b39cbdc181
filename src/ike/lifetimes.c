/* SPDX-License-Identifier: MIT */
#include "xfrmd/ike/lifetimes.h"

/* From the time for renewal to the hard end, at least: a short `rekey_time` has to leave time for
 * both ends to renew, for charon to rekey, and for each to be tried more than once. */
#define OVER_MIN_S 60u

struct lifetimes lifetimes_of(uint32_t rekey_time_s)
{
	uint32_t tenth = rekey_time_s / 10, over = tenth > OVER_MIN_S ? tenth : OVER_MIN_S;

	if (!rekey_time_s)
		return (struct lifetimes){0};
	return (struct lifetimes){
		.renew_s = rekey_time_s,
		.early_s = tenth,
		.late_s = rekey_time_s + over / 6,
		.late_spread_s = over / 6,
		.rekey_s = rekey_time_s + over * 2 / 3,
		.rekey_spread_s = over / 6,
		.life_s = rekey_time_s + over,
	};
}
