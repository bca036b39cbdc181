/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_ADDR_WATCH_H
#define XFRMD_NET_ADDR_WATCH_H

#include "xfrmd/base/err.h"
#include "xfrmd/base/loop.h"
#include "xfrmd/net/local_addr.h"

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
