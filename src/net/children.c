/* SPDX-License-Identifier: MIT */
/*
 * The kernel numbers the network namespaces that this one has to do with, lists the interfaces of each by
 * that number, and says for each interface in which of them the one is by which it sends.
 */
#include "xfrmd/net/children.h"

#include <errno.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"

/* The kernel has no number for that namespace. */
#define NSID_NONE (-1)

static void cleanup_socket(struct nl_sock **sock)
{
	nl_socket_free(*sock);
}

static void cleanup_msg(struct nl_msg **msg)
{
	nlmsg_free(*msg);
}

struct namespaces {
	int32_t *ids;
	size_t count;
	int error;
};

struct children {
	struct found {
		struct child_link link;
		int32_t namespace; /* of what it sends by */
		unsigned parent;   /* its ifindex there */
	} * items;
	size_t count;
	int error;
};

static int take_namespace(struct nl_msg *msg, void *ctx)
{
	struct nlattr *attrs[NETNSA_MAX + 1];
	struct namespaces *namespaces = ctx;
	int32_t *ids;

	if (nlmsg_get_src(msg)->nl_pid != 0 || nlmsg_hdr(msg)->nlmsg_type != RTM_NEWNSID ||
	    nlmsg_parse(nlmsg_hdr(msg), sizeof(struct rtgenmsg), attrs, NETNSA_MAX, NULL) < 0 ||
	    !attrs[NETNSA_NSID])
		return NL_SKIP;
	ids = reallocarray(namespaces->ids, namespaces->count + 1, sizeof(*ids));
	if (!ids) {
		namespaces->error = -ENOMEM;
		return NL_STOP;
	}
	namespaces->ids = ids;
	ids[namespaces->count++] = nla_get_s32(attrs[NETNSA_NSID]);
	return NL_OK;
}

static int take_link(struct nl_msg *msg, void *ctx)
{
	const struct nlmsghdr *header = nlmsg_hdr(msg);
	struct nlattr *attrs[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct children *children = ctx;
	struct found found = {0}, *items;

	if (nlmsg_get_src(msg)->nl_pid != 0 || header->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(nlmsg_hdr(msg), sizeof(struct ifinfomsg), attrs, IFLA_MAX, NULL) < 0 ||
	    !attrs[IFLA_IFNAME] || !attrs[IFLA_LINK] || !attrs[IFLA_LINK_NETNSID] ||
	    !attrs[IFLA_LINKINFO] ||
	    nla_parse_nested(info, IFLA_INFO_MAX, attrs[IFLA_LINKINFO], NULL) < 0 ||
	    !info[IFLA_INFO_KIND] || strcmp(nla_get_string(info[IFLA_INFO_KIND]), "veth") == 0)
		return NL_SKIP;
	items = reallocarray(children->items, children->count + 1, sizeof(*items));
	if (!items) {
		children->error = -ENOMEM;
		return NL_STOP;
	}
	nla_strlcpy(found.link.name, attrs[IFLA_IFNAME], sizeof(found.link.name));
	nla_strlcpy(found.link.kind, info[IFLA_INFO_KIND], sizeof(found.link.kind));
	found.namespace = nla_get_s32(attrs[IFLA_LINK_NETNSID]);
	found.parent = nla_get_u32(attrs[IFLA_LINK]);
	children->items = items;
	items[children->count++] = found;
	return NL_OK;
}

/* Sends a request with one attribute, if any, and gives each message of the answer to @take. */
static int ask(struct nl_sock *sock, int type, int flags, void *body, size_t len, int attribute,
               int32_t value, nl_recvmsg_msg_cb_t take, void *ctx)
{
	_cleanup_(cleanup_msg) struct nl_msg *msg = nlmsg_alloc_simple(type, flags);
	int code;

	if (!msg || nlmsg_append(msg, body, len, NLMSG_ALIGNTO) < 0 ||
	    (attribute && nla_put_s32(msg, attribute, value) < 0))
		return -NLE_NOMEM;
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take, ctx);
	code = nl_send_auto(sock, msg);
	return code < 0 ? code : nl_recvmsgs_default(sock);
}

/* Only known once somebody had to be told of an interface here. */
static int32_t own_number(struct nl_sock *sock)
{
	struct rtgenmsg request = {.rtgen_family = AF_UNSPEC};
	struct namespaces own = {0};
	int32_t id;

	(void)ask(sock, RTM_GETNSID, 0, &request, sizeof(request), NETNSA_PID, getpid(),
	          take_namespace, &own);
	id = own.count ? own.ids[0] : NSID_NONE;
	free(own.ids);
	return id;
}

static int read_all(struct nl_sock *sock, struct children *children)
{
	struct rtgenmsg request = {.rtgen_family = AF_UNSPEC};
	struct ifinfomsg links = {.ifi_family = AF_UNSPEC};
	struct namespaces namespaces = {0};
	int code;

	code = ask(sock, RTM_GETNSID, NLM_F_DUMP, &request, sizeof(request), 0, 0, take_namespace,
	           &namespaces);
	/* one that ended meanwhile has no interfaces left */
	for (size_t i = 0; i < namespaces.count && code >= 0; i++)
		(void)ask(sock, RTM_GETLINK, NLM_F_DUMP, &links, sizeof(links), IFLA_TARGET_NETNSID,
		          namespaces.ids[i], take_link, children);
	if (namespaces.error)
		children->error = namespaces.error;
	free(namespaces.ids);
	return code;
}

static int compare_children(const void *a, const void *b)
{
	return strcmp(((const struct child_link *)a)->name, ((const struct child_link *)b)->name);
}

static int pick_ours(const struct children *children, int32_t own, struct child_link **ret_list,
                     size_t *ret_count)
{
	struct child_link *list = calloc(children->count ? children->count : 1, sizeof(*list));
	size_t count = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < children->count; i++) {
		const struct found *found = &children->items[i];

		list[count] = found->link;
		if (found->namespace == own && if_indextoname(found->parent, list[count].parent))
			count++;
	}
	qsort(list, count, sizeof(*list), compare_children);
	*ret_list = list;
	*ret_count = count;
	return 0;
}

int child_links_dump(struct child_link **ret_list, size_t *ret_count, struct err *err)
{
	_cleanup_(cleanup_socket) struct nl_sock *sock = nl_socket_alloc();
	struct children children = {0};
	int code = sock ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM, error;

	if (code >= 0) {
		/* questions are answered once, without an acknowledgement behind it */
		nl_socket_disable_auto_ack(sock);
		code = read_all(sock, &children);
	}
	error = code == -NLE_NOMEM ? -ENOMEM : code < 0 ? -EIO : children.error;
	if (!error)
		error = pick_ours(&children, own_number(sock), ret_list, ret_count);
	free(children.items);
	return error ? err_set(err, error,
	                       "rtnetlink: cannot read the interfaces of other "
	                       "namespaces: %s",
	                       code < 0 ? nl_geterror(code) : strerror(-error))
	             : 0;
}

const char *child_link_format(const struct child_link *child, char buf[static CHILD_LINK_TEXT_MAX])
{
	snprintf(buf, CHILD_LINK_TEXT_MAX, "%s %s of %s", child->kind, child->name, child->parent);
	return buf;
}
