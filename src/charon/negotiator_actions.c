/* SPDX-License-Identifier: MIT */
/* What the acquire machine and the renewals want done, as VICI commands. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "negotiator_state.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/charon/swan_conf.h"
#include "xfrmd/ike/duplicates.h"
#include "xfrmd/ike/renew.h"
#include "xfrmd/spd/hosts.h"

static_assert(DUPLICATES_SETTLE_MS >= HOSTS_SETTLE_MS + 1000,
              "a known host has moved to the newest SA before the older ones are terminated");
static_assert(DUPLICATES_QUIET_MS > 2 * HOSTS_LOOK_MAX_MS,
              "a known host that follows has looked since the SA was last used");
static_assert(DUPLICATES_PATIENCE_MS > DUPLICATES_SETTLE_MS + 2 * DUPLICATES_LOOK_MS,
              "the end that decides is the first one");
static_assert(RENEW_SETTLE_MS > DUPLICATES_SETTLE_MS + 2 * DUPLICATES_LOOK_MS,
              "what was renewed has ended as a duplicate before");

static const struct pki_cert *instance_cert(const struct negotiator *negotiator)
{
	return &negotiator->bundle->chain.items[0];
}

/* Whether charon refused the command; @ret_failure says why. */
static bool refused(int error, const void *message, size_t len, struct failure *ret_failure)
{
	char words[192] = "";

	if (error == -ECONNRESET)
		return false; /* everything is queued anew when charon is back */
	if (!error && !vici_reply_status(message, len, words, sizeof(words)))
		return false;
	*ret_failure = failure_of_words(words);
	if (!ret_failure->reason)
		ret_failure->reason = error ? REASON_UNKNOWN_COMMAND : REASON_UNTOLD;
	return true;
}

/* What a reply is about, when it comes. Owned by the negotiator's list until then. */
struct pending {
	struct pending *next;
	struct negotiator *negotiator;
	struct peer_action action;
};

static void send_for(struct negotiator *negotiator, const char *command, struct buf *message,
                     vici_reply_fn reply, const struct peer_action *action)
{
	struct pending *pending = malloc(sizeof(*pending));
	int error = -ENOMEM;

	if (pending) {
		*pending = (struct pending){.negotiator = negotiator, .action = *action};
		error = ike_link_request(negotiator->link, command, message, reply, pending);
	}
	if (!error) {
		pending->next = negotiator->pending;
		negotiator->pending = pending;
		return;
	}
	free(pending);
	buf_fini(message);
	/* the machine's own deadline ends a negotiation that was not begun; an SA that was to end
	 * or to be replaced would stay */
	if (action->kind != PEER_ACTION_INITIATE)
		ike_link_renew_soon(negotiator->link);
}

static void free_pending(struct pending *pending)
{
	struct pending **link = &pending->negotiator->pending;

	while (*link != pending)
		link = &(*link)->next;
	*link = pending->next;
	free(pending);
}

/* The end of a pending one: what follows may close the connection and free all of them. */
static struct negotiator *take_pending(struct pending *pending, struct peer_action *ret_action)
{
	struct negotiator *negotiator = pending->negotiator;

	*ret_action = pending->action;
	free_pending(pending);
	return negotiator;
}

/* Results come as events; a reply tells only what charon did not even begin. */
static void on_initiate_reply(void *ctx, int error, const void *message, size_t len)
{
	struct peer_action action;
	struct negotiator *negotiator = take_pending(ctx, &action);
	struct peer_actions actions = {0};
	struct failure failure;

	if (refused(error, message, len, &failure))
		peers_on_reason(negotiator->peers, &action.pair, &failure, true, clock_now_ms(),
		                &actions);
	negotiator_run(negotiator, &actions);
}

/* charon lists no such SA any more: neither do we. */
static void on_sa_reply(void *ctx, int error, const void *message, size_t len)
{
	struct peer_action action;
	struct negotiator *negotiator = take_pending(ctx, &action);
	struct peer_actions actions = {0};
	struct failure failure;

	if (!refused(error, message, len, &failure))
		return;
	if (action.kind == PEER_ACTION_REKEY)
		peers_on_child_down(negotiator->peers, action.ike_id, action.child_id,
		                    clock_now_ms(), &actions);
	else
		peers_on_ike_down(negotiator->peers, action.ike_id, &action.pair, clock_now_ms(),
		                  &actions);
	negotiator_run(negotiator, &actions);
}

static void initiate(struct negotiator *negotiator, const struct peer_action *action)
{
	const struct pki_cert *leaf = instance_cert(negotiator);
	struct buf message = {0};

	swan_conf_load_peer(&message, negotiator->conf, leaf->der, leaf->der_len, &action->pair,
	                    action->in_doubt);
	send_for(negotiator, "load-conn", &message, on_initiate_reply, action);
	swan_conf_initiate(&message, &action->pair);
	send_for(negotiator, "initiate", &message, on_initiate_reply, action);
	negotiator->callbacks->progress(negotiator->ctx, &action->pair, IKE_PROGRESS_BEGUN);
}

/* Of addresses that nobody has a scan asks for hundreds in a second. */
static bool is_to_be_told(struct negotiator *negotiator, const struct peer_action *action)
{
	return action->old_state != PEER_STATE_QUEUED || action->new_state != PEER_STATE_FAILED ||
	       log_allowed(&negotiator->absent, clock_now_ms(), "peer: nobody has the address");
}

static void log_change(const struct peer_action *action)
{
	char local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX], words[FAILURE_WORDS_MAX];
	enum log_level level = LOG_LEVEL_DEBUG;

	if (action->new_state == PEER_STATE_UP || action->new_state == PEER_STATE_FAILED ||
	    action->old_state == PEER_STATE_UP)
		level = LOG_LEVEL_NOTICE;
	log_at(level, "peer: %s: %s -> %s: %s local=%s", addr_format(&action->pair.remote, remote),
	       peer_state_name(action->old_state), peer_state_name(action->new_state),
	       action->why ? action->why : failure_words(&action->failure, words),
	       addr_format(&action->pair.local, local));
}

/* Only who has a certificate comes so far, and the log counts what comes again. */
static void tell_end(const struct peer_action *action)
{
	char text[ADDR_TEXT_MAX];

	if (action->why)
		log_warning("peer: %s: ended %s: %s", addr_format(&action->pair.remote, text),
		            action->child_id ? "a CHILD_SA" : "an IKE_SA", action->why);
}

static void terminate(struct negotiator *negotiator, const struct peer_action *action)
{
	struct buf message = {0};

	tell_end(action);
	if (action->kind == PEER_ACTION_ABANDON)
		swan_conf_abandon(&message, action->ike_id);
	else
		swan_conf_terminate(&message, "ike-id", action->ike_id);
	send_for(negotiator, "terminate", &message, on_sa_reply, action);
}

void negotiator_request(struct negotiator *negotiator, const char *command, struct buf *message)
{
	if (ike_link_request(negotiator->link, command, message, NULL, NULL) < 0)
		ike_link_renew_soon(negotiator->link);
}

void negotiator_terminate(struct negotiator *negotiator, const char *kind, uint32_t id)
{
	struct buf message = {0};

	swan_conf_terminate(&message, kind, id);
	negotiator_request(negotiator, "terminate", &message);
}

void negotiator_list_ike_sa(struct negotiator *negotiator, uint32_t ike_id)
{
	struct buf message = {0};

	vici_number(&message, "ike-id", ike_id);
	negotiator_request(negotiator, "list-sas", &message);
}

static void look(struct negotiator *negotiator, const struct peer *peer)
{
	uint64_t packets[PEERS_CHILDREN_MAX];

	for (size_t i = 0; i < peer->child_count; i++)
		packets[i] = negotiator->callbacks->packets(negotiator->ctx, &peer->pair,
		                                            peer->children[i].spi_in,
		                                            peer->children[i].spi_out);
	peers_on_looked(negotiator->peers, &peer->pair, packets, clock_now_ms());
}

static void reap(struct negotiator *negotiator, const struct peer_action *action)
{
	const struct peer *peer = peers_find(negotiator->peers, &action->pair);
	struct peer_action end = {.kind = PEER_ACTION_TERMINATE, .pair = action->pair};
	struct duplicates_choice choice = {0};
	char text[ADDR_TEXT_MAX];
	uint32_t spi;

	if (!peer)
		return;
	spi = negotiator->callbacks->spi_in_use(negotiator->ctx, &peer->pair);
	look(negotiator, peer);
	/* colliding rekeyings leave SAs that no event told of */
	if (duplicates_choose(peer, spi, clock_now_ms(), &choice) < 0)
		for (size_t i = 0; i < peer->child_count; i++)
			negotiator_list_ike_sa(negotiator, peer->children[i].ike_id);
	for (size_t i = 0; i < choice.count; i++) {
		log_debug("peer: %s: ending a duplicate IKE_SA",
		          addr_format(&peer->pair.remote, text));
		end.ike_id = choice.ike_ids[i];
		terminate(negotiator, &end);
	}
	if (!choice.in_use)
		return;
	negotiator->callbacks->greet(negotiator->ctx, &peer->pair);
	peers_look_again(negotiator->peers, &peer->pair, clock_now_ms());
}

/* All IKE_SAs that the peer has. */
static void renew(struct negotiator *negotiator, const struct peer *peer, bool distrust)
{
	int error = 0;

	for (size_t i = 0; !error && i < peer->child_count; i++)
		error = renew_add(negotiator->renew, &peer->pair, peer->children[i].ike_id,
		                  distrust);
	if (error)
		log_error("peers: out of memory, a negotiation anew is late");
}

void negotiator_resolved(void *ctx, const struct addr *remote, enum neighbour neighbour)
{
	struct negotiator *negotiator = ctx;
	struct peer_actions actions = {0};

	peers_on_resolved(negotiator->peers, remote, neighbour, clock_now_ms(), &actions);
	negotiator_run(negotiator, &actions);
}

static void act(struct negotiator *negotiator, const struct peer_action *action)
{
	struct buf message = {0};
	char name[SWAN_NAME_MAX];
	const struct peer *peer;
	enum neighbour neighbour;

	switch (action->kind) {
	case PEER_ACTION_RESOLVE:
		neighbour = neighbours_resolve(negotiator->neighbours, &action->pair.remote);
		if (neighbour != NEIGHBOUR_ASKED)
			negotiator_resolved(negotiator, &action->pair.remote, neighbour);
		break;
	case PEER_ACTION_INITIATE:
		if (!negotiator->terminate_done)
			initiate(negotiator, action);
		break;
	case PEER_ACTION_UNLOAD:
		swan_conf_name(&message, swan_conf_peer_name(&action->pair, name));
		negotiator_request(negotiator, "unload-conn", &message);
		break;
	case PEER_ACTION_TERMINATE:
	case PEER_ACTION_ABANDON:
		terminate(negotiator, action);
		break;
	case PEER_ACTION_TERMINATE_CHILD:
		tell_end(action);
		negotiator_terminate(negotiator, "child-id", action->child_id);
		break;
	case PEER_ACTION_REKEY:
		swan_conf_rekey_child(&message, action->child_id);
		send_for(negotiator, "rekey", &message, on_sa_reply, action);
		break;
	case PEER_ACTION_REAP:
		reap(negotiator, action);
		break;
	case PEER_ACTION_RENEW:
		peer = peers_find(negotiator->peers, &action->pair);
		if (peer)
			renew(negotiator, peer, false);
		negotiator_arm_renew(negotiator);
		break;
	case PEER_ACTION_CHANGED:
		if (is_to_be_told(negotiator, action))
			log_change(action);
		negotiator->callbacks->peer_changed(negotiator->ctx);
		if (action->new_state == PEER_STATE_UP)
			negotiator->callbacks->peer_up(negotiator->ctx, action->pair.remote.family);
		else if (action->new_state == PEER_STATE_FAILED)
			negotiator->callbacks->peer_failed(negotiator->ctx, &action->pair);
		break;
	}
}

void negotiator_arm_peers(struct negotiator *negotiator)
{
	loop_timer_start_at(negotiator->peers_timer, peers_next_ms(negotiator->peers));
}

void negotiator_run(struct negotiator *negotiator, struct peer_actions *actions)
{
	for (size_t i = 0; i < actions->count; i++)
		act(negotiator, &actions->items[i]);
	if (actions->out_of_memory) {
		log_error("peers: out of memory, taking charon's list again");
		ike_link_renew(negotiator->link);
	}
	peer_actions_fini(actions);
	negotiator_arm_peers(negotiator);
}

void negotiator_peers_due(void *ctx)
{
	struct negotiator *negotiator = ctx;
	struct peer_actions actions = {0};

	peers_on_timer(negotiator->peers, clock_now_ms(), &actions);
	negotiator_run(negotiator, &actions);
}

/* Negotiations anew. */

void negotiator_arm_renew(struct negotiator *negotiator)
{
	loop_timer_start_at(negotiator->renew_timer, renew_next_ms(negotiator->renew));
}

void negotiator_renew_due(void *ctx)
{
	struct negotiator *negotiator = ctx;
	struct peer_actions actions = {0};

	renew_on_timer(negotiator->renew, clock_now_ms(), &actions);
	if (actions.out_of_memory)
		log_error("peers: out of memory, a negotiation anew is late");
	for (size_t i = 0; i < actions.count; i++)
		act(negotiator, &actions.items[i]);
	peer_actions_fini(&actions);
	negotiator_arm_renew(negotiator);
}

size_t negotiator_renew(struct negotiator *negotiator, const struct addr *remote, bool distrust)
{
	size_t count, renewed = 0;
	const struct peer *const *list = peers_list(negotiator->peers, &count);

	for (size_t i = 0; i < count; i++) {
		if (!list[i]->child_count || (remote && !addr_equal(&list[i]->pair.remote, remote)))
			continue;
		renew(negotiator, list[i], distrust);
		renewed++;
	}
	negotiator_arm_renew(negotiator);
	return renewed;
}

void negotiator_doubt(struct negotiator *negotiator, const struct pair *pair)
{
	const struct peer *peer = peers_find(negotiator->peers, pair);

	if (!peer)
		return;
	renew(negotiator, peer, false);
	renew_on_doubt(negotiator->renew, pair);
	negotiator_arm_renew(negotiator);
}

void negotiator_drop_pending(struct negotiator *negotiator)
{
	while (negotiator->pending)
		free_pending(negotiator->pending);
}
