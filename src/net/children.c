/* SPDX-License-Identifier: MIT */
/*
 * The kernel numbers the network namespaces that this one has to do with, lists the interfaces of each by
 * that number, and says for each interface in which of them the one is by which it sends.
 */
#include "xfrmd/net/children.h"

#include <errno.h>
#include <linux/net_namespace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xfrmd/base/array.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/net/rtnl.h"

/* The kernel has no number for that namespace. */
#define NSID_NONE (-1)

/* Kinds whose packets leave as they are by another interface; those of a tunnel are wrapped into packets
 * of ours, and ends of veth pairs are routed by us. */
static bool is_child(const char *kind)
{
	static const char *const kinds[] = {"ipvlan", "ipvtap", "macvlan", "macvtap", "vlan"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
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

	if (!rtnl_parse(msg, RTM_NEWNSID, sizeof(struct rtgenmsg), attrs, NETNSA_MAX) ||
	    !attrs[NETNSA_NSID])
		return NL_SKIP;
	namespaces->error = array_grow(&namespaces->ids, namespaces->count, sizeof(int32_t));
	if (namespaces->error)
		return NL_STOP;
	namespaces->ids[namespaces->count++] = nla_get_s32(attrs[NETNSA_NSID]);
	return NL_OK;
}

static int take_link(struct nl_msg *msg, void *ctx)
{
	struct nlattr *attrs[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	struct children *children = ctx;
	struct found found = {0};

	if (!rtnl_parse(msg, RTM_NEWLINK, sizeof(struct ifinfomsg), attrs, IFLA_MAX) ||
	    !attrs[IFLA_IFNAME] || !attrs[IFLA_LINK] || !attrs[IFLA_LINK_NETNSID] ||
	    !attrs[IFLA_LINKINFO] ||
	    nla_parse_nested(info, IFLA_INFO_MAX, attrs[IFLA_LINKINFO], NULL) < 0 ||
	    !info[IFLA_INFO_KIND] || !is_child(nla_get_string(info[IFLA_INFO_KIND])))
		return NL_SKIP;
	children->error = array_grow(&children->items, children->count, sizeof(found));
	if (children->error)
		return NL_STOP;
	nla_strlcpy(found.link.name, attrs[IFLA_IFNAME], sizeof(found.link.name));
	nla_strlcpy(found.link.kind, info[IFLA_INFO_KIND], sizeof(found.link.kind));
	found.namespace = nla_get_s32(attrs[IFLA_LINK_NETNSID]);
	found.parent = nla_get_u32(attrs[IFLA_LINK]);
	children->items[children->count++] = found;
	return NL_OK;
}

static int ask_namespaces(struct nl_sock *sock, struct rtnl_request request,
                          struct namespaces *namespaces)
{
	const struct rtgenmsg any = {.rtgen_family = AF_UNSPEC};

	request.type = RTM_GETNSID;
	request.body = &any;
	request.len = sizeof(any);
	return rtnl_ask(sock, &request, take_namespace, namespaces);
}

static void ask_links(struct nl_sock *sock, int32_t namespace, struct children *children)
{
	const struct ifinfomsg any = {.ifi_family = AF_UNSPEC};
	const struct rtnl_request request = {.type = RTM_GETLINK,
	                                     .flags = NLM_F_DUMP,
	                                     .body = &any,
	                                     .len = sizeof(any),
	                                     .attr = IFLA_TARGET_NETNSID,
	                                     .value = &namespace,
	                                     .value_len = sizeof(namespace)};

	(void)rtnl_ask(sock, &request, take_link, children);
}

/* Only known once somebody had to be told of an interface here. */
static int32_t own_number(struct nl_sock *sock)
{
	const int32_t pid = getpid();
	struct namespaces own = {0};
	int32_t id;

	(void)ask_namespaces(
		sock,
		(struct rtnl_request){.attr = NETNSA_PID, .value = &pid, .value_len = sizeof(pid)},
		&own);
	id = own.count ? own.ids[0] : NSID_NONE;
	free(own.ids);
	return id;
}

static int read_all(struct nl_sock *sock, struct children *children)
{
	struct namespaces namespaces = {0};
	int code = ask_namespaces(sock, (struct rtnl_request){.flags = NLM_F_DUMP}, &namespaces);

	/* one that ended meanwhile has no interfaces left */
	for (size_t i = 0; i < namespaces.count && code >= 0; i++)
		ask_links(sock, namespaces.ids[i], children);
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
		if (own != NSID_NONE && found->namespace == own &&
		    if_indextoname(found->parent, list[count].parent))
			count++;
	}
	qsort(list, count, sizeof(*list), compare_children);
	*ret_list = list;
	*ret_count = count;
	return 0;
}

int child_links_dump(struct child_link **ret_list, size_t *ret_count, struct err *err)
{
	_cleanup_(rtnl_close) struct nl_sock *sock = NULL;
	struct children children = {0};
	int code = rtnl_open(&sock), error;

	if (code >= 0)
		code = read_all(sock, &children);
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
