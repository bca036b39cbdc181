/* SPDX-License-Identifier: MIT */
#ifndef NEGOTIATOR_STATE_H
#define NEGOTIATOR_STATE_H

#include "xfrmd/base/log.h"
#include "xfrmd/charon/ike_link.h"
#include "xfrmd/charon/negotiator.h"
#include "xfrmd/charon/reasons.h"
#include "xfrmd/ike/renew.h"
#include "xfrmd/net/neighbours.h"

/* The inside of the negotiator, shared by its files: life, actions, events, the gentle end. */

struct negotiator {
	const struct conf *conf;
	const struct pki_bundle *bundle;
	const struct negotiator_callbacks *callbacks;
	void *ctx;

	struct ike_link *link;
	struct pending *pending; /* unanswered commands that concern a peer */
	struct peers *peers;
	struct renew *renew;
	struct neighbours *neighbours;
	struct loop_timer *renew_timer;
	struct loop_timer *peers_timer;
	struct log_limit refusals;
	struct log_limit absent; /* addresses of the link that nobody has */
	struct reasons reasons;
	size_t half_open;     /* that others began, by charon's last word */
	bool announced;       /* ready was called for this connection */
	bool list_incomplete; /* an SA that charon listed was not understood */

	struct loop_timer *terminate_timer;
	loop_fn terminate_done; /* while set, nothing is initiated and what comes up is ended */
	void *terminate_ctx;
};

/* Actions: carried out as VICI commands, then both machines' timers are set. */
void negotiator_run(struct negotiator *negotiator, struct peer_actions *actions);
void negotiator_arm_renew(struct negotiator *negotiator);
/* Timer callbacks. */
void negotiator_peers_due(void *ctx);
void negotiator_renew_due(void *ctx);
/* Asks for what no answer comes to, or is awaited from; what cannot be sent is made up for by a new
 * connection: charon gets and lists everything then. */
void negotiator_request(struct negotiator *negotiator, const char *command, struct buf *message);
/* No answer will come any more. */
void negotiator_drop_pending(struct negotiator *negotiator);

/* The kernel's word on a neighbour. */
void negotiator_resolved(void *ctx, const struct addr *remote, enum neighbour neighbour);
/* Asks charon for one IKE_SA and its children; they come as events. */
void negotiator_list_ike_sa(struct negotiator *negotiator, uint32_t ike_id);

/* Whenever the peers' machine may be due at another time. */
void negotiator_arm_peers(struct negotiator *negotiator);
/* One event of charon. */
void negotiator_take_event(void *ctx, const char *name, const void *message, size_t len);
/* Sends a DELETE for one IKE_SA or CHILD_SA, as swan_conf_terminate() names it. */
void negotiator_terminate(struct negotiator *negotiator, const char *kind, uint32_t id);
/* End the waiting of negotiator_terminate_all(): when no SA is left, or in any case (a timer callback). */
void negotiator_check_terminated(struct negotiator *negotiator);
void negotiator_terminated(void *ctx);

#endif
