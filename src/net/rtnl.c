/* SPDX-License-Identifier: MIT */
#include "xfrmd/net/rtnl.h"

#include <netlink/errno.h>
#include <string.h>

int rtnl_open(struct nl_sock **ret_sock)
{
	struct nl_sock *sock = nl_socket_alloc();
	int code = sock ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM;

	if (code < 0) {
		nl_socket_free(sock);
		return code;
	}
	nl_socket_disable_auto_ack(sock);
	*ret_sock = sock;
	return 0;
}

void rtnl_close(struct nl_sock **sock)
{
	nl_socket_free(*sock);
}

static struct nl_msg *build(const struct rtnl_request *request)
{
	struct nl_msg *msg = nlmsg_alloc_simple(request->type, request->flags);
	void *body = msg ? nlmsg_reserve(msg, request->len, NLMSG_ALIGNTO) : NULL;

	if (body) {
		memcpy(body, request->body, request->len);
		if (!request->attr ||
		    nla_put(msg, request->attr, (int)request->value_len, request->value) == 0)
			return msg;
	}
	nlmsg_free(msg);
	return NULL;
}

int rtnl_ask(struct nl_sock *sock, const struct rtnl_request *request, nl_recvmsg_msg_cb_t take,
             void *ctx)
{
	struct nl_msg *msg = build(request);
	int code;

	if (!msg)
		return -NLE_NOMEM;
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take, ctx);
	code = nl_send_auto(sock, msg);
	nlmsg_free(msg);
	return code < 0 ? code : nl_recvmsgs_default(sock);
}

bool rtnl_from_kernel(struct nl_msg *msg)
{
	return nlmsg_get_src(msg)->nl_pid == 0;
}

bool rtnl_parse(struct nl_msg *msg, int type, size_t body_len, struct nlattr **attrs, int max)
{
	return rtnl_from_kernel(msg) && nlmsg_hdr(msg)->nlmsg_type == type &&
	       nlmsg_parse(nlmsg_hdr(msg), (int)body_len, attrs, max, NULL) == 0;
}

void rtnl_read_addr(int family, const struct nlattr *attr, struct addr *ret_addr)
{
	struct addr addr = {.family = (uint8_t)family};

	if (attr && (size_t)nla_len(attr) == addr_len(&addr))
		addr_from_bytes(family, nla_data(attr), ret_addr);
}
