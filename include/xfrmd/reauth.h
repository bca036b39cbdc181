/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_REAUTH_H
#define XFRMD_REAUTH_H

#include "xfrmd/addr.h"

/*
 * Authenticates peers anew after a CA lost our trust, make before break: a new IKE_SA with each
 * peer is initiated, and when it carries an SA the old ones are terminated. A peer that cannot
 * authenticate any more loses its old ones when the time is over, unless lenient. Pure: events in,
 * actions out.
 */

/* New IKE_SAs under way at once. */
#define REAUTH_INFLIGHT_MAX 16
/* From the new SA to the end of the old ones: both ends have moved to the new one by then (known
 * hosts move after HOSTS_SETTLE_MS). */
#define REAUTH_SETTLE_MS    2000
/* For one peer, from its turn on: several times charon's own 6 s. */
#define REAUTH_DEADLINE_MS  20000

enum reauth_action_kind {
	REAUTH_ACTION_INITIATE,  /* load the pair's connection and initiate a new IKE_SA */
	REAUTH_ACTION_UNLOAD,    /* the pair's connection is not needed any more */
	REAUTH_ACTION_TERMINATE, /* the old IKE_SA ike_id */
};
struct reauth_action {
	enum reauth_action_kind kind;
	struct addr local, remote;
	uint32_t ike_id;
};
struct reauth_actions {
	struct reauth_action *items;
	size_t count, capacity;
};
void reauth_actions_fini(struct reauth_actions *actions);

struct reauth;
int reauth_new(struct reauth **ret_reauth);
void reauth_free(struct reauth *reauth);

/*
 * Whether a peer that does not authenticate keeps its old IKE_SAs and is tried again: while the
 * configuration is optional, since without them its traffic would go in clear.
 */
void reauth_set_lenient(struct reauth *reauth, bool lenient);
/* An IKE_SA that has to be replaced. One known already stays as it is. 0 or -ENOMEM. */
int reauth_add(struct reauth *reauth, const struct addr *local, const struct addr *remote,
               uint32_t ike_id);
/* An SA of @ike_id came up: it replaces the pair's old ones unless it is one of them. */
void reauth_on_child_up(struct reauth *reauth, const struct addr *local, const struct addr *remote,
                        uint32_t ike_id, uint64_t now_ms);
/* The IKE_SA is gone, or has another id since it was rekeyed. */
void reauth_on_ike_down(struct reauth *reauth, uint32_t ike_id);
void reauth_on_ike_rekeyed(struct reauth *reauth, uint32_t old_ike_id, uint32_t new_ike_id);
/* charon is gone, and all IKE_SAs with it. */
void reauth_clear(struct reauth *reauth);
/* Starts, ends and gives up. Actions are appended; -ENOMEM: some are missing, call again. */
int reauth_on_timer(struct reauth *reauth, uint64_t now_ms, struct reauth_actions *actions);
/* When reauth_on_timer() is due, monotonic; UINT64_MAX: never. */
uint64_t reauth_next_ms(const struct reauth *reauth);

#endif
