/* SPDX-License-Identifier: MIT */
#include "xfrmd/sad/orphans.h"

#include <errno.h>
#include <stdlib.h>

#include "xfrmd/base/array.h"

/*
 * Owns the rules by which orphaned SAs end. Invariants: the orphans are sorted by pair, direction
 * and SPI; none is doomed before charon has listed its own SAs; only SAs of the first dump are
 * orphans, so what comes later never is; an SPI that the kernel gave away again is told by its time
 * of installation.
 */

#define NEVER UINT64_MAX

struct orphans {
	struct orphan *items;
	size_t count;
	bool listed; /* charon has claimed what is its own */
	uint64_t next_ms;
};

int orphans_new(struct orphans **ret_orphans)
{
	struct orphans *orphans = calloc(1, sizeof(*orphans));

	if (!orphans)
		return -ENOMEM;
	orphans->next_ms = NEVER;
	*ret_orphans = orphans;
	return 0;
}

void orphans_free(struct orphans *orphans)
{
	if (!orphans)
		return;
	free(orphans->items);
	free(orphans);
}

static int compare_sas(const void *a, const void *b)
{
	const struct orphan_sa *x = a, *y = b;
	int order = pair_compare(&x->pair, &y->pair);

	if (order)
		return order;
	if (x->outbound != y->outbound)
		return x->outbound ? 1 : -1;
	return (x->spi > y->spi) - (x->spi < y->spi);
}

/* A struct orphan begins with its SA, so one comparison serves both. */
static struct orphan *find_orphan(const struct orphans *orphans, const struct orphan_sa *sa)
{
	return array_find(orphans->items, orphans->count, sizeof(*orphans->items), sa, compare_sas);
}

void orphans_clear(struct orphans *orphans)
{
	free(orphans->items);
	orphans->items = NULL;
	orphans->count = 0;
	orphans->listed = false;
	orphans->next_ms = NEVER;
}

int orphans_begin(struct orphans *orphans, struct orphan_sa *sas, size_t count)
{
	orphans_clear(orphans);
	if (!count)
		return 0;
	orphans->items = calloc(count, sizeof(*orphans->items));
	if (!orphans->items)
		return -ENOMEM;
	qsort(sas, count, sizeof(*sas), compare_sas);
	for (size_t i = 0; i < count; i++)
		orphans->items[i] = (struct orphan){.sa = sas[i], .replaced_ms = NEVER};
	orphans->count = count;
	return 0;
}

void orphans_claim(struct orphans *orphans, const struct pair *pair, bool outbound, uint32_t spi)
{
	struct orphan_sa sa = {.pair = *pair, .outbound = outbound, .spi = spi};
	struct orphan *orphan = find_orphan(orphans, &sa);

	if (orphan)
		orphan->dropped = true;
}

static void sweep(struct orphans *orphans)
{
	size_t kept = 0;

	for (size_t i = 0; i < orphans->count; i++) {
		if (!orphans->items[i].dropped)
			orphans->items[kept++] = orphans->items[i];
	}
	orphans->count = kept;
}

void orphans_on_listed(struct orphans *orphans, uint64_t now_ms)
{
	if (orphans->listed)
		return;
	sweep(orphans);
	orphans->listed = true;
	orphans_on_change(orphans, now_ms);
}

void orphans_on_change(struct orphans *orphans, uint64_t now_ms)
{
	if (orphans->listed && orphans->count && orphans->next_ms == NEVER)
		orphans->next_ms = now_ms + ORPHANS_LOOK_MS;
}

/* Whether the kernel has SAs of the pair in both directions that are no orphans. */
static bool is_replaced(const struct orphans *orphans, const struct pair *pair,
                        const struct orphan_sa *sas, size_t count)
{
	bool in = false, out = false;
	size_t i = array_lower_bound(sas, count, sizeof(*sas), pair, pair_compare_items);

	for (; i < count && pair_equal(&sas[i].pair, pair); i++) {
		const struct orphan *orphan = find_orphan(orphans, &sas[i]);

		if (orphan && orphan->sa.installed == sas[i].installed)
			continue;
		if (sas[i].outbound)
			out = true;
		else
			in = true;
	}
	return in && out;
}

static void judge(struct orphan *orphan, uint64_t packets, bool replaced, uint64_t now_ms)
{
	uint64_t least_ms = orphan->sa.outbound ? ORPHANS_LOOK_MS : ORPHANS_INBOUND_MS;
	bool unused = orphan->sa.packets == packets;

	orphan->sa.packets = packets;
	orphan->doomed = false;
	if (!replaced)
		orphan->replaced_ms = NEVER;
	else if (orphan->replaced_ms == NEVER)
		orphan->replaced_ms = now_ms;
	else
		orphan->doomed = unused && now_ms - orphan->replaced_ms >= least_ms;
}

void orphans_look(struct orphans *orphans, struct orphan_sa *sas, size_t count, uint64_t now_ms)
{
	bool replaced = false;

	if (!orphans->listed)
		return;
	if (count)
		qsort(sas, count, sizeof(*sas), compare_sas);
	orphans->next_ms = NEVER;
	for (size_t i = 0; i < orphans->count; i++) {
		struct orphan *orphan = &orphans->items[i];
		const struct orphan_sa *sa = array_find(sas, count, sizeof(*sas), orphan,
		                                        compare_sas);

		if (i == 0 || !pair_equal(&orphan[-1].sa.pair, &orphan->sa.pair))
			replaced = is_replaced(orphans, &orphan->sa.pair, sas, count);
		orphan->dropped = !sa || sa->installed != orphan->sa.installed;
		if (orphan->dropped)
			continue;
		judge(orphan, sa->packets, replaced, now_ms);
		if (replaced)
			orphans->next_ms = now_ms + ORPHANS_LOOK_MS;
	}
	sweep(orphans);
}

uint64_t orphans_next_ms(const struct orphans *orphans)
{
	return orphans->next_ms;
}

const struct orphan *orphans_list(const struct orphans *orphans, size_t *ret_count)
{
	*ret_count = orphans->count;
	return orphans->items;
}
