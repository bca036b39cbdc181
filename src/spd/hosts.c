/* SPDX-License-Identifier: MIT */
#include "xfrmd/hosts.h"

#include <errno.h>
#include <stdlib.h>

#include "xfrmd/host_table.h"

/*
 * Owns the rules of the known hosts and of the strangers, two tables in address order. Invariants:
 * a pair is in one of them at most; a host is pinned to one of its living SAs, to none only if it
 * has none; it is blocked only without an SA. A host's due time, if it has one, is by that the end
 * of its silence (protected, no SA, traffic waits), the next probe (blocked) or the end of the
 * settle time (a newer SA lives beside the pinned one); next_ms is never later than any due time.
 * Room for the actions is made before anything changes, so an event that fails for want of memory
 * has not happened, and hosts_sync() makes up for it.
 */

/* REMOVE of another host, PUT, and RESEND of a new one or NEGOTIATE of an old one. */
#define ACTIONS_PER_EVENT 3
/* After a timer that found no memory. */
#define HOSTS_RETRY_MS    100

struct hosts {
	struct host_table known, strangers;
	bool hold;
	bool charon_up;
	uint64_t charon_ms; /* since then */
	uint64_t next_ms;
};

void host_actions_fini(struct host_actions *actions)
{
	free(actions->items);
	*actions = (struct host_actions){0};
}

/* False: out of memory, which is noted. */
static bool reserve_actions(struct host_actions *actions, size_t count)
{
	size_t capacity = actions->capacity ? actions->capacity : 8;
	struct host_action *items;

	while (capacity < actions->count + count)
		capacity *= 2;
	if (capacity == actions->capacity)
		return true;
	items = reallocarray(actions->items, capacity, sizeof(*items));
	if (!items) {
		actions->out_of_memory = true;
		return false;
	}
	actions->items = items;
	actions->capacity = capacity;
	return true;
}

/* Into reserved room. */
static void add_action(struct host_actions *actions, enum host_action_kind kind,
                       const struct known_host *host)
{
	actions->items[actions->count++] = (struct host_action){.kind = kind, .host = *host};
}

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
	host_table_fini(&hosts->strangers);
	free(hosts);
}

static void set_due(struct hosts *hosts, struct host_state *state, uint64_t due_ms)
{
	state->due_ms = due_ms;
	if (due_ms < hosts->next_ms)
		hosts->next_ms = due_ms;
}

/* Room for PUT and RESEND is reserved, here and below. */
static void put(struct hosts *hosts, size_t index, struct host_actions *actions)
{
	struct host_state *state = &hosts->known.states[index];

	add_action(actions, HOST_ACTION_PUT, &hosts->known.hosts[index]);
	if (state->resend && hosts->hold)
		add_action(actions, HOST_ACTION_RESEND, &hosts->known.hosts[index]);
	state->resend = false;
}

/* Traffic waits for it, in a queue. */
static void await_sa(struct hosts *hosts, struct host_state *state, uint64_t now_ms)
{
	if (hosts->hold && state->due_ms == HOST_TABLE_NEVER)
		set_due(hosts, state, now_ms + HOSTS_SILENT_MS);
}

/* Whether traffic waits for its first SA, or for the next one. */
static bool awaits_sa(const struct hosts *hosts, size_t index)
{
	return !hosts->known.states[index].spi_count && !hosts->known.hosts[index].blocked &&
	       hosts->known.states[index].due_ms != HOST_TABLE_NEVER;
}

/* To the newest SA, or to none if it has none; never blocked. */
static void pin(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	struct known_host *host = &hosts->known.hosts[index];
	struct host_state *state = &hosts->known.states[index];

	host->spi = host_newest_spi(state);
	host->blocked = false;
	state->active_ms = now_ms;
	state->due_ms = HOST_TABLE_NEVER;
	put(hosts, index, actions);
	if (state->asked && !host->spi) {
		add_action(actions, HOST_ACTION_NEGOTIATE, host);
		await_sa(hosts, state, now_ms);
	}
	state->asked = false;
}

/* Nothing waits for it any more, and nothing will until it has an SA. */
static void block(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state = &hosts->known.states[index];

	hosts->known.hosts[index].blocked = true;
	state->probe_ms = HOSTS_PROBE_MIN_MS;
	state->used_s = 0;
	set_due(hosts, state, now_ms + state->probe_ms);
	put(hosts, index, actions);
}

static void forget_stranger(struct hosts *hosts, const struct addr *local,
                            const struct addr *remote)
{
	size_t index = host_table_find(&hosts->strangers, local, remote);

	if (index != HOST_TABLE_NONE)
		host_table_remove(&hosts->strangers, index);
}

static void forget(struct hosts *hosts, size_t index, struct host_actions *actions)
{
	add_action(actions, HOST_ACTION_REMOVE, &hosts->known.hosts[index]);
	host_table_remove(&hosts->known, index);
}

/* Adds a host that is not known, without PUT; it is no stranger any more. HOST_TABLE_NONE: all others have an
 * SA, or out of memory, which is noted. */
static size_t add_host(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                       uint64_t now_ms, struct host_actions *actions)
{
	size_t index;

	forget_stranger(hosts, local, remote);
	if (hosts->known.count == HOSTS_MAX) {
		size_t silent = host_table_find_silent(&hosts->known);

		if (silent == HOST_TABLE_NONE)
			return HOST_TABLE_NONE;
		forget(hosts, silent, actions);
	}
	index = host_table_add(&hosts->known, local, remote, now_ms);
	if (index == HOST_TABLE_NONE)
		actions->out_of_memory = true;
	else
		hosts->known.states[index].resend = true;
	return index;
}

void hosts_set_hold(struct hosts *hosts, bool hold)
{
	hosts->hold = hold;
	if (hold)
		return;
	host_table_fini(&hosts->strangers);
	for (size_t i = 0; i < hosts->known.count; i++) {
		hosts->known.hosts[i].blocked = false;
		if (!hosts->known.states[i].spi_count)
			hosts->known.states[i].due_ms = HOST_TABLE_NEVER;
	}
}

void hosts_on_charon(struct hosts *hosts, bool up, uint64_t now_ms)
{
	hosts->charon_up = up;
	hosts->charon_ms = now_ms;
	if (!up)
		return;
	for (size_t i = 0; i < hosts->known.count; i++) {
		if (awaits_sa(hosts, i))
			set_due(hosts, &hosts->known.states[i], now_ms + HOSTS_SILENT_MS);
	}
	for (size_t i = 0; i < hosts->strangers.count; i++)
		set_due(hosts, &hosts->strangers.states[i], now_ms + HOSTS_SILENT_MS);
}

int hosts_restore(struct hosts *hosts, const struct known_host *host, uint64_t now_ms)
{
	size_t index;

	if (host_table_find(&hosts->known, &host->local, &host->remote) != HOST_TABLE_NONE)
		return 0;
	if (hosts->known.count == HOSTS_MAX)
		return 0;
	forget_stranger(hosts, &host->local, &host->remote);
	index = host_table_add(&hosts->known, &host->local, &host->remote, now_ms);
	if (index == HOST_TABLE_NONE)
		return -ENOMEM;
	if (host->blocked && hosts->hold) {
		hosts->known.hosts[index].blocked = true;
		hosts->known.states[index].probe_ms = HOSTS_PROBE_MIN_MS;
		set_due(hosts, &hosts->known.states[index], now_ms + HOSTS_PROBE_MIN_MS);
	} else if (host->spi) {
		/* It lives until hosts_sync() knows better. */
		hosts->known.hosts[index].spi = host->spi;
		host_add_spi(&hosts->known.states[index], host->spi, host->spi);
	}
	return 0;
}

void hosts_on_sa(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                 uint32_t spi, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state;
	size_t index;

	if (!spi || !reserve_actions(actions, ACTIONS_PER_EVENT))
		return;
	index = host_table_find(&hosts->known, local, remote);
	if (index == HOST_TABLE_NONE)
		index = add_host(hosts, local, remote, now_ms, actions);
	if (index == HOST_TABLE_NONE)
		return;
	state = &hosts->known.states[index];
	if (!host_add_spi(state, hosts->known.hosts[index].spi, spi))
		return;
	if (hosts->known.hosts[index].spi)
		set_due(hosts, state, now_ms + HOSTS_SETTLE_MS);
	else
		pin(hosts, index, now_ms, actions);
}

void hosts_on_fresh_sa(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                       uint32_t spi, uint64_t now_ms, struct host_actions *actions)
{
	size_t index;

	hosts_on_sa(hosts, local, remote, spi, now_ms, actions);
	index = host_table_find(&hosts->known, local, remote);
	if (index == HOST_TABLE_NONE || hosts->known.hosts[index].spi == spi ||
	    host_newest_spi(&hosts->known.states[index]) != spi)
		return;
	if (hosts->known.states[index].due_ms > now_ms + HOSTS_FRESH_MS)
		set_due(hosts, &hosts->known.states[index], now_ms + HOSTS_FRESH_MS);
}

void hosts_on_sa_gone(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                      uint32_t spi, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state;
	size_t index, gone;

	if (!reserve_actions(actions, ACTIONS_PER_EVENT))
		return;
	index = host_table_find(&hosts->known, local, remote);
	if (index == HOST_TABLE_NONE)
		return;
	state = &hosts->known.states[index];
	gone = host_find_spi(state, spi);
	if (gone == state->spi_count)
		return;
	host_remove_spi(state, gone);
	if (hosts->known.hosts[index].spi == spi)
		pin(hosts, index, now_ms, actions);
	else if (hosts->known.hosts[index].spi == host_newest_spi(state))
		state->due_ms = HOST_TABLE_NEVER;
}

/* After its set of SAs was replaced. */
static void sync_pin(struct hosts *hosts, size_t index, uint64_t now_ms,
                     struct host_actions *actions)
{
	struct host_state *state = &hosts->known.states[index];
	uint32_t pinned = hosts->known.hosts[index].spi, newest = host_newest_spi(state);

	if (pinned == newest) {
		if (pinned)
			state->due_ms = HOST_TABLE_NEVER;
	} else if (host_find_spi(state, pinned) < state->spi_count) {
		set_due(hosts, state, now_ms + HOSTS_SETTLE_MS);
	} else {
		pin(hosts, index, now_ms, actions);
	}
}

void hosts_sync(struct hosts *hosts, const struct host_sa *sas, size_t count, uint64_t now_ms,
                struct host_actions *actions)
{
	struct host_table *known = &hosts->known;

	if (!reserve_actions(actions, 2 * known->count + ACTIONS_PER_EVENT * count))
		return;
	for (size_t i = 0; i < known->count; i++)
		known->states[i].spi_count = 0;
	/* First the known ones: none of them shall make room while it has an SA. */
	for (size_t i = 0; i < count; i++) {
		size_t index = host_table_find(known, &sas[i].local, &sas[i].remote);

		if (index != HOST_TABLE_NONE && sas[i].spi)
			host_add_spi(&known->states[index], known->hosts[index].spi, sas[i].spi);
	}
	for (size_t i = 0; i < count; i++) {
		size_t index = host_table_find(known, &sas[i].local, &sas[i].remote);

		if (!sas[i].spi)
			continue;
		if (index == HOST_TABLE_NONE)
			index = add_host(hosts, &sas[i].local, &sas[i].remote, now_ms, actions);
		if (index != HOST_TABLE_NONE && known->states[index].resend)
			host_add_spi(&known->states[index], 0, sas[i].spi);
	}
	for (size_t i = 0; i < known->count; i++)
		sync_pin(hosts, i, now_ms, actions);
}

static void meet_stranger(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                          uint64_t now_ms, struct host_actions *actions)
{
	struct host_table *strangers = &hosts->strangers;
	size_t index;

	if (host_table_find(strangers, local, remote) != HOST_TABLE_NONE)
		return;
	if (strangers->count == HOSTS_MAX)
		host_table_remove(strangers, host_table_find_silent(strangers));
	index = host_table_add(strangers, local, remote, now_ms);
	if (index == HOST_TABLE_NONE)
		actions->out_of_memory = true;
	else
		set_due(hosts, &strangers->states[index], now_ms + HOSTS_SILENT_MS);
}

bool hosts_on_acquire(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                      uint64_t now_ms, struct host_actions *actions)
{
	size_t index = host_table_find(&hosts->known, local, remote);
	struct host_state *state;

	if (index == HOST_TABLE_NONE) {
		if (hosts->hold)
			meet_stranger(hosts, local, remote, now_ms, actions);
		return true;
	}
	state = &hosts->known.states[index];
	state->active_ms = now_ms;
	state->asked = state->spi_count > 0;
	if (!state->asked)
		await_sa(hosts, state, now_ms);
	return !state->asked;
}

static void block_stranger(struct hosts *hosts, size_t index, uint64_t now_ms,
                           struct host_actions *actions)
{
	struct known_host stranger = hosts->strangers.hosts[index];
	size_t added = add_host(hosts, &stranger.local, &stranger.remote, now_ms, actions);

	if (added != HOST_TABLE_NONE)
		block(hosts, added, now_ms, actions);
}

void hosts_on_failed(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                     uint64_t now_ms, struct host_actions *actions)
{
	size_t index = host_table_find(&hosts->known, local, remote);
	size_t stranger = host_table_find(&hosts->strangers, local, remote);

	if (!reserve_actions(actions, ACTIONS_PER_EVENT))
		return;
	if (stranger != HOST_TABLE_NONE)
		block_stranger(hosts, stranger, now_ms, actions);
	else if (index != HOST_TABLE_NONE && awaits_sa(hosts, index))
		block(hosts, index, now_ms, actions);
}

void hosts_on_probed(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                     int64_t used_s, uint64_t now_ms, struct host_actions *actions)
{
	size_t index = host_table_find(&hosts->known, local, remote);
	struct host_state *state;

	if (index == HOST_TABLE_NONE || !hosts->known.hosts[index].blocked ||
	    !reserve_actions(actions, ACTIONS_PER_EVENT))
		return;
	state = &hosts->known.states[index];
	if (used_s != state->used_s) {
		state->used_s = used_s;
		state->active_ms = now_ms;
		add_action(actions, HOST_ACTION_NEGOTIATE, &hosts->known.hosts[index]);
	} else if (now_ms >= state->active_ms + HOSTS_FORGET_MS) {
		forget(hosts, index, actions);
	} else {
		add_action(actions, HOST_ACTION_QUIET, &hosts->known.hosts[index]);
	}
}

static void probe(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state = &hosts->known.states[index];

	if (state->probe_ms < HOSTS_PROBE_MAX_MS)
		state->probe_ms *= 2;
	state->due_ms = now_ms + state->probe_ms;
	add_action(actions, HOST_ACTION_PROBE, &hosts->known.hosts[index]);
}

/* Whether an end of silence has to wait for charon. */
static bool has_grace(const struct hosts *hosts, uint64_t now_ms)
{
	return !hosts->charon_up && now_ms < hosts->charon_ms + HOSTS_GRACE_MS;
}

static void on_due(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	if (hosts->known.hosts[index].blocked)
		probe(hosts, index, now_ms, actions);
	else if (awaits_sa(hosts, index) && has_grace(hosts, now_ms))
		hosts->known.states[index].due_ms = hosts->charon_ms + HOSTS_GRACE_MS;
	else if (awaits_sa(hosts, index))
		block(hosts, index, now_ms, actions);
	else
		pin(hosts, index, now_ms, actions);
}

void hosts_on_timer(struct hosts *hosts, uint64_t now_ms, struct host_actions *actions)
{
	size_t known_due = host_table_count_due(&hosts->known, now_ms);
	size_t strangers_due = host_table_count_due(&hosts->strangers, now_ms);
	uint64_t known_next, strangers_next;

	if (!reserve_actions(actions, ACTIONS_PER_EVENT * (known_due + strangers_due))) {
		hosts->next_ms = now_ms + HOSTS_RETRY_MS;
		return;
	}
	for (size_t i = 0; i < hosts->known.count; i++) {
		if (hosts->known.states[i].due_ms <= now_ms)
			on_due(hosts, i, now_ms, actions);
	}
	for (size_t i = hosts->strangers.count; i-- > 0;) {
		if (hosts->strangers.states[i].due_ms > now_ms)
			continue;
		if (has_grace(hosts, now_ms))
			hosts->strangers.states[i].due_ms = hosts->charon_ms + HOSTS_GRACE_MS;
		else
			block_stranger(hosts, i, now_ms, actions);
	}
	known_next = host_table_first_due(&hosts->known);
	strangers_next = host_table_first_due(&hosts->strangers);
	hosts->next_ms = known_next < strangers_next ? known_next : strangers_next;
}

uint64_t hosts_next_ms(const struct hosts *hosts)
{
	return hosts->next_ms;
}

void hosts_retain(struct hosts *hosts,
                  bool (*keep)(void *ctx, const struct addr *local, const struct addr *remote),
                  void *ctx)
{
	host_table_retain(&hosts->known, keep, ctx);
	host_table_retain(&hosts->strangers, keep, ctx);
}

const struct known_host *hosts_list(const struct hosts *hosts, size_t *ret_count)
{
	*ret_count = hosts->known.count;
	return hosts->known.hosts;
}
