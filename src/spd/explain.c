/* SPDX-License-Identifier: MIT */
/*
 * The kernel's decision about a pair of addresses, worked out from a list of its policies: nothing
 * is sent, nothing is asked, so that the answer itself disturbs nothing.
 */
#include "xfrmd/spd/explain.h"

#include <errno.h>
#include <stdlib.h>

#include "xfrmd/base/array.h"
#include "xfrmd/spd/plan.h"
#include "xfrmd/spd/role.h"

static bool is_limited_broadcast(const struct addr *address)
{
	static const struct addr all_ones = {AF_INET, {255, 255, 255, 255}};

	return addr_equal(address, &all_ones);
}

enum explain_kind explain_kind_of(const struct addr *address, const struct local_addr *addrs,
                                  size_t addr_count)
{
	if (addr_is_any(address))
		return EXPLAIN_KIND_ANY;
	if (is_limited_broadcast(address))
		return EXPLAIN_KIND_BROADCAST;
	if (addr_is_loopback(address))
		return EXPLAIN_KIND_LOOPBACK;
	if (addr_is_multicast(address))
		return EXPLAIN_KIND_MULTICAST;
	for (size_t i = 0; i < addr_count; i++) {
		if (local_addr_has(&addrs[i], address))
			return EXPLAIN_KIND_OWN;
	}
	for (size_t i = 0; i < addr_count; i++) {
		if (plan_is_broadcast(&addrs[i], address))
			return EXPLAIN_KIND_BROADCAST;
	}
	return EXPLAIN_KIND_REMOTE;
}

const char *explain_kind_name(enum explain_kind kind)
{
	static const char *const names[] = {
		[EXPLAIN_KIND_REMOTE] = "remote",       [EXPLAIN_KIND_OWN] = "own",
		[EXPLAIN_KIND_LOOPBACK] = "loopback",   [EXPLAIN_KIND_BROADCAST] = "broadcast",
		[EXPLAIN_KIND_MULTICAST] = "multicast", [EXPLAIN_KIND_ANY] = "any",
	};

	return names[kind];
}

bool explain_kind_is_exempt(enum explain_kind kind, uint8_t family)
{
	return family == AF_INET && (kind == EXPLAIN_KIND_OWN || kind == EXPLAIN_KIND_LOOPBACK ||
	                             kind == EXPLAIN_KIND_ANY);
}

/* The kernel numbers policies as they come; one that is not there yet has no number. */
static int compare_decision(const void *a, const void *b)
{
	const struct policy *x = &((const struct policy_row *)a)->policy;
	const struct policy *y = &((const struct policy_row *)b)->policy;

	if (x->priority == y->priority && x->index && y->index && x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return policy_compare_order(x, y);
}

bool explain_is_partial(const struct policy *policy)
{
	return policy->proto || policy->unsupported_key;
}

static size_t find_rule(const struct policy_rows *matching)
{
	size_t i = 0;

	while (i < matching->count && (matching->items[i].drift == DIFF_DRIFT_MISSING ||
	                               explain_is_partial(&matching->items[i].policy)))
		i++;
	return i;
}

int explain_way_build(const struct policy_rows *rows, enum policy_dir dir, const struct addr *src,
                      const struct addr *dst, struct explain_way *ret_way)
{
	struct policy_rows matching = {0};

	for (size_t i = 0; i < rows->count; i++) {
		if (!policy_matches(&rows->items[i].policy, dir, src, dst))
			continue;
		if (array_grow(&matching.items, matching.count, sizeof(*matching.items)) < 0) {
			policy_rows_fini(&matching);
			return -ENOMEM;
		}
		matching.items[matching.count++] = rows->items[i];
	}
	if (matching.count > 1)
		qsort(matching.items, matching.count, sizeof(*matching.items), compare_decision);
	*ret_way = (struct explain_way){matching, find_rule(&matching)};
	return 0;
}

void explain_way_fini(struct explain_way *way)
{
	if (!way)
		return;
	policy_rows_fini(&way->matching);
	*way = (struct explain_way){0};
}

const struct policy *explain_rule(const struct explain_way *way)
{
	return way->rule < way->matching.count ? &way->matching.items[way->rule].policy : NULL;
}

const struct policy *explain_entry(const struct explain_way *way)
{
	for (size_t i = 0; i < way->matching.count; i++) {
		const struct policy_row *row = &way->matching.items[i];

		if (row->drift != DIFF_DRIFT_UNEXPECTED && role_of(&row->policy) == ROLE_SUBNET)
			return &row->policy;
	}
	return NULL;
}
