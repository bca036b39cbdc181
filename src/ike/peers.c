/* SPDX-License-Identifier: MIT */
#include "xfrmd/peers.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "xfrmd/duplicates.h"
#include "xfrmd/peer_table.h"

/*
 * Owns the rules of the acquire machine. Invariants: only move() writes a state; children exist in
 * state UP only, and there at least one; a connection is loaded in charon exactly while its peer is
 * NEGOTIATING; next_ms is never later than the earliest time at which peers_on_timer() has
 * something to do (it may be earlier).
 */

#define STATE_COUNT (PEER_STATE_FAILED + 1)

struct peers {
	struct peer_table table;
	size_t in_state[STATE_COUNT];
	bool charon_up;
	uint64_t next_ms;
	uint64_t next_order;
	uint64_t forget_after_ms;
	uint64_t repairs_ms; /* not before this the next REKEY of lost SAs */
	uint64_t random_state;
	struct peers_counters counters;
};

static const char *const state_names[STATE_COUNT] = {
	[PEER_STATE_IDLE] = "idle",
	[PEER_STATE_QUEUED] = "queued",
	[PEER_STATE_NEGOTIATING] = "negotiating",
	[PEER_STATE_UP] = "up",
	[PEER_STATE_FAILED] = "failed",
};

/* To IDLE from every state: a peer that is forgotten leaves from there. */
static const bool moves[STATE_COUNT][STATE_COUNT] = {
	[PEER_STATE_IDLE] = {[PEER_STATE_QUEUED] = true, [PEER_STATE_UP] = true},
	[PEER_STATE_QUEUED] =
		{[PEER_STATE_IDLE] = true, [PEER_STATE_NEGOTIATING] = true, [PEER_STATE_UP] = true},
	[PEER_STATE_NEGOTIATING] = {[PEER_STATE_IDLE] = true,
                                    [PEER_STATE_QUEUED] = true,
                                    [PEER_STATE_UP] = true,
                                    [PEER_STATE_FAILED] = true},
	[PEER_STATE_UP] = {[PEER_STATE_IDLE] = true, [PEER_STATE_QUEUED] = true},
	[PEER_STATE_FAILED] =
		{[PEER_STATE_IDLE] = true, [PEER_STATE_QUEUED] = true, [PEER_STATE_UP] = true},
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

int peers_new(uint64_t seed, struct peers **ret_peers)
{
	struct peers *peers = calloc(1, sizeof(*peers));

	if (!peers)
		return -ENOMEM;
	peers->next_ms = UINT64_MAX;
	peers->random_state = seed;
	peers->forget_after_ms = PEERS_FORGET_AFTER_MS;
	*ret_peers = peers;
	return 0;
}

void peers_free(struct peers *peers)
{
	if (!peers)
		return;
	peer_table_fini(&peers->table);
	free(peers);
}

void peers_set_patient(struct peers *peers, bool patient)
{
	peers->forget_after_ms = patient ? PEERS_PATIENT_MS : PEERS_FORGET_AFTER_MS;
	peers->next_ms = 0;
}

void peers_counters(const struct peers *peers, struct peers_counters *ret_counters)
{
	*ret_counters = peers->counters;
}

/* splitmix64, 0 to @bound - 1; the bias of the remainder does not matter for jitter. */
static uint64_t random_below(struct peers *peers, uint64_t bound)
{
	uint64_t mixed = peers->random_state += 0x9e3779b97f4a7c15;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
	return (mixed ^ (mixed >> 31)) % bound;
}

/* The action is zeroed but for kind and addresses. NULL: out of memory, which is noted. */
static struct peer_action *add_action(struct peer_actions *actions, enum peer_action_kind kind,
                                      const struct peer *peer)
{
	struct peer_action *action;

	if (actions->count == actions->capacity) {
		size_t capacity = actions->capacity ? 2 * actions->capacity : 8;
		struct peer_action *items = reallocarray(actions->items, capacity, sizeof(*items));

		if (!items) {
			actions->out_of_memory = true;
			return NULL;
		}
		actions->items = items;
		actions->capacity = capacity;
	}
	action = &actions->items[actions->count++];
	*action = (struct peer_action){
		.kind = kind,
		.local = peer->local,
		.remote = peer->remote,
	};
	return action;
}

static void add_sa_action(struct peer_actions *actions, enum peer_action_kind kind,
                          const struct peer *peer, uint32_t ike_id, uint32_t child_id)
{
	struct peer_action *action = add_action(actions, kind, peer);

	if (!action)
		return;
	action->ike_id = ike_id;
	action->child_id = child_id;
}

/* By traffic or by the operator, who wait for it. */
static bool is_asked_for(const struct peer *peer)
{
	return peer->wanted || peer->ordered;
}

/* Whether one that is QUEUED or FAILED shall be negotiated with. */
static bool is_waiting(const struct peer *peer)
{
	return is_asked_for(peer) || peer->renewals;
}

/* When the peer's state ends by itself. */
static uint64_t due_ms(const struct peers *peers, const struct peer *peer)
{
	switch (peer->state) {
	case PEER_STATE_IDLE:
		return peer->since_ms + peers->forget_after_ms;
	case PEER_STATE_QUEUED:
		return is_waiting(peer) ? peer->next_retry_ms : peer->since_ms + PEERS_QUEUE_MS;
	case PEER_STATE_NEGOTIATING:
		return peer->deadline_ms;
	case PEER_STATE_UP:
		if (peer->lost && peer->next_retry_ms < peer->reap_ms)
			return peer->next_retry_ms;
		return peer->reap_ms;
	case PEER_STATE_FAILED:
		return is_waiting(peer) ? peer->next_retry_ms
		                        : peer->since_ms + peers->forget_after_ms;
	}
	return UINT64_MAX;
}

static void note_due(struct peers *peers, const struct peer *peer, uint64_t now_ms)
{
	uint64_t due = due_ms(peers, peer);

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
	return base * 3 / 4 + random_below(peers, base / 2 + 1);
}

static void enter_state(struct peers *peers, struct peer *peer, const char *reason,
                        struct peer_actions *actions)
{
	peer->next_retry_ms = 0;
	peer->deadline_ms = 0;
	peer->reap_ms = UINT64_MAX;
	peer->ordered = false;
	peer->closed = false;
	peer->lost = false;
	if (peer->state != PEER_STATE_UP)
		peer->child_count = 0;
	switch (peer->state) {
	case PEER_STATE_IDLE:
		peer->renewals = 0;
		break;
	case PEER_STATE_QUEUED:
		peer->queue_order = peers->next_order++;
		break;
	case PEER_STATE_NEGOTIATING:
		peers->counters.negotiations++;
		if (peer->renewals)
			peer->renewals--;
		peer->deadline_ms = peer->since_ms + PEERS_NEGOTIATION_MS;
		peer->hint[0] = '\0';
		add_action(actions, PEER_ACTION_INITIATE, peer);
		break;
	case PEER_STATE_UP:
		peer->renewals = 0;
		peer->failures = 0;
		peer->repaired_ms = peer->since_ms;
		peer->last_error[0] = '\0';
		peer->failed_ms = 0;
		peer->acquired_ms = 0;
		break;
	case PEER_STATE_FAILED:
		peers->counters.failures++;
		peer->failures++;
		peer->next_retry_ms = peer->since_ms + backoff_ms(peers, peer->failures);
		snprintf(peer->last_error, sizeof(peer->last_error), "%s", reason);
		peer->failed_ms = peer->since_ms;
		break;
	}
}

static void count_result(struct peers *peers, const struct peer *peer, enum peer_state result,
                         uint64_t now_ms)
{
	struct peers_counters *counters = &peers->counters;

	if (result == PEER_STATE_UP)
		histogram_add(&counters->up, now_ms - peer->since_ms);
	else if (result == PEER_STATE_FAILED)
		histogram_add(&counters->failed, now_ms - peer->since_ms);
	else
		counters->abandoned++;
}

/* The one writer of a state. */
static void move(struct peers *peers, struct peer *peer, enum peer_state state, const char *reason,
                 uint64_t now_ms, struct peer_actions *actions)
{
	enum peer_state old_state = peer->state;
	struct peer_action *changed;

	assert(moves[old_state][state]);
	if (old_state == PEER_STATE_NEGOTIATING)
		count_result(peers, peer, state, now_ms);
	peers->in_state[old_state]--;
	peers->in_state[state]++;
	peer->state = state;
	peer->since_ms = now_ms;
	changed = add_action(actions, PEER_ACTION_CHANGED, peer);
	if (changed) {
		changed->old_state = old_state;
		changed->new_state = state;
		snprintf(changed->reason, sizeof(changed->reason), "%s", reason);
	}
	if (old_state == PEER_STATE_NEGOTIATING && peers->charon_up)
		add_action(actions, PEER_ACTION_UNLOAD, peer);
	enter_state(peers, peer, reason, actions);
	note_due(peers, peer, now_ms);
}

/* Those that are asked for go first, those that never failed, then first in, first out. */
static bool goes_before(const struct peer *a, const struct peer *b)
{
	if (is_asked_for(a) != is_asked_for(b))
		return is_asked_for(a);
	if (!a->failures != !b->failures)
		return !a->failures;
	return a->queue_order < b->queue_order;
}

static struct peer *first_queued(const struct peers *peers, uint64_t now_ms)
{
	struct peer *first = NULL;

	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		if (peer->state != PEER_STATE_QUEUED || !is_waiting(peer) ||
		    peer->next_retry_ms > now_ms)
			continue;
		if (!first || goes_before(peer, first))
			first = peer;
	}
	return first;
}

/* Fills free slots; called at the end of every event that may free one or queue a peer. */
static void start_queued(struct peers *peers, uint64_t now_ms, struct peer_actions *actions)
{
	while (peers->charon_up && peers->in_state[PEER_STATE_QUEUED] > 0) {
		size_t in_flight = peers->in_state[PEER_STATE_NEGOTIATING];
		struct peer *peer;

		if (in_flight >= PEERS_INFLIGHT_MAX)
			return;
		peer = first_queued(peers, now_ms);
		if (!peer || (!is_asked_for(peer) && in_flight >= PEERS_INFLIGHT_UNASKED))
			return;
		move(peers, peer, PEER_STATE_NEGOTIATING, "slot free", now_ms, actions);
	}
}

/* NULL: out of memory, which is noted in @actions. */
static struct peer *find_or_add(struct peers *peers, const struct addr *local,
                                const struct addr *remote, uint64_t now_ms,
                                struct peer_actions *actions)
{
	struct peer *peer = peer_table_find(&peers->table, local, remote);

	if (peer)
		return peer;
	peer = peer_table_add(&peers->table, local, remote);
	if (!peer) {
		actions->out_of_memory = true;
		return NULL;
	}
	peer->since_ms = now_ms;
	peers->in_state[PEER_STATE_IDLE]++;
	return peer;
}

/* Charon refuses to initiate what it lists already, so that is rekeyed, the newest first. */
static void repair(struct peers *peers, struct peer *peer, uint64_t now_ms,
                   struct peer_actions *actions)
{
	peer->wanted = true;
	peer->lost = false;
	peer->next_retry_ms = 0;
	peer->repaired_ms = now_ms;
	peers->counters.repairs++;
	for (size_t i = peer->child_count; i-- > 0;)
		add_sa_action(actions, PEER_ACTION_REKEY, peer, peer->children[i].ike_id,
		              peer->children[i].child_id);
}

/* Whether the acquire leads to a negotiation of its own. */
static bool take_acquire(struct peers *peers, struct peer *peer, uint64_t now_ms,
                         struct peer_actions *actions)
{
	switch (peer->state) {
	case PEER_STATE_IDLE:
		break;
	case PEER_STATE_QUEUED:
		peer->wanted = true;
		peer->next_retry_ms = 0;
		return false;
	case PEER_STATE_NEGOTIATING:
		peer->wanted = true;
		return false;
	case PEER_STATE_UP:
		if (now_ms < peer->repaired_ms + PEERS_LOST_AFTER_MS)
			return false;
		repair(peers, peer, now_ms, actions);
		return true;
	case PEER_STATE_FAILED:
		peer->wanted = true;
		if (now_ms >= peer->next_retry_ms)
			break;
		note_due(peers, peer, now_ms);
		return false;
	}
	peer->wanted = true;
	move(peers, peer, PEER_STATE_QUEUED, "traffic", now_ms, actions);
	return true;
}

void peers_on_acquire(struct peers *peers, const struct addr *local, const struct addr *remote,
                      uint64_t now_ms, struct peer_actions *actions)
{
	struct peer *peer = find_or_add(peers, local, remote, now_ms, actions);

	peers->counters.acquires++;
	if (!peer)
		return;
	if (peer->state != PEER_STATE_UP)
		peer->acquired_ms = now_ms;
	if (!take_acquire(peers, peer, now_ms, actions)) {
		peers->counters.deduplicated++;
		peers->counters.held_back += peer->state == PEER_STATE_FAILED;
	}
	start_queued(peers, now_ms, actions);
}

int peers_retry(struct peers *peers, const struct addr *local, const struct addr *remote,
                uint64_t now_ms, struct peer_actions *actions)
{
	struct peer *peer = peer_table_find(&peers->table, local, remote);

	if (!peer)
		return -ENOENT;
	switch (peer->state) {
	case PEER_STATE_IDLE:
	case PEER_STATE_FAILED:
		move(peers, peer, PEER_STATE_QUEUED, "asked for", now_ms, actions);
		break;
	case PEER_STATE_QUEUED:
		break;
	case PEER_STATE_NEGOTIATING:
	case PEER_STATE_UP:
		return 0;
	}
	peer->failures = 0;
	peer->next_retry_ms = 0;
	peer->ordered = true;
	start_queued(peers, now_ms, actions);
	return 0;
}

void peers_on_remembered(struct peers *peers, const struct addr *local, const struct addr *remote,
                         uint64_t now_ms, struct peer_actions *actions)
{
	struct peer *peer = find_or_add(peers, local, remote, now_ms, actions);

	if (!peer || peer->state == PEER_STATE_UP)
		return;
	peer->renewals = PEERS_RENEWALS;
	if (peer->state == PEER_STATE_IDLE)
		move(peers, peer, PEER_STATE_QUEUED, "had an SA before", now_ms, actions);
	else
		note_due(peers, peer, now_ms);
	start_queued(peers, now_ms, actions);
}

void peers_on_larval_expired(struct peers *peers, const struct addr *local,
                             const struct addr *remote)
{
	struct peer *peer = peer_table_find(&peers->table, local, remote);

	if (!peer)
		return;
	peer->wanted = false;
	/* This call has no clock. */
	note_due(peers, peer, 0);
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void mark_lost(struct peers *peers, struct peer *peer, uint64_t now_ms)
{
	if (peer->lost)
		return;
	peer->lost = true;
	peer->next_retry_ms = later(later(now_ms, peers->repairs_ms),
	                            peer->repaired_ms + PEERS_REPAIR_PAUSE_MS);
	peers->repairs_ms = later(now_ms, peers->repairs_ms) + PEERS_REPAIR_SPACING_MS;
	note_due(peers, peer, now_ms);
}

bool peers_on_sa_lost(struct peers *peers, const struct addr *src, const struct addr *dst,
                      uint64_t now_ms)
{
	struct peer *peer = peer_table_find(&peers->table, src, dst);

	if (!peer)
		peer = peer_table_find(&peers->table, dst, src);
	if (!peer || peer->state != PEER_STATE_UP)
		return false;
	mark_lost(peers, peer, now_ms);
	return true;
}

static void mark_seen(struct peers *peers, const struct peer_sa *sa)
{
	struct peer *out = peer_table_find(&peers->table, &sa->src, &sa->dst);
	struct peer *in = peer_table_find(&peers->table, &sa->dst, &sa->src);

	if (out)
		out->seen_out = true;
	if (in)
		in->seen_in = true;
}

size_t peers_on_sas_listed(struct peers *peers, const struct peer_sa *sas, size_t count,
                           uint64_t now_ms)
{
	size_t lacking = 0;

	for (size_t i = 0; i < peers->table.count; i++)
		peers->table.items[i]->seen_out = peers->table.items[i]->seen_in = false;
	for (size_t i = 0; i < count; i++)
		mark_seen(peers, &sas[i]);
	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		if (peer->state != PEER_STATE_UP || (peer->seen_out && peer->seen_in))
			continue;
		mark_lost(peers, peer, now_ms);
		lacking++;
	}
	return lacking;
}

/* After its SAs have changed. */
static void watch_duplicates(struct peers *peers, struct peer *peer, uint64_t now_ms)
{
	peer->reap_ms = duplicates_due_ms(peer, now_ms);
	note_due(peers, peer, now_ms);
}

/* The child's IKE_SA was rekeyed. */
static void set_ike_id(struct peer *peer, size_t index, uint32_t ike_id)
{
	peer->children[index].ike_id = ike_id;
	if (ike_id > peer->last_ike_id)
		peer->last_ike_id = ike_id;
}

/* Whether the child is known; it may have come to another IKE_SA, without an event, by a rekeying
 * of the IKE_SA that collided with the peer's. charon never uses a child's id again. */
static bool move_child(struct peer *peer, const struct peer_child *child)
{
	for (size_t i = 0; i < peer->child_count; i++) {
		if (peer->children[i].child_id != child->child_id)
			continue;
		set_ike_id(peer, i, child->ike_id);
		return true;
	}
	return false;
}

void peers_on_child_up(struct peers *peers, const struct addr *local, const struct addr *remote,
                       const struct peer_child *child, uint64_t now_ms,
                       struct peer_actions *actions)
{
	struct peer *peer = find_or_add(peers, local, remote, now_ms, actions);

	if (!peer)
		return;
	/* The kernel drops the larval SA for the new one, without a word. */
	peer->wanted = false;
	if (move_child(peer, child))
		return;
	peer_add_child(peer, child);
	if (peer->state != PEER_STATE_UP)
		move(peers, peer, PEER_STATE_UP, "SA established", now_ms, actions);
	watch_duplicates(peers, peer, now_ms);
	start_queued(peers, now_ms, actions);
}

static void leave_up(struct peers *peers, struct peer *peer, uint64_t now_ms,
                     struct peer_actions *actions)
{
	move(peers, peer, PEER_STATE_IDLE, "last SA closed", now_ms, actions);
	if (peer->wanted)
		move(peers, peer, PEER_STATE_QUEUED, "traffic", now_ms, actions);
	start_queued(peers, now_ms, actions);
}

void peers_on_child_down(struct peers *peers, uint32_t ike_id, uint32_t child_id, uint64_t now_ms,
                         struct peer_actions *actions)
{
	size_t index;
	struct peer *peer = peer_table_find_child(&peers->table, ike_id, child_id, &index);

	if (!peer)
		return;
	peer_remove_child(peer, index);
	if (!peer->child_count)
		leave_up(peers, peer, now_ms, actions);
}

void peers_on_child_rekeyed(struct peers *peers, uint32_t old_child_id,
                            const struct peer_child *child, uint64_t now_ms)
{
	size_t index;
	struct peer *peer = peer_table_find_child(&peers->table, child->ike_id, old_child_id,
	                                          &index);
	bool known;

	if (!peer || old_child_id == child->child_id)
		return;
	peer->wanted = false;
	known = peer_find_child(peer, child->ike_id, child->child_id) < peer->child_count;
	peer_remove_child(peer, index);
	if (!known)
		peer_add_child(peer, child);
	watch_duplicates(peers, peer, now_ms);
}

void peers_on_ike_rekeyed(struct peers *peers, uint32_t old_ike_id, uint32_t new_ike_id)
{
	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		for (size_t child = 0; child < peer->child_count; child++) {
			if (peer->children[child].ike_id == old_ike_id)
				set_ike_id(peer, child, new_ike_id);
		}
	}
}

static void fail(struct peers *peers, struct peer *peer, uint64_t now_ms,
                 struct peer_actions *actions)
{
	const char *without_hint = peer->closed ? "the IKE_SA was closed" : "no result within 30 s";

	move(peers, peer, PEER_STATE_FAILED, peer->hint[0] ? peer->hint : without_hint, now_ms,
	     actions);
}

void peers_on_ike_down(struct peers *peers, uint32_t ike_id, const struct addr *local,
                       const struct addr *remote, uint64_t now_ms, struct peer_actions *actions)
{
	struct peer *negotiating = peer_table_find(&peers->table, local, remote);

	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		if (!peer_remove_children(peer, ike_id))
			continue;
		if (!peer->child_count)
			leave_up(peers, peer, now_ms, actions);
		return;
	}
	if (!negotiating || negotiating->state != PEER_STATE_NEGOTIATING || negotiating->closed)
		return;
	/* the late end of one that it had before */
	if (ike_id <= negotiating->last_ike_id)
		return;
	negotiating->closed = true;
	if (!negotiating->hint[0]) {
		negotiating->deadline_ms = now_ms + PEERS_REASON_MS;
		note_due(peers, negotiating, now_ms);
		return;
	}
	fail(peers, negotiating, now_ms, actions);
	start_queued(peers, now_ms, actions);
}

void peers_on_reason(struct peers *peers, const struct addr *local, const struct addr *remote,
                     const char *words, bool final, uint64_t now_ms, struct peer_actions *actions)
{
	struct peer *peer = peer_table_find(&peers->table, local, remote);

	if (!peer || peer->state != PEER_STATE_NEGOTIATING)
		return;
	/* Causes are told before their consequences. */
	if (!peer->hint[0])
		snprintf(peer->hint, sizeof(peer->hint), "%s", *words ? words : "no reason given");
	if (!final && !peer->closed)
		return;
	fail(peers, peer, now_ms, actions);
	start_queued(peers, now_ms, actions);
}

void peers_on_vain_attempt(struct peers *peers, const struct addr *local, const struct addr *remote,
                           const char *words, uint64_t now_ms, struct peer_actions *actions)
{
	struct peer *peer = peer_table_find(&peers->table, local, remote);

	if (!peer && peers->in_state[PEER_STATE_IDLE] >= PEERS_STRANGERS_MAX)
		return;
	peer = find_or_add(peers, local, remote, now_ms, actions);
	if (!peer || peer->state == PEER_STATE_UP || peer->state == PEER_STATE_NEGOTIATING)
		return;
	snprintf(peer->last_error, sizeof(peer->last_error), "%s", words);
	peer->failed_ms = now_ms;
	note_due(peers, peer, now_ms);
}

/* Nobody waits for one that is queued for its renewal. */
static bool has_time(const struct peer *peer)
{
	return peer->state == PEER_STATE_QUEUED && peer->renewals && !is_asked_for(peer);
}

static void spread_renewals(struct peers *peers, uint64_t now_ms)
{
	uint64_t spread_ms = 0;

	for (size_t i = 0; i < peers->table.count; i++)
		spread_ms += has_time(peers->table.items[i]) ? PEERS_SPREAD_EACH_MS : 0;
	if (spread_ms > PEERS_RESTART_SPREAD_MS)
		spread_ms = PEERS_RESTART_SPREAD_MS;
	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		if (!has_time(peer))
			continue;
		peer->next_retry_ms = now_ms + random_below(peers, spread_ms);
		note_due(peers, peer, now_ms);
	}
}

void peers_on_charon_up(struct peers *peers, uint64_t now_ms, struct peer_actions *actions)
{
	if (peers->charon_up)
		return;
	peers->charon_up = true;
	spread_renewals(peers, now_ms);
	start_queued(peers, now_ms, actions);
}

void peers_on_charon_down(struct peers *peers, uint64_t now_ms, struct peer_actions *actions)
{
	if (!peers->charon_up)
		return;
	peers->charon_up = false;
	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];
		bool was_up = peer->state == PEER_STATE_UP;

		peer->last_ike_id = 0;
		if (!was_up && peer->state != PEER_STATE_NEGOTIATING)
			continue;
		move(peers, peer, PEER_STATE_QUEUED, "charon ended", now_ms, actions);
		if (was_up)
			peer->renewals = PEERS_RENEWALS;
		note_due(peers, peer, now_ms);
	}
}

static void reap(struct peer *peer, uint64_t now_ms, struct peer_actions *actions)
{
	peer->reap_ms = UINT64_MAX;
	if (duplicates_due_ms(peer, now_ms) == UINT64_MAX)
		return;
	peer->reap_ms = now_ms + DUPLICATES_PATIENCE_MS;
	add_action(actions, PEER_ACTION_REAP, peer);
}

/* Whether the entry stays. Starts nothing: the table is being compacted. */
static bool check_due(struct peers *peers, struct peer *peer, uint64_t now_ms,
                      struct peer_actions *actions)
{
	if (now_ms < due_ms(peers, peer))
		return true;
	switch (peer->state) {
	case PEER_STATE_IDLE:
		return false;
	case PEER_STATE_NEGOTIATING:
		fail(peers, peer, now_ms, actions);
		return true;
	case PEER_STATE_FAILED:
		if (is_waiting(peer))
			move(peers, peer, PEER_STATE_QUEUED, "retry", now_ms, actions);
		else
			move(peers, peer, PEER_STATE_IDLE, "nobody asks", now_ms, actions);
		return peer->state == PEER_STATE_QUEUED;
	case PEER_STATE_QUEUED:
		if (!is_waiting(peer))
			move(peers, peer, PEER_STATE_IDLE, "nobody asks", now_ms, actions);
		return peer->state == PEER_STATE_QUEUED;
	case PEER_STATE_UP:
		if (peer->lost && now_ms >= peer->next_retry_ms)
			repair(peers, peer, now_ms, actions);
		if (now_ms >= peer->reap_ms)
			reap(peer, now_ms, actions);
		return true;
	}
	return true;
}

static void forget(struct peers *peers, struct peer *peer)
{
	peers->in_state[peer->state]--;
	free(peer);
}

void peers_on_timer(struct peers *peers, uint64_t now_ms, struct peer_actions *actions)
{
	size_t kept = 0;

	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		if (check_due(peers, peer, now_ms, actions))
			peers->table.items[kept++] = peer;
		else
			forget(peers, peer);
	}
	peers->table.count = kept;
	start_queued(peers, now_ms, actions);
	peers->next_ms = UINT64_MAX;
	for (size_t i = 0; i < peers->table.count; i++)
		note_due(peers, peers->table.items[i], now_ms);
}

uint64_t peers_next_ms(const struct peers *peers)
{
	return peers->next_ms;
}

static void terminate_all(const struct peer *peer, struct peer_actions *actions)
{
	for (size_t i = 0; i < peer->child_count; i++) {
		uint32_t ike_id = peer->children[i].ike_id;
		size_t first = 0;

		while (peer->children[first].ike_id != ike_id)
			first++;
		if (first == i)
			add_sa_action(actions, PEER_ACTION_TERMINATE, peer, ike_id, 0);
	}
}

void peers_on_unused(struct peers *peers, const struct addr *local, const struct addr *remote,
                     uint64_t now_ms, struct peer_actions *actions)
{
	struct peer *peer = peer_table_find(&peers->table, local, remote);

	if (!peer || peer->state != PEER_STATE_UP)
		return;
	terminate_all(peer, actions);
	move(peers, peer, PEER_STATE_IDLE, "unused", now_ms, actions);
}

void peers_retain(struct peers *peers, bool (*keep)(void *ctx, const struct peer *peer), void *ctx,
                  struct peer_actions *actions)
{
	size_t kept = 0;

	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		if (keep(ctx, peer)) {
			peers->table.items[kept++] = peer;
			continue;
		}
		terminate_all(peer, actions);
		if (peer->state != PEER_STATE_IDLE)
			move(peers, peer, PEER_STATE_IDLE, "no longer protected", peer->since_ms,
			     actions);
		forget(peers, peer);
	}
	/* Slots may be free now, and this call has no clock. */
	if (kept < peers->table.count)
		peers->next_ms = 0;
	peers->table.count = kept;
}

const struct peer *const *peers_list(const struct peers *peers, size_t *ret_count)
{
	*ret_count = peers->table.count;
	return (const struct peer *const *)peers->table.items;
}

const struct peer *peers_find(const struct peers *peers, const struct addr *local,
                              const struct addr *remote)
{
	return peer_table_find(&peers->table, local, remote);
}
