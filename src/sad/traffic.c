/* SPDX-License-Identifier: MIT */
/*
 * Sums over SAs that come and go. Invariant: the totals hold what every SA of `seen`, which is
 * sorted by key, had carried when it was last looked at.
 */
#include "xfrmd/sad/traffic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/array.h"

struct traffic {
	struct traffic_sa *seen;
	size_t count;
	bool begun;
	struct traffic_total in, out;
};

int traffic_new(struct traffic **ret_traffic)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));

	if (!traffic)
		return -ENOMEM;
	*ret_traffic = traffic;
	return 0;
}

void traffic_free(struct traffic *traffic)
{
	if (!traffic)
		return;
	free(traffic->seen);
	free(traffic);
}

static int compare(const void *a, const void *b)
{
	const struct traffic_sa *x = a, *y = b;

	if (x->spi != y->spi)
		return x->spi < y->spi ? -1 : 1;
	return addr_compare(&x->dst, &y->dst);
}

static void add(struct traffic *traffic, const struct traffic_sa *now)
{
	static const struct traffic_sa none;
	const struct traffic_sa *before = array_find(traffic->seen, traffic->count, sizeof(*now),
	                                             now, compare);
	struct traffic_total *total = now->out ? &traffic->out : &traffic->in;

	/* fewer than before: another SA has the SPI now */
	if (!before || before->packets > now->packets || before->bytes > now->bytes)
		before = &none;
	total->bytes += now->bytes - before->bytes;
	total->packets += now->packets - before->packets;
}

int traffic_on_list(struct traffic *traffic, struct traffic_sa *sas, size_t count)
{
	struct traffic_sa *seen = calloc(count ? count : 1, sizeof(*seen));

	if (!seen)
		return -ENOMEM;
	if (count) {
		qsort(sas, count, sizeof(*sas), compare);
		memcpy(seen, sas, count * sizeof(*seen));
	}
	for (size_t i = 0; traffic->begun && i < count; i++)
		add(traffic, &sas[i]);
	traffic->begun = true;
	free(traffic->seen);
	traffic->seen = seen;
	traffic->count = count;
	return 0;
}

void traffic_on_gone(struct traffic *traffic, const struct traffic_sa *sa)
{
	struct traffic_sa *found;

	if (!traffic->begun)
		return;
	add(traffic, sa);
	found = array_find(traffic->seen, traffic->count, sizeof(*sa), sa, compare);
	if (!found)
		return;
	traffic->count--;
	memmove(found, found + 1,
	        (size_t)(traffic->seen + traffic->count - found) * sizeof(*found));
}

struct traffic_total traffic_total(const struct traffic *traffic, bool out)
{
	return out ? traffic->out : traffic->in;
}
