/* SPDX-License-Identifier: MIT */
#include "xfrmd/net/greeting.h"

#include <errno.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/net/bound_socket.h"

int greeting_send(const struct pair *pair)
{
	static const uint8_t keepalive = GREETING_BYTE;
	struct sockaddr_storage to;
	socklen_t to_len = addr_to_sockaddr(&pair->remote, "", GREETING_PORT, &to);
	_cleanup_(cleanup_fd) int fd = bound_socket_open(&pair->local, "", SOCK_DGRAM);

	if (fd < 0)
		return fd;
	return sendto(fd, &keepalive, sizeof(keepalive), MSG_NOSIGNAL, (struct sockaddr *)&to,
	              to_len) < 0
	               ? -errno
	               : 0;
}
