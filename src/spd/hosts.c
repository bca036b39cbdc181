/* SPDX-License-Identifier: MIT */
#include "xfrmd/hosts.h"

#include <errno.h>
#include <stdlib.h>

#include "xfrmd/host_table.h"

/*
 * Owns the rules of the known hosts. Invariants: a host is pinned to one of its living SAs, or it
 * waits, or, in HOSTS_MODE_DROP or blocked, is pinned to none; it is blocked only without an SA. A
 * host's due time, if it has one, is by that the end of its silence (no SA, traffic waits), the next
 * probe (blocked), or the next look or takeover (an SA lives that it is not pinned to); next_ms is
 * never later than any due time. Room for the actions is made before anything changes, so an event
 * that fails for want of memory has not happened, and hosts_sync() makes up for it.
 */

/* REMOVE of another host, PUT, RESEND, and END_ACQUIRE of a new SA or NEGOTIATE for want of one. */
#define ACTIONS_PER_EVENT 4
/* After a timer that found no memory. */
#define HOSTS_RETRY_MS    100

struct hosts {
	struct host_table known;
	enum hosts_mode mode;
	bool charon_up;
	uint64_t charon_ms; /* since then */
	uint64_t next_ms;
};

bool known_host_waits(const struct known_host *host)
{
	return host->spi && host->spi <= POLICY_SPI_WAIT_MAX;
}

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
	free(hosts);
}

static void set_due(struct hosts *hosts, struct host_state *state, uint64_t due_ms)
{
	state->due_ms = due_ms;
	if (due_ms < hosts->next_ms)
		hosts->next_ms = due_ms;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The policy as it is now, if it is another one than before. Room is reserved, here and below. */
static void set_policy(struct hosts *hosts, size_t index, uint32_t spi, bool blocked,
                       struct host_actions *actions)
{
	struct known_host *host = &hosts->known.hosts[index];

	if (host->spi == spi && host->blocked == blocked)
		return;
	host->spi = spi;
	host->blocked = blocked;
	add_action(actions, HOST_ACTION_PUT, host);
}

/* Behind the PUT after which it waits no more. */
static void free_queue(struct hosts *hosts, size_t index, struct host_actions *actions)
{
	struct host_state *state = &hosts->known.states[index];

	if (state->resend && hosts->mode == HOSTS_MODE_HOLD)
		add_action(actions, HOST_ACTION_RESEND, &hosts->known.hosts[index]);
	state->resend = false;
}

/* What it is pinned to without an SA. */
static uint32_t idle_spi(const struct hosts *hosts, const struct host_state *state)
{
	return hosts->mode == HOSTS_MODE_DROP ? 0 : state->wait_spi;
}

/* Traffic waits for it, in a queue. */
static void await_sa(struct hosts *hosts, struct host_state *state, uint64_t now_ms)
{
	if (hosts->mode == HOSTS_MODE_HOLD && state->due_ms == HOST_TABLE_NEVER)
		set_due(hosts, state, now_ms + HOSTS_SILENT_MS);
}

/* Whether traffic waits for its first SA, or for the next one. */
static bool awaits_sa(const struct hosts *hosts, size_t index)
{
	return !hosts->known.states[index].spi_count && !hosts->known.hosts[index].blocked &&
	       hosts->known.states[index].due_ms != HOST_TABLE_NEVER;
}

/* To a living SA. */
static void pin(struct hosts *hosts, size_t index, uint32_t spi, uint64_t now_ms,
                struct host_actions *actions)
{
	struct host_state *state = &hosts->known.states[index];
	bool waited = known_host_waits(&hosts->known.hosts[index]);

	set_policy(hosts, index, spi, false, actions);
	free_queue(hosts, index, actions);
	if (waited) {
		add_action(actions, HOST_ACTION_END_ACQUIRE, &hosts->known.hosts[index]);
		actions->items[actions->count - 1].spi = state->wait_spi;
	}
	state->active_ms = now_ms;
	state->asked = false;
	state->heard_spi = 0;
	state->due_ms = HOST_TABLE_NEVER;
	if (spi != host_newest_spi(state)) {
		state->takeover_ms = now_ms + HOSTS_SETTLE_MS;
		set_due(hosts, state, state->takeover_ms);
	}
}

/* The first SAs: whether the peer has them is not known. */
static void wait_for_peer(struct hosts *hosts, size_t index, uint64_t now_ms,
                          struct host_actions *actions)
{
	struct host_state *state = &hosts->known.states[index];

	if (hosts->mode == HOSTS_MODE_DROP) {
		pin(hosts, index, host_newest_spi(state), now_ms, actions);
		return;
	}
	set_policy(hosts, index, state->wait_spi, false, actions);
	state->takeover_ms = now_ms + HOSTS_WAIT_MS;
	set_due(hosts, state, state->takeover_ms);
}

/* The last SA is gone. */
static void end_sas(struct hosts *hosts, size_t index, uint64_t now_ms,
                    struct host_actions *actions)
{
	struct host_state *state = &hosts->known.states[index];

	set_policy(hosts, index, idle_spi(hosts, state), false, actions);
	state->active_ms = now_ms;
	state->due_ms = HOST_TABLE_NEVER;
	state->takeover_ms = 0;
	state->heard_spi = 0;
	if (state->asked) {
		add_action(actions, HOST_ACTION_NEGOTIATE, &hosts->known.hosts[index]);
		await_sa(hosts, state, now_ms);
	}
	state->asked = false;
}

/* Nothing waits for it any more, and nothing will until it has an SA. */
static void block(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state = &hosts->known.states[index];

	set_policy(hosts, index, 0, true, actions);
	free_queue(hosts, index, actions);
	state->look_ms = HOSTS_PROBE_MIN_MS;
	state->used_s = 0;
	set_due(hosts, state, now_ms + state->look_ms);
}

static void forget(struct hosts *hosts, size_t index, struct host_actions *actions)
{
	add_action(actions, HOST_ACTION_REMOVE, &hosts->known.hosts[index]);
	host_table_remove(&hosts->known, index);
}

/* Adds a host that is not known, without PUT. HOST_TABLE_NONE: all others have an SA, or out of
 * memory, which is noted. */
static size_t add_host(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                       uint64_t now_ms, struct host_actions *actions)
{
	size_t index;

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

void hosts_set_mode(struct hosts *hosts, enum hosts_mode mode)
{
	if (hosts->mode == mode)
		return;
	hosts->mode = mode;
	for (size_t i = 0; i < hosts->known.count; i++) {
		struct known_host *host = &hosts->known.hosts[i];
		struct host_state *state = &hosts->known.states[i];

		host->blocked = false;
		if (!state->spi_count) {
			host->spi = idle_spi(hosts, state);
			state->due_ms = HOST_TABLE_NEVER;
		} else if (known_host_waits(host) && mode == HOSTS_MODE_DROP) {
			host->spi = host_newest_spi(state);
			state->due_ms = HOST_TABLE_NEVER;
		}
	}
}

void hosts_on_charon(struct hosts *hosts, bool up, uint64_t now_ms, struct host_actions *actions)
{
	hosts->charon_up = up;
	hosts->charon_ms = now_ms;
	if (!up || !reserve_actions(actions, hosts->known.count))
		return;
	for (size_t i = 0; i < hosts->known.count; i++) {
		if (!awaits_sa(hosts, i))
			continue;
		set_due(hosts, &hosts->known.states[i], now_ms + HOSTS_SILENT_MS);
		add_action(actions, HOST_ACTION_NEGOTIATE, &hosts->known.hosts[i]);
	}
}

int hosts_restore(struct hosts *hosts, const struct known_host *host, uint64_t now_ms)
{
	struct host_state *state;
	size_t index;

	if (host_table_find(&hosts->known, &host->local, &host->remote) != HOST_TABLE_NONE ||
	    hosts->known.count == HOSTS_MAX)
		return 0;
	index = host_table_add(&hosts->known, &host->local, &host->remote, now_ms);
	if (index == HOST_TABLE_NONE)
		return -ENOMEM;
	state = &hosts->known.states[index];
	hosts->known.hosts[index].spi = idle_spi(hosts, state);
	if (host->blocked && hosts->mode == HOSTS_MODE_HOLD) {
		hosts->known.hosts[index].spi = 0;
		hosts->known.hosts[index].blocked = true;
		state->look_ms = HOSTS_PROBE_MIN_MS;
		set_due(hosts, state, now_ms + state->look_ms);
	} else if (known_host_waits(host)) {
		await_sa(hosts, state, now_ms);
	} else if (host->spi) {
		/* It lives until hosts_sync() knows better. */
		hosts->known.hosts[index].spi = host->spi;
		host_add_spi(state, host->spi, host->spi);
	}
	return 0;
}

static bool is_pinned(const struct known_host *host)
{
	return host->spi > POLICY_SPI_WAIT_MAX;
}

void hosts_on_sa(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                 uint32_t spi, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state;
	size_t index;

	if (spi <= POLICY_SPI_WAIT_MAX || !reserve_actions(actions, ACTIONS_PER_EVENT))
		return;
	index = host_table_find(&hosts->known, local, remote);
	if (index == HOST_TABLE_NONE)
		index = add_host(hosts, local, remote, now_ms, actions);
	if (index == HOST_TABLE_NONE)
		return;
	state = &hosts->known.states[index];
	if (!host_add_spi(state, hosts->known.hosts[index].spi, spi))
		return;
	if (!is_pinned(&hosts->known.hosts[index])) {
		wait_for_peer(hosts, index, now_ms, actions);
		return;
	}
	state->takeover_ms = now_ms + HOSTS_SETTLE_MS;
	set_due(hosts, state, state->takeover_ms);
}

void hosts_on_fresh_sas(struct hosts *hosts, const struct fresh_sas *fresh, uint64_t now_ms,
                        struct host_actions *actions)
{
	struct host_state *state;
	size_t index;

	hosts_on_sa(hosts, &fresh->local, &fresh->remote, fresh->spi_out, now_ms, actions);
	if (!reserve_actions(actions, ACTIONS_PER_EVENT))
		return;
	index = host_table_find(&hosts->known, &fresh->local, &fresh->remote);
	if (index == HOST_TABLE_NONE || hosts->known.hosts[index].spi == fresh->spi_out)
		return;
	state = &hosts->known.states[index];
	if (host_find_spi(state, fresh->spi_out) == state->spi_count ||
	    (is_pinned(&hosts->known.hosts[index]) && host_newest_spi(state) != fresh->spi_out))
		return;
	if (fresh->initiator) {
		pin(hosts, index, fresh->spi_out, now_ms, actions);
		return;
	}
	state->heard_spi = fresh->spi_out;
	state->heard_spi_in = fresh->spi_in;
	state->look_ms = HOSTS_LISTEN_MIN_MS;
	if (is_pinned(&hosts->known.hosts[index]))
		state->takeover_ms = earlier(state->takeover_ms, now_ms + HOSTS_FRESH_MS);
	set_due(hosts, state, earlier(state->takeover_ms, now_ms + state->look_ms));
}

void hosts_on_heard(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                    uint32_t spi_in, uint64_t now_ms, struct host_actions *actions)
{
	size_t index = host_table_find(&hosts->known, local, remote);
	const struct host_state *state;

	if (index == HOST_TABLE_NONE || !reserve_actions(actions, ACTIONS_PER_EVENT))
		return;
	state = &hosts->known.states[index];
	if (state->heard_spi && state->heard_spi_in == spi_in &&
	    host_find_spi(state, state->heard_spi) < state->spi_count)
		pin(hosts, index, state->heard_spi, now_ms, actions);
}

void hosts_on_sa_gone(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                      uint32_t spi, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state;
	size_t index, gone;
	uint32_t pinned;

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
	pinned = hosts->known.hosts[index].spi;
	if (!state->spi_count)
		end_sas(hosts, index, now_ms, actions);
	else if (pinned == spi)
		pin(hosts, index, host_newest_spi(state), now_ms, actions);
	else if (pinned == host_newest_spi(state))
		state->due_ms = HOST_TABLE_NEVER;
}

/* After its set of SAs was replaced. */
static void sync_pin(struct hosts *hosts, size_t index, uint64_t now_ms,
                     struct host_actions *actions)
{
	const struct known_host *host = &hosts->known.hosts[index];
	struct host_state *state = &hosts->known.states[index];
	uint32_t newest = host_newest_spi(state);

	if (!newest) {
		if (is_pinned(host) || (known_host_waits(host) && now_ms < state->takeover_ms))
			end_sas(hosts, index, now_ms, actions);
	} else if (host->spi == newest) {
		state->due_ms = HOST_TABLE_NEVER;
	} else if (host_find_spi(state, host->spi) < state->spi_count) {
		state->takeover_ms = now_ms + HOSTS_SETTLE_MS;
		set_due(hosts, state, state->takeover_ms);
	} else if (!known_host_waits(host) || now_ms >= state->takeover_ms) {
		pin(hosts, index, newest, now_ms, actions);
	}
}

/* Whether it was added and has no policy yet. */
static bool is_new(const struct host_table *known, size_t index)
{
	return known->states[index].resend && !known->hosts[index].spi;
}

void hosts_sync(struct hosts *hosts, const struct host_sa *sas, size_t count, uint64_t now_ms,
                struct host_actions *actions)
{
	struct host_table *known = &hosts->known;

	if (!reserve_actions(actions, ACTIONS_PER_EVENT * (known->count + count)))
		return;
	for (size_t i = 0; i < known->count; i++)
		known->states[i].spi_count = 0;
	/* First the known ones: none of them shall make room while it has an SA. */
	for (size_t i = 0; i < count; i++) {
		size_t index = host_table_find(known, &sas[i].local, &sas[i].remote);

		if (index != HOST_TABLE_NONE && sas[i].spi > POLICY_SPI_WAIT_MAX)
			host_add_spi(&known->states[index], known->hosts[index].spi, sas[i].spi);
	}
	for (size_t i = 0; i < count; i++) {
		size_t index = host_table_find(known, &sas[i].local, &sas[i].remote);

		if (sas[i].spi <= POLICY_SPI_WAIT_MAX)
			continue;
		if (index == HOST_TABLE_NONE)
			index = add_host(hosts, &sas[i].local, &sas[i].remote, now_ms, actions);
		if (index != HOST_TABLE_NONE && is_new(known, index))
			host_add_spi(&known->states[index], 0, sas[i].spi);
	}
	for (size_t i = 0; i < known->count; i++)
		sync_pin(hosts, i, now_ms, actions);
}

bool hosts_on_acquire(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                      uint32_t spi, uint64_t now_ms, struct host_actions *actions)
{
	size_t index = host_table_find(&hosts->known, local, remote);
	struct host_state *state;

	if (index == HOST_TABLE_NONE) {
		if (hosts->mode == HOSTS_MODE_DROP || !reserve_actions(actions, ACTIONS_PER_EVENT))
			return true;
		index = add_host(hosts, local, remote, now_ms, actions);
		if (index == HOST_TABLE_NONE)
			return true;
		set_policy(hosts, index, hosts->known.states[index].wait_spi, false, actions);
	}
	state = &hosts->known.states[index];
	state->active_ms = now_ms;
	if (!state->spi_count) {
		await_sa(hosts, state, now_ms);
		return true;
	}
	/* one with another SPI is older than the pin that followed */
	state->asked = state->asked || spi == hosts->known.hosts[index].spi;
	return false;
}

void hosts_on_failed(struct hosts *hosts, const struct addr *local, const struct addr *remote,
                     uint64_t now_ms, struct host_actions *actions)
{
	size_t index = host_table_find(&hosts->known, local, remote);

	if (index != HOST_TABLE_NONE && awaits_sa(hosts, index) &&
	    reserve_actions(actions, ACTIONS_PER_EVENT))
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

	if (state->look_ms < HOSTS_PROBE_MAX_MS)
		state->look_ms *= 2;
	state->due_ms = now_ms + state->look_ms;
	add_action(actions, HOST_ACTION_PROBE, &hosts->known.hosts[index]);
}

static void hear(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state = &hosts->known.states[index];

	state->look_ms *= 2;
	state->due_ms = earlier(state->takeover_ms, now_ms + state->look_ms);
	add_action(actions, HOST_ACTION_LISTEN, &hosts->known.hosts[index]);
	actions->items[actions->count - 1].spi = state->heard_spi_in;
}

/* Whether an end of silence has to wait for charon. */
static bool has_grace(const struct hosts *hosts, uint64_t now_ms)
{
	return !hosts->charon_up && now_ms < hosts->charon_ms + HOSTS_GRACE_MS;
}

static void on_due(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state = &hosts->known.states[index];

	if (hosts->known.hosts[index].blocked)
		probe(hosts, index, now_ms, actions);
	else if (!state->spi_count && has_grace(hosts, now_ms))
		state->due_ms = hosts->charon_ms + HOSTS_GRACE_MS;
	else if (!state->spi_count)
		block(hosts, index, now_ms, actions);
	else if (now_ms >= state->takeover_ms)
		pin(hosts, index, host_newest_spi(state), now_ms, actions);
	else
		hear(hosts, index, now_ms, actions);
}

void hosts_on_timer(struct hosts *hosts, uint64_t now_ms, struct host_actions *actions)
{
	size_t due = host_table_count_due(&hosts->known, now_ms);

	if (!reserve_actions(actions, ACTIONS_PER_EVENT * due)) {
		hosts->next_ms = now_ms + HOSTS_RETRY_MS;
		return;
	}
	for (size_t i = 0; i < hosts->known.count; i++) {
		if (hosts->known.states[i].due_ms <= now_ms)
			on_due(hosts, i, now_ms, actions);
	}
	hosts->next_ms = host_table_first_due(&hosts->known);
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
}

const struct known_host *hosts_list(const struct hosts *hosts, size_t *ret_count)
{
	*ret_count = hosts->known.count;
	return hosts->known.hosts;
}
