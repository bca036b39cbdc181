/* SPDX-License-Identifier: MIT */
#include "xfrmd/net/greeting.h"

#include <arpa/inet.h>
#include <errno.h>

#include "xfrmd/base/cleanup.h"

/* RFC 3948. */
#define NAT_T_PORT 4500
#define KEEPALIVE  "\xff"

static void set_port(struct sockaddr_storage *address, uint16_t port)
{
	if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)address)->sin_port = htons(port);
}

int greeting_send(const struct pair *pair)
{
	struct sockaddr_storage from, to;
	socklen_t from_len = addr_to_sockaddr(&pair->local, "", &from);
	socklen_t to_len = addr_to_sockaddr(&pair->remote, "", &to);
	_cleanup_(cleanup_fd) int fd = socket(pair->local.family,
	                                      SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	set_port(&to, NAT_T_PORT);
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, from_len) < 0 ||
	    sendto(fd, KEEPALIVE, 1, MSG_NOSIGNAL, (struct sockaddr *)&to, to_len) < 0)
		return -errno;
	return 0;
}
