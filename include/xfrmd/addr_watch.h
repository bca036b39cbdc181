/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_ADDR_WATCH_H
#define XFRMD_ADDR_WATCH_H

#include <net/if.h>

#include "xfrmd/err.h"
#include "xfrmd/loop.h"
#include "xfrmd/prefix.h"

/* One address of one interface of this host, as rtnetlink has it. A value type. */
struct local_addr {
	struct addr addr;
	struct prefix network; /* the on-link prefix that came with it */
	struct addr broadcast; /* IFA_BROADCAST, or AF_UNSPEC */
	char ifname[IF_NAMESIZE];
	uint32_t ifindex;
	bool global; /* scope universe or site, interface not loopback */
};

/* Order by interface index, then address; so that two dumps of one state compare equal. */
int local_addr_compare(const struct local_addr *a, const struct local_addr *b);

/* Reads all addresses once, sorted. The caller frees *ret_list. Negative errno and @err. */
int addr_watch_dump(struct local_addr **ret_list, size_t *ret_count, struct err *err);

/*
 * Follows the addresses of this network namespace. After any change, and after a lost notification
 * (ENOBUFS), the whole list is read again and @changed is called if it differs from the last one.
 * @changed may close the watch. Errors of a later dump are logged and the old list stays.
 */
struct addr_watch;
typedef void (*addr_watch_fn)(void *ctx);
int addr_watch_open(struct loop *loop, addr_watch_fn changed, void *ctx,
                    struct addr_watch **ret_watch, struct err *err);
/* The current list, borrowed until the next call of @changed. */
const struct local_addr *addr_watch_list(const struct addr_watch *watch, size_t *ret_count);
void addr_watch_close(struct addr_watch *watch);

#endif
