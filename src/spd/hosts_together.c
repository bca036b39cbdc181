/* SPDX-License-Identifier: MIT */
/* First contacts, whose packets may be in the one queue of the subnet policy, take over together. */
#include "hosts_state.h"

/* Hosts that are READY, and those that may become so. */
static void count_ready(const struct hosts *hosts, size_t *ret_ready, size_t *ret_coming)
{
	*ret_ready = *ret_coming = 0;
	for (size_t i = 0; i < hosts->known.count; i++) {
		const struct host_state *state = hosts->known.states[i];

		*ret_ready += state->phase == HOST_PHASE_READY;
		*ret_coming += state->queued_at_subnet && (state->phase == HOST_PHASE_ACQUIRING ||
		                                           state->phase == HOST_PHASE_AWAITS_PEER);
	}
}

/* Its queue is looked at when all are pinned. */
static void pin_ready(struct hosts *hosts, size_t index, uint64_t now_ms,
                      struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];
	bool lives = host_find_child(state, state->takeover_spi);

	hosts_move(hosts, index, HOST_PHASE_PINNED,
	           lives ? state->takeover_spi : host_newest_spi(state), "together with others",
	           now_ms, actions);
}

void hosts_end_together(struct hosts *hosts, uint64_t now_ms, struct host_actions *actions)
{
	struct host_table *known = &hosts->known;
	size_t ready, coming, queued = 0;

	count_ready(hosts, &ready, &coming);
	for (size_t i = 0; i < known->count; i++)
		queued += known->states[i]->queued_at_subnet;
	if (!ready || (coming && now_ms < hosts->together_ms) ||
	    !host_actions_reserve(actions, 2 * ready + queued))
		return;
	for (size_t i = 0; i < known->count; i++) {
		if (known->states[i]->phase == HOST_PHASE_READY)
			pin_ready(hosts, i, now_ms, actions);
	}
	for (size_t i = 0; i < known->count; i++) {
		if (known->states[i]->phase == HOST_PHASE_PINNED)
			hosts_free_queue(hosts, i, actions);
	}
}

void hosts_take_over(struct hosts *hosts, size_t index, uint32_t spi, const char *why,
                     uint64_t now_ms, struct host_actions *actions)
{
	const struct host_state *state = hosts->known.states[index];
	size_t ready, coming;

	if (state->phase == HOST_PHASE_PINNED || !state->queued_at_subnet ||
	    hosts->mode != HOSTS_MODE_HOLD) {
		hosts_pin(hosts, index, spi, why, now_ms, actions);
		return;
	}
	count_ready(hosts, &ready, &coming);
	if (!ready)
		hosts->together_max_ms = now_ms + HOSTS_TOGETHER_MAX_MS;
	hosts->together_ms = clock_earlier(now_ms + HOSTS_TOGETHER_MS, hosts->together_max_ms);
	hosts_move(hosts, index, HOST_PHASE_READY, spi, why, now_ms, actions);
}
