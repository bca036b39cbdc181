/* SPDX-License-Identifier: MIT */
/*
 * Chooses the hash thresholds of the kernel's SPD. Local prefixes of any length, since the policies
 * of forwarded packets and of the fallback have none; only long remote ones, since whatever has these
 * bits in common is searched one by one.
 */
#include "xfrmd/conf/spd_thresholds.h"

#define IPV4_BITS 32
#define IPV6_BITS 128

const struct spd_thresholds spd_thresholds_default = {
	.ipv4 = {IPV4_BITS, IPV4_BITS},
	.ipv6 = {IPV6_BITS, IPV6_BITS},
};

static size_t count_shorter(const struct prefixset *set, uint8_t family, unsigned len)
{
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (set->items[i].addr.family == family && set->items[i].len < len)
			count++;
	}
	return count;
}

/* Whether too many prefixes are shorter than @len. */
static bool many_shorter(const struct conf *conf, uint8_t family, unsigned len)
{
	return count_shorter(&conf->protect, family, len) +
	               count_shorter(&conf->allow, family, len) >
	       SPD_THRESHOLDS_OUT_MAX;
}

static struct spd_threshold choose(const struct conf *conf, uint8_t family, uint8_t bits,
                                   uint8_t min)
{
	struct spd_threshold threshold = {bits, bits};

	if (!many_shorter(conf, family, bits + 1u))
		return threshold;
	threshold.local = 0;
	while (threshold.remote > min && many_shorter(conf, family, threshold.remote))
		threshold.remote--;
	return threshold;
}

struct spd_thresholds spd_thresholds_choose(const struct conf *conf)
{
	return (struct spd_thresholds){
		.ipv4 = choose(conf, AF_INET, IPV4_BITS, SPD_THRESHOLDS_IPV4_MIN),
		.ipv6 = choose(conf, AF_INET6, IPV6_BITS, SPD_THRESHOLDS_IPV6_MIN),
	};
}

static struct spd_threshold lower(struct spd_threshold a, struct spd_threshold b)
{
	return (struct spd_threshold){
		.local = a.local < b.local ? a.local : b.local,
		.remote = a.remote < b.remote ? a.remote : b.remote,
	};
}

struct spd_thresholds spd_thresholds_lower(const struct spd_thresholds *a,
                                           const struct spd_thresholds *b)
{
	return (struct spd_thresholds){
		.ipv4 = lower(a->ipv4, b->ipv4),
		.ipv6 = lower(a->ipv6, b->ipv6),
	};
}

static bool equal(struct spd_threshold a, struct spd_threshold b)
{
	return a.local == b.local && a.remote == b.remote;
}

bool spd_thresholds_equal(const struct spd_thresholds *a, const struct spd_thresholds *b)
{
	return equal(a->ipv4, b->ipv4) && equal(a->ipv6, b->ipv6);
}
