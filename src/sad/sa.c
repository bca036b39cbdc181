/* SPDX-License-Identifier: MIT */
#include "xfrmd/sad/sa.h"

#include "xfrmd/net/spi.h"

bool sa_is_negotiated(const struct sa *sa)
{
	return sa->proto == IPPROTO_ESP && sa->spi > SPI_RESERVED_MAX;
}

bool sa_is_ours(const struct sa *sa, uint32_t reqid)
{
	return sa_is_negotiated(sa) && sa->reqid == reqid;
}

bool sa_has_keys(const struct sa *sa)
{
	return sa->algorithm[0];
}

bool sa_is_larval(const struct sa *sa, uint32_t reqid)
{
	return sa->proto == IPPROTO_ESP && sa->spi <= SPI_RESERVED_MAX && sa->reqid == reqid;
}

struct pair sa_pair(const struct sa *sa, bool outbound)
{
	return (struct pair){.local = outbound ? sa->src : sa->dst,
	                     .remote = outbound ? sa->dst : sa->src};
}

bool sa_find_pair(const struct sa *sa, bool (*knows)(void *ctx, const struct pair *pair), void *ctx,
                  struct pair *ret_pair, bool *ret_outbound)
{
	struct pair out = sa_pair(sa, true), in = sa_pair(sa, false);
	bool outbound = knows(ctx, &out);

	if (!outbound && !knows(ctx, &in))
		return false;
	*ret_pair = outbound ? out : in;
	*ret_outbound = outbound;
	return true;
}

bool sa_goes(const struct sa *sa, const struct pair *pair, bool outbound)
{
	const struct pair ends = sa_pair(sa, outbound);

	return pair_equal(&ends, pair);
}

struct sa sa_key(const struct pair *pair, bool outbound, uint32_t spi)
{
	return (struct sa){.src = outbound ? pair->local : pair->remote,
	                   .dst = outbound ? pair->remote : pair->local,
	                   .spi = spi,
	                   .proto = IPPROTO_ESP};
}
