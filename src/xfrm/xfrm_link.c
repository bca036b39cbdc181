/* SPDX-License-Identifier: MIT */
/*
 * One XFRM netlink socket, the part that requests and events have in common. libnl makes the
 * socket; receiving is done here, because libnl would report lost notifications (ENOBUFS) as "out
 * of memory" and allocates for every datagram.
 */
#include "xfrmd/xfrm/xfrm_link.h"

#include <errno.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

int xfrm_link_error(int nl_error)
{
	switch (nl_error) {
	case -NLE_NOMEM:
		return -ENOMEM;
	case -NLE_PERM:
	case -NLE_NOACCESS:
		return -EPERM;
	case -NLE_AF_NOSUPPORT:
	case -NLE_PROTO_MISMATCH:
		return -EPROTONOSUPPORT;
	case -NLE_MSGSIZE:
	case -NLE_MSG_OVERFLOW:
		return -EMSGSIZE;
	case -NLE_AGAIN:
		return -EAGAIN;
	case -NLE_BAD_SOCK:
		return -EBADF;
	default:
		return nl_error < 0 ? -EIO : 0;
	}
}

int xfrm_link_open(struct xfrm_link *link)
{
	link->nl = nl_socket_alloc();
	if (!link->nl)
		return -ENOMEM;
	return xfrm_link_error(nl_connect(link->nl, NETLINK_XFRM));
}

void xfrm_link_close(struct xfrm_link *link)
{
	if (link->nl)
		nl_socket_free(link->nl);
	link->nl = NULL;
}

static ssize_t receive(struct xfrm_link *link, int flags)
{
	struct sockaddr_nl sender = {0};
	struct iovec iov = {.iov_base = link->bytes, .iov_len = sizeof(link->bytes)};
	struct msghdr message = {
		.msg_name = &sender,
		.msg_namelen = sizeof(sender),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t len;

	do {
		len = recvmsg(nl_socket_get_fd(link->nl), &message, flags);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	if (message.msg_namelen != sizeof(sender) || sender.nl_pid != 0)
		return 0;
	return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : len;
}

ssize_t xfrm_link_receive(struct xfrm_link *link)
{
	return receive(link, 0);
}

void xfrm_link_drain(struct xfrm_link *link)
{
	ssize_t len;

	do {
		len = receive(link, MSG_DONTWAIT);
	} while (len >= 0 || len == -ENOBUFS || len == -EMSGSIZE);
}
