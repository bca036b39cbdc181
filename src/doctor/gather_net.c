/* SPDX-License-Identifier: MIT */
/*
 * Interfaces and routes, from rtnetlink. Routes are looked up and not dumped: tables may be long,
 * and a lookup sends nothing and asks no IPsec policy, so that no acquire comes of it.
 */
#include "xfrmd/doctor/doctor_gather.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/doctor/doctor_text.h"
#include "xfrmd/net/addr_watch.h"

/* Routes that are looked up of each kind: a few show what all are like. */
#define ROUTES_MAX 64

static void cleanup_socket(struct nl_sock **sock)
{
	nl_socket_free(*sock);
}

/* The interfaces while they are read. */
struct links {
	struct doctor_facts *facts;
	struct port {
		uint32_t master;
		bool outward; /* a device or VLAN, not a container's or a virtual machine's end */
	} * ports;
	uint32_t *indexes;
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

static bool grow(struct links *links)
{
	struct doctor_facts *facts = links->facts;
	size_t count = facts->link_count + 1;
	struct doctor_link *items = reallocarray(facts->links, count, sizeof(*items));
	struct port *ports;
	uint32_t *indexes;

	if (items)
		facts->links = items;
	ports = reallocarray(links->ports, count, sizeof(*ports));
	if (ports)
		links->ports = ports;
	indexes = reallocarray(links->indexes, count, sizeof(*indexes));
	if (indexes)
		links->indexes = indexes;
	return items && ports && indexes;
}

static int take_link(struct nl_msg *msg, void *ctx)
{
	const struct nlmsghdr *header = nlmsg_hdr(msg);
	struct nlattr *attrs[IFLA_MAX + 1];
	const struct ifinfomsg *info;
	struct doctor_link link = {0};
	struct links *links = ctx;
	const char *kind;

	if (nlmsg_get_src(msg)->nl_pid != 0 || header->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(nlmsg_hdr(msg), sizeof(*info), attrs, IFLA_MAX, NULL) < 0 ||
	    !attrs[IFLA_IFNAME] || !attrs[IFLA_MTU])
		return NL_SKIP;
	if (!grow(links)) {
		links->error = -ENOMEM;
		return NL_STOP;
	}
	info = nlmsg_data(header);
	kind = kind_of(attrs[IFLA_LINKINFO]);
	nla_strlcpy(link.name, attrs[IFLA_IFNAME], sizeof(link.name));
	link.mtu = nla_get_u32(attrs[IFLA_MTU]);
	link.up = info->ifi_flags & IFF_UP;
	link.loopback = info->ifi_flags & IFF_LOOPBACK;
	link.bridge = strcmp(kind, "bridge") == 0;
	links->indexes[links->facts->link_count] = (uint32_t)info->ifi_index;
	links->ports[links->facts->link_count] = (struct port){
		.master = attrs[IFLA_MASTER] ? nla_get_u32(attrs[IFLA_MASTER]) : 0,
		.outward = strcmp(kind, "veth") != 0 && strcmp(kind, "tun") != 0,
	};
	links->facts->links[links->facts->link_count++] = link;
	return NL_OK;
}

/* A bridge with a device as port is how this host reaches the network. */
static void unmark_uplinks(struct links *links)
{
	size_t count = links->facts->link_count;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count && links->ports[i].master; j++)
			if (links->ports[i].outward && links->indexes[j] == links->ports[i].master)
				links->facts->links[j].bridge = false;
}

static bool read_flag(const char *family, const char *name, const char *key)
{
	_cleanup_(cleanup_free) char *text = NULL;
	char path[128];
	size_t len;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, name, key);
	return file_read(path, 64, &text, &len, NULL) == 0 && text[0] != '0';
}

static int gather_links(struct nl_sock *sock, struct doctor_facts *facts)
{
	struct rtgenmsg request = {.rtgen_family = AF_UNSPEC};
	struct links links = {.facts = facts};

	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take_link, &links);
	if (nl_send_simple(sock, RTM_GETLINK, NLM_F_DUMP, &request, sizeof(request)) >= 0)
		nl_recvmsgs_default(sock);
	unmark_uplinks(&links);
	for (size_t i = 0; i < facts->link_count; i++) {
		struct doctor_link *link = &facts->links[i];

		link->disable_xfrm = read_flag("ipv4", link->name, "disable_xfrm");
		link->disable_policy = read_flag("ipv4", link->name, "disable_policy") ||
		                       read_flag("ipv6", link->name, "disable_policy");
	}
	free(links.ports);
	free(links.indexes);
	return links.error;
}

struct answer {
	struct doctor_route route;
	struct addr gateway;
	bool found;
};

static void read_addr(int family, const struct nlattr *attr, struct addr *ret_addr)
{
	struct addr addr = {.family = (uint8_t)family};

	if (attr && (size_t)nla_len(attr) == addr_len(&addr))
		addr_from_bytes(family, nla_data(attr), ret_addr);
}

static int take_route(struct nl_msg *msg, void *ctx)
{
	const struct nlmsghdr *header = nlmsg_hdr(msg);
	struct nlattr *attrs[RTA_MAX + 1], *metrics[RTAX_MAX + 1];
	struct answer *answer = ctx;
	const struct rtmsg *info;

	if (nlmsg_get_src(msg)->nl_pid != 0 || header->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(nlmsg_hdr(msg), sizeof(*info), attrs, RTA_MAX, NULL) < 0)
		return NL_SKIP;
	info = nlmsg_data(header);
	if (info->rtm_type != RTN_UNICAST || !attrs[RTA_OIF])
		return NL_OK;
	answer->found = true;
	read_addr(info->rtm_family, attrs[RTA_PREFSRC], &answer->route.source);
	read_addr(info->rtm_family, attrs[RTA_GATEWAY], &answer->gateway);
	if_indextoname(nla_get_u32(attrs[RTA_OIF]), answer->route.ifname);
	if (attrs[RTA_METRICS] &&
	    nla_parse(metrics, RTAX_MAX, nla_data(attrs[RTA_METRICS]), nla_len(attrs[RTA_METRICS]),
	              NULL) == 0 &&
	    metrics[RTAX_MTU])
		answer->route.mtu = nla_get_u32(metrics[RTAX_MTU]);
	return NL_OK;
}

/* False: no route. */
static bool look_up(struct nl_sock *sock, const struct addr *remote, struct answer *ret_answer)
{
	struct rtmsg info = {.rtm_family = remote->family, .rtm_dst_len = addr_bits(remote)};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, 0);
	struct answer answer = {.route.remote = *remote};

	if (msg && nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) == 0 &&
	    nla_put(msg, RTA_DST, (int)addr_len(remote), remote->bytes) == 0) {
		nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take_route, &answer);
		if (nl_send_auto(sock, msg) >= 0)
			nl_recvmsgs_default(sock);
	}
	nlmsg_free(msg);
	*ret_answer = answer;
	return answer.found;
}

static int add_route(const struct answer *answer, bool peer, struct doctor_facts *facts)
{
	struct doctor_route *routes;

	routes = reallocarray(facts->routes, facts->route_count + 1, sizeof(*routes));
	if (!routes)
		return -ENOMEM;
	facts->routes = routes;
	routes[facts->route_count] = answer->route;
	routes[facts->route_count++].peer = peer;
	return answer->gateway.family ? doctor_add_server(facts, "gateway", &answer->gateway) : 0;
}

/* The route to one of the first addresses of a prefix, that is not our own; false: none. */
static bool look_up_prefix(struct nl_sock *sock, const struct prefix *prefix,
                           struct answer *ret_answer)
{
	struct addr addr = prefix->addr;
	uint8_t *last = &addr.bytes[addr_len(&addr) - 1], first = *last;

	if (addr_bits(&addr) - prefix->len < 2)
		return look_up(sock, &addr, ret_answer);
	for (uint8_t i = 1; i <= 2; i++) {
		*last = first | i;
		if (look_up(sock, &addr, ret_answer))
			return true;
	}
	return false;
}

static int gather_routes(struct nl_sock *sock, struct doctor_facts *facts)
{
	const struct prefixset *protect = &facts->conf.protect;
	int error = 0;

	for (size_t i = 0, live = 0; i < facts->peers.count && live < ROUTES_MAX && !error; i++) {
		const struct ctl_peer *peer = &facts->peers.items[i];
		struct answer answer;

		if (strcmp(peer->state, "up") != 0)
			continue;
		live++;
		if (look_up(sock, &peer->pair.remote, &answer))
			error = add_route(&answer, true, facts);
	}
	for (size_t i = 0; i < protect->count && i < ROUTES_MAX && !error; i++) {
		struct answer answer;

		if (look_up_prefix(sock, &protect->items[i], &answer))
			error = add_route(&answer, false, facts);
	}
	return error;
}

int doctor_gather_net(struct doctor_facts *facts)
{
	_cleanup_(cleanup_socket) struct nl_sock *sock = nl_socket_alloc();
	struct err err;
	int error;

	if (!sock)
		return -ENOMEM;
	if (nl_connect(sock, NETLINK_ROUTE) < 0)
		return 0;
	/* lookups are answered once, without an acknowledgement behind it */
	nl_socket_disable_auto_ack(sock);
	error = addr_watch_dump(&facts->addrs, &facts->addr_count, &facts->forwarding, &err);
	if (error != -ENOMEM)
		error = gather_links(sock, facts);
	if (!error)
		error = gather_routes(sock, facts);
	if (!error && child_links_dump(&facts->children, &facts->child_count, &err) == -ENOMEM)
		error = -ENOMEM;
	return error;
}
