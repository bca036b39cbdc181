/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_IKE_RENEW_H
#define XFRMD_IKE_RENEW_H

#include "xfrmd/ike/peers.h"

/*
 * Negotiates anew with peers that are up, make before break: a new IKE_SA with a pair of SAs is
 * initiated beside what is there, since the lifetime is nearly over, since the operator asks for it,
 * or since a CA lost our trust. Known hosts move to the new SA while the old one still lives, and
 * then the old IKE_SA is a duplicate that ends as such (duplicates.h). One that is not trusted any
 * more ends here, whatever comes of the negotiation, unless lenient. Pure: events in, actions out.
 */

/* New IKE_SAs under way at once, but those of pairs in doubt, whom liveness.h counts. */
#define RENEW_INFLIGHT_MAX 16
/* From the new SA to the end of old ones that are not trusted and that are still there: as
 * duplicates they ended after DUPLICATES_SETTLE_MS and some looks. */
#define RENEW_SETTLE_MS    10000
/* For one peer, from its turn on: several times charon's own 6 s. */
#define RENEW_DEADLINE_MS  20000

struct renew;
int renew_new(struct renew **ret_renew);
void renew_free(struct renew *renew);

/*
 * Whether a peer that does not authenticate keeps IKE_SAs that are not trusted and is tried again:
 * while the configuration is optional, since without them its traffic would go in clear.
 */
void renew_set_lenient(struct renew *renew, bool lenient);
/* An IKE_SA that has to be replaced; @distrust: and that has to end. One known already stays as it
 * is. 0 or -ENOMEM. */
int renew_add(struct renew *renew, const struct pair *pair, uint32_t ike_id, bool distrust);
/* Something goes out to the peer, and nothing comes in: the negotiation that its pair was just added for
 * waits for no other, and INITIATE is in_doubt. */
void renew_on_doubt(struct renew *renew, const struct pair *pair);
/* An SA of @ike_id came up: it replaces the pair's old ones unless it is one of them. */
void renew_on_child_up(struct renew *renew, const struct pair *pair, uint32_t ike_id,
                       uint64_t now_ms);
/* The negotiation with the pair came to nothing: given up, unless the old ones are to end. */
void renew_on_failed(struct renew *renew, const struct pair *pair);
/* The IKE_SA is gone, or has another id since it was rekeyed. */
void renew_on_ike_down(struct renew *renew, uint32_t ike_id);
void renew_on_ike_rekeyed(struct renew *renew, uint32_t old_ike_id, uint32_t new_ike_id);
/* charon is gone, and all IKE_SAs with it. */
void renew_clear(struct renew *renew);
/* Starts, ends and gives up: INITIATE, TERMINATE and UNLOAD are appended. out_of_memory: some are
 * missing, call again. */
void renew_on_timer(struct renew *renew, uint64_t now_ms, struct peer_actions *actions);
/* When renew_on_timer() is due, monotonic; UINT64_MAX: never. */
uint64_t renew_next_ms(const struct renew *renew);

#endif
