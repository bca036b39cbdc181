/* SPDX-License-Identifier: MIT */
#include "xfrmd/net/bound_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "xfrmd/base/cleanup.h"

int bound_socket_open(const struct addr *local, const char *ifname, int type)
{
	int icmp = local->family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	_cleanup_(cleanup_fd) int fd = socket(local->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK,
	                                      type == SOCK_RAW ? icmp : 0);
	struct sockaddr_storage address;
	socklen_t len = addr_to_sockaddr(local, ifname, 0, &address);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0)
		return -errno;
	return steal_fd(&fd);
}

int bound_socket_connect(int fd, const struct addr *remote, const char *ifname, uint16_t port)
{
	struct sockaddr_storage address;
	socklen_t len = addr_to_sockaddr(remote, ifname, port, &address);

	return connect(fd, (struct sockaddr *)&address, len) < 0 ? -errno : 0;
}
