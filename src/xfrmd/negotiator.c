/* SPDX-License-Identifier: MIT */
/*
 * The adapter between charon and the acquire machine: its actions become VICI commands, charon's
 * events and refusals become its events.
 */
#include "xfrmd/negotiator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "xfrmd/ike_link.h"
#include "xfrmd/log.h"
#include "xfrmd/reauth.h"
#include "xfrmd/swan_conf.h"
#include "xfrmd/swan_event.h"

/* Peers that fail to negotiate with us may try for ever. */
#define REFUSALS_BURST       5
#define REFUSALS_INTERVAL_MS 60000

struct negotiator {
	const struct conf *conf;
	const struct pki_bundle *bundle;
	const struct negotiator_callbacks *callbacks;
	void *ctx;

	struct ike_link *link;
	struct pending *pending; /* unanswered commands that concern a peer */
	struct peers *peers;
	struct reauth *reauth;
	struct loop_timer *reauth_timer;
	struct loop_timer *peers_timer;
	struct log_limit refusals;
	bool announced; /* ready was called for this connection */

	struct loop_timer *terminate_timer;
	loop_fn terminate_done;
	void *terminate_ctx;
};

static const struct pki_cert *instance_cert(const struct negotiator *negotiator)
{
	return &negotiator->bundle->chain.items[0];
}

/* Running the machine's actions. */

static void run_actions(struct negotiator *negotiator, struct peer_actions *actions);

/* Whether charon refused the command; @ret_reason says why. */
static bool refused(int error, const void *message, size_t len, char *ret_reason, size_t size)
{
	if (error == -ECONNRESET)
		return false; /* everything is queued anew when charon is back */
	snprintf(ret_reason, size, "charon does not know the command");
	return error || vici_reply_status(message, len, ret_reason, size);
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

	if (!pending || !ike_link_is_up(negotiator->link)) {
		/* the machine's own deadline ends what gets no answer */
		free(pending);
		buf_fini(message);
		return;
	}
	*pending = (struct pending){
		.next = negotiator->pending, .negotiator = negotiator, .action = *action};
	negotiator->pending = pending;
	ike_link_request(negotiator->link, command, message, reply, pending);
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
	char reason[192];

	if (refused(error, message, len, reason, sizeof(reason)))
		peers_on_reason(negotiator->peers, &action.local, &action.remote, reason, true,
		                loop_now_ms(), &actions);
	run_actions(negotiator, &actions);
}

/* charon lists no such SA any more: neither do we. */
static void on_sa_reply(void *ctx, int error, const void *message, size_t len)
{
	struct peer_action action;
	struct negotiator *negotiator = take_pending(ctx, &action);
	struct peer_actions actions = {0};
	char reason[192];

	if (!refused(error, message, len, reason, sizeof(reason)))
		return;
	if (action.kind == PEER_ACTION_REKEY)
		peers_on_child_down(negotiator->peers, action.ike_id, action.child_id,
		                    loop_now_ms(), &actions);
	else
		peers_on_ike_down(negotiator->peers, action.ike_id, &action.local, &action.remote,
		                  loop_now_ms(), &actions);
	run_actions(negotiator, &actions);
}

static void initiate(struct negotiator *negotiator, const struct peer_action *action)
{
	const struct pki_cert *leaf = instance_cert(negotiator);
	struct buf message = {0};

	swan_conf_load_peer(&message, negotiator->conf, leaf->der, leaf->der_len, &action->local,
	                    &action->remote);
	send_for(negotiator, "load-conn", &message, on_initiate_reply, action);
	swan_conf_initiate(&message, &action->local, &action->remote);
	send_for(negotiator, "initiate", &message, on_initiate_reply, action);
}

static void log_change(const struct peer_action *action)
{
	char local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX];
	enum log_level level = LOG_LEVEL_DEBUG;

	if (action->new_state == PEER_STATE_UP || action->new_state == PEER_STATE_FAILED ||
	    action->old_state == PEER_STATE_UP)
		level = LOG_LEVEL_NOTICE;
	log_at(level, "peer: %s: %s -> %s: %s local=%s", addr_format(&action->remote, remote),
	       peer_state_name(action->old_state), peer_state_name(action->new_state),
	       action->reason, addr_format(&action->local, local));
}

static void act(struct negotiator *negotiator, const struct peer_action *action)
{
	struct buf message = {0};
	char name[SWAN_NAME_MAX];

	switch (action->kind) {
	case PEER_ACTION_INITIATE:
		initiate(negotiator, action);
		break;
	case PEER_ACTION_UNLOAD:
		swan_conf_name(&message,
		               swan_conf_peer_name(&action->local, &action->remote, name));
		ike_link_request(negotiator->link, "unload-conn", &message, NULL, NULL);
		break;
	case PEER_ACTION_TERMINATE:
		swan_conf_terminate_ike(&message, action->ike_id);
		send_for(negotiator, "terminate", &message, on_sa_reply, action);
		break;
	case PEER_ACTION_REKEY:
		swan_conf_rekey_child(&message, action->child_id);
		send_for(negotiator, "rekey", &message, on_sa_reply, action);
		break;
	case PEER_ACTION_CHANGED:
		log_change(action);
		if (action->new_state == PEER_STATE_UP)
			negotiator->callbacks->peer_up(negotiator->ctx, action->remote.family);
		else if (action->new_state == PEER_STATE_FAILED)
			negotiator->callbacks->peer_failed(negotiator->ctx, &action->local,
			                                   &action->remote);
		break;
	}
}

static void arm_timer(struct negotiator *negotiator)
{
	uint64_t due_ms = peers_next_ms(negotiator->peers), now_ms = loop_now_ms();

	if (due_ms == UINT64_MAX)
		loop_timer_stop(negotiator->peers_timer);
	else
		loop_timer_start(negotiator->peers_timer, due_ms > now_ms ? due_ms - now_ms : 0);
}

static void run_actions(struct negotiator *negotiator, struct peer_actions *actions)
{
	for (size_t i = 0; i < actions->count; i++)
		act(negotiator, &actions->items[i]);
	if (actions->out_of_memory) {
		log_error("peers: out of memory, taking charon's list again");
		ike_link_renew(negotiator->link);
	}
	peer_actions_fini(actions);
	arm_timer(negotiator);
}

static void on_peers_due(void *ctx)
{
	struct negotiator *negotiator = ctx;
	struct peer_actions actions = {0};

	peers_on_timer(negotiator->peers, loop_now_ms(), &actions);
	run_actions(negotiator, &actions);
}

/* Authentication anew. */

static void arm_reauth(struct negotiator *negotiator)
{
	uint64_t due_ms = reauth_next_ms(negotiator->reauth), now_ms = loop_now_ms();

	if (due_ms == UINT64_MAX)
		loop_timer_stop(negotiator->reauth_timer);
	else
		loop_timer_start(negotiator->reauth_timer, due_ms > now_ms ? due_ms - now_ms : 0);
}

static void act_reauth(struct negotiator *negotiator, const struct reauth_action *action)
{
	struct peer_action as_peer = {
		.local = action->local, .remote = action->remote, .ike_id = action->ike_id};

	switch (action->kind) {
	case REAUTH_ACTION_INITIATE:
		as_peer.kind = PEER_ACTION_INITIATE;
		break;
	case REAUTH_ACTION_UNLOAD:
		as_peer.kind = PEER_ACTION_UNLOAD;
		break;
	case REAUTH_ACTION_TERMINATE:
		as_peer.kind = PEER_ACTION_TERMINATE;
		break;
	}
	act(negotiator, &as_peer);
}

static void on_reauth_due(void *ctx)
{
	struct negotiator *negotiator = ctx;
	struct reauth_actions actions = {0};

	if (reauth_on_timer(negotiator->reauth, loop_now_ms(), &actions) < 0)
		log_error("peers: out of memory, authentication anew is late");
	for (size_t i = 0; i < actions.count; i++)
		act_reauth(negotiator, &actions.items[i]);
	reauth_actions_fini(&actions);
	arm_reauth(negotiator);
}

static void authenticate_anew(struct negotiator *negotiator)
{
	size_t count;
	const struct peer *const *list = peers_list(negotiator->peers, &count);
	int error = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t c = 0; !error && c < list[i]->child_count; c++)
			error = reauth_add(negotiator->reauth, &list[i]->local, &list[i]->remote,
			                   list[i]->children[c].ike_id);
	if (error)
		log_error("peers: out of memory, not all are authenticated anew");
	arm_reauth(negotiator);
}

/* Events of charon. */

static void take_sa(struct negotiator *negotiator, const struct swan_ike *ike,
                    struct peer_actions *actions)
{
	for (size_t i = 0; i < ike->child_count; i++) {
		if (!ike->children[i].installed)
			continue;
		peers_on_child_up(negotiator->peers, &ike->local, &ike->remote, ike->id,
		                  ike->children[i].id, loop_now_ms(), actions);
		reauth_on_child_up(negotiator->reauth, &ike->local, &ike->remote, ike->id,
		                   loop_now_ms());
	}
	arm_reauth(negotiator);
}

/* Colliding rekeyings leave SAs that no event told of: charon lists them. */
static void ask_what_is_left(struct negotiator *negotiator, const struct swan_ike *ike)
{
	const struct peer *peer = peers_find(negotiator->peers, &ike->local, &ike->remote);
	struct buf message = {0};

	if (!peer || peer->state == PEER_STATE_UP)
		return;
	vici_number(&message, "ike-id", ike->id);
	ike_link_request(negotiator->link, "list-sas", &message, NULL, NULL);
}

static void on_child(struct negotiator *negotiator, const struct swan_ike *ike, bool up,
                     struct peer_actions *actions)
{
	if (up) {
		take_sa(negotiator, ike, actions);
		return;
	}
	for (size_t i = 0; i < ike->child_count; i++)
		peers_on_child_down(negotiator->peers, ike->id, ike->children[i].id, loop_now_ms(),
		                    actions);
	ask_what_is_left(negotiator, ike);
}

static void check_terminated(struct negotiator *negotiator);

static void on_sa(struct negotiator *negotiator, const char *name, const void *message, size_t len,
                  struct peer_actions *actions)
{
	struct swan_ike ike;
	bool up;

	if (swan_event_sa(message, len, &up, &ike) < 0) {
		log_warning("charon: %s: event not understood, ignored", name);
		return;
	}
	if (strcmp(name, "list-sa") == 0) {
		take_sa(negotiator, &ike, actions);
	} else if (strcmp(name, "child-updown") == 0) {
		on_child(negotiator, &ike, up, actions);
	} else if (!up) {
		peers_on_ike_down(negotiator->peers, ike.id, &ike.local, &ike.remote, loop_now_ms(),
		                  actions);
		reauth_on_ike_down(negotiator->reauth, ike.id);
		arm_reauth(negotiator);
	}
}

static void on_rekey(struct negotiator *negotiator, const char *name, const void *message,
                     size_t len)
{
	struct swan_child_rekey child;
	uint32_t old_id, new_id;

	if (strcmp(name, "child-rekey") == 0) {
		if (!swan_event_child_rekey(message, len, &child))
			peers_on_child_rekeyed(negotiator->peers, child.ike_id, child.old_child_id,
			                       child.new_child_id);
	} else if (!swan_event_ike_rekey(message, len, &old_id, &new_id)) {
		peers_on_ike_rekeyed(negotiator->peers, old_id, new_id);
		reauth_on_ike_rekeyed(negotiator->reauth, old_id, new_id);
	}
}

static void on_log(struct negotiator *negotiator, const void *message, size_t len,
                   struct peer_actions *actions)
{
	enum swan_reason_kind kind;
	struct addr local, remote;
	struct swan_log log;
	const char *words;

	if (swan_event_log(message, len, &log) < 0)
		return;
	kind = swan_reason(log.text, &words);
	if (kind != SWAN_REASON_NONE && strcmp(log.ike_name, SWAN_RESPONDER) == 0 &&
	    log_allowed(&negotiator->refusals, loop_now_ms(), "peer: refused"))
		log_warning("peer: a negotiation that a peer began failed: %s", words);
	if (swan_conf_parse_peer_name(log.ike_name, &local, &remote) < 0)
		return;
	if (kind != SWAN_REASON_NONE)
		peers_on_reason(negotiator->peers, &local, &remote, words,
		                kind == SWAN_REASON_FINAL, loop_now_ms(), actions);
}

static void on_cert(struct negotiator *negotiator, const void *message, size_t len)
{
	const void *der;
	size_t der_len;

	if (swan_event_cert(message, len, &der, &der_len) == 0)
		negotiator->callbacks->cert(negotiator->ctx, der, der_len);
}

static void on_event(void *ctx, const char *name, const void *message, size_t len)
{
	struct negotiator *negotiator = ctx;
	struct peer_actions actions = {0};

	if (strcmp(name, "log") == 0)
		on_log(negotiator, message, len, &actions);
	else if (strcmp(name, "list-cert") == 0)
		on_cert(negotiator, message, len);
	else if (strcmp(name, "child-rekey") == 0 || strcmp(name, "ike-rekey") == 0)
		on_rekey(negotiator, name, message, len);
	else
		on_sa(negotiator, name, message, len, &actions);
	run_actions(negotiator, &actions);
	check_terminated(negotiator);
}

/* Loading charon. */

static bool keeps_conn(void *ctx, const char *name)
{
	struct negotiator *negotiator = ctx;
	const struct peer *peer;
	struct addr local, remote;

	if (swan_conf_parse_peer_name(name, &local, &remote) < 0)
		return false;
	peer = peers_find(negotiator->peers, &local, &remote);
	return peer && peer->state == PEER_STATE_NEGOTIATING;
}

static void on_loaded(void *ctx)
{
	struct negotiator *negotiator = ctx;

	if (negotiator->announced)
		return;
	negotiator->announced = true;
	negotiator->callbacks->ready(negotiator->ctx);
}

/* The connection. */

static void on_sas_listed(void *ctx, int error, const void *message, size_t len)
{
	struct negotiator *negotiator = ctx;
	struct peer_actions actions = {0};

	(void)message;
	(void)len;
	if (error)
		return;
	peers_on_charon_up(negotiator->peers, loop_now_ms(), &actions);
	run_actions(negotiator, &actions);
}

static void on_connected(void *ctx)
{
	struct negotiator *negotiator = ctx;
	struct buf message = {0};

	ike_link_request(negotiator->link, "list-sas", &message, on_sas_listed, negotiator);
}

static void on_disconnected(void *ctx)
{
	struct negotiator *negotiator = ctx;
	struct peer_actions actions = {0};

	negotiator->announced = false;
	reauth_clear(negotiator->reauth);
	while (negotiator->pending)
		free_pending(negotiator->pending);
	peers_on_charon_down(negotiator->peers, loop_now_ms(), &actions);
	run_actions(negotiator, &actions);
}

static void on_stuck(void *ctx)
{
	struct negotiator *negotiator = ctx;

	negotiator->callbacks->stuck(negotiator->ctx);
}

int negotiator_connect(struct negotiator *negotiator)
{
	return ike_link_connect(negotiator->link, negotiator->conf, negotiator->bundle);
}

void negotiator_disconnect(struct negotiator *negotiator)
{
	ike_link_disconnect(negotiator->link);
}

void negotiator_set(struct negotiator *negotiator, const struct conf *conf,
                    const struct pki_bundle *bundle, bool distrust)
{
	negotiator->conf = conf;
	negotiator->bundle = bundle;
	ike_link_sync(negotiator->link, conf, bundle);
	if (distrust && ike_link_is_up(negotiator->link))
		authenticate_anew(negotiator);
}

/* What the daemon reports. */

void negotiator_acquire(struct negotiator *negotiator, const struct addr *local,
                        const struct addr *remote)
{
	struct peer_actions actions = {0};

	peers_on_acquire(negotiator->peers, local, remote, loop_now_ms(), &actions);
	run_actions(negotiator, &actions);
}

void negotiator_larval_expired(struct negotiator *negotiator, const struct addr *local,
                               const struct addr *remote)
{
	peers_on_larval_expired(negotiator->peers, local, remote);
}

void negotiator_retain(struct negotiator *negotiator,
                       bool (*keep)(void *ctx, const struct peer *peer), void *ctx)
{
	struct peer_actions actions = {0};

	peers_retain(negotiator->peers, keep, ctx, &actions);
	run_actions(negotiator, &actions);
}

void negotiator_list_certs(struct negotiator *negotiator)
{
	struct buf message = {0};

	vici_text(&message, "type", "x509");
	ike_link_request(negotiator->link, "list-certs", &message, NULL, NULL);
}

/* The gentle end. */

static void on_terminated(void *ctx)
{
	struct negotiator *negotiator = ctx;
	loop_fn done = negotiator->terminate_done;

	negotiator->terminate_done = NULL;
	loop_timer_stop(negotiator->terminate_timer);
	done(negotiator->terminate_ctx);
}

static void check_terminated(struct negotiator *negotiator)
{
	size_t count;
	const struct peer *const *list;

	if (!negotiator->terminate_done)
		return;
	list = peers_list(negotiator->peers, &count);
	for (size_t i = 0; i < count; i++)
		if (list[i]->child_count)
			return;
	/* from the loop: this is called inside an event of the connection */
	loop_timer_start(negotiator->terminate_timer, 0);
}

void negotiator_terminate_all(struct negotiator *negotiator, uint64_t timeout_ms, loop_fn done,
                              void *ctx)
{
	size_t count;
	const struct peer *const *list = peers_list(negotiator->peers, &count);

	for (size_t i = 0; i < count; i++) {
		for (size_t c = 0; c < list[i]->child_count; c++) {
			struct buf message = {0};

			swan_conf_terminate_ike(&message, list[i]->children[c].ike_id);
			ike_link_request(negotiator->link, "terminate", &message, NULL, NULL);
		}
	}
	negotiator->terminate_done = done;
	negotiator->terminate_ctx = ctx;
	loop_timer_start(negotiator->terminate_timer,
	                 ike_link_is_up(negotiator->link) ? timeout_ms : 0);
	check_terminated(negotiator);
}

const struct peers *negotiator_peers(const struct negotiator *negotiator)
{
	return negotiator->peers;
}

const char *negotiator_problem(const struct negotiator *negotiator)
{
	return ike_link_problem(negotiator->link);
}

/* Life. */

static uint64_t random_seed(void)
{
	uint64_t seed;

	/* jitter needs hosts to differ, not secrecy */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = loop_now_ms();
	return seed;
}

int negotiator_open(struct loop *loop, const char *vici_path, const struct conf *conf,
                    const struct pki_bundle *bundle, const struct negotiator_callbacks *callbacks,
                    void *ctx, struct negotiator **ret_negotiator)
{
	static const struct ike_link_callbacks link_callbacks = {
		.connected = on_connected,
		.disconnected = on_disconnected,
		.event = on_event,
		.keeps_conn = keeps_conn,
		.loaded = on_loaded,
		.stuck = on_stuck,
	};
	struct negotiator *negotiator = calloc(1, sizeof(*negotiator));
	int error;

	if (!negotiator)
		return -ENOMEM;
	*negotiator = (struct negotiator){
		.conf = conf,
		.bundle = bundle,
		.callbacks = callbacks,
		.ctx = ctx,
		.refusals = {.burst = REFUSALS_BURST, .interval_ms = REFUSALS_INTERVAL_MS},
	};
	error = ike_link_new(loop, vici_path, &link_callbacks, negotiator, &negotiator->link);
	if (!error)
		error = reauth_new(&negotiator->reauth);
	if (!error)
		error = peers_new(random_seed(), &negotiator->peers);
	if (!error)
		error = loop_timer_new(loop, on_reauth_due, negotiator, &negotiator->reauth_timer);
	if (!error)
		error = loop_timer_new(loop, on_peers_due, negotiator, &negotiator->peers_timer);
	if (!error)
		error = loop_timer_new(loop, on_terminated, negotiator,
		                       &negotiator->terminate_timer);
	if (error) {
		negotiator_close(negotiator);
		return error;
	}
	*ret_negotiator = negotiator;
	return 0;
}

void negotiator_close(struct negotiator *negotiator)
{
	if (!negotiator)
		return;
	ike_link_free(negotiator->link);
	while (negotiator->pending)
		free_pending(negotiator->pending);
	loop_timer_free(negotiator->terminate_timer);
	loop_timer_free(negotiator->peers_timer);
	loop_timer_free(negotiator->reauth_timer);
	reauth_free(negotiator->reauth);
	peers_free(negotiator->peers);
	free(negotiator);
}
