/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_ADDR_H
#define XFRMD_NET_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * One IPv4 or IPv6 address. A value type; the bytes behind an IPv4 address are zero, so that
 * addr_compare() is a total order over both families (IPv4 first).
 */
struct addr {
	uint8_t family; /* AF_INET, AF_INET6, or AF_UNSPEC for "no address" */
	uint8_t bytes[16];
};

#define ADDR_TEXT_MAX INET6_ADDRSTRLEN

/* Numeric text only, never DNS. 0 or -EINVAL. */
int addr_parse(const char *text, struct addr *ret_addr);
/* From network-order bytes as the kernel has them (4 or 16 by @family). 0 or -EAFNOSUPPORT. */
int addr_from_bytes(int family, const void *bytes, struct addr *ret_addr);
/* Returns @text; "?" for AF_UNSPEC. */
const char *addr_format(const struct addr *addr, char text[ADDR_TEXT_MAX]);
int addr_compare(const struct addr *a, const struct addr *b);
bool addr_equal(const struct addr *a, const struct addr *b);

/* 4 or 16; 0 for AF_UNSPEC. */
size_t addr_len(const struct addr *addr);
/* 32 or 128; 0 for AF_UNSPEC. */
uint8_t addr_bits(const struct addr *addr);
bool addr_is_multicast(const struct addr *addr); /* 255.255.255.255 counts too */
bool addr_is_loopback(const struct addr *addr);
bool addr_is_link_local(const struct addr *addr);
bool addr_is_any(const struct addr *addr);
/* ::ffff:0:0/96: IPv4 as sockets of IPv6 show it; no packet has such an address. */
bool addr_is_mapped(const struct addr *addr);

/* For sockets; @ifname is that of a link-local one. Returns the length. */
socklen_t addr_to_sockaddr(const struct addr *addr, const char *ifname, uint16_t port,
                           struct sockaddr_storage *ret_address);

#endif
