/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_KNOWN_HOSTS_H
#define XFRMD_XFRMD_KNOWN_HOSTS_H

#include "xfrmd/xfrmd/parts.h"
#include "xfrmd/xfrmd/sas.h"

/* Known hosts. open: takes over what a predecessor left, before the first plan. */
extern const struct part known_hosts_part;
/* @lost will be called when memory was short: then known_hosts_sync() is due. */
void known_hosts_on_lost(struct daemon *daemon, void (*lost)(struct daemon *daemon));

/* Takes the kernel's SAs as they are. 0 or -ENOMEM. */
int known_hosts_sync(struct daemon *daemon, const struct sas *sas);
/* After new settings or new addresses, before the plan; known_hosts_act() after it, which empties
 * @actions. 0, or negative errno and @err. */
int known_hosts_reload(struct daemon *daemon, struct host_actions *ret_actions, struct err *err);
void known_hosts_act(struct daemon *daemon, struct host_actions *actions);

/* Events. An SA of ours that goes out to a protected peer is there, or one is gone. */
void known_hosts_on_sa(struct daemon *daemon, const struct sa *sa);
void known_hosts_on_sa_gone(struct daemon *daemon, const struct sa *sa);
/* Of a protected pair. Returns whether a negotiation is due. */
bool known_hosts_on_acquire(struct daemon *daemon, const struct pair *pair, uint32_t spi);
/* Traffic asks no longer, unless the host is blocked, which is seen otherwise. */
void known_hosts_on_larval_expired(struct daemon *daemon, const struct pair *pair);
/* charon takes commands now, or is gone. */
void known_hosts_on_charon(struct daemon *daemon, bool up);

/* negotiator_callbacks. */
void known_hosts_on_fresh_sas(void *ctx, const struct fresh_sas *fresh);
void known_hosts_on_listed_sa(void *ctx, const struct pair *pair, uint32_t spi_in,
                              uint32_t spi_out);
void known_hosts_on_progress(void *ctx, const struct pair *pair, enum ike_progress progress);
void known_hosts_on_failed(void *ctx, const struct pair *pair);
/* Of the outbound SA that the pair is pinned to, 0: none. */
uint32_t known_hosts_spi(void *ctx, const struct pair *pair);
/* What a pair of SAs has sent and received; UINT64_MAX: it can receive nothing. */
uint64_t known_hosts_packets(void *ctx, const struct pair *pair, uint32_t spi_in, uint32_t spi_out);
void known_hosts_greet(void *ctx, const struct pair *pair);

#endif
