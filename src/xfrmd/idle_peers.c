/* SPDX-License-Identifier: MIT */
/*
 * Closes the SAs of peers that were silent for idle_timeout. Our outbound SAs go first, the IKE_SA
 * with its DELETE then: from that moment on what we send waits for a new negotiation and does not
 * run into an end that has closed already, while what the peer sends is taken until it knows.
 */
#include <stdlib.h>

#include "daemon.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/sad/idle.h"

static uint64_t timeout_ms(const struct daemon *daemon)
{
	return (uint64_t)daemon->conf.idle_timeout_s * 1000;
}

static bool is_up(const struct daemon *daemon, const struct pair *pair)
{
	const struct peer *peer = peers_find(negotiator_peers(daemon->negotiator), pair);

	return peer && peer->state == PEER_STATE_UP;
}

/* The SAs of peers that are up, in both directions. */
static size_t select_sas(const struct daemon *daemon, const struct sa *all, size_t count,
                         struct idle_sa *ret_sas)
{
	size_t selected = 0;

	for (size_t i = 0; i < count; i++) {
		struct idle_sa sa = {.pair = {.local = all[i].src, .remote = all[i].dst},
		                     .spi = all[i].spi,
		                     .packets = all[i].packets};

		if (!daemon_owns_sa(daemon, &all[i]))
			continue;
		if (!is_up(daemon, &sa.pair))
			sa.pair = (struct pair){.local = all[i].dst, .remote = all[i].src};
		if (is_up(daemon, &sa.pair))
			ret_sas[selected++] = sa;
	}
	return selected;
}

static void look(struct daemon *daemon, const struct sa *all, size_t count)
{
	struct idle_sa *sas = calloc(count + 1, sizeof(*sas));
	const struct pair *idle;
	size_t idle_count = 0;

	if (!sas || idle_look(daemon->idle, sas, select_sas(daemon, all, count, sas),
	                      clock_now_ms(), timeout_ms(daemon), &idle, &idle_count) < 0)
		log_error("peers: out of memory, idle ones stay up");
	free(sas);
	if (!idle_count)
		return;
	/* one that cannot be deleted ends with its IKE_SA */
	for (size_t i = 0; i < count; i++) {
		const struct pair pair = {.local = all[i].src, .remote = all[i].dst};

		if (daemon_owns_sa(daemon, &all[i]) && idle_includes(daemon->idle, &pair))
			(void)installed_spd_delete_sa(daemon->spd, &all[i]);
	}
	for (size_t i = 0; i < idle_count; i++)
		negotiator_close_unused(daemon->negotiator, &idle[i]);
}

void idle_peers_arm(struct daemon *daemon)
{
	if (daemon->conf.idle_timeout_s)
		loop_timer_start(daemon->idle_timer, idle_interval_ms(timeout_ms(daemon)));
	else
		loop_timer_stop(daemon->idle_timer);
}

void idle_peers_due(void *ctx)
{
	struct daemon *daemon = ctx;
	struct sa *all = NULL;
	struct err err;
	size_t count;

	if (installed_spd_sas(daemon->spd, &all, &count, &err) < 0)
		log_error("spd: %s", err.text);
	else
		look(daemon, all, count);
	free(all);
	idle_peers_arm(daemon);
}
