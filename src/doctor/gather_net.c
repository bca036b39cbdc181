/* SPDX-License-Identifier: MIT */
/*
 * Interfaces and routes, from rtnetlink. Routes are looked up and not dumped: tables may be long,
 * and a lookup sends nothing and asks no IPsec policy, so that no acquire comes of it.
 */
#include "xfrmd/doctor/doctor_gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/array.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/doctor/doctor_text.h"
#include "xfrmd/net/addr_watch.h"
#include "xfrmd/net/route.h"
#include "xfrmd/net/rtnl.h"

/* Routes that are looked up of each kind: a few show what all are like. */
#define ROUTES_MAX 64

/* The interfaces while they are read. */
struct links {
	struct doctor_facts *facts;
	struct port {
		uint32_t index, master;
		bool outward; /* a device or VLAN, not a container's or a virtual machine's end */
	} * ports;            /* as many as facts has links */
	int error;
};

static const char *kind_of(const struct nlattr *info)
{
	struct nlattr *attrs[IFLA_INFO_MAX + 1];

	if (!info || nla_parse(attrs, IFLA_INFO_MAX, nla_data(info), nla_len(info), NULL) < 0 ||
	    !attrs[IFLA_INFO_KIND])
		return "";
	return nla_get_string(attrs[IFLA_INFO_KIND]);
}

static int append(struct links *links, const struct doctor_link *link, const struct port *port)
{
	struct doctor_facts *facts = links->facts;
	size_t count = facts->link_count;

	if (array_grow(&facts->links, count, sizeof(*link)) < 0 ||
	    array_grow(&links->ports, count, sizeof(*port)) < 0)
		return -ENOMEM;
	facts->links[count] = *link;
	links->ports[count] = *port;
	facts->link_count++;
	return 0;
}

static int take_link(struct nl_msg *msg, void *ctx)
{
	struct nlattr *attrs[IFLA_MAX + 1];
	const struct ifinfomsg *info;
	struct doctor_link link = {0};
	struct port port = {0};
	struct links *links = ctx;
	const char *kind;

	if (!rtnl_parse(msg, RTM_NEWLINK, sizeof(*info), attrs, IFLA_MAX) || !attrs[IFLA_IFNAME] ||
	    !attrs[IFLA_MTU])
		return NL_SKIP;
	info = nlmsg_data(nlmsg_hdr(msg));
	kind = kind_of(attrs[IFLA_LINKINFO]);
	nla_strlcpy(link.name, attrs[IFLA_IFNAME], sizeof(link.name));
	link.mtu = nla_get_u32(attrs[IFLA_MTU]);
	link.up = info->ifi_flags & IFF_UP;
	link.loopback = info->ifi_flags & IFF_LOOPBACK;
	link.bridge = strcmp(kind, "bridge") == 0;
	port.index = (uint32_t)info->ifi_index;
	port.master = attrs[IFLA_MASTER] ? nla_get_u32(attrs[IFLA_MASTER]) : 0;
	port.outward = strcmp(kind, "veth") != 0 && strcmp(kind, "tun") != 0;
	links->error = append(links, &link, &port);
	return links->error ? NL_STOP : NL_OK;
}

/* A bridge with a device as port is how this host reaches the network. */
static void unmark_uplinks(struct links *links)
{
	size_t count = links->facts->link_count;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count && links->ports[i].master; j++)
			if (links->ports[i].outward &&
			    links->ports[j].index == links->ports[i].master)
				links->facts->links[j].bridge = false;
}

static int gather_links(struct doctor_facts *facts)
{
	const struct rtgenmsg any = {.rtgen_family = AF_UNSPEC};
	const struct rtnl_request request = {
		.type = RTM_GETLINK, .flags = NLM_F_DUMP, .body = &any, .len = sizeof(any)};
	_cleanup_(rtnl_close) struct nl_sock *sock = NULL;
	struct links links = {.facts = facts};

	if (rtnl_open(&sock) == 0)
		(void)rtnl_ask(sock, &request, take_link, &links);
	unmark_uplinks(&links);
	for (size_t i = 0; i < facts->link_count; i++) {
		struct doctor_link *link = &facts->links[i];

		link->disable_xfrm = route_disables_xfrm(AF_INET, link->name);
		link->disable_policy = route_link_flag(AF_INET, link->name, "disable_policy") ||
		                       route_link_flag(AF_INET6, link->name, "disable_policy");
	}
	free(links.ports);
	return links.error;
}

/* False: none to another host. */
static bool look_up(const struct addr *remote, struct route *ret_route)
{
	return route_lookup(remote, ret_route, NULL) == 0 && ret_route->unicast &&
	       ret_route->ifname[0];
}

static int add_route(const struct addr *remote, const struct route *route, bool peer,
                     struct doctor_facts *facts)
{
	struct doctor_route *added;

	if (array_grow(&facts->routes, facts->route_count, sizeof(*added)) < 0)
		return -ENOMEM;
	added = &facts->routes[facts->route_count++];
	*added = (struct doctor_route){
		.remote = *remote, .source = route->source, .mtu = route->mtu, .peer = peer};
	memcpy(added->ifname, route->ifname, sizeof(added->ifname));
	return route->gateway.family ? doctor_add_server(facts, "gateway", &route->gateway) : 0;
}

/* The route to one of the first addresses of a prefix, that is not our own. */
static int add_prefix(const struct prefix *prefix, struct doctor_facts *facts)
{
	struct addr addr = prefix->addr;
	uint8_t *last = &addr.bytes[addr_len(&addr) - 1], first = *last;
	bool small = addr_bits(&addr) - prefix->len < 2;
	struct route route;

	for (uint8_t i = small ? 0 : 1; i <= (small ? 0 : 2); i++) {
		*last = first | i;
		if (look_up(&addr, &route))
			return add_route(&addr, &route, false, facts);
	}
	return 0;
}

static int gather_routes(struct doctor_facts *facts)
{
	const struct prefixset *protect = &facts->conf.protect;
	struct route route;
	int error = 0;

	for (size_t i = 0, live = 0; i < facts->peers.count && live < ROUTES_MAX && !error; i++) {
		const struct ctl_peer *peer = &facts->peers.items[i];

		if (strcmp(peer->state, "up") != 0)
			continue;
		live++;
		if (look_up(&peer->pair.remote, &route))
			error = add_route(&peer->pair.remote, &route, true, facts);
	}
	for (size_t i = 0; i < protect->count && i < ROUTES_MAX && !error; i++)
		error = add_prefix(&protect->items[i], facts);
	return error;
}

int doctor_gather_net(struct doctor_facts *facts)
{
	int error = addr_watch_dump(&facts->addrs, &facts->addr_count, &facts->forwarding, NULL);

	if (error != -ENOMEM)
		error = gather_links(facts);
	if (!error)
		error = gather_routes(facts);
	if (!error && child_links_dump(&facts->children, &facts->child_count, NULL) == -ENOMEM)
		error = -ENOMEM;
	return error;
}
