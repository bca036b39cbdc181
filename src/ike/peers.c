/* SPDX-License-Identifier: MIT */
#include "xfrmd/ike/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "peers_state.h"
#include "xfrmd/base/array.h"
#include "xfrmd/ike/duplicates.h"

/*
 * Owns the rules of the acquire machine. Invariants: only peers_move() writes a state; children
 * exist in state UP only, and there at least one; a connection is loaded in charon exactly while
 * its peer is NEGOTIATING; next_ms is never later than the earliest time at which peers_on_timer()
 * has something to do (it may be earlier).
 */

int peers_new(uint64_t seed, struct peers **ret_peers)
{
	struct peers *peers = calloc(1, sizeof(*peers));

	if (!peers)
		return -ENOMEM;
	peers->next_ms = UINT64_MAX;
	peers->window = PEERS_WINDOW_START;
	peers->busy_after_ms = PEERS_BUSY_AFTER_MS;
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

void peers_set_resolver(struct peers *peers, bool resolver)
{
	peers->resolver = resolver;
}

void peers_set_lifetimes(struct peers *peers, const struct lifetimes *lifetimes)
{
	peers->lifetimes = *lifetimes;
}

void peers_counters(const struct peers *peers, struct peers_counters *ret_counters)
{
	*ret_counters = peers->counters;
}

/* Whether the acquire leads to a negotiation of its own. */
static bool take_acquire(struct peers *peers, struct peer *peer, uint64_t now_ms,
                         struct peer_actions *actions)
{
	switch (peer->state) {
	case PEER_STATE_IDLE:
		break;
	case PEER_STATE_QUEUED:
		peer->asked_by_traffic = true;
		peer->next_retry_ms = 0;
		return false;
	case PEER_STATE_NEGOTIATING:
		peer->asked_by_traffic = true;
		return false;
	case PEER_STATE_UP:
		if (now_ms < peer->repaired_ms + PEERS_LOST_AFTER_MS)
			return false;
		peers_repair(peers, peer, now_ms, actions);
		return true;
	case PEER_STATE_FAILED:
		peer->asked_by_traffic = true;
		if (now_ms >= peer->next_retry_ms)
			break;
		peers_note_due(peers, peer, now_ms);
		return false;
	}
	peer->asked_by_traffic = true;
	peers_move(peers, peer, PEER_STATE_QUEUED, "traffic", now_ms, actions);
	return true;
}

void peers_on_acquire(struct peers *peers, const struct pair *pair, bool again, uint64_t now_ms,
                      struct peer_actions *actions)
{
	struct peer *peer = peers_find_or_add(peers, pair, now_ms, actions);

	peers->counters.acquires++;
	if (!peer)
		return;
	if (peer->state != PEER_STATE_UP) {
		peer->asked_again = again || peer->acquired_ms;
		peer->acquired_ms = now_ms;
	}
	if (!take_acquire(peers, peer, now_ms, actions)) {
		peers->counters.deduplicated++;
		peers->counters.in_backoff += peer->state == PEER_STATE_FAILED;
	}
	peers_start_queued(peers, now_ms, actions);
}

int peers_retry(struct peers *peers, const struct pair *pair, uint64_t now_ms,
                struct peer_actions *actions)
{
	struct peer *peer = peer_table_find(&peers->table, pair);

	if (!peer)
		return -ENOENT;
	switch (peer->state) {
	case PEER_STATE_IDLE:
	case PEER_STATE_FAILED:
		peers_move(peers, peer, PEER_STATE_QUEUED, "asked for", now_ms, actions);
		break;
	case PEER_STATE_QUEUED:
		break;
	case PEER_STATE_NEGOTIATING:
	case PEER_STATE_UP:
		return 0;
	}
	peer->failures = 0;
	peer->next_retry_ms = 0;
	peer->give_way_ms = 0;
	peers_end_resolving(peers, peer, true);
	peer->asked_by_operator = true;
	peers_start_queued(peers, now_ms, actions);
	return 0;
}

void peers_on_remembered(struct peers *peers, const struct pair *pair, uint64_t now_ms,
                         struct peer_actions *actions)
{
	struct peer *peer = peers_find_or_add(peers, pair, now_ms, actions);

	if (!peer || peer->state == PEER_STATE_UP)
		return;
	peer->tries_left_unasked = PEERS_UNASKED_TRIES;
	if (peer->state == PEER_STATE_IDLE)
		peers_move(peers, peer, PEER_STATE_QUEUED, "had an SA before", now_ms, actions);
	else
		peers_note_due(peers, peer, now_ms);
	peers_start_queued(peers, now_ms, actions);
}

/* Who asked once is negotiated with once, also when its turn comes late. */
static void stop_asking(struct peers *peers, struct peer *peer)
{
	peer->asked_by_traffic = false;
	if (peer->state == PEER_STATE_QUEUED && !peer->failures && !peer->tries_left_unasked)
		peer->tries_left_unasked = 1;
	/* there is no clock here */
	peers_note_due(peers, peer, 0);
}

void peers_on_larval_expired(struct peers *peers, const struct pair *pair)
{
	struct peer *peer = peer_table_find(&peers->table, pair);

	if (peer && peer->asked_by_traffic)
		stop_asking(peers, peer);
}

void peers_on_larvals_listed(struct peers *peers, const struct pair *asked, size_t count)
{
	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		/* of an SA that was lost, whose repair is not the kernel's wish */
		if (!peer->asked_by_traffic || peer->state == PEER_STATE_UP ||
		    array_find(asked, count, sizeof(*asked), &peer->pair, pair_compare_items))
			continue;
		stop_asking(peers, peer);
	}
}

void peers_on_resolved(struct peers *peers, const struct addr *remote, enum neighbour neighbour,
                       uint64_t now_ms, struct peer_actions *actions)
{
	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		if (!peer->resolve_ms || !addr_equal(&peer->pair.remote, remote) ||
		    neighbour == NEIGHBOUR_ASKED)
			continue;
		peers_end_resolving(peers, peer, true);
		/* others may be due as well: they come together */
		peers->next_ms = now_ms;
		peer->there = neighbour == NEIGHBOUR_THERE;
		if (neighbour != NEIGHBOUR_ABSENT)
			continue;
		if (peer->tries_left_unasked)
			peer->tries_left_unasked--;
		peer->hint = (struct failure){.reason = REASON_NO_RESPONSE};
		peers_fail(peers, peer, now_ms, actions);
	}
}

static void reap(struct peer *peer, uint64_t now_ms, struct peer_actions *actions)
{
	peer->reap_ms = UINT64_MAX;
	if (duplicates_due_ms(peer, now_ms) == UINT64_MAX)
		return;
	peer->reap_ms = now_ms + DUPLICATES_PATIENCE_MS;
	peer_actions_add(actions, PEER_ACTION_REAP, &peer->pair);
}

void peers_on_looked(struct peers *peers, const struct pair *pair,
                     const uint64_t packets[PEERS_CHILDREN_MAX], uint64_t now_ms)
{
	struct peer *peer = peer_table_find(&peers->table, pair);

	if (!peer || peer->state != PEER_STATE_UP)
		return;
	for (size_t i = 0; i < peer->child_count; i++) {
		struct peer_child *child = &peer->children[i];

		if (packets[i] == UINT64_MAX)
			child->used_ms = 1;
		else if (!child->used_ms || packets[i] != child->packets)
			child->used_ms = now_ms;
		child->packets = packets[i];
	}
}

void peers_look_again(struct peers *peers, const struct pair *pair, uint64_t now_ms)
{
	struct peer *peer = peer_table_find(&peers->table, pair);

	if (!peer || peer->state != PEER_STATE_UP)
		return;
	peer->reap_ms = now_ms + DUPLICATES_LOOK_MS;
	peers_note_due(peers, peer, now_ms);
}

static void renew(struct peers *peers, struct peer *peer, uint64_t now_ms,
                  struct peer_actions *actions)
{
	peer->renew_ms = now_ms + PEERS_RENEW_AGAIN_MS;
	peers->counters.renewals++;
	peer_actions_add(actions, PEER_ACTION_RENEW, &peer->pair);
}

/* Whether the entry stays. Starts nothing: the table is being compacted. */
static bool check_due(struct peers *peers, struct peer *peer, uint64_t now_ms,
                      struct peer_actions *actions)
{
	if (now_ms < peers_due_ms(peers, peer))
		return true;
	switch (peer->state) {
	case PEER_STATE_IDLE:
		return false;
	case PEER_STATE_NEGOTIATING:
		peers_check_silent(peers, peer, now_ms);
		if (now_ms >= peer->deadline_ms)
			peers_fail(peers, peer, now_ms, actions);
		return true;
	case PEER_STATE_FAILED:
		if (peer_is_waiting(peer))
			peers_move(peers, peer, PEER_STATE_QUEUED, "retry", now_ms, actions);
		else
			peers_move(peers, peer, PEER_STATE_IDLE, "nobody asks", now_ms, actions);
		return peer->state == PEER_STATE_QUEUED;
	case PEER_STATE_QUEUED:
		if (peer->resolve_ms)
			peers_end_resolving(peers, peer, true);
		else if (!peer_is_waiting(peer))
			peers_move(peers, peer, PEER_STATE_IDLE, "nobody asks", now_ms, actions);
		return peer->state == PEER_STATE_QUEUED;
	case PEER_STATE_UP:
		if (peer->lost && now_ms >= peer->next_retry_ms)
			peers_repair(peers, peer, now_ms, actions);
		if (now_ms >= peer->reap_ms)
			reap(peer, now_ms, actions);
		if (now_ms >= peer->renew_ms)
			renew(peers, peer, now_ms, actions);
		return true;
	}
	return true;
}

void peers_on_timer(struct peers *peers, uint64_t now_ms, struct peer_actions *actions)
{
	size_t kept = 0;

	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		if (check_due(peers, peer, now_ms, actions))
			peers->table.items[kept++] = peer;
		else
			peers_forget(peers, peer);
	}
	peers->table.count = kept;
	peers_start_queued(peers, now_ms, actions);
	peers->next_ms = UINT64_MAX;
	for (size_t i = 0; i < peers->table.count; i++)
		peers_note_due(peers, peers->table.items[i], now_ms);
}

uint64_t peers_next_ms(const struct peers *peers)
{
	return peers->next_ms;
}

/* @kind: TERMINATE or ABANDON. */
static void end_all(const struct peer *peer, enum peer_action_kind kind,
                    struct peer_actions *actions)
{
	for (size_t i = 0; i < peer->child_count; i++) {
		uint32_t ike_id = peer->children[i].ike_id;
		size_t first = 0;

		while (peer->children[first].ike_id != ike_id)
			first++;
		if (first == i)
			peer_actions_add_sa(actions, kind, &peer->pair, ike_id, 0);
	}
}

/* To be done before the IKE_SAs where there is traffic: the peer deletes a CHILD_SA and then answers.
 * With an IKE_SA it answers first, and what it sends until it has deleted is lost. */
static void terminate_children(const struct peer *peer, struct peer_actions *actions)
{
	for (size_t i = 0; i < peer->child_count; i++)
		peer_actions_add_sa(actions, PEER_ACTION_TERMINATE_CHILD, &peer->pair,
		                    peer->children[i].ike_id, peer->children[i].child_id);
}

void peers_on_unused(struct peers *peers, const struct pair *pair, uint64_t now_ms,
                     struct peer_actions *actions)
{
	struct peer *peer = peer_table_find(&peers->table, pair);

	if (!peer || peer->state != PEER_STATE_UP)
		return;
	terminate_children(peer, actions);
	end_all(peer, PEER_ACTION_TERMINATE, actions);
	peers_move(peers, peer, PEER_STATE_IDLE, "unused", now_ms, actions);
}

void peers_on_dead(struct peers *peers, const struct pair *pair, struct peer_actions *actions)
{
	struct peer *peer = peer_table_find(&peers->table, pair);

	if (peer)
		end_all(peer, PEER_ACTION_ABANDON, actions);
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
		terminate_children(peer, actions);
		end_all(peer, PEER_ACTION_TERMINATE, actions);
		if (peer->state != PEER_STATE_IDLE)
			peers_move(peers, peer, PEER_STATE_IDLE, "no longer protected",
			           peer->since_ms, actions);
		peers_forget(peers, peer);
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

static int compare_by_local(const void *a, const void *b)
{
	const struct peer *x = *(const struct peer *const *)a, *y = *(const struct peer *const *)b;
	int order = addr_compare(&x->pair.local, &y->pair.local);

	return order ? order : addr_compare(&x->pair.remote, &y->pair.remote);
}

const struct peer **peers_list_by_local(const struct peers *peers, size_t *ret_count)
{
	size_t count = peers->table.count;
	const struct peer **list = calloc(count + 1, sizeof(*list));

	*ret_count = list ? count : 0;
	if (!list || !count)
		return list;
	memcpy(list, peers->table.items, count * sizeof(*list));
	qsort(list, count, sizeof(*list), compare_by_local);
	return list;
}

const struct peer *peers_find(const struct peers *peers, const struct pair *pair)
{
	return peer_table_find(&peers->table, pair);
}
