/* SPDX-License-Identifier: MIT */
/* Hosts without an SA: what asks for one, how long packets are held for it, and what is blocked. */
#include "hosts_state.h"

/* Traffic asks for an SA of a host that has none. */
static void acquire(struct hosts *hosts, size_t index, uint64_t now_ms,
                    struct host_actions *actions)
{
	enum host_phase phase = hosts->known.states[index]->phase;

	if (phase != HOST_PHASE_NONE && phase != HOST_PHASE_IDLE)
		return;
	if (hosts->mode == HOSTS_MODE_HOLD)
		hosts_move(hosts, index, HOST_PHASE_ACQUIRING, 0, "acquire", now_ms, actions);
	else if (phase == HOST_PHASE_NONE)
		hosts_move(hosts, index, HOST_PHASE_IDLE, 0, "acquire", now_ms, actions);
}

bool hosts_on_acquire(struct hosts *hosts, const struct pair *pair, uint32_t spi, uint64_t now_ms,
                      struct host_actions *actions)
{
	size_t index = host_table_find(&hosts->known, pair);
	struct host_state *state;

	if (!host_actions_reserve(actions, ACTIONS_PER_EVENT))
		return true;
	if (index == HOST_TABLE_NONE && hosts->mode != HOSTS_MODE_DROP)
		index = hosts_add(hosts, pair, now_ms, actions);
	if (index == HOST_TABLE_NONE)
		return true;
	state = hosts->known.states[index];
	state->active_ms = now_ms;
	/* it may be the subnet policy that asks */
	state->queued_at_subnet |= state->first_contact;
	if (!state->child_count) {
		acquire(hosts, index, now_ms, actions);
		return true;
	}
	/* one with another SPI is older than the pin that followed */
	state->acquired_while_up |= spi == hosts->known.hosts[index].spi;
	return false;
}

void hosts_on_charon(struct hosts *hosts, bool up, uint64_t now_ms)
{
	hosts->charon_up = up;
	hosts->charon_ms = now_ms;
	for (size_t i = 0; up && i < hosts->known.count; i++) {
		struct host_state *state = hosts->known.states[i];

		if (state->phase != HOST_PHASE_ACQUIRING)
			continue;
		state->held_ms = now_ms;
		hosts_set_due(hosts, state, now_ms + HOSTS_SILENT_MS);
	}
}

void hosts_on_progress(struct hosts *hosts, const struct pair *pair, enum ike_progress progress,
                       uint64_t now_ms)
{
	size_t index = host_table_find(&hosts->known, pair);
	struct host_state *state;
	uint64_t due_ms;

	if (hosts_phase(hosts, pair) != HOST_PHASE_ACQUIRING)
		return;
	state = hosts->known.states[index];
	due_ms = state->held_ms + HOSTS_HELD_MAX_MS;
	if (progress == IKE_PROGRESS_SENT)
		due_ms = clock_earlier(due_ms, now_ms + HOSTS_SILENT_MS);
	hosts_set_due(hosts, state, due_ms);
}

void hosts_on_failed(struct hosts *hosts, const struct pair *pair, uint64_t now_ms,
                     struct host_actions *actions)
{
	if (hosts_phase(hosts, pair) == HOST_PHASE_ACQUIRING &&
	    host_actions_reserve(actions, ACTIONS_PER_EVENT))
		hosts_move(hosts, host_table_find(&hosts->known, pair), HOST_PHASE_BLOCKED, 0,
		           "the negotiation failed", now_ms, actions);
	hosts_end_together(hosts, now_ms, actions);
}

void hosts_end_silence(struct hosts *hosts, size_t index, uint64_t now_ms,
                       struct host_actions *actions)
{
	if (!hosts->charon_up && now_ms < hosts->charon_ms + HOSTS_GRACE_MS)
		hosts->known.states[index]->due_ms = hosts->charon_ms + HOSTS_GRACE_MS;
	else
		hosts_move(hosts, index, HOST_PHASE_BLOCKED, 0, "silence", now_ms, actions);
}

void hosts_probe(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];

	if (state->look_ms < HOSTS_PROBE_MAX_MS)
		state->look_ms *= 2;
	state->due_ms = now_ms + state->look_ms;
	host_actions_add(actions, HOST_ACTION_PROBE, &hosts->known.hosts[index], 0);
}

void hosts_on_probed(struct hosts *hosts, const struct pair *pair, int64_t used_s, uint64_t now_ms,
                     struct host_actions *actions)
{
	size_t index = host_table_find(&hosts->known, pair);
	struct host_state *state;

	if (hosts_phase(hosts, pair) != HOST_PHASE_BLOCKED ||
	    !host_actions_reserve(actions, ACTIONS_PER_EVENT))
		return;
	state = hosts->known.states[index];
	if (used_s != state->used_s) {
		state->used_s = used_s;
		state->active_ms = now_ms;
		host_actions_add(actions, HOST_ACTION_NEGOTIATE, &hosts->known.hosts[index], 0);
	} else if (now_ms >= state->active_ms + HOSTS_FORGET_MS) {
		hosts_forget(hosts, index, "nothing is sent to it", actions);
	} else {
		host_actions_add(actions, HOST_ACTION_QUIET, &hosts->known.hosts[index], 0);
	}
}
