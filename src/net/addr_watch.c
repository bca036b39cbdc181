/* SPDX-License-Identifier: MIT */
/*
 * Addresses and forwarding of this host, from rtnetlink. The kernel takes as its own what the local
 * routing table holds; an interface that is down or in a VRF has addresses that are not there, so both
 * are read. A dump always reads everything on a socket
 * of its own; notifications only say that it is time for one, so a lost notification costs nothing
 * but the dump that it causes. Invariant: the list of an open watch is sorted and complete as of
 * the last dump that succeeded.
 */
#include "xfrmd/net/addr_watch.h"

#include <errno.h>
#include <linux/netconf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "xfrmd/base/array.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/log.h"
#include "xfrmd/net/rtnl.h"

/* How often a dump is begun anew because the kernel's tables changed under it. */
#define DUMP_ATTEMPTS 20
/* After a later dump failed: until the next attempt. */
#define RETRY_MS      1000

struct addr_watch {
	struct loop *loop;
	struct nl_sock *events;
	struct loop_fd *readable;
	struct loop_timer *retry;
	struct local_addr *list;
	size_t count;
	struct forwarding forwarding;
	bool stale; /* a notification came since the last dump */
	addr_watch_fn changed;
	void *ctx;
};

/* A list that is being read; the first error sticks. */
struct dump {
	struct local_addr *items;
	size_t count;
	struct forwarding forwarding;
	int error;
};

static int compare_items(const void *a, const void *b)
{
	return local_addr_compare(a, b);
}

/* By address, those that an interface has before those that a route has. */
static int compare_origins(const void *a, const void *b)
{
	const struct local_addr *x = a, *y = b;
	int order = addr_compare(&x->addr, &y->addr);

	return order ? order : x->routed - y->routed;
}

static bool lists_equal(const struct local_addr *a, size_t a_count, const struct local_addr *b,
                        size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++) {
		if (local_addr_compare(&a[i], &b[i]) != 0 ||
		    !addr_equal(&a[i].broadcast, &b[i].broadcast) || a[i].global != b[i].global ||
		    strcmp(a[i].ifname, b[i].ifname) != 0)
			return false;
	}
	return true;
}

static int netlink_error(int code, const char *what, struct err *err)
{
	int error = code == -NLE_NOMEM ? -ENOMEM : code == -NLE_PERM ? -EPERM : -EIO;

	return err_set(err, error, "rtnetlink: %s: %s", what, nl_geterror(code));
}

static void append(struct dump *dump, const struct local_addr *local)
{
	dump->error = array_grow(&dump->items, dump->count, sizeof(*local));
	if (!dump->error)
		dump->items[dump->count++] = *local;
}

static int take_addr(struct nl_msg *msg, void *ctx)
{
	struct nlattr *attrs[IFA_MAX + 1];
	struct local_addr local = {0};
	const struct ifaddrmsg *ifa;
	struct dump *dump = ctx;
	struct addr network;

	if (dump->error || !rtnl_parse(msg, RTM_NEWADDR, sizeof(*ifa), attrs, IFA_MAX))
		return NL_SKIP;
	ifa = nlmsg_data(nlmsg_hdr(msg));
	if (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6)
		return NL_SKIP;
	/* IFA_ADDRESS is the far end on a point-to-point link, and IPv6 often has nothing else. */
	rtnl_read_addr(ifa->ifa_family, attrs[IFA_ADDRESS], &local.addr);
	network = local.addr;
	rtnl_read_addr(ifa->ifa_family, attrs[IFA_LOCAL], &local.addr);
	if (local.addr.family == AF_UNSPEC)
		return NL_SKIP;
	if (network.family == AF_UNSPEC)
		network = local.addr;
	local.network = prefix_make(&network, ifa->ifa_prefixlen);
	rtnl_read_addr(ifa->ifa_family, attrs[IFA_BROADCAST], &local.broadcast);
	local.ifindex = ifa->ifa_index;
	local.global = !addr_is_loopback(&local.addr) && !addr_is_link_local(&local.addr);
	append(dump, &local);
	return NL_OK;
}

static bool is_local_route(const struct nlmsghdr *header)
{
	const struct rtmsg *route = nlmsg_data(header);

	return nlmsg_valid_hdr(header, sizeof(*route)) && route->rtm_type == RTN_LOCAL &&
	       route->rtm_table == RT_TABLE_LOCAL;
}

static int take_route(struct nl_msg *msg, void *ctx)
{
	const struct rtmsg *route = nlmsg_data(nlmsg_hdr(msg));
	struct nlattr *attrs[RTA_MAX + 1];
	struct local_addr local = {.routed = true};
	struct dump *dump = ctx;

	if (dump->error || !is_local_route(nlmsg_hdr(msg)) ||
	    !rtnl_parse(msg, RTM_NEWROUTE, sizeof(*route), attrs, RTA_MAX) ||
	    (route->rtm_family != AF_INET && route->rtm_family != AF_INET6) || !attrs[RTA_OIF])
		return NL_SKIP;
	local.addr = prefix_any(route->rtm_family).addr;
	rtnl_read_addr(route->rtm_family, attrs[RTA_DST], &local.addr);
	if (route->rtm_dst_len > addr_bits(&local.addr) || addr_is_loopback(&local.addr))
		return NL_SKIP;
	local.open_bits = (uint8_t)(addr_bits(&local.addr) - route->rtm_dst_len);
	local.network = prefix_host(&local.addr);
	local.ifindex = nla_get_u32(attrs[RTA_OIF]);
	local.global = !addr_is_link_local(&local.addr);
	append(dump, &local);
	return NL_OK;
}

/* Names the addresses of one interface. */
static int take_link(struct nl_msg *msg, void *ctx)
{
	struct nlattr *attrs[IFLA_MAX + 1];
	const struct ifinfomsg *link;
	struct dump *dump = ctx;

	if (!rtnl_parse(msg, RTM_NEWLINK, sizeof(*link), attrs, IFLA_MAX) || !attrs[IFLA_IFNAME])
		return NL_SKIP;
	link = nlmsg_data(nlmsg_hdr(msg));
	for (size_t i = 0; i < dump->count; i++) {
		struct local_addr *local = &dump->items[i];

		if (local->ifindex != (uint32_t)link->ifi_index)
			continue;
		nla_strlcpy(local->ifname, attrs[IFLA_IFNAME], sizeof(local->ifname));
	}
	return NL_OK;
}

/* One interface, or all of them at once. What new ones begin with does not forward yet. */
static int take_netconf(struct nl_msg *msg, void *ctx)
{
	struct nlattr *attrs[NETCONFA_MAX + 1];
	const struct netconfmsg *netconf;
	struct dump *dump = ctx;

	if (!rtnl_parse(msg, RTM_NEWNETCONF, sizeof(*netconf), attrs, NETCONFA_MAX) ||
	    !attrs[NETCONFA_IFINDEX] || !attrs[NETCONFA_FORWARDING] ||
	    nla_get_s32(attrs[NETCONFA_IFINDEX]) == NETCONFA_IFINDEX_DEFAULT ||
	    !nla_get_s32(attrs[NETCONFA_FORWARDING]))
		return NL_SKIP;
	netconf = nlmsg_data(nlmsg_hdr(msg));
	if (netconf->ncm_family == AF_INET)
		dump->forwarding.ipv4 = true;
	else if (netconf->ncm_family == AF_INET6)
		dump->forwarding.ipv6 = true;
	return NL_OK;
}

/* One whole table, each message given to @take. 0 or -NLE_*. */
static int dump_table(struct nl_sock *sock, int type, uint8_t family, nl_recvmsg_msg_cb_t take,
                      struct dump *dump)
{
	const struct rtgenmsg body = {.rtgen_family = family};
	const struct rtnl_request request = {
		.type = type, .flags = NLM_F_DUMP, .body = &body, .len = sizeof(body)};

	return rtnl_ask(sock, &request, take, dump);
}

/*
 * The local routes of one family. The kernel leaves out all others, of which there may be a million; one
 * that can not (before 4.20) sends them, and take_route() leaves them out.
 */
static int dump_routes(struct nl_sock *sock, uint8_t family, struct dump *dump)
{
	const struct rtmsg body = {
		.rtm_family = family, .rtm_table = RT_TABLE_LOCAL, .rtm_type = RTN_LOCAL};
	const struct rtnl_request request = {
		.type = RTM_GETROUTE, .flags = NLM_F_DUMP, .body = &body, .len = sizeof(body)};
	int fd = nl_socket_get_fd(sock), on = 1, off = 0, code;

	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	code = rtnl_ask(sock, &request, take_route, dump);
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &off, sizeof(off));
	/* no such table yet, no such family */
	return code == -NLE_OBJ_NOTFOUND || code == -NLE_OPNOTSUPP ? 0 : code;
}

/* What an interface has has a local route as well; only the others count. */
static void drop_known_routes(struct dump *dump)
{
	size_t kept = 0;

	if (dump->count > 1)
		qsort(dump->items, dump->count, sizeof(*dump->items), compare_origins);
	for (size_t i = 0; i < dump->count; i++) {
		const struct local_addr *local = &dump->items[i];
		bool known = local->routed && local->open_bits == 0 && kept > 0 &&
		             addr_equal(&dump->items[kept - 1].addr, &local->addr);

		if (local->ifname[0] && !known)
			dump->items[kept++] = *local;
	}
	dump->count = kept;
}

/*
 * Addresses first: an interface that appears in between has none in the list yet, one that
 * vanishes takes its addresses along, and both send a notification.
 */
static int dump_once(struct nl_sock *sock, struct dump *dump)
{
	int code;

	dump->count = 0;
	dump->forwarding = (struct forwarding){0};
	code = dump_table(sock, RTM_GETADDR, AF_UNSPEC, take_addr, dump);
	if (code == 0)
		code = dump_routes(sock, AF_INET, dump);
	if (code == 0)
		code = dump_routes(sock, AF_INET6, dump);
	if (code == 0)
		code = dump_table(sock, RTM_GETLINK, AF_UNSPEC, take_link, dump);
	if (code == 0)
		code = dump_table(sock, RTM_GETNETCONF, AF_INET, take_netconf, dump);
	if (code == 0)
		code = dump_table(sock, RTM_GETNETCONF, AF_INET6, take_netconf, dump);
	/* a kernel without IPv6 does not forward it either */
	if (code == -NLE_OPNOTSUPP)
		code = 0;
	drop_known_routes(dump);
	return code;
}

int addr_watch_dump(struct local_addr **ret_list, size_t *ret_count,
                    struct forwarding *ret_forwarding, struct err *err)
{
	_cleanup_(rtnl_close) struct nl_sock *sock = NULL;
	struct dump dump = {0};
	int code = rtnl_open(&sock);

	if (code < 0)
		return netlink_error(code, "cannot open a socket", err);
	code = -NLE_DUMP_INTR;
	for (int i = 0; i < DUMP_ATTEMPTS && code == -NLE_DUMP_INTR; i++)
		code = dump_once(sock, &dump);
	if (code < 0 || dump.error) {
		free(dump.items);
		return netlink_error(code < 0 ? code : -NLE_NOMEM, "cannot read the addresses",
		                     err);
	}
	if (dump.count > 1)
		qsort(dump.items, dump.count, sizeof(*dump.items), compare_items);
	*ret_list = dump.items;
	*ret_count = dump.count;
	*ret_forwarding = dump.forwarding;
	return 0;
}

static void refresh(void *ctx)
{
	struct addr_watch *watch = ctx;
	struct local_addr *list;
	struct forwarding forwarding;
	struct err err;
	size_t count;

	if (addr_watch_dump(&list, &count, &forwarding, &err) < 0) {
		log_warning("addresses: %s, keeping the old list, trying again in %d ms", err.text,
		            RETRY_MS);
		loop_timer_start(watch->retry, RETRY_MS);
		return;
	}
	loop_timer_stop(watch->retry);
	if (lists_equal(list, count, watch->list, watch->count) &&
	    forwarding.ipv4 == watch->forwarding.ipv4 &&
	    forwarding.ipv6 == watch->forwarding.ipv6) {
		free(list);
		return;
	}
	free(watch->list);
	watch->forwarding = forwarding;
	watch->list = list;
	watch->count = count;
	watch->changed(watch->ctx); /* may close the watch */
}

/* The content does not matter: the dump tells it. But a router has other routes that change. */
static int take_event(struct nl_msg *msg, void *ctx)
{
	const struct nlmsghdr *header = nlmsg_hdr(msg);
	bool route = header->nlmsg_type == RTM_NEWROUTE || header->nlmsg_type == RTM_DELROUTE;
	struct addr_watch *watch = ctx;

	if (rtnl_from_kernel(msg) && (!route || is_local_route(header)))
		watch->stale = true;
	return NL_SKIP;
}

static void drain_events(void *ctx, unsigned ready)
{
	struct addr_watch *watch = ctx;
	int code;

	(void)ready;
	do {
		code = nl_recvmsgs_default(watch->events);
		/* ENOBUFS: what was lost, nobody knows */
		if (code == -NLE_NOMEM)
			watch->stale = true;
	} while (code == 0 || code == -NLE_NOMEM);
	if (code != -NLE_AGAIN) {
		log_warning("addresses: notification: %s, reading everything", nl_geterror(code));
		watch->stale = true;
	}
	if (!watch->stale)
		return;
	watch->stale = false;
	refresh(watch);
}

static int open_events(struct addr_watch *watch, struct err *err)
{
	int code;

	watch->events = nl_socket_alloc();
	if (!watch->events)
		return err_set(err, -ENOMEM, "rtnetlink: out of memory");
	nl_socket_disable_seq_check(watch->events);
	code = nl_socket_modify_cb(watch->events, NL_CB_MSG_IN, NL_CB_CUSTOM, take_event, watch);
	if (code == 0)
		code = nl_connect(watch->events, NETLINK_ROUTE);
	/* links: the name may change while the address stays */
	if (code == 0)
		code = nl_socket_add_memberships(watch->events, RTNLGRP_IPV4_IFADDR,
		                                 RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
		                                 RTNLGRP_IPV6_ROUTE, RTNLGRP_LINK,
		                                 RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF, 0);
	if (code == 0)
		code = nl_socket_set_nonblocking(watch->events);
	if (code < 0)
		return netlink_error(code, "cannot subscribe to address changes", err);
	code = loop_fd_new(watch->loop, nl_socket_get_fd(watch->events), LOOP_READ, drain_events,
	                   watch, &watch->readable);
	if (code == 0)
		code = loop_timer_new(watch->loop, refresh, watch, &watch->retry);
	return code < 0 ? err_set(err, code, "rtnetlink: %s", strerror(-code)) : 0;
}

int addr_watch_open(struct loop *loop, addr_watch_fn changed, void *ctx,
                    struct addr_watch **ret_watch, struct err *err)
{
	struct addr_watch *watch = calloc(1, sizeof(*watch));
	int error;

	if (!watch)
		return err_set(err, -ENOMEM, "rtnetlink: out of memory");
	watch->loop = loop;
	watch->changed = changed;
	watch->ctx = ctx;
	/* Subscribed before the first dump, so that nothing falls in between. */
	error = open_events(watch, err);
	if (error == 0)
		error = addr_watch_dump(&watch->list, &watch->count, &watch->forwarding, err);
	if (error < 0) {
		addr_watch_close(watch);
		return error;
	}
	*ret_watch = watch;
	return 0;
}

const struct local_addr *addr_watch_list(const struct addr_watch *watch, size_t *ret_count)
{
	*ret_count = watch->count;
	return watch->list;
}

struct forwarding addr_watch_forwarding(const struct addr_watch *watch)
{
	return watch->forwarding;
}

void addr_watch_close(struct addr_watch *watch)
{
	if (!watch)
		return;
	loop_timer_free(watch->retry);
	loop_fd_free(watch->readable);
	nl_socket_free(watch->events);
	free(watch->list);
	free(watch);
}
