/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_ROUTE_H
#define XFRMD_NET_ROUTE_H

#include <net/if.h>

#include "xfrmd/base/err.h"
#include "xfrmd/net/addr.h"

/* What the kernel's routing says about packets to one address. A value type. */
struct route {
	bool found;          /* false: unreachable, prohibited, no route; the rest is zero */
	bool unicast;        /* to one host that is not this one */
	struct addr source;  /* the local address that the kernel would choose */
	struct addr gateway; /* AF_UNSPEC: on link */
	unsigned ifindex;
	char ifname[IF_NAMESIZE];
	unsigned mtu;      /* learned, smaller than the interface's; 0: none */
	bool disable_xfrm; /* what goes this way asks no policy */
};

struct nl_sock;
/* Asks by a socket of rtnl_open(): all but disable_xfrm. 0, a refusal of the kernel's included; else -NLE_*. */
int route_ask(struct nl_sock *sock, const struct addr *remote, struct route *ret_route);
/*
 * Looks the route up by rtnetlink. Nothing is sent, and other than connect() on a socket this does
 * not ask the IPsec policies, so no acquire comes of it. 0, or negative errno and @err.
 */
int route_lookup(const struct addr *remote, struct route *ret_route, struct err *err);
/* The sysctl @name of an interface. */
bool route_link_flag(uint8_t family, const char *ifname, const char *name);
/* Whether the sysctl of this name is set for the interface, which the kernel has for IPv4 only. */
bool route_disables_xfrm(uint8_t family, const char *ifname);

#endif
