/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_RTNL_H
#define XFRMD_NET_RTNL_H

#include <linux/rtnetlink.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "xfrmd/net/addr.h"

/* Questions to rtnetlink, and what every reader of its messages needs. Errors are libnl's: -NLE_*. */

/* A socket whose questions are answered once, without an acknowledgement behind it. */
int rtnl_open(struct nl_sock **ret_sock);
/* For _cleanup_; NULL is fine. */
void rtnl_close(struct nl_sock **sock);

struct rtnl_request {
	int type, flags;
	const void *body;
	size_t len;
	int attr; /* one, behind the body; 0: none */
	const void *value;
	size_t value_len;
};
/* Sends @request and gives each message of the answer to @take. */
int rtnl_ask(struct nl_sock *sock, const struct rtnl_request *request, nl_recvmsg_msg_cb_t take,
             void *ctx);

bool rtnl_from_kernel(struct nl_msg *msg);
/* The attributes of a message that is the kernel's, of @type and with a whole body of @body_len. */
bool rtnl_parse(struct nl_msg *msg, int type, size_t body_len, struct nlattr **attrs, int max);
/* Leaves *ret_addr alone when there is no such attribute, or not of the family's length. */
void rtnl_read_addr(int family, const struct nlattr *attr, struct addr *ret_addr);

#endif
