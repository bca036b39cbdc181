/* SPDX-License-Identifier: MIT */
/*
 * SAs as people see them: in pairs. The kernel knows single SAs only. Invariant: sorted by
 * addresses and age, those between two addresses stand together.
 */
#include "xfrmd/ctl/ctl_sas.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "xfrmd/base/array.h"

static int compare_ends(const void *a, const void *b)
{
	const struct sa *x = a, *y = b;
	int order = addr_compare(&x->src, &y->src);

	return order ? order : addr_compare(&x->dst, &y->dst);
}

static int compare_sas(const void *a, const void *b)
{
	const struct sa *x = a, *y = b;
	int order = compare_ends(x, y);

	if (order == 0)
		order = (x->installed > y->installed) - (x->installed < y->installed);
	return order ? order : (x->spi > y->spi) - (x->spi < y->spi);
}

void ctl_sas_sort(struct sa *sas, size_t count)
{
	if (count > 1)
		qsort(sas, count, sizeof(*sas), compare_sas);
}

/* The SAs of one way between two addresses, which stand together. */
struct range {
	const struct sa *items;
	size_t count;
};

static struct range find_range(const struct sa *sas, size_t count, const struct pair *pair,
                               bool outbound)
{
	const struct sa key = sa_key(pair, outbound, 0);
	size_t first = array_lower_bound(sas, count, sizeof(*sas), &key, compare_ends), end = first;

	while (end < count && compare_ends(&sas[end], &key) == 0)
		end++;
	return (struct range){sas + first, end - first};
}

static bool is_taken(const struct ctl_sa *pairs, size_t count, uint32_t spi_in)
{
	for (size_t i = 0; i < count; i++)
		if (pairs[i].spi_in == spi_in)
			return true;
	return false;
}

/* The nearest by age that is in none of the pairs; NULL: none is left. */
static const struct sa *find_inbound(struct range inbound, const struct sa *out,
                                     const struct ctl_sa *pairs, size_t count)
{
	const struct sa *best = NULL;

	for (size_t i = 0; i < inbound.count; i++) {
		const struct sa *in = &inbound.items[i];

		if (sa_is_ours(in, out->reqid) && !is_taken(pairs, count, in->spi) &&
		    (!best || llabs(in->installed - out->installed) <
		                      llabs(best->installed - out->installed)))
			best = in;
	}
	return best;
}

static struct ctl_sa make_pair(const struct sa *out, const struct sa *in)
{
	struct ctl_sa pair = {
		.spi_out = out->spi,
		.bytes_out = out->bytes,
		.packets_out = out->packets,
		.installed = out->installed,
		.rekey = out->rekey,
	};

	snprintf(pair.algorithm, sizeof(pair.algorithm), "%s", out->algorithm);
	if (in) {
		pair.spi_in = in->spi;
		pair.bytes_in = in->bytes;
		pair.packets_in = in->packets;
	}
	return pair;
}

int ctl_sas_of(const struct sa *sas, size_t count, uint32_t reqid, const struct pair *pair,
               struct ctl_sa **ret_pairs, size_t *ret_count)
{
	struct range outbound = find_range(sas, count, pair, true);
	struct range inbound = find_range(sas, count, pair, false);
	struct ctl_sa *pairs = calloc(outbound.count ? outbound.count : 1, sizeof(*pairs));
	size_t pair_count = 0;

	if (!pairs)
		return -ENOMEM;
	for (size_t i = 0; i < outbound.count; i++) {
		const struct sa *out = &outbound.items[i];

		if (!sa_is_ours(out, reqid))
			continue;
		pairs[pair_count] = make_pair(out, find_inbound(inbound, out, pairs, pair_count));
		pair_count++;
	}
	*ret_pairs = pairs;
	*ret_count = pair_count;
	return 0;
}
