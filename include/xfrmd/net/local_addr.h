/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_LOCAL_ADDR_H
#define XFRMD_NET_LOCAL_ADDR_H

#include <net/if.h>

#include "xfrmd/net/prefix.h"

/*
 * One address of one interface of this host, or what a local route makes its own (`ip route add local`,
 * AnyIP), as rtnetlink has it. A value type.
 */
struct local_addr {
	struct addr addr;
	uint8_t open_bits; /* 0, or of a local route to a prefix: how many bits of addr may be any */
	struct prefix
		network; /* the on-link prefix that came with it; of a local route: addr alone */
	struct addr broadcast; /* IFA_BROADCAST, or AF_UNSPEC */
	char ifname[IF_NAMESIZE];
	uint32_t ifindex;
	bool routed; /* only a local route says that it is ours */
	bool global; /* neither loopback nor link-local, so it may be the source of what goes anywhere;
	              * the scope and the interface do not matter to the kernel there */
};

/* Whether any interface forwards packets. A value type. */
struct forwarding {
	bool ipv4, ipv6;
};

/* What it stands for: one address, or the prefix of a local route. */
struct prefix local_addr_span(const struct local_addr *local);
bool local_addr_has(const struct local_addr *local, const struct addr *addr);

/* Order by interface index, then address; so that two dumps of one state compare equal. */
int local_addr_compare(const struct local_addr *a, const struct local_addr *b);

#endif
