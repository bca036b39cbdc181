/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_BOUND_SOCKET_H
#define XFRMD_NET_BOUND_SOCKET_H

#include "xfrmd/net/addr.h"

/* Sockets that speak from one local address; @ifname is that of a link-local one. */

/* SOCK_RAW: for pings. SOCK_DGRAM: UDP, any port. Blocks nowhere. The descriptor, or negative errno. */
int bound_socket_open(const struct addr *local, const char *ifname, int type);
/* 0 or negative errno. */
int bound_socket_connect(int fd, const struct addr *remote, const char *ifname, uint16_t port);

#endif
