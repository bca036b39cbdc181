/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/hosts.h"

#include <errno.h>
#include <stdlib.h>

#include "hosts_state.h"

/*
 * Owns the rules of the known hosts. Invariants: between events a host has SAs exactly in the
 * phases AWAITS_PEER, READY and PINNED, and PINNED goes by one of them. A due time, if the phase
 * has one, is the end of the silence (ACQUIRING), the next probe (BLOCKED), the next look or the
 * takeover; next_ms is never later than any due time. Room for the actions is made before anything
 * changes, so an event that fails for want of memory has not happened, and hosts_sync() makes up
 * for it.
 */

int hosts_new(struct hosts **ret_hosts)
{
	struct hosts *hosts = calloc(1, sizeof(*hosts));

	if (!hosts)
		return -ENOMEM;
	hosts->next_ms = HOST_TABLE_NEVER;
	*ret_hosts = hosts;
	return 0;
}

void hosts_free(struct hosts *hosts)
{
	if (!hosts)
		return;
	host_table_fini(&hosts->known);
	wait_spis_fini(&hosts->spis);
	free(hosts);
}

/* At no time: what follows some time after now is due at once. */
static void follow_mode(struct hosts *hosts, size_t index)
{
	static const char why[] = "another mode";
	struct host_state *state = hosts->known.states[index];

	switch (state->phase) {
	case HOST_PHASE_NONE:
	case HOST_PHASE_PINNED:
		break;
	case HOST_PHASE_IDLE:
	case HOST_PHASE_ACQUIRING:
	case HOST_PHASE_BLOCKED:
		hosts_move(hosts, index, HOST_PHASE_IDLE, 0, why, 0, NULL);
		break;
	case HOST_PHASE_AWAITS_PEER:
	case HOST_PHASE_READY:
		if (hosts->mode == HOSTS_MODE_DROP)
			hosts_move(hosts, index, HOST_PHASE_PINNED, host_newest_spi(state), why, 0,
			           NULL);
		else if (state->phase == HOST_PHASE_READY)
			hosts_move(hosts, index, HOST_PHASE_AWAITS_PEER, 0, why, 0, NULL);
		else
			hosts_put_policy(hosts, index, 0, NULL);
		break;
	}
}

void hosts_set_mode(struct hosts *hosts, enum hosts_mode mode)
{
	if (hosts->mode == mode)
		return;
	hosts->mode = mode;
	for (size_t i = 0; i < hosts->known.count; i++)
		follow_mode(hosts, i);
}

int hosts_set_addresses(struct hosts *hosts, const struct local_addr *addrs, size_t count)
{
	int error = wait_spis_assign(&hosts->spis, addrs, count);

	for (size_t i = 0; !error && i < hosts->known.count; i++)
		hosts_put_policy(hosts, i, hosts->known.hosts[i].spi, NULL);
	return error;
}

const struct wait_spis *hosts_wait_spis(const struct hosts *hosts)
{
	return &hosts->spis;
}

int hosts_restore(struct hosts *hosts, const struct known_host *host, uint64_t now_ms)
{
	static const char why[] = "was there before";
	bool pinned = host->spi > SPI_RESERVED_MAX;
	struct host_state *state;
	size_t index;

	if (host_table_find(&hosts->known, &host->pair) != HOST_TABLE_NONE ||
	    (!pinned && hosts->known.count >= HOSTS_WITHOUT_SA_MAX))
		return 0;
	index = host_table_add(&hosts->known, &host->pair, now_ms);
	if (index == HOST_TABLE_NONE)
		return -ENOMEM;
	state = hosts->known.states[index];
	state->first_contact = false;
	if (host->blocked && hosts->mode == HOSTS_MODE_HOLD) {
		hosts_move(hosts, index, HOST_PHASE_BLOCKED, 0, why, now_ms, NULL);
	} else if (pinned) {
		/* the SA lives until hosts_sync() knows better */
		host_add_spi(state, host->spi, host->spi);
		hosts_move(hosts, index, HOST_PHASE_PINNED, host->spi, why, now_ms, NULL);
		state->pinned_receives = false;
	} else {
		hosts_move(hosts, index, HOST_PHASE_IDLE, 0, why, now_ms, NULL);
	}
	return 0;
}

bool hosts_goes_by_newest(const struct hosts *hosts, size_t index)
{
	return hosts->known.hosts[index].spi == host_newest_spi(hosts->known.states[index]);
}

uint64_t hosts_lost_pins(const struct hosts *hosts)
{
	return hosts->lost_pins;
}

static void on_due(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];

	switch (state->phase) {
	case HOST_PHASE_NONE:
	case HOST_PHASE_IDLE:
		break;
	case HOST_PHASE_ACQUIRING:
		hosts_end_silence(hosts, index, now_ms, actions);
		break;
	case HOST_PHASE_BLOCKED:
		hosts_probe(hosts, index, now_ms, actions);
		break;
	case HOST_PHASE_READY:
		state->due_ms = now_ms < hosts->together_ms ? hosts->together_ms
		                                            : now_ms + HOSTS_RETRY_MS;
		break;
	case HOST_PHASE_AWAITS_PEER:
	case HOST_PHASE_PINNED:
		if (now_ms >= state->takeover_ms && (state->phase == HOST_PHASE_AWAITS_PEER ||
		                                     hosts_takes_over_by_time(hosts, index)))
			hosts_take_over(hosts, index, host_newest_spi(state), "time", now_ms,
			                actions);
		else
			hosts_look(hosts, index, now_ms, actions);
		break;
	}
}

void hosts_on_timer(struct hosts *hosts, uint64_t now_ms, struct host_actions *actions)
{
	size_t due = host_table_count_due(&hosts->known, now_ms);

	if (!host_actions_reserve(actions, ACTIONS_PER_TIMER * due)) {
		hosts->next_ms = now_ms + HOSTS_RETRY_MS;
		return;
	}
	for (size_t i = 0; i < hosts->known.count; i++) {
		if (hosts->known.states[i]->due_ms <= now_ms)
			on_due(hosts, i, now_ms, actions);
	}
	hosts_end_together(hosts, now_ms, actions);
	hosts->next_ms = host_table_first_due(&hosts->known);
}

uint64_t hosts_next_ms(const struct hosts *hosts)
{
	return hosts->next_ms;
}

void hosts_retain(struct hosts *hosts, bool (*keep)(void *ctx, const struct pair *pair), void *ctx)
{
	for (size_t i = 0; i < hosts->known.count; i++) {
		if (!keep(ctx, &hosts->known.hosts[i].pair))
			hosts_move(hosts, i, HOST_PHASE_NONE, 0, "no longer protected", 0, NULL);
	}
	host_table_remove_none(&hosts->known);
}

const struct known_host *hosts_list(const struct hosts *hosts, size_t *ret_count)
{
	*ret_count = hosts->known.count;
	return hosts->known.hosts;
}
