/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_PREFIX_H
#define XFRMD_NET_PREFIX_H

#include "xfrmd/net/addr.h"

/* A CIDR block, always masked: no bit of addr behind len is set. A value type. */
struct prefix {
	struct addr addr;
	uint8_t len;
};

#define PREFIX_TEXT_MAX (ADDR_TEXT_MAX + 4)

/*
 * "10.0.1.1/20", "fd00::/8", or a bare address (/32, /128). Host bits are masked away and reported
 * in *ret_host_bits (may be NULL). 0 or -EINVAL.
 */
int prefix_parse(const char *text, struct prefix *ret_prefix, bool *ret_host_bits);
const char *prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX]);
/* Masks @addr to @len bits (at most the family's). */
struct prefix prefix_make(const struct addr *addr, uint8_t len);
struct prefix prefix_host(const struct addr *addr);
/* 0.0.0.0/0 or ::/0. */
struct prefix prefix_any(uint8_t family);
/* The last address of an IPv4 block: its directed broadcast address. */
struct addr prefix_last(const struct prefix *prefix);

bool prefix_contains(const struct prefix *prefix, const struct addr *addr);
/* @outer holds every address of @inner. */
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);
/* Total order: family, length, address. */
int prefix_compare(const struct prefix *a, const struct prefix *b);
/* The same, for qsort() and its like. */
int prefix_compare_items(const void *a, const void *b);
bool prefix_equal(const struct prefix *a, const struct prefix *b);

#endif
