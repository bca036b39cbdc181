/* SPDX-License-Identifier: MIT */
#include "xfrmd/net/local_addr.h"

struct prefix local_addr_span(const struct local_addr *local)
{
	return prefix_make(&local->addr, (uint8_t)(addr_bits(&local->addr) - local->open_bits));
}

bool local_addr_has(const struct local_addr *local, const struct addr *addr)
{
	struct prefix span = local_addr_span(local);

	return prefix_contains(&span, addr);
}

int local_addr_compare(const struct local_addr *a, const struct local_addr *b)
{
	int order;

	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	order = addr_compare(&a->addr, &b->addr);
	if (!order)
		order = (a->open_bits > b->open_bits) - (a->open_bits < b->open_bits);
	/* one interface may hold one address with several prefix lengths */
	return order ? order : prefix_compare(&a->network, &b->network);
}
