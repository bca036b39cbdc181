/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_EXPLAIN_H
#define XFRMD_SPD_EXPLAIN_H

#include "xfrmd/net/local_addr.h"
#include "xfrmd/spd/policy_rows.h"

/* What an address is to this host. */
enum explain_kind {
	EXPLAIN_KIND_REMOTE,
	EXPLAIN_KIND_OWN,
	EXPLAIN_KIND_LOOPBACK,
	EXPLAIN_KIND_BROADCAST, /* of a network of this host, or 255.255.255.255 */
	EXPLAIN_KIND_MULTICAST,
	EXPLAIN_KIND_ANY, /* 0.0.0.0 or ::, which no host has */
};
enum explain_kind explain_kind_of(const struct addr *address, const struct local_addr *addrs,
                                  size_t addr_count);
const char *explain_kind_name(enum explain_kind kind); /* "remote", "own", ... */

/* The kernel's loopback interface asks no policy about IPv4; about IPv6 it does. */
bool explain_kind_is_exempt(enum explain_kind kind, uint8_t family);

/*
 * What the SPD says to packets of one direction between two addresses. @matching: all policies
 * that speak of the pair, in the kernel's order of decision, of equal priority the older first.
 * Those before @rule decide nothing here: they are missing in the kernel, or have conditions beyond
 * the addresses (explain_is_partial); those behind it are beaten by it.
 */
struct explain_way {
	struct policy_rows matching;
	size_t rule; /* matching.count: none */
};

/* @src -> @dst in direction @dir. A destination of forwarded packets that is not known is given as
 * 0.0.0.0 or ::, which policies for any destination match. The caller finis. 0 or -ENOMEM. */
int explain_way_build(const struct policy_rows *rows, enum policy_dir dir, const struct addr *src,
                      const struct addr *dst, struct explain_way *ret_way);
void explain_way_fini(struct explain_way *way);

/* NULL: no policy decides, the kernel's default does. */
const struct policy *explain_rule(const struct explain_way *way);
/* The policy of the list entry that speaks of the remote address: the first of its kind, whether or
 * not it decides. NULL: none. */
const struct policy *explain_entry(const struct explain_way *way);
/* It sees only a part of the packets between its addresses: a protocol, ports, marks. */
bool explain_is_partial(const struct policy *policy);

#endif
