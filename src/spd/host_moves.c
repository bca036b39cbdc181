/* SPDX-License-Identifier: MIT */
/* What happens to one host: how its policy and its times change, and what has to be done for it. */
#include <assert.h>
#include <stdlib.h>

#include "hosts_state.h"

bool known_host_waits(const struct known_host *host)
{
	return host->spi && host->spi <= POLICY_SPI_WAIT_MAX;
}

bool hosts_is_pinned(const struct hosts *hosts, size_t index)
{
	return hosts->known.hosts[index].spi > POLICY_SPI_WAIT_MAX;
}

bool hosts_is_follower(const struct hosts *hosts, size_t index)
{
	const struct known_host *host = &hosts->known.hosts[index];

	return addr_compare(&host->pair.local, &host->pair.remote) > 0;
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
                      const struct known_host *host)
{
	assert(actions->count < actions->capacity);
	actions->items[actions->count++] = (struct host_action){.kind = kind, .host = *host};
}

void hosts_set_due(struct hosts *hosts, struct host_state *state, uint64_t due_ms)
{
	state->due_ms = due_ms;
	if (due_ms < hosts->next_ms)
		hosts->next_ms = due_ms;
}

bool hosts_takes_over_by_time(const struct hosts *hosts, size_t index)
{
	const struct host_state *state = hosts->known.states[index];

	return state->child_count && !state->children[state->child_count - 1].spi_in &&
	       hosts->known.hosts[index].spi != host_newest_spi(state);
}

void hosts_watch(struct hosts *hosts, size_t index, uint64_t now_ms)
{
	struct host_state *state = hosts->known.states[index];
	bool settled = hosts->known.hosts[index].spi == host_newest_spi(state);
	bool audible = false;
	uint64_t due_ms = hosts_takes_over_by_time(hosts, index) ? state->takeover_ms
	                                                         : HOST_TABLE_NEVER;

	for (size_t i = 0; i < state->child_count; i++)
		audible |= state->children[i].spi_in &&
		           state->children[i].spi != hosts->known.hosts[index].spi;
	if (audible && (!settled || hosts_is_follower(hosts, index)) &&
	    now_ms + state->look_ms < due_ms)
		due_ms = now_ms + state->look_ms;
	hosts_set_due(hosts, state, due_ms);
}

void hosts_add_listen(struct hosts *hosts, size_t index, uint32_t spi, struct host_actions *actions)
{
	const struct host_state *state = hosts->known.states[index];
	size_t found = host_find_spi(state, spi);

	if (found == state->child_count || !state->children[found].spi_in)
		return;
	host_actions_add(actions, HOST_ACTION_LISTEN, &hosts->known.hosts[index]);
	actions->items[actions->count - 1].spi = state->children[found].spi_in;
}

static void put(struct hosts *hosts, size_t index, uint32_t spi, bool blocked, uint32_t answer_spi,
                struct host_actions *actions)
{
	struct known_host *host = &hosts->known.hosts[index];

	if (host->spi == spi && host->blocked == blocked && host->answer_spi == answer_spi)
		return;
	host->spi = spi;
	host->blocked = blocked;
	host->answer_spi = answer_spi;
	host_actions_add(actions, HOST_ACTION_PUT, host);
}

void hosts_set_policy(struct hosts *hosts, size_t index, uint32_t spi, bool blocked,
                      struct host_actions *actions)
{
	put(hosts, index, spi, blocked, 0, actions);
}

/* Behind the PUT after which it waits no more. */
static void free_queue(struct hosts *hosts, size_t index, struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];

	state->stranger = false;
	if (state->resend && hosts->mode == HOSTS_MODE_HOLD)
		host_actions_add(actions, HOST_ACTION_RESEND, &hosts->known.hosts[index]);
	state->resend = false;
}

uint32_t hosts_idle_spi(const struct hosts *hosts, const struct host_state *state)
{
	/* to write the policy only when packets are held would have the kernel drop their routes */
	return hosts->mode == HOSTS_MODE_DROP ? 0 : state->wait_spi;
}

void hosts_await_sa(struct hosts *hosts, size_t index, uint64_t now_ms,
                    struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];

	if (hosts->mode == HOSTS_MODE_DROP || hosts->known.hosts[index].blocked)
		return;
	hosts_set_policy(hosts, index, state->wait_spi, false, actions);
	if (hosts->mode != HOSTS_MODE_HOLD || state->due_ms != HOST_TABLE_NEVER)
		return;
	state->asked_ms = now_ms;
	hosts_set_due(hosts, state, now_ms + HOSTS_SILENT_MS);
}

bool hosts_awaits_sa(const struct hosts *hosts, size_t index)
{
	return !hosts->known.states[index]->child_count && !hosts->known.hosts[index].blocked &&
	       hosts->known.states[index]->due_ms != HOST_TABLE_NEVER;
}

static void end_acquire(struct hosts *hosts, size_t index, struct host_actions *actions)
{
	host_actions_add(actions, HOST_ACTION_END_ACQUIRE, &hosts->known.hosts[index]);
	actions->items[actions->count - 1].spi = hosts->known.states[index]->wait_spi;
}

/* What may be in the queue of the subnet policy stays there. */
static void pin(struct hosts *hosts, size_t index, uint32_t spi, uint64_t now_ms,
                struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];
	bool waited = known_host_waits(&hosts->known.hosts[index]);

	hosts_set_policy(hosts, index, spi, false, actions);
	if (waited)
		end_acquire(hosts, index, actions);
	state->active_ms = now_ms;
	state->asked_ms = 0;
	state->asked = false;
	state->listen_spi = 0;
	state->ready_spi = 0;
	state->received = true; /* until a look says otherwise */
	state->takeover_ms = now_ms + HOSTS_SETTLE_MS;
	state->look_ms = HOSTS_LOOK_MAX_MS;
	hosts_watch(hosts, index, now_ms);
}

void hosts_pin(struct hosts *hosts, size_t index, uint32_t spi, uint64_t now_ms,
               struct host_actions *actions)
{
	pin(hosts, index, spi, now_ms, actions);
	free_queue(hosts, index, actions);
}

/* Strangers that are ready, and those that are not. */
static void count_strangers(const struct hosts *hosts, size_t *ret_ready, size_t *ret_waiting)
{
	*ret_ready = *ret_waiting = 0;
	for (size_t i = 0; i < hosts->known.count; i++) {
		if (hosts->known.states[i]->ready_spi)
			++*ret_ready;
		else if (hosts->known.states[i]->resend &&
		         known_host_waits(&hosts->known.hosts[i]) &&
		         hosts->known.states[i]->due_ms != HOST_TABLE_NEVER)
			++*ret_waiting;
	}
}

static void pin_ready(struct hosts *hosts, size_t index, uint64_t now_ms,
                      struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];
	bool lives = host_find_spi(state, state->ready_spi) < state->child_count;

	pin(hosts, index, lives ? state->ready_spi : host_newest_spi(state), now_ms, actions);
}

void hosts_end_together(struct hosts *hosts, uint64_t now_ms, struct host_actions *actions)
{
	struct host_table *known = &hosts->known;
	size_t ready, waiting, queued = 0;

	count_strangers(hosts, &ready, &waiting);
	for (size_t i = 0; i < known->count; i++)
		queued += known->states[i]->resend;
	if (!ready || (waiting && now_ms < hosts->together_ms) ||
	    !host_actions_reserve(actions, ready * ACTIONS_PER_EVENT + queued))
		return;
	for (size_t i = 0; i < known->count; i++) {
		if (known->states[i]->ready_spi)
			pin_ready(hosts, i, now_ms, actions);
	}
	for (size_t i = 0; i < known->count; i++) {
		if (known->states[i]->resend && known->states[i]->child_count &&
		    !known_host_waits(&known->hosts[i]))
			free_queue(hosts, i, actions);
	}
}

void hosts_take_over(struct hosts *hosts, size_t index, uint32_t spi, uint64_t now_ms,
                     struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];
	size_t ready, waiting;

	if (!state->resend || hosts->mode != HOSTS_MODE_HOLD) {
		hosts_pin(hosts, index, spi, now_ms, actions);
		return;
	}
	count_strangers(hosts, &ready, &waiting);
	if (!ready)
		hosts->together_max_ms = now_ms + HOSTS_TOGETHER_MAX_MS;
	hosts->together_ms = now_ms + HOSTS_TOGETHER_MS;
	if (hosts->together_ms > hosts->together_max_ms)
		hosts->together_ms = hosts->together_max_ms;
	state->ready_spi = spi;
	hosts_set_due(hosts, state, hosts->together_ms);
}

void hosts_wait_for_peer(struct hosts *hosts, size_t index, uint64_t now_ms,
                         struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];
	bool answers = hosts->mode == HOSTS_MODE_HOLD &&
	               hosts->known.hosts[index].pair.local.family == AF_INET6;

	put(hosts, index, state->wait_spi, false, answers ? host_newest_spi(state) : 0, actions);
	state->takeover_ms = now_ms + HOSTS_WAIT_MS;
	hosts_set_due(hosts, state, state->takeover_ms);
}

void hosts_end_sas(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];

	/* for what asked before the SA came: it has been answered */
	if (known_host_waits(&hosts->known.hosts[index]))
		end_acquire(hosts, index, actions);
	state->active_ms = now_ms;
	state->asked_ms = 0;
	state->due_ms = HOST_TABLE_NEVER;
	state->takeover_ms = 0;
	state->listen_spi = 0;
	state->ready_spi = 0;
	if (state->asked) {
		hosts_await_sa(hosts, index, now_ms, actions);
		host_actions_add(actions, HOST_ACTION_NEGOTIATE, &hosts->known.hosts[index]);
	}
	if (!state->asked || hosts->mode == HOSTS_MODE_DROP)
		hosts_set_policy(hosts, index, hosts_idle_spi(hosts, state), false, actions);
	state->asked = false;
}

void hosts_block(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];

	hosts_set_policy(hosts, index, 0, true, actions);
	free_queue(hosts, index, actions);
	state->asked_ms = 0;
	state->look_ms = HOSTS_PROBE_MIN_MS;
	state->used_s = 0;
	hosts_set_due(hosts, state, now_ms + state->look_ms);
}

void hosts_forget(struct hosts *hosts, size_t index, struct host_actions *actions)
{
	host_actions_add(actions, HOST_ACTION_REMOVE, &hosts->known.hosts[index]);
	end_acquire(hosts, index, actions);
	host_table_remove(&hosts->known, index);
}
