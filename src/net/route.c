/* SPDX-License-Identifier: MIT */
/* One question to the kernel's routing, as `ip route get` asks it. */
#include "xfrmd/net/route.h"

#include <errno.h>
#include <netlink/errno.h>
#include <stdio.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/net/rtnl.h"

/* What the kernel has learned of the path; 0: nothing. */
static unsigned read_mtu(const struct nlattr *attr)
{
	struct nlattr *metrics[RTAX_MAX + 1];

	if (!attr || nla_parse(metrics, RTAX_MAX, nla_data(attr), nla_len(attr), NULL) < 0 ||
	    !metrics[RTAX_MTU])
		return 0;
	return nla_get_u32(metrics[RTAX_MTU]);
}

static int take_route(struct nl_msg *msg, void *ctx)
{
	struct nlattr *attrs[RTA_MAX + 1];
	struct route *route = ctx;
	const struct rtmsg *info;

	if (!rtnl_parse(msg, RTM_NEWROUTE, sizeof(*info), attrs, RTA_MAX))
		return NL_SKIP;
	info = nlmsg_data(nlmsg_hdr(msg));
	/* IPv6 answers with the route that refuses where IPv4 answers with an error */
	if (info->rtm_type == RTN_UNREACHABLE || info->rtm_type == RTN_PROHIBIT ||
	    info->rtm_type == RTN_BLACKHOLE)
		return NL_OK;
	route->found = true;
	route->unicast = info->rtm_type == RTN_UNICAST;
	rtnl_read_addr(info->rtm_family, attrs[RTA_PREFSRC], &route->source);
	rtnl_read_addr(info->rtm_family, attrs[RTA_GATEWAY], &route->gateway);
	if (attrs[RTA_OIF])
		route->ifindex = nla_get_u32(attrs[RTA_OIF]);
	route->mtu = read_mtu(attrs[RTA_METRICS]);
	return NL_OK;
}

/* The kernel's own word for why there is no route does not survive libnl's translation. */
static int take_error(struct sockaddr_nl *sender, struct nlmsgerr *error, void *ctx)
{
	int *refused = ctx;

	(void)sender;
	*refused = error->error;
	return NL_STOP;
}

int route_ask(struct nl_sock *sock, const struct addr *remote, struct route *ret_route)
{
	const struct rtmsg info = {.rtm_family = remote->family, .rtm_dst_len = addr_bits(remote)};
	const struct rtnl_request request = {.type = RTM_GETROUTE,
	                                     .body = &info,
	                                     .len = sizeof(info),
	                                     .attr = RTA_DST,
	                                     .value = remote->bytes,
	                                     .value_len = addr_len(remote)};
	struct route route = {0};
	int refused = 0, code;

	code = nl_socket_modify_err_cb(sock, NL_CB_CUSTOM, take_error, &refused);
	if (code == 0)
		code = rtnl_ask(sock, &request, take_route, &route);
	nl_socket_modify_err_cb(sock, NL_CB_DEFAULT, NULL, NULL);
	if (code < 0 && !refused)
		return code;
	*ret_route = route;
	return 0;
}

int route_lookup(const struct addr *remote, struct route *ret_route, struct err *err)
{
	_cleanup_(rtnl_close) struct nl_sock *sock = NULL;
	struct route route = {0};
	int code = rtnl_open(&sock);

	if (code == 0)
		code = route_ask(sock, remote, &route);
	if (code < 0)
		return err_set(err, code == -NLE_NOMEM ? -ENOMEM : -EIO,
		               "rtnetlink: cannot look up a route: %s", nl_geterror(code));
	if (route.ifindex)
		if_indextoname(route.ifindex, route.ifname);
	route.disable_xfrm = route.found && route_disables_xfrm(remote->family, route.ifname);
	*ret_route = route;
	return 0;
}

bool route_link_flag(uint8_t family, const char *ifname, const char *name)
{
	_cleanup_(cleanup_free) char *text = NULL;
	char path[64];
	size_t len;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s",
	         family == AF_INET6 ? "ipv6" : "ipv4", ifname, name);
	return file_read(path, 16, &text, &len, NULL) == 0 && *text != '0';
}

bool route_disables_xfrm(uint8_t family, const char *ifname)
{
	return family == AF_INET && route_link_flag(AF_INET, ifname, "disable_xfrm");
}
