/* SPDX-License-Identifier: MIT */
/* Looks at the kernel's SAs while peers are up, and carries out what the liveness machine decides. */
#include "xfrmd/xfrmd/live_peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/net/echo_sender.h"
#include "xfrmd/xfrmd/sas.h"

struct live_peers {
	struct loop_timer *timer;
	bool armed;
	struct liveness *liveness;
	struct echo_sender *echoes; /* NULL: there may be none */
};

static bool has_peers_up(const struct daemon *daemon)
{
	size_t count;
	const struct peer *const *list = peers_list(negotiator_peers(daemon->negotiator), &count);

	for (size_t i = 0; i < count; i++)
		if (list[i]->state == PEER_STATE_UP)
			return true;
	return false;
}

/* The SAs of peers that are up, in both directions. */
static size_t select_sas(struct daemon *daemon, const struct sas *all, struct liveness_sa *ret_sas)
{
	size_t selected = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct sa *sa = &all->items[i];
		struct liveness_sa seen = {.spi = sa->spi, .packets = sa->packets};

		if (sa_is_negotiated(sa) &&
		    sa_find_pair(sa, sas_peer_is_up, daemon, &seen.pair, &seen.out))
			ret_sas[selected++] = seen;
	}
	return selected;
}

static void echo(const struct live_peers *self, const struct pair *pair)
{
	int error = self->echoes ? echo_sender_send(self->echoes, pair) : -EPERM;
	char text[ADDR_TEXT_MAX];

	if (error)
		log_debug("peer: %s: cannot be sent an echo: %s", addr_format(&pair->remote, text),
		          strerror(-error));
}

static void act(struct daemon *daemon, const struct liveness_action *action)
{
	unsigned long long silent_ms = action->silent_ms;
	char remote[ADDR_TEXT_MAX], local[ADDR_TEXT_MAX];

	addr_format(&action->pair.remote, remote);
	addr_format(&action->pair.local, local);
	switch (action->kind) {
	case LIVENESS_ECHO:
		echo(daemon->parts.live_peers, &action->pair);
		break;
	case LIVENESS_RENEW:
		if (!action->again)
			log_notice("peer: %s: nothing came in for %llu ms, negotiating anew "
			           "local=%s",
			           remote, silent_ms, local);
		negotiator_doubt(daemon->negotiator, &action->pair);
		break;
	case LIVENESS_GIVE_UP:
		log_notice("peer: %s: no sign of life for %llu ms, ending its SAs local=%s", remote,
		           silent_ms, local);
		negotiator_give_up(daemon->negotiator, &action->pair);
		break;
	}
}

static uint64_t dpd_delay_ms(const struct daemon *daemon)
{
	return (uint64_t)daemon->settings.conf.dpd_delay_s * 1000;
}

static int look(struct daemon *daemon, const struct sas *all)
{
	_cleanup_(cleanup_free) struct liveness_sa *sas = calloc(all->count + 1, sizeof(*sas));
	const struct liveness_action *actions;
	size_t count = 0;
	int error = -ENOMEM;

	if (sas)
		error = liveness_look(daemon->parts.live_peers->liveness, sas,
		                      select_sas(daemon, all, sas), clock_now_ms(),
		                      dpd_delay_ms(daemon), &actions, &count);
	for (size_t i = 0; !error && i < count; i++)
		act(daemon, &actions[i]);
	return error;
}

static void on_timer(void *ctx)
{
	struct daemon *daemon = ctx;
	struct live_peers *self = daemon->parts.live_peers;
	_cleanup_(sas_fini) struct sas sas = {0};
	struct err err = {.text = "out of memory"};
	uint64_t pause_ms = LIVENESS_REST_MS;
	int error;

	self->armed = false;
	if (!dpd_delay_ms(daemon) || !has_peers_up(daemon)) {
		liveness_forget(self->liveness);
		return;
	}
	error = sas_read(daemon, &sas, &err);
	if (!error)
		error = look(daemon, &sas);
	if (error)
		log_error("peers: whether they live is not known: %s", err.text);
	else
		pause_ms = liveness_interval_ms(self->liveness);
	self->armed = true;
	loop_timer_start(self->timer, pause_ms);
}

void live_peers_arm(struct daemon *daemon)
{
	struct live_peers *self = daemon->parts.live_peers;

	if (self->armed)
		return;
	self->armed = true;
	loop_timer_start(self->timer, 0);
}

void live_peers_on_negotiated(struct daemon *daemon, const struct pair *pair)
{
	liveness_on_negotiated(daemon->parts.live_peers->liveness, pair, clock_now_ms());
}

void live_peers_on_failed(void *ctx, const struct pair *pair, bool answered)
{
	struct daemon *daemon = ctx;

	liveness_on_failed(daemon->parts.live_peers->liveness, pair, answered, clock_now_ms());
}

struct liveness_counters live_peers_counters(const struct daemon *daemon)
{
	return liveness_counters(daemon->parts.live_peers->liveness);
}

static int open_part(struct daemon *daemon, struct err *err)
{
	struct live_peers *self = daemon->parts.live_peers;
	int error = echo_sender_open(&self->echoes);

	if (error)
		log_warning("peers: no echoes can be sent, so whoever is sent to and answers "
		            "nothing is negotiated with anew; let xfrmd have CAP_NET_RAW: %s",
		            strerror(-error));
	return liveness_new(&self->liveness) ? err_set(err, -ENOMEM, "peers: out of memory") : 0;
}

static void close_part(struct daemon *daemon)
{
	liveness_free(daemon->parts.live_peers->liveness);
	echo_sender_close(daemon->parts.live_peers->echoes);
}

const struct part live_peers_part = {PART(live_peers), .open = open_part, .close = close_part,
                                     .timers = {{on_timer, offsetof(struct live_peers, timer)}}};
