/* SPDX-License-Identifier: MIT */
#ifndef XFRM_READ_H
#define XFRM_READ_H

#include <linux/xfrm.h>
#include <netlink/attr.h>

#include "xfrmd/net/addr.h"

/*
 * Reads of a netlink message, each checked against its length first and copied out, since a message
 * in a multipart datagram is aligned to 4 bytes only. 0 or -EBADMSG.
 */

/* The fixed part of a message. */
int xfrm_read_fixed(const struct nlmsghdr *header, void *fixed, size_t size);
/* The beginning of an attribute. */
int xfrm_read_attr(const struct nlattr *attr, void *value, size_t size);
int xfrm_read_addr(unsigned family, const xfrm_address_t *from, struct addr *ret_addr);

typedef int (*xfrm_attr_fn)(void *ctx, const struct nlattr *attr);
/* Calls @fn for every attribute behind a fixed part that was read before; ends at its first
 * error, which is returned. */
int xfrm_read_attrs(const struct nlmsghdr *header, size_t fixed_size, xfrm_attr_fn fn, void *ctx);

/* A request that begins with @fixed. The caller frees; NULL: out of memory. */
struct nl_msg *xfrm_message_new(int type, void *fixed, size_t size);

#endif
