/* SPDX-License-Identifier: MIT */
/*
 * The adapter between charon and the acquire machine: its life, its connection, and what the daemon
 * asks of it. Actions, events and the gentle end are in the files beside.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "negotiator_state.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/charon/swan_conf.h"

/* Peers that fail to negotiate with us may try for ever, and anybody may ask for addresses. */
#define REFUSALS_BURST       20
#define REFUSALS_INTERVAL_MS 60000

/* Loading charon. */

static bool keeps_conn(void *ctx, const char *name)
{
	struct negotiator *negotiator = ctx;
	const struct peer *peer;
	struct pair pair;

	if (swan_conf_parse_peer_name(name, &pair) < 0)
		return false;
	peer = peers_find(negotiator->peers, &pair);
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
	negotiator->callbacks->listed(negotiator->ctx, !negotiator->list_incomplete);
	peers_on_charon_up(negotiator->peers, clock_now_ms(), &actions);
	negotiator_run(negotiator, &actions);
}

static void on_connected(void *ctx)
{
	struct negotiator *negotiator = ctx;
	struct buf message = {0};

	negotiator->list_incomplete = false;
	/* without the list nobody is negotiated with */
	if (ike_link_request(negotiator->link, "list-sas", &message, on_sas_listed, negotiator) < 0)
		ike_link_renew_soon(negotiator->link);
}

static void on_disconnected(void *ctx)
{
	struct negotiator *negotiator = ctx;
	struct peer_actions actions = {0};

	negotiator->announced = false;
	negotiator->half_open = 0;
	renew_clear(negotiator->renew);
	negotiator->reasons = (struct reasons){0};
	negotiator_drop_pending(negotiator);
	peers_on_charon_down(negotiator->peers, clock_now_ms(), &actions);
	negotiator_run(negotiator, &actions);
}

/* Counted at the same moment: ours come and go, many at once. */
static void on_half_open(void *ctx, size_t all)
{
	struct negotiator *negotiator = ctx;
	size_t count, own = 0;
	const struct peer *const *list = peers_list(negotiator->peers, &count);

	for (size_t i = 0; i < count; i++)
		own += list[i]->state == PEER_STATE_NEGOTIATING;
	negotiator->half_open = all > own ? all - own : 0;
}

static void on_settings_read(void *ctx)
{
	struct negotiator *negotiator = ctx;

	negotiator->callbacks->settings_read(negotiator->ctx);
}

static void on_stuck(void *ctx)
{
	struct negotiator *negotiator = ctx;

	negotiator->callbacks->stuck(negotiator->ctx);
}

int negotiator_connect(struct negotiator *negotiator, pid_t charon)
{
	return ike_link_connect(negotiator->link, charon, negotiator->conf, negotiator->bundle);
}

void negotiator_disconnect(struct negotiator *negotiator)
{
	ike_link_disconnect(negotiator->link);
}

/* A new IKE_SA brings new SAs, and new SAs a new IKE_SA: what is due first counts for both. */
static void set_peers(struct negotiator *negotiator)
{
	uint32_t child_s = negotiator->conf->rekey_time_s,
		 ike_s = negotiator->conf->ike_rekey_time_s;
	struct lifetimes lifetimes = lifetimes_of(child_s && (!ike_s || child_s < ike_s) ? child_s
	                                                                                 : ike_s);

	peers_set_patient(negotiator->peers, negotiator->conf->optional);
	peers_set_lifetimes(negotiator->peers, &lifetimes);
}

void negotiator_set(struct negotiator *negotiator, const struct conf *conf,
                    const struct pki_bundle *bundle, bool distrust)
{
	negotiator->conf = conf;
	negotiator->bundle = bundle;
	ike_link_sync(negotiator->link, conf, bundle);
	renew_set_lenient(negotiator->renew, conf->optional);
	set_peers(negotiator);
	if (distrust && ike_link_is_up(negotiator->link))
		negotiator_renew(negotiator, NULL, true);
}

/* What the daemon reports. */

void negotiator_acquire(struct negotiator *negotiator, const struct pair *pair, bool again)
{
	struct peer_actions actions = {0};

	peers_on_acquire(negotiator->peers, pair, again, clock_now_ms(), &actions);
	negotiator_run(negotiator, &actions);
}

int negotiator_retry(struct negotiator *negotiator, const struct pair *pair)
{
	struct peer_actions actions = {0};
	int error = peers_retry(negotiator->peers, pair, clock_now_ms(), &actions);

	negotiator_run(negotiator, &actions);
	return error;
}

void negotiator_remember(struct negotiator *negotiator, const struct pair *pair)
{
	struct peer_actions actions = {0};

	peers_on_remembered(negotiator->peers, pair, clock_now_ms(), &actions);
	negotiator_run(negotiator, &actions);
}

void negotiator_larval_expired(struct negotiator *negotiator, const struct pair *pair)
{
	peers_on_larval_expired(negotiator->peers, pair);
}

void negotiator_larvals_listed(struct negotiator *negotiator, const struct pair *larvals,
                               size_t count)
{
	struct peer_actions none = {0};

	peers_on_larvals_listed(negotiator->peers, larvals, count);
	negotiator_run(negotiator, &none);
}

bool negotiator_sa_lost(struct negotiator *negotiator, const struct pair *ends)
{
	struct peer_actions none = {0};
	bool lost = peers_on_sa_lost(negotiator->peers, ends, clock_now_ms());

	negotiator_run(negotiator, &none);
	return lost;
}

size_t negotiator_sas_listed(struct negotiator *negotiator, const struct pair *sas, size_t count)
{
	struct peer_actions none = {0};
	size_t lacking = peers_on_sas_listed(negotiator->peers, sas, count, clock_now_ms());

	negotiator_run(negotiator, &none);
	return lacking;
}

void negotiator_close_unused(struct negotiator *negotiator, const struct pair *pair)
{
	struct peer_actions actions = {0};

	peers_on_unused(negotiator->peers, pair, clock_now_ms(), &actions);
	negotiator_run(negotiator, &actions);
}

void negotiator_give_up(struct negotiator *negotiator, const struct pair *pair)
{
	struct peer_actions actions = {0};

	peers_on_dead(negotiator->peers, pair, &actions);
	negotiator_run(negotiator, &actions);
}

void negotiator_retain(struct negotiator *negotiator,
                       bool (*keep)(void *ctx, const struct peer *peer), void *ctx)
{
	struct peer_actions actions = {0};

	peers_retain(negotiator->peers, keep, ctx, &actions);
	negotiator_run(negotiator, &actions);
}

void negotiator_list_certs(struct negotiator *negotiator)
{
	struct buf message = {0};

	vici_text(&message, "type", "x509");
	/* they are listed again when the next peer is up */
	(void)ike_link_request(negotiator->link, "list-certs", &message, NULL, NULL);
}

const struct peers *negotiator_peers(const struct negotiator *negotiator)
{
	return negotiator->peers;
}

size_t negotiator_half_open(const struct negotiator *negotiator)
{
	return negotiator->half_open;
}

int negotiator_check(const struct negotiator *negotiator, const struct conf *conf, struct err *err)
{
	return ike_link_check(negotiator->link, conf, err);
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
		seed = clock_now_ms();
	return seed;
}

int negotiator_open(struct loop *loop, const char *vici_path, const struct conf *conf,
                    const struct pki_bundle *bundle, const struct negotiator_callbacks *callbacks,
                    void *ctx, struct negotiator **ret_negotiator)
{
	static const struct ike_link_callbacks link_callbacks = {
		.connected = on_connected,
		.disconnected = on_disconnected,
		.event = negotiator_take_event,
		.keeps_conn = keeps_conn,
		.loaded = on_loaded,
		.settings_read = on_settings_read,
		.stuck = on_stuck,
		.half_open = on_half_open,
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
		.absent = {.burst = REFUSALS_BURST, .interval_ms = REFUSALS_INTERVAL_MS},
	};
	error = ike_link_new(loop, vici_path, &link_callbacks, negotiator, &negotiator->link);
	if (!error)
		error = renew_new(&negotiator->renew);
	if (!error)
		error = neighbours_open(loop, negotiator_resolved, negotiator,
		                        &negotiator->neighbours);
	if (!error)
		error = peers_new(random_seed(), &negotiator->peers);
	if (!error)
		error = loop_timer_new(loop, negotiator_renew_due, negotiator,
		                       &negotiator->renew_timer);
	if (!error)
		error = loop_timer_new(loop, negotiator_peers_due, negotiator,
		                       &negotiator->peers_timer);
	if (!error)
		error = loop_timer_new(loop, negotiator_terminated, negotiator,
		                       &negotiator->terminate_timer);
	if (error) {
		negotiator_close(negotiator);
		return error;
	}
	peers_set_resolver(negotiator->peers, true);
	set_peers(negotiator);
	*ret_negotiator = negotiator;
	return 0;
}

void negotiator_close(struct negotiator *negotiator)
{
	if (!negotiator)
		return;
	ike_link_free(negotiator->link);
	negotiator_drop_pending(negotiator);
	loop_timer_free(negotiator->terminate_timer);
	loop_timer_free(negotiator->peers_timer);
	loop_timer_free(negotiator->renew_timer);
	neighbours_close(negotiator->neighbours);
	renew_free(negotiator->renew);
	peers_free(negotiator->peers);
	free(negotiator);
}
