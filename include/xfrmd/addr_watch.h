/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_ADDR_WATCH_H
#define XFRMD_ADDR_WATCH_H

#include <net/if.h>

#include "xfrmd/err.h"
#include "xfrmd/loop.h"
#include "xfrmd/prefix.h"

/*
 * One address of one interface of this host, or what a local route makes its own (`ip route add local`,
 * AnyIP), as rtnetlink has it. A value type.
 */
struct local_addr {
	struct addr addr;
	uint8_t open_bits; /* 0, or of a local route to a prefix: how many bits of addr may be any */
	struct prefix
		network; /* the on-link prefix that came with it; of a local route: addr alone */
	struct addr broadcast; /* IFA_BROADCAST, or AF_UNSPEC */
	char ifname[IF_NAMESIZE];
	uint32_t ifindex;
	bool routed; /* only a local route says that it is ours */
	bool global; /* neither loopback nor link-local, so it may be the source of what goes anywhere;
	              * the scope and the interface do not matter to the kernel there */
};

/* Whether any interface forwards packets. A value type. */
struct forwarding {
	bool ipv4, ipv6;
};

/* What it stands for: one address, or the prefix of a local route. */
struct prefix local_addr_span(const struct local_addr *local);
bool local_addr_has(const struct local_addr *local, const struct addr *addr);

/* Order by interface index, then address; so that two dumps of one state compare equal. */
int local_addr_compare(const struct local_addr *a, const struct local_addr *b);

/* Reads everything once, the addresses sorted. The caller frees *ret_list. Negative errno and
 * @err. */
int addr_watch_dump(struct local_addr **ret_list, size_t *ret_count,
                    struct forwarding *ret_forwarding, struct err *err);

/*
 * Follows addresses, local routes and forwarding of this network namespace. After any change, and after a lost
 * notification (ENOBUFS), everything is read again and @changed is called if it differs from
 * before. @changed may close the watch. Errors of a later dump are logged and what was read stays.
 */
struct addr_watch;
typedef void (*addr_watch_fn)(void *ctx);
int addr_watch_open(struct loop *loop, addr_watch_fn changed, void *ctx,
                    struct addr_watch **ret_watch, struct err *err);
/* The current list, borrowed until the next call of @changed. */
const struct local_addr *addr_watch_list(const struct addr_watch *watch, size_t *ret_count);
struct forwarding addr_watch_forwarding(const struct addr_watch *watch);
void addr_watch_close(struct addr_watch *watch);

#endif
