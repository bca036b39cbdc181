/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRM_XFRM_LINK_H
#define XFRMD_XFRM_XFRM_LINK_H

#include <linux/netlink.h>
#include <sys/types.h>

struct nl_sock;

/* The kernel fills the datagrams of a dump up to the size of the largest receive, at most 32
 * KiB. */
#define XFRM_LINK_RECEIVE_MAX (32 * 1024)

/* A netlink socket of the XFRM family and its receive buffer. Zero-initialise. */
struct xfrm_link {
	struct nl_sock *nl;
	_Alignas(struct nlmsghdr) unsigned char bytes[XFRM_LINK_RECEIVE_MAX];
};

/* 0 or negative errno; xfrm_link_close() also after a failure. */
int xfrm_link_open(struct xfrm_link *link);
void xfrm_link_close(struct xfrm_link *link);

/*
 * Reads one datagram into link->bytes. Its length; 0 if somebody else than the kernel sent it;
 * -EAGAIN, -ENOBUFS (notifications were lost), -EMSGSIZE or another negative errno.
 */
ssize_t xfrm_link_receive(struct xfrm_link *link);
/* Drops all that is there. After -ENOBUFS the kernel drops answers, now without telling, until nothing is
 * left to be received: whoever awaited the next one would wait for ever. */
void xfrm_link_drain(struct xfrm_link *link);

/* libnl's own error numbers (negative, or not an error) to negative errno or 0. */
int xfrm_link_error(int nl_error);

#endif
