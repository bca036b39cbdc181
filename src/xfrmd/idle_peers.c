/* SPDX-License-Identifier: MIT */
/*
 * Closes the SAs of peers that were silent for idle_timeout. Our outbound SAs go first, the IKE_SA
 * with its DELETE then: from that moment on what we send waits for a new negotiation and does not
 * run into an end that has closed already, while what the peer sends is taken until it knows.
 */
#include "xfrmd/xfrmd/idle_peers.h"

#include <errno.h>
#include <stdlib.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/sad/idle.h"
#include "xfrmd/xfrmd/sas.h"

struct idle_peers {
	struct loop_timer *timer;
	struct idle *idle;
};

static uint64_t timeout_ms(const struct daemon *daemon)
{
	return (uint64_t)daemon->settings.conf.idle_timeout_s * 1000;
}

/* The SAs of peers that are up, in both directions. */
static size_t select_sas(struct daemon *daemon, const struct sas *all, struct idle_sa *ret_sas)
{
	size_t selected = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct sa *sa = &all->items[i];
		struct idle_sa seen = {.spi = sa->spi, .packets = sa->packets, .bytes = sa->bytes};
		bool outbound;

		if (sa_is_negotiated(sa) &&
		    sa_find_pair(sa, sas_peer_is_up, daemon, &seen.pair, &outbound))
			ret_sas[selected++] = seen;
	}
	return selected;
}

static void look(struct daemon *daemon, const struct sas *all)
{
	struct idle *machine = daemon->parts.idle_peers->idle;
	_cleanup_(cleanup_free) struct idle_sa *sas = calloc(all->count + 1, sizeof(*sas));
	const struct pair *idle;
	size_t idle_count = 0;

	if (!sas || idle_look(machine, sas, select_sas(daemon, all, sas), clock_now_ms(),
	                      timeout_ms(daemon), &idle, &idle_count) < 0)
		log_error("peers: out of memory, idle ones stay up");
	/* one that cannot be deleted ends with its IKE_SA */
	for (size_t i = 0; idle_count && i < all->count; i++) {
		const struct sa *sa = &all->items[i];
		const struct pair pair = sa_pair(sa, true);

		if (sa_is_negotiated(sa) && idle_includes(machine, &pair))
			(void)installed_spd_delete_sa(daemon->spd, sa);
	}
	for (size_t i = 0; i < idle_count; i++)
		negotiator_close_unused(daemon->negotiator, &idle[i]);
}

void idle_peers_arm(struct daemon *daemon)
{
	if (daemon->settings.conf.idle_timeout_s)
		loop_timer_start(daemon->parts.idle_peers->timer,
		                 idle_interval_ms(timeout_ms(daemon)));
	else
		loop_timer_stop(daemon->parts.idle_peers->timer);
}

static void on_timer(void *ctx)
{
	struct daemon *daemon = ctx;
	_cleanup_(sas_fini) struct sas sas = {0};
	struct err err;

	if (sas_read(daemon, &sas, &err) < 0)
		log_error("spd: %s", err.text);
	else
		look(daemon, &sas);
	idle_peers_arm(daemon);
}

static int open_part(struct daemon *daemon, struct err *err)
{
	return idle_new(&daemon->parts.idle_peers->idle)
	               ? err_set(err, -ENOMEM, "peers: out of memory")
	               : 0;
}

static void close_part(struct daemon *daemon)
{
	idle_free(daemon->parts.idle_peers->idle);
}

const struct part idle_peers_part = {PART(idle_peers), .open = open_part, .close = close_part,
                                     .timers = {{on_timer, offsetof(struct idle_peers, timer)}}};
