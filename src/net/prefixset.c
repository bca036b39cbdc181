/* SPDX-License-Identifier: MIT */
/*
 * Sets of prefixes as one sorted array: family, then length, then address. A lookup of the longest
 * match therefore searches one length after the other, from the longest down, and skips lengths
 * that no member has.
 */
#include "xfrmd/net/prefixset.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "xfrmd/base/array.h"

int prefixset_add(struct prefixset *set, const struct prefix *prefix)
{
	if (array_grow(&set->items, set->count, sizeof(*prefix)) < 0)
		return -ENOMEM;
	set->items[set->count++] = *prefix;
	set->unsealed = true;
	return 0;
}

size_t prefixset_seal(struct prefixset *set)
{
	size_t kept = 0, removed;

	if (set->count > 1)
		qsort(set->items, set->count, sizeof(*set->items), prefix_compare_items);
	for (size_t i = 0; i < set->count; i++) {
		if (kept == 0 || !prefix_equal(&set->items[kept - 1], &set->items[i]))
			set->items[kept++] = set->items[i];
	}
	removed = set->count - kept;
	set->count = kept;
	set->unsealed = false;
	return removed;
}

/* How many members are smaller than @key. */
static size_t rank_below(const struct prefixset *set, const struct prefix *key)
{
	assert(!set->unsealed);
	return array_lower_bound(set->items, set->count, sizeof(*set->items), key,
	                         prefix_compare_items);
}

static bool is_at(const struct prefixset *set, size_t index, const struct prefix *prefix)
{
	return index < set->count && prefix_equal(&set->items[index], prefix);
}

bool prefixset_has(const struct prefixset *set, const struct prefix *prefix)
{
	return is_at(set, rank_below(set, prefix), prefix);
}

/* How many members are not greater than @key. */
static size_t rank(const struct prefixset *set, const struct prefix *key)
{
	size_t below = rank_below(set, key);

	return below + is_at(set, below, key);
}

const struct prefix *prefixset_longest(const struct prefixset *set, const struct addr *addr)
{
	struct prefix host = prefix_host(addr);

	return prefixset_covering(set, &host);
}

const struct prefix *prefixset_covering(const struct prefixset *set, const struct prefix *prefix)
{
	struct prefix key = *prefix;

	for (;;) {
		size_t count = rank(set, &key);
		const struct prefix *below = count ? &set->items[count - 1] : NULL;

		if (!below || below->addr.family != prefix->addr.family)
			return NULL;
		if (prefix_covers(below, prefix))
			return below;
		/* Of one length only the key itself could cover it. */
		if (below->len < key.len)
			key = prefix_make(&prefix->addr, below->len);
		else if (key.len > 0)
			key = prefix_make(&prefix->addr, key.len - 1);
		else
			return NULL;
	}
}

const struct prefix *prefixset_inside(const struct prefixset *set, const struct prefix *prefix)
{
	struct prefix key = *prefix;

	for (;;) {
		size_t below = rank_below(set, &key);
		const struct prefix *next = below < set->count ? &set->items[below] : NULL;

		if (!next || next->addr.family != prefix->addr.family)
			return NULL;
		if (prefix_covers(prefix, next))
			return next;
		/* Of one length only the first from the prefix's address on could be inside. */
		if (next->len > key.len)
			key.len = next->len;
		else if (key.len < addr_bits(&key.addr))
			key.len++;
		else
			return NULL;
	}
}

bool prefixset_has_family(const struct prefixset *set, uint8_t family)
{
	struct prefix any = prefix_any(family);
	size_t before;

	if (prefixset_has(set, &any))
		return true;
	before = rank(set, &any);
	return before < set->count && set->items[before].addr.family == family;
}

void prefixset_fini(struct prefixset *set)
{
	if (!set)
		return;
	free(set->items);
	*set = (struct prefixset){0};
}
