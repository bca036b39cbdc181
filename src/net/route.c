/* SPDX-License-Identifier: MIT */
/* One question to the kernel's routing, as `ip route get` asks it. */
#include "xfrmd/net/route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdio.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"

static void cleanup_socket(struct nl_sock **sock)
{
	nl_socket_free(*sock);
}

static void cleanup_msg(struct nl_msg **msg)
{
	nlmsg_free(*msg);
}

static void read_addr(int family, const struct nlattr *attr, struct addr *ret_addr)
{
	struct addr addr = {.family = (uint8_t)family};

	if (attr && (size_t)nla_len(attr) == addr_len(&addr))
		addr_from_bytes(family, nla_data(attr), ret_addr);
}

static int take_route(struct nl_msg *msg, void *ctx)
{
	const struct nlmsghdr *header = nlmsg_hdr(msg);
	struct nlattr *attrs[RTA_MAX + 1];
	struct route *route = ctx;
	const struct rtmsg *info;

	if (nlmsg_get_src(msg)->nl_pid != 0 || header->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(nlmsg_hdr(msg), sizeof(*info), attrs, RTA_MAX, NULL) < 0)
		return NL_SKIP;
	info = nlmsg_data(header);
	/* IPv6 answers with the route that refuses where IPv4 answers with an error */
	if (info->rtm_type == RTN_UNREACHABLE || info->rtm_type == RTN_PROHIBIT ||
	    info->rtm_type == RTN_BLACKHOLE)
		return NL_OK;
	route->found = true;
	read_addr(info->rtm_family, attrs[RTA_PREFSRC], &route->source);
	read_addr(info->rtm_family, attrs[RTA_GATEWAY], &route->gateway);
	if (attrs[RTA_OIF])
		if_indextoname(nla_get_u32(attrs[RTA_OIF]), route->ifname);
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

static struct nl_msg *build_request(const struct addr *remote)
{
	struct rtmsg info = {.rtm_family = remote->family, .rtm_dst_len = addr_bits(remote)};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, 0);

	if (msg && nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) == 0 &&
	    nla_put(msg, RTA_DST, (int)addr_len(remote), remote->bytes) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

int route_lookup(const struct addr *remote, struct route *ret_route, struct err *err)
{
	_cleanup_(cleanup_socket) struct nl_sock *sock = nl_socket_alloc();
	_cleanup_(cleanup_msg) struct nl_msg *msg = build_request(remote);
	struct route route = {0};
	int refused = 0, code;

	if (!sock || !msg)
		return err_set(err, -ENOMEM, "rtnetlink: out of memory");
	code = nl_connect(sock, NETLINK_ROUTE);
	if (code == 0)
		code = nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take_route, &route);
	if (code == 0)
		code = nl_socket_modify_err_cb(sock, NL_CB_CUSTOM, take_error, &refused);
	/* one answer and no acknowledgement, which would be a second one */
	nl_socket_disable_auto_ack(sock);
	if (code == 0)
		code = nl_send_auto(sock, msg);
	if (code >= 0)
		code = nl_recvmsgs_default(sock);
	if (code < 0 && !refused)
		return err_set(err, -EIO, "rtnetlink: cannot look up a route: %s",
		               nl_geterror(code));
	route.disable_xfrm = route.found && route_disables_xfrm(remote->family, route.ifname);
	*ret_route = route;
	return 0;
}

bool route_disables_xfrm(uint8_t family, const char *ifname)
{
	_cleanup_(cleanup_free) char *text = NULL;
	char path[64];
	size_t len;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/disable_xfrm", ifname);
	return family == AF_INET && file_read(path, 16, &text, &len, NULL) == 0 && *text != '0';
}
