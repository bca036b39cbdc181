/* SPDX-License-Identifier: MIT */
/* The states of a peer: what leads from one to another, and what that brings with it. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "peers_state.h"
#include "xfrmd/base/array.h"
#include "xfrmd/base/clock.h"

static const char *const state_names[PEER_STATE_COUNT] = {
	[PEER_STATE_IDLE] = "idle",
	[PEER_STATE_QUEUED] = "queued",
	[PEER_STATE_NEGOTIATING] = "negotiating",
	[PEER_STATE_UP] = "up",
	[PEER_STATE_FAILED] = "failed",
};

#define TO(state) (1u << PEER_STATE_##state)
/* To IDLE from every state: a peer that is forgotten leaves from there. */
static const unsigned moves[PEER_STATE_COUNT] = {
	[PEER_STATE_IDLE] = TO(QUEUED) | TO(UP),
	[PEER_STATE_QUEUED] = TO(IDLE) | TO(NEGOTIATING) | TO(UP) | TO(FAILED),
	[PEER_STATE_NEGOTIATING] = TO(IDLE) | TO(QUEUED) | TO(UP) | TO(FAILED),
	[PEER_STATE_UP] = TO(IDLE) | TO(QUEUED),
	[PEER_STATE_FAILED] = TO(IDLE) | TO(QUEUED) | TO(UP),
};

const char *peer_state_name(enum peer_state state)
{
	return state_names[state];
}

void peer_actions_fini(struct peer_actions *actions)
{
	free(actions->items);
	*actions = (struct peer_actions){0};
}

/* splitmix64; the bias of the remainder does not matter. */
uint64_t peers_random_below(struct peers *peers, uint64_t bound)
{
	uint64_t mixed = peers->random_state += 0x9e3779b97f4a7c15;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
	return (mixed ^ (mixed >> 31)) % bound;
}

struct peer_action *peer_actions_add(struct peer_actions *actions, enum peer_action_kind kind,
                                     const struct pair *pair)
{
	struct peer_action *action;

	if (array_grow(&actions->items, actions->count, sizeof(*actions->items)) < 0) {
		actions->out_of_memory = true;
		return NULL;
	}
	action = &actions->items[actions->count++];
	*action = (struct peer_action){.kind = kind, .pair = *pair};
	return action;
}

struct peer_action *peer_actions_add_sa(struct peer_actions *actions, enum peer_action_kind kind,
                                        const struct pair *pair, uint32_t ike_id, uint32_t child_id)
{
	struct peer_action *action = peer_actions_add(actions, kind, pair);

	if (!action)
		return NULL;
	action->ike_id = ike_id;
	action->child_id = child_id;
	return action;
}

bool peer_is_asked_for(const struct peer *peer)
{
	return peer->asked_by_traffic || peer->asked_by_operator;
}

bool peer_is_waiting(const struct peer *peer)
{
	return peer_is_asked_for(peer) || peer->tries_left_unasked;
}

uint64_t peers_due_ms(const struct peers *peers, const struct peer *peer)
{
	uint64_t due_ms;

	switch (peer->state) {
	case PEER_STATE_IDLE:
		return peer->since_ms + peers->forget_after_ms;
	case PEER_STATE_QUEUED:
		if (peer->resolve_ms)
			return peer->resolve_ms;
		return peer_is_waiting(peer) ? clock_later(peer->next_retry_ms, peer->give_way_ms)
		                             : peer->since_ms + PEERS_QUEUE_MS;
	case PEER_STATE_NEGOTIATING:
		return clock_earlier(peer->deadline_ms, peer->silent_ms);
	case PEER_STATE_UP:
		due_ms = clock_earlier(peer->reap_ms, peer->renew_ms);
		return peer->lost ? clock_earlier(due_ms, peer->next_retry_ms) : due_ms;
	case PEER_STATE_FAILED:
		return peer_is_waiting(peer) ? peer->next_retry_ms
		                             : peer->since_ms + peers->forget_after_ms;
	}
	return UINT64_MAX;
}

void peers_note_due(struct peers *peers, const struct peer *peer, uint64_t now_ms)
{
	uint64_t due = peers_due_ms(peers, peer);

	/* One that is queued and due waits for a slot or for charon, not for the clock. */
	if (peer->state == PEER_STATE_QUEUED && due <= now_ms)
		return;
	if (due < peers->next_ms)
		peers->next_ms = due;
}

static uint64_t backoff_ms(struct peers *peers, unsigned failures)
{
	uint64_t base = PEERS_BACKOFF_MIN_MS;

	while (--failures > 0 && base < PEERS_BACKOFF_MAX_MS)
		base *= 2;
	if (base > PEERS_BACKOFF_MAX_MS)
		base = PEERS_BACKOFF_MAX_MS;
	return base * 3 / 4 + peers_random_below(peers, base / 2 + 1);
}

static void enter_state(struct peers *peers, struct peer *peer, struct peer_actions *actions)
{
	peer->next_retry_ms = 0;
	peer->deadline_ms = 0;
	peer->reap_ms = UINT64_MAX;
	peer->renew_ms = UINT64_MAX;
	peer->asked_by_operator = false;
	peer->closed = false;
	peer->lost = false;
	if (peer->state != PEER_STATE_UP)
		peer->child_count = 0;
	switch (peer->state) {
	case PEER_STATE_IDLE:
		peer->tries_left_unasked = 0;
		break;
	case PEER_STATE_QUEUED:
		peer->queue_order = peers->next_order++;
		peer->there = peer->gave_way = false;
		peer->give_way_ms = peers_give_way_ms(peers, peer, peer->since_ms);
		break;
	case PEER_STATE_NEGOTIATING:
		peers->counters.negotiations++;
		if (peer->tries_left_unasked)
			peer->tries_left_unasked--;
		peer->deadline_ms = peer->since_ms + PEERS_NEGOTIATION_MS;
		peer->silent_ms = UINT64_MAX;
		peer->answered = false;
		peer->hint = peer->alert = (struct failure){0};
		peer_actions_add(actions, PEER_ACTION_INITIATE, &peer->pair);
		break;
	case PEER_STATE_UP:
		peer->tries_left_unasked = 0;
		peer->failures = 0;
		peer->repaired_ms = peer->since_ms;
		peer->acquired_ms = 0;
		peer->asked_again = false;
		peer->had_sa = true;
		break;
	case PEER_STATE_FAILED:
		peers->counters.failures++;
		peer->failures++;
		peer->next_retry_ms = peer->since_ms + backoff_ms(peers, peer->failures);
		peer->last_error = peer->hint;
		peer->failed_ms = peer->since_ms;
		break;
	}
}

static void count_result(struct peers *peers, const struct peer *peer, enum peer_state result,
                         uint64_t now_ms)
{
	struct peers_counters *counters = &peers->counters;

	if (result == PEER_STATE_UP) {
		histogram_add(&counters->up, now_ms - peer->since_ms);
		peers_note_duration(peers, now_ms - peer->since_ms, now_ms);
	} else if (result == PEER_STATE_FAILED)
		histogram_add(&counters->failed, now_ms - peer->since_ms);
	else
		counters->abandoned++;
}

void peers_move(struct peers *peers, struct peer *peer, enum peer_state state, const char *why,
                uint64_t now_ms, struct peer_actions *actions)
{
	enum peer_state old_state = peer->state;
	struct peer_action *changed;

	assert(moves[old_state] & 1u << state);
	if (old_state == PEER_STATE_NEGOTIATING) {
		count_result(peers, peer, state, now_ms);
		peers_set_silent(peers, peer, false);
	}
	peers_end_resolving(peers, peer, false);
	peers->in_state[old_state]--;
	peers->in_state[state]++;
	peer->state = state;
	peer->since_ms = now_ms;
	changed = peer_actions_add(actions, PEER_ACTION_CHANGED, &peer->pair);
	if (changed) {
		changed->old_state = old_state;
		changed->new_state = state;
		changed->why = why;
		if (state == PEER_STATE_FAILED)
			changed->failure = peer->hint;
	}
	if (old_state == PEER_STATE_NEGOTIATING && peers->charon_up)
		peer_actions_add(actions, PEER_ACTION_UNLOAD, &peer->pair);
	enter_state(peers, peer, actions);
	peers_note_due(peers, peer, now_ms);
}

void peers_fail(struct peers *peers, struct peer *peer, uint64_t now_ms,
                struct peer_actions *actions)
{
	if (!peer->hint.reason)
		peer->hint = peer->alert;
	if (!peer->hint.reason)
		peer->hint.reason = peer->closed ? REASON_CLOSED : REASON_NO_RESULT;
	peers_move(peers, peer, PEER_STATE_FAILED, NULL, now_ms, actions);
}

void peers_forget(struct peers *peers, struct peer *peer)
{
	peers->in_state[peer->state]--;
	free(peer);
}
