/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_PREFIXSET_H
#define XFRMD_NET_PREFIXSET_H

#include "xfrmd/net/prefix.h"

/*
 * A set of prefixes, sorted by prefix_compare() after prefixset_seal(). Zero-initialise. Adding
 * unseals; lookups need a sealed set (asserted).
 */
struct prefixset {
	struct prefix *items;
	size_t count;
	bool unsealed;
};

int prefixset_add(struct prefixset *set, const struct prefix *prefix); /* 0 or -ENOMEM */
/* Sorts and removes equal prefixes; returns how many were removed. */
size_t prefixset_seal(struct prefixset *set);
bool prefixset_has(const struct prefixset *set, const struct prefix *prefix);
/* Borrowed; NULL if none; at most 129 binary searches each. */
/* The longest prefix that contains @addr. */
const struct prefix *prefixset_longest(const struct prefixset *set, const struct addr *addr);
/* The longest prefix that covers @prefix. */
const struct prefix *prefixset_covering(const struct prefixset *set, const struct prefix *prefix);
/* Any prefix that @prefix covers, the shortest first. */
const struct prefix *prefixset_inside(const struct prefixset *set, const struct prefix *prefix);
/* Whether any member is of @family. */
bool prefixset_has_family(const struct prefixset *set, uint8_t family);
void prefixset_fini(struct prefixset *set);

#endif
