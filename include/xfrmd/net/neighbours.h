/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_NEIGHBOURS_H
#define XFRMD_NET_NEIGHBOURS_H

#include "xfrmd/base/loop.h"
#include "xfrmd/net/neighbour.h"

/*
 * Whether an address of the link has a host: the kernel is asked to resolve it, by ARP or neighbour
 * discovery, as if something were to be sent there. Notifications are heard only while somebody
 * asks: with many neighbours they come all the time.
 */
struct neighbours;

/* THERE or ABSENT, of an address that was asked for. May ask for others, must not close the neighbours. */
typedef void (*neighbours_fn)(void *ctx, const struct addr *remote, enum neighbour neighbour);

/* 0, or negative errno. The caller closes. */
int neighbours_open(struct loop *loop, neighbours_fn answered, void *ctx,
                    struct neighbours **ret_neighbours);
/* NULL is fine. */
void neighbours_close(struct neighbours *neighbours);

/* UNTOLD, THERE, or ASKED: @answered follows, though not if the notification is lost. */
enum neighbour neighbours_resolve(struct neighbours *neighbours, const struct addr *remote);

#endif
