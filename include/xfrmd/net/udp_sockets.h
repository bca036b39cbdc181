/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_UDP_SOCKETS_H
#define XFRMD_NET_UDP_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

/* What /proc/net/udp and udp6 tell of the sockets of a port in our network namespace. */

struct udp_socket {
	int family;
	unsigned long inode;
};

/* More than charon has: one per family. */
#define UDP_SOCKETS_MAX 16

/*
 * The sockets that are bound to @port, at most UDP_SOCKETS_MAX; -ENOMEM or what reading gave.
 * A kernel without IPv6 has none of it.
 */
int udp_sockets_of(uint16_t port, struct udp_socket ret_sockets[UDP_SOCKETS_MAX],
                   size_t *ret_count);

#endif
