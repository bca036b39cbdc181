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

#include "xfrmd/loader.h"
#include "xfrmd/log.h"
#include "xfrmd/swan_conf.h"
#include "xfrmd/swan_event.h"
#include "xfrmd/vici_conn.h"

/* After charon closed the connection without ending. */
#define RECONNECT_MS         1000
/* charon is asked for a sign of life this often; without an answer by the next time it is stuck.
 * Its commands take milliseconds, also with 1,000 peers. */
#define HEARTBEAT_MS         10000
/* Peers that fail to negotiate with us may try for ever. */
#define REFUSALS_BURST       5
#define REFUSALS_INTERVAL_MS 60000

struct negotiator {
	struct loop *loop;
	char *vici_path;
	const struct conf *conf;
	const struct pki_bundle *bundle;
	const struct negotiator_callbacks *callbacks;
	void *ctx;

	struct vici_conn *conn;
	struct loader *loader;
	struct pending *pending; /* unanswered commands that concern a peer */
	struct peers *peers;
	struct loop_timer *peers_timer;
	struct loop_timer *reconnect_timer;
	struct loop_timer *heartbeat_timer;
	bool heartbeat_open; /* asked and not answered */
	struct log_limit refusals;
	bool announced; /* ready was called for this connection */

	struct loop_timer *terminate_timer;
	loop_fn terminate_done;
	void *terminate_ctx;
};

static const char *const event_names[] = {"ike-updown", "child-updown", "child-rekey", "ike-rekey",
                                          "list-sa",    "list-cert",    "log"};

static const struct pki_cert *instance_cert(const struct negotiator *negotiator)
{
	return &negotiator->bundle->chain.items[0];
}

static void send_request(struct negotiator *negotiator, const char *command, struct buf *message,
                         vici_reply_fn reply, void *ctx)
{
	int error = -ENOTCONN;

	if (negotiator->conn)
		error = vici_conn_request(negotiator->conn, command, message, reply, ctx);
	if (error && error != -ENOTCONN)
		log_error("charon: %s: cannot send: %s", command, strerror(-error));
	buf_fini(message);
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

	if (!pending || !negotiator->conn) {
		/* the machine's own deadline ends what gets no answer */
		free(pending);
		buf_fini(message);
		return;
	}
	*pending = (struct pending){
		.next = negotiator->pending, .negotiator = negotiator, .action = *action};
	negotiator->pending = pending;
	send_request(negotiator, command, message, reply, pending);
}

static void free_pending(struct pending *pending)
{
	struct pending **link = &pending->negotiator->pending;

	while (*link != pending)
		link = &(*link)->next;
	*link = pending->next;
	free(pending);
}

/* Results come as events; a reply tells only what charon did not even begin. */
static void on_initiate_reply(void *ctx, int error, const void *message, size_t len)
{
	struct pending *pending = ctx;
	struct peer_actions actions = {0};
	char reason[192];

	if (refused(error, message, len, reason, sizeof(reason)))
		peers_on_reason(pending->negotiator->peers, &pending->action.local,
		                &pending->action.remote, reason, true, loop_now_ms(), &actions);
	run_actions(pending->negotiator, &actions);
	free_pending(pending);
}

/* charon lists no such SA any more: neither do we. */
static void on_sa_reply(void *ctx, int error, const void *message, size_t len)
{
	struct pending *pending = ctx;
	const struct peer_action *action = &pending->action;
	struct peer_actions actions = {0};
	char reason[192];

	if (refused(error, message, len, reason, sizeof(reason))) {
		if (action->kind == PEER_ACTION_REKEY)
			peers_on_child_down(pending->negotiator->peers, action->ike_id,
			                    action->child_id, loop_now_ms(), &actions);
		else
			peers_on_ike_down(pending->negotiator->peers, action->ike_id,
			                  &action->local, &action->remote, loop_now_ms(), &actions);
	}
	run_actions(pending->negotiator, &actions);
	free_pending(pending);
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
		send_request(negotiator, "unload-conn", &message, NULL, NULL);
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
		loop_timer_start(negotiator->reconnect_timer, RECONNECT_MS);
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

/* Events of charon. */

static void take_sa(struct negotiator *negotiator, const struct swan_ike *ike,
                    struct peer_actions *actions)
{
	for (size_t i = 0; i < ike->child_count; i++)
		if (ike->children[i].installed)
			peers_on_child_up(negotiator->peers, &ike->local, &ike->remote, ike->id,
			                  ike->children[i].id, loop_now_ms(), actions);
}

/* Colliding rekeyings leave SAs that no event told of: charon lists them. */
static void ask_what_is_left(struct negotiator *negotiator, const struct swan_ike *ike)
{
	const struct peer *peer = peers_find(negotiator->peers, &ike->local, &ike->remote);
	struct buf message = {0};

	if (!peer || peer->state == PEER_STATE_UP)
		return;
	vici_number(&message, "ike-id", ike->id);
	send_request(negotiator, "list-sas", &message, NULL, NULL);
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

static void close_connection(struct negotiator *negotiator)
{
	vici_conn_close(negotiator->conn);
	negotiator->conn = NULL;
	negotiator->announced = false;
	negotiator->heartbeat_open = false;
	loop_timer_stop(negotiator->heartbeat_timer);
	loader_forget(negotiator->loader);
	while (negotiator->pending)
		free_pending(negotiator->pending);
}

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

static void on_closed(void *ctx, int error)
{
	struct negotiator *negotiator = ctx;

	log_warning("charon: VICI connection ended: %s", strerror(-error));
	negotiator_disconnect(negotiator);
	loop_timer_start(negotiator->reconnect_timer, RECONNECT_MS);
}

static void on_reconnect(void *ctx)
{
	struct negotiator *negotiator = ctx;

	if (negotiator->conn)
		return;
	/* one that died does not listen; its successor is announced by negotiator_connect() */
	if (negotiator_connect(negotiator) < 0)
		loop_timer_start(negotiator->reconnect_timer, RECONNECT_MS);
}

static void on_heartbeat_reply(void *ctx, int error, const void *message, size_t len)
{
	struct negotiator *negotiator = ctx;

	(void)error;
	(void)message;
	(void)len;
	negotiator->heartbeat_open = false;
}

static void on_heartbeat(void *ctx)
{
	struct negotiator *negotiator = ctx;
	struct buf message = {0};

	if (negotiator->heartbeat_open) {
		negotiator->callbacks->stuck(negotiator->ctx);
		return;
	}
	negotiator->heartbeat_open = true;
	send_request(negotiator, "version", &message, on_heartbeat_reply, negotiator);
	loop_timer_start(negotiator->heartbeat_timer, HEARTBEAT_MS);
}

int negotiator_connect(struct negotiator *negotiator)
{
	static const struct vici_callbacks callbacks = {
		.event = on_event,
		.closed = on_closed,
	};
	struct buf message = {0};
	int error;

	negotiator_disconnect(negotiator);
	error = vici_conn_open(negotiator->loop, negotiator->vici_path, &callbacks, negotiator,
	                       &negotiator->conn);
	if (error)
		return error;
	for (size_t i = 0; !error && i < sizeof(event_names) / sizeof(event_names[0]); i++)
		error = vici_conn_subscribe(negotiator->conn, event_names[i], NULL, NULL);
	if (error) {
		close_connection(negotiator);
		return error;
	}
	loader_sync(negotiator->loader, negotiator->conn, negotiator->conf, negotiator->bundle);
	/* its answers in order: credentials are there before the first peer is initiated */
	send_request(negotiator, "list-sas", &message, on_sas_listed, negotiator);
	loop_timer_start(negotiator->heartbeat_timer, HEARTBEAT_MS);
	return 0;
}

void negotiator_disconnect(struct negotiator *negotiator)
{
	struct peer_actions actions = {0};

	if (!negotiator->conn)
		return;
	close_connection(negotiator);
	peers_on_charon_down(negotiator->peers, loop_now_ms(), &actions);
	run_actions(negotiator, &actions);
}

void negotiator_set(struct negotiator *negotiator, const struct conf *conf,
                    const struct pki_bundle *bundle)
{
	negotiator->conf = conf;
	negotiator->bundle = bundle;
	if (negotiator->conn)
		loader_sync(negotiator->loader, negotiator->conn, negotiator->conf,
		            negotiator->bundle);
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
	send_request(negotiator, "list-certs", &message, NULL, NULL);
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
			send_request(negotiator, "terminate", &message, NULL, NULL);
		}
	}
	negotiator->terminate_done = done;
	negotiator->terminate_ctx = ctx;
	loop_timer_start(negotiator->terminate_timer, negotiator->conn ? timeout_ms : 0);
	check_terminated(negotiator);
}

const struct peers *negotiator_peers(const struct negotiator *negotiator)
{
	return negotiator->peers;
}

const char *negotiator_problem(const struct negotiator *negotiator)
{
	return loader_problem(negotiator->loader);
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
	static const struct loader_callbacks loader_callbacks = {.keeps_conn = keeps_conn,
	                                                         .loaded = on_loaded};
	struct negotiator *negotiator = calloc(1, sizeof(*negotiator));
	int error = -ENOMEM;

	if (!negotiator)
		return -ENOMEM;
	*negotiator = (struct negotiator){
		.loop = loop,
		.vici_path = strdup(vici_path),
		.conf = conf,
		.bundle = bundle,
		.callbacks = callbacks,
		.ctx = ctx,
		.refusals = {.burst = REFUSALS_BURST, .interval_ms = REFUSALS_INTERVAL_MS}};
	if (negotiator->vici_path)
		error = loader_new(&loader_callbacks, negotiator, &negotiator->loader);
	if (!error)
		error = peers_new(random_seed(), &negotiator->peers);
	if (!error)
		error = loop_timer_new(loop, on_peers_due, negotiator, &negotiator->peers_timer);
	if (!error)
		error = loop_timer_new(loop, on_reconnect, negotiator,
		                       &negotiator->reconnect_timer);
	if (!error)
		error = loop_timer_new(loop, on_heartbeat, negotiator,
		                       &negotiator->heartbeat_timer);
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
	if (negotiator->loader)
		close_connection(negotiator);
	loader_free(negotiator->loader);
	loop_timer_free(negotiator->terminate_timer);
	loop_timer_free(negotiator->heartbeat_timer);
	loop_timer_free(negotiator->reconnect_timer);
	loop_timer_free(negotiator->peers_timer);
	peers_free(negotiator->peers);
	free(negotiator->vici_path);
	free(negotiator);
}
