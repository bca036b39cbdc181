/* SPDX-License-Identifier: MIT */
/* Bounded reads of netlink messages, shared by the decoders. */
#include "xfrm_read.h"

#include <errno.h>
#include <netlink/msg.h>
#include <string.h>

/* A policy with its template takes 252 bytes; libnl's own size is a page, which it clears. */
#define REQUEST_MAX 512

int xfrm_read_fixed(const struct nlmsghdr *header, void *fixed, size_t size)
{
	if (header->nlmsg_len < NLMSG_HDRLEN + size)
		return -EBADMSG;
	memcpy(fixed, (const char *)header + NLMSG_HDRLEN, size);
	return 0;
}

int xfrm_read_attr(const struct nlattr *attr, void *value, size_t size)
{
	if ((size_t)nla_len(attr) < size)
		return -EBADMSG;
	memcpy(value, nla_data(attr), size);
	return 0;
}

int xfrm_read_attrs(const struct nlmsghdr *header, size_t fixed_size, xfrm_attr_fn fn, void *ctx)
{
	const struct nlattr *attr = nlmsg_attrdata(header, (int)fixed_size);
	int left = nlmsg_attrlen(header, (int)fixed_size);

	while (nla_ok(attr, left)) {
		int r = fn(ctx, attr);

		if (r < 0)
			return r;
		attr = nla_next(attr, &left);
	}
	return left > 0 ? -EBADMSG : 0;
}

int xfrm_read_addr(unsigned family, const xfrm_address_t *from, struct addr *ret_addr)
{
	return addr_from_bytes((int)family, from, ret_addr) < 0 ? -EBADMSG : 0;
}

struct nl_msg *xfrm_message_new(int type, void *fixed, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_size(REQUEST_MAX);

	if (msg && nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, 0) &&
	    nlmsg_append(msg, fixed, size, NLMSG_ALIGNTO) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}
