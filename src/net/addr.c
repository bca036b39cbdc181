/* SPDX-License-Identifier: MIT */
/*
 * IPv4 and IPv6 addresses as plain values. Invariant: bytes that the family does not use are zero,
 * so that two equal addresses are equal bytes and memcmp() orders them.
 */
#include "xfrmd/net/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "xfrmd/base/str.h"

int addr_parse(const char *text, struct addr *ret_addr)
{
	struct addr addr = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	if (inet_pton(addr.family, text, addr.bytes) != 1)
		return -EINVAL;
	*ret_addr = addr;
	return 0;
}

int addr_from_bytes(int family, const void *bytes, struct addr *ret_addr)
{
	struct addr addr = {0};

	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;
	addr.family = (uint8_t)family;
	memcpy(addr.bytes, bytes, addr_len(&addr));
	*ret_addr = addr;
	return 0;
}

/* By hand: lists have a hundred thousand of them, and inet_ntop() goes through printf(). */
static const char *format_ipv4(const uint8_t *bytes, char text[ADDR_TEXT_MAX])
{
	char *end = text;

	for (size_t i = 0; i < sizeof(struct in_addr); i++) {
		if (i > 0)
			*end++ = '.';
		end = str_decimal(bytes[i], end);
	}
	return text;
}

const char *addr_format(const struct addr *addr, char text[ADDR_TEXT_MAX])
{
	if (addr->family == AF_INET)
		return format_ipv4(addr->bytes, text);
	if (addr->family == AF_UNSPEC || !inet_ntop(addr->family, addr->bytes, text, ADDR_TEXT_MAX))
		snprintf(text, ADDR_TEXT_MAX, "?");
	return text;
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_compare(a, b) == 0;
}

size_t addr_len(const struct addr *addr)
{
	switch (addr->family) {
	case AF_INET:
		return sizeof(struct in_addr);
	case AF_INET6:
		return sizeof(struct in6_addr);
	default:
		return 0;
	}
}

uint8_t addr_bits(const struct addr *addr)
{
	return (uint8_t)(addr_len(addr) * 8);
}

bool addr_is_multicast(const struct addr *addr)
{
	static const uint8_t broadcast[4] = {255, 255, 255, 255};

	if (addr->family == AF_INET)
		return (addr->bytes[0] & 0xf0) == 0xe0 ||
		       memcmp(addr->bytes, broadcast, sizeof(broadcast)) == 0;
	return addr->family == AF_INET6 && addr->bytes[0] == 0xff;
}

bool addr_is_loopback(const struct addr *addr)
{
	if (addr->family == AF_INET)
		return addr->bytes[0] == 127;
	return addr->family == AF_INET6 &&
	       memcmp(addr->bytes, &in6addr_loopback, sizeof(in6addr_loopback)) == 0;
}

bool addr_is_link_local(const struct addr *addr)
{
	if (addr->family == AF_INET)
		return addr->bytes[0] == 169 && addr->bytes[1] == 254;
	return addr->family == AF_INET6 && addr->bytes[0] == 0xfe &&
	       (addr->bytes[1] & 0xc0) == 0x80;
}

bool addr_is_any(const struct addr *addr)
{
	static const uint8_t zero[16];

	return addr->family != AF_UNSPEC && memcmp(addr->bytes, zero, sizeof(zero)) == 0;
}

bool addr_is_mapped(const struct addr *addr)
{
	static const uint8_t start[12] = {[10] = 0xff, [11] = 0xff};

	return addr->family == AF_INET6 && memcmp(addr->bytes, start, sizeof(start)) == 0;
}

socklen_t addr_to_sockaddr(const struct addr *addr, const char *ifname, uint16_t port,
                           struct sockaddr_storage *ret_address)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret_address;
	struct sockaddr_in *four = (struct sockaddr_in *)ret_address;

	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->ss_family = addr->family;
	/* the port lies at the same place in both families */
	four->sin_port = htons(port);
	if (addr->family == AF_INET) {
		memcpy(&four->sin_addr, addr->bytes, sizeof(four->sin_addr));
		return sizeof(*four);
	}
	memcpy(&six->sin6_addr, addr->bytes, sizeof(six->sin6_addr));
	if (addr_is_link_local(addr))
		six->sin6_scope_id = if_nametoindex(ifname);
	return sizeof(*six);
}
