/* SPDX-License-Identifier: MIT */
/* The phases of a host: what leads from one to another, and what that brings with it. */
#include <assert.h>
#include <stdlib.h>

#include "hosts_state.h"
#include "xfrmd/base/log.h"

/* Of those without an SA. */
#define ROOM_AT_ONCE 32

static const char *const phase_names[HOST_PHASE_COUNT] = {
	[HOST_PHASE_NONE] = "none",
	[HOST_PHASE_IDLE] = "idle",
	[HOST_PHASE_ACQUIRING] = "acquiring",
	[HOST_PHASE_BLOCKED] = "blocked",
	[HOST_PHASE_AWAITS_PEER] = "awaits peer",
	[HOST_PHASE_READY] = "ready",
	[HOST_PHASE_PINNED] = "pinned",
};

#define TO(phase) (1u << HOST_PHASE_##phase)
/* To NONE from every phase: a host that is forgotten leaves from there. */
static const unsigned moves[HOST_PHASE_COUNT] = {
	[HOST_PHASE_NONE] = TO(IDLE) | TO(ACQUIRING) | TO(BLOCKED) | TO(AWAITS_PEER) | TO(PINNED),
	[HOST_PHASE_IDLE] = TO(NONE) | TO(IDLE) | TO(ACQUIRING) | TO(AWAITS_PEER) | TO(PINNED),
	[HOST_PHASE_ACQUIRING] = TO(NONE) | TO(IDLE) | TO(BLOCKED) | TO(AWAITS_PEER) | TO(PINNED),
	[HOST_PHASE_BLOCKED] = TO(NONE) | TO(IDLE) | TO(AWAITS_PEER) | TO(PINNED),
	[HOST_PHASE_AWAITS_PEER] = TO(NONE) | TO(IDLE) | TO(ACQUIRING) | TO(AWAITS_PEER) |
                                   TO(READY) | TO(PINNED),
	[HOST_PHASE_READY] = TO(NONE) | TO(IDLE) | TO(ACQUIRING) | TO(AWAITS_PEER) | TO(READY) |
                             TO(PINNED),
	[HOST_PHASE_PINNED] = TO(NONE) | TO(IDLE) | TO(ACQUIRING) | TO(PINNED),
};

const char *host_phase_name(enum host_phase phase)
{
	return phase_names[phase];
}

enum host_phase hosts_phase(const struct hosts *hosts, const struct pair *pair)
{
	size_t index = host_table_find(&hosts->known, pair);

	return index == HOST_TABLE_NONE ? HOST_PHASE_NONE : hosts->known.states[index]->phase;
}

bool known_host_holds(const struct known_host *host)
{
	return host->spi && host->spi <= SPI_RESERVED_MAX;
}

void host_actions_fini(struct host_actions *actions)
{
	free(actions->items);
	*actions = (struct host_actions){0};
}

bool host_actions_reserve(struct host_actions *actions, size_t count)
{
	/* exactly: an event that adds more than it has room for shall not be saved by luck */
	size_t capacity = actions->count + count;
	struct host_action *items;

	if (capacity <= actions->capacity)
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

void host_actions_add(struct host_actions *actions, enum host_action_kind kind,
                      const struct known_host *host, uint32_t spi)
{
	if (!actions)
		return;
	assert(actions->count < actions->capacity);
	actions->items[actions->count++] =
		(struct host_action){.kind = kind, .host = *host, .spi = spi};
}

void hosts_set_due(struct hosts *hosts, struct host_state *state, uint64_t due_ms)
{
	state->due_ms = due_ms;
	hosts->next_ms = clock_earlier(hosts->next_ms, due_ms);
}

bool hosts_is_follower(const struct hosts *hosts, size_t index)
{
	const struct pair *pair = &hosts->known.hosts[index].pair;

	return addr_compare(&pair->local, &pair->remote) > 0;
}

bool hosts_takes_over_by_time(const struct hosts *hosts, size_t index)
{
	const struct host_state *state = hosts->known.states[index];

	return state->child_count && !state->children[state->child_count - 1].spi_in &&
	       hosts->known.hosts[index].spi != host_newest_spi(state);
}

void hosts_watch(struct hosts *hosts, size_t index, uint64_t now_ms)
{
	uint32_t pinned = hosts->known.hosts[index].spi;
	struct host_state *state = hosts->known.states[index];
	bool settled = pinned == host_newest_spi(state), audible = false;
	uint64_t due_ms = hosts_takes_over_by_time(hosts, index) ? state->takeover_ms
	                                                         : HOST_TABLE_NEVER;

	for (size_t i = 0; i < state->child_count; i++)
		audible |= state->children[i].spi_in && state->children[i].spi != pinned;
	if (audible && (!settled || hosts_is_follower(hosts, index)))
		due_ms = clock_earlier(due_ms, now_ms + state->look_ms);
	hosts_set_due(hosts, state, due_ms);
}

static uint32_t wait_spi(const struct hosts *hosts, size_t index)
{
	return wait_spis_of(&hosts->spis, &hosts->known.hosts[index].pair.local);
}

static struct known_host wanted_policy(const struct hosts *hosts, size_t index, uint32_t spi)
{
	const struct known_host *host = &hosts->known.hosts[index];
	const struct host_state *state = hosts->known.states[index];
	struct known_host wanted = {.pair = host->pair};

	switch (state->phase) {
	case HOST_PHASE_NONE:
		break;
	case HOST_PHASE_IDLE:
		/* to write it only when packets are held would have the kernel drop their routes */
		wanted.spi = hosts->mode == HOSTS_MODE_DROP ? 0 : wait_spi(hosts, index);
		break;
	case HOST_PHASE_ACQUIRING:
		wanted.spi = wait_spi(hosts, index);
		break;
	case HOST_PHASE_BLOCKED:
		wanted.blocked = true;
		break;
	case HOST_PHASE_AWAITS_PEER:
		wanted.spi = wait_spi(hosts, index);
		if (hosts->mode == HOSTS_MODE_HOLD && host->pair.local.family == AF_INET6)
			wanted.answer_spi = host_newest_spi(state);
		break;
	case HOST_PHASE_READY:
		wanted.spi = wait_spi(hosts, index);
		wanted.answer_spi = host->answer_spi;
		break;
	case HOST_PHASE_PINNED:
		wanted.spi = spi;
		break;
	}
	return wanted;
}

void hosts_put_policy(struct hosts *hosts, size_t index, uint32_t spi, struct host_actions *actions)
{
	struct known_host *host = &hosts->known.hosts[index];
	struct known_host wanted = wanted_policy(hosts, index, spi);

	if (host->spi == wanted.spi && host->blocked == wanted.blocked &&
	    host->answer_spi == wanted.answer_spi)
		return;
	*host = wanted;
	host_actions_add(actions, HOST_ACTION_PUT, host, 0);
}

void hosts_free_queue(struct hosts *hosts, size_t index, struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];

	state->first_contact = false;
	if (state->queued_at_subnet && hosts->mode == HOSTS_MODE_HOLD)
		host_actions_add(actions, HOST_ACTION_REFRESH, &hosts->known.hosts[index], 0);
	state->queued_at_subnet = false;
}

static bool has_sa(enum host_phase phase)
{
	return phase >= HOST_PHASE_AWAITS_PEER;
}

/* Writes the policy; where the host held for an SA that came, the larval SA has been answered. */
static void change_policy(struct hosts *hosts, size_t index, enum host_phase old, uint32_t spi,
                          struct host_actions *actions)
{
	const struct known_host *host = &hosts->known.hosts[index];
	enum host_phase phase = hosts->known.states[index]->phase;
	bool held = known_host_holds(host);

	if (phase == HOST_PHASE_NONE)
		host_actions_add(actions, HOST_ACTION_REMOVE, host, 0);
	else
		hosts_put_policy(hosts, index, spi, actions);
	if (phase == HOST_PHASE_NONE ||
	    (held && (phase == HOST_PHASE_PINNED || (has_sa(old) && !has_sa(phase)))))
		host_actions_add(actions, HOST_ACTION_END_ACQUIRE, host, wait_spi(hosts, index));
}

static void enter_phase(struct hosts *hosts, size_t index, uint32_t spi, uint64_t now_ms,
                        struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];

	if (state->phase != HOST_PHASE_AWAITS_PEER && state->phase != HOST_PHASE_READY) {
		state->held_ms = 0;
		state->listen_spi = 0;
		state->acquired_while_up = false;
	}
	switch (state->phase) {
	case HOST_PHASE_NONE:
	case HOST_PHASE_IDLE:
		state->due_ms = HOST_TABLE_NEVER;
		break;
	case HOST_PHASE_ACQUIRING:
		state->held_ms = now_ms;
		hosts_set_due(hosts, state, now_ms + HOSTS_SILENT_MS);
		break;
	case HOST_PHASE_BLOCKED:
		hosts_free_queue(hosts, index, actions);
		state->used_s = 0;
		state->look_ms = HOSTS_PROBE_MIN_MS;
		hosts_set_due(hosts, state, now_ms + state->look_ms);
		break;
	case HOST_PHASE_AWAITS_PEER:
		state->takeover_ms = now_ms + (hosts->mode == HOSTS_MODE_CLEAR ? HOSTS_WAIT_CLEAR_MS
		                                                               : HOSTS_WAIT_MS);
		hosts_set_due(hosts, state, state->takeover_ms);
		break;
	case HOST_PHASE_READY:
		state->takeover_spi = spi;
		hosts_set_due(hosts, state, hosts->together_ms);
		break;
	case HOST_PHASE_PINNED:
		state->pinned_receives = true; /* until a look says otherwise */
		state->takeover_ms = now_ms + HOSTS_SETTLE_MS;
		state->look_ms = HOSTS_LOOK_MAX_MS;
		hosts_watch(hosts, index, now_ms);
		break;
	}
}

static void log_move(const struct hosts *hosts, size_t index, enum host_phase old, const char *why)
{
	const struct pair *pair = &hosts->known.hosts[index].pair;
	char local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX];

	log_debug("host: %s: %s -> %s: %s local=%s", addr_format(&pair->remote, remote),
	          phase_names[old], phase_names[hosts->known.states[index]->phase], why,
	          addr_format(&pair->local, local));
}

void hosts_move(struct hosts *hosts, size_t index, enum host_phase phase, uint32_t spi,
                const char *why, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];
	enum host_phase old = state->phase;

	assert(moves[old] & 1u << phase);
	state->phase = phase;
	log_move(hosts, index, old, why);
	change_policy(hosts, index, old, spi, actions);
	enter_phase(hosts, index, spi, now_ms, actions);
}

void hosts_pin(struct hosts *hosts, size_t index, uint32_t spi, const char *why, uint64_t now_ms,
               struct host_actions *actions)
{
	hosts_move(hosts, index, HOST_PHASE_PINNED, spi, why, now_ms, actions);
	hosts_free_queue(hosts, index, actions);
}

void hosts_forget(struct hosts *hosts, size_t index, const char *why, struct host_actions *actions)
{
	hosts_move(hosts, index, HOST_PHASE_NONE, 0, why, 0, actions);
	host_table_remove(&hosts->known, index);
}

/* Some at a time, so that the search for them costs each that comes little. */
static void make_room(struct hosts *hosts, struct host_actions *actions)
{
	size_t oldest[ROOM_AT_ONCE], count;

	if (hosts->known.count < HOSTS_WITHOUT_SA_MAX)
		return;
	if (host_table_find_silent(&hosts->known, oldest, ROOM_AT_ONCE, &count) <
	            HOSTS_WITHOUT_SA_MAX ||
	    !host_actions_reserve(actions, 2 * count + ACTIONS_PER_EVENT))
		return;
	/* from behind, so that the indexes hold */
	for (size_t i = 0; i < count; i++)
		hosts_forget(hosts, oldest[i], "room for others", actions);
}

size_t hosts_add(struct hosts *hosts, const struct pair *pair, uint64_t now_ms,
                 struct host_actions *actions)
{
	size_t index;

	make_room(hosts, actions);
	index = host_table_add(&hosts->known, pair, now_ms);
	if (index == HOST_TABLE_NONE)
		actions->out_of_memory = true;
	return index;
}
