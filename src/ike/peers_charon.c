/* SPDX-License-Identifier: MIT */
/* What charon tells of its SAs and negotiations, and of itself. */
#include <string.h>

#include "peers_state.h"
#include "xfrmd/ike/duplicates.h"

/* When the newest SA of the peer is renewed, which makes the age of the others irrelevant. */
static uint64_t renewal_ms(struct peers *peers, const struct peer *peer)
{
	const struct lifetimes *lifetimes = &peers->lifetimes;
	uint64_t since_ms = peer->children[peer->child_count - 1].since_ms;

	if (!lifetimes->renew_s)
		return UINT64_MAX;
	if (duplicates_has_lower_address(peer))
		return since_ms + lifetimes->renew_s * 1000ull -
		       peers_random_below(peers, lifetimes->early_s * 1000ull + 1);
	return since_ms + lifetimes->late_s * 1000ull +
	       peers_random_below(peers, lifetimes->late_spread_s * 1000ull + 1);
}

/* After its SAs have changed. */
static void watch_sas(struct peers *peers, struct peer *peer, uint64_t now_ms)
{
	uint64_t reap_ms = duplicates_due_ms(peer, now_ms);

	/* one that comes later puts nothing off */
	if (reap_ms == UINT64_MAX || reap_ms < peer->reap_ms)
		peer->reap_ms = reap_ms;
	peer->renew_ms = renewal_ms(peers, peer);
	peers_note_due(peers, peer, now_ms);
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

/* The operator is told @why: the peer did what none of ours does. */
static void end_told(const struct pair *pair, uint32_t ike_id, uint32_t child_id, const char *why,
                     struct peer_actions *actions)
{
	enum peer_action_kind kind = child_id ? PEER_ACTION_TERMINATE_CHILD : PEER_ACTION_TERMINATE;
	struct peer_action *action = peer_actions_add_sa(actions, kind, pair, ike_id, child_id);

	if (action)
		action->why = why;
}

static size_t count_children(const struct peer *peer, uint32_t ike_id)
{
	size_t count = 0;

	for (size_t i = 0; i < peer->child_count; i++)
		count += peer->children[i].ike_id == ike_id;
	return count;
}

/* Of more IKE_SAs than it has room for the oldest is ended: a peer that lost its memory again and again
 * does not know the old ones. */
static void make_room(const struct peer *peer, const struct peer_child *child,
                      struct peer_actions *actions)
{
	if (peer->child_count == PEERS_CHILDREN_MAX && peer->children[0].ike_id != child->ike_id)
		end_told(&peer->pair, peer->children[0].ike_id, 0,
		         "it has too many, the oldest goes", actions);
}

static void add_child(struct peer *peer, const struct peer_child *child)
{
	struct peer_child added = *child;

	added.used_ms = 0;
	peer_add_child(peer, &added);
}

void peers_on_child_up(struct peers *peers, const struct pair *pair, const struct peer_child *child,
                       uint64_t now_ms, struct peer_actions *actions)
{
	struct peer *peer = peers_find_or_add(peers, pair, now_ms, actions);

	if (!peer)
		return;
	/* The kernel drops the larval SA for the new one, without a word. */
	peer->asked_by_traffic = false;
	peers_forget_begun(peers, &pair->remote);
	if (move_child(peer, child))
		return;
	if (count_children(peer, child->ike_id) >= PEERS_CHILDREN_OF_IKE_MAX) {
		end_told(pair, child->ike_id, child->child_id, "it has too many, the new one goes",
		         actions);
		return;
	}
	make_room(peer, child, actions);
	add_child(peer, child);
	peer->last_error = (struct failure){0};
	peer->failed_ms = 0;
	if (peer->state != PEER_STATE_UP)
		peers_move(peers, peer, PEER_STATE_UP, "SA established", now_ms, actions);
	watch_sas(peers, peer, now_ms);
	peers_start_queued(peers, now_ms, actions);
}

static void leave_up(struct peers *peers, struct peer *peer, uint64_t now_ms,
                     struct peer_actions *actions)
{
	peers_move(peers, peer, PEER_STATE_IDLE, "last SA closed", now_ms, actions);
	if (peer->asked_by_traffic)
		peers_move(peers, peer, PEER_STATE_QUEUED, "traffic", now_ms, actions);
	peers_start_queued(peers, now_ms, actions);
}

static void lose_sas(struct peers *peers, struct peer *peer, uint64_t now_ms,
                     struct peer_actions *actions)
{
	if (peer->child_count)
		watch_sas(peers, peer, now_ms);
	else
		leave_up(peers, peer, now_ms, actions);
}

void peers_on_child_down(struct peers *peers, uint32_t ike_id, uint32_t child_id, uint64_t now_ms,
                         struct peer_actions *actions)
{
	size_t index;
	struct peer *peer = peer_table_find_child(&peers->table, ike_id, child_id, &index);

	if (!peer)
		return;
	peer_remove_child(peer, index);
	lose_sas(peers, peer, now_ms, actions);
}

void peers_on_child_unlike(struct peers *peers, const struct pair *pair, uint32_t ike_id,
                           uint32_t child_id, enum reason unlike, uint64_t now_ms,
                           struct peer_actions *actions)
{
	const struct failure failure = {.reason = unlike};
	bool has_other = peers_has_child_of(peers, ike_id, pair);

	end_told(pair, ike_id, has_other ? child_id : 0, reason_words(unlike), actions);
	peers_on_reason(peers, pair, &failure, true, now_ms, actions);
}

bool peers_has_child_of(const struct peers *peers, uint32_t ike_id, const struct pair *pair)
{
	const struct peer *peer = peer_table_find(&peers->table, pair);

	return peer && count_children(peer, ike_id) > 0;
}

void peers_on_ike_empty(struct peers *peers, uint32_t ike_id, const struct pair *pair,
                        struct peer_actions *actions)
{
	if (!peers_has_child_of(peers, ike_id, pair))
		peer_actions_add_sa(actions, PEER_ACTION_TERMINATE, pair, ike_id, 0);
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
	peer->asked_by_traffic = false;
	known = peer_find_child(peer, child->ike_id, child->child_id) < peer->child_count;
	peer_remove_child(peer, index);
	if (!known)
		add_child(peer, child);
	watch_sas(peers, peer, now_ms);
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

void peers_on_ike_down(struct peers *peers, uint32_t ike_id, const struct pair *pair,
                       uint64_t now_ms, struct peer_actions *actions)
{
	struct peer *negotiating = peer_table_find(&peers->table, pair);

	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		if (!peer_remove_children(peer, ike_id))
			continue;
		lose_sas(peers, peer, now_ms, actions);
		return;
	}
	if (!negotiating || negotiating->state != PEER_STATE_NEGOTIATING || negotiating->closed)
		return;
	/* the late end of one that it had before */
	if (ike_id <= negotiating->last_ike_id)
		return;
	negotiating->closed = true;
	if (!negotiating->hint.reason) {
		negotiating->deadline_ms = now_ms + PEERS_REASON_MS;
		peers_note_due(peers, negotiating, now_ms);
		return;
	}
	peers_fail(peers, negotiating, now_ms, actions);
	peers_start_queued(peers, now_ms, actions);
}

void peers_on_reason(struct peers *peers, const struct pair *pair, const struct failure *failure,
                     bool final, uint64_t now_ms, struct peer_actions *actions)
{
	struct peer *peer = peer_table_find(&peers->table, pair);

	if (!peer || peer->state != PEER_STATE_NEGOTIATING)
		return;
	if (failure_replaces(failure, &peer->hint))
		peer->hint = *failure;
	if (!final && !peer->closed)
		return;
	peers_fail(peers, peer, now_ms, actions);
	peers_start_queued(peers, now_ms, actions);
}

static struct peer *negotiating(const struct peers *peers, const struct pair *pair)
{
	struct peer *peer = peer_table_find(&peers->table, pair);

	return peer && peer->state == PEER_STATE_NEGOTIATING ? peer : NULL;
}

static void await(struct peers *peers, const struct pair *pair, bool answered, uint64_t now_ms)
{
	struct peer *peer = negotiating(peers, pair);

	if (!peer)
		return;
	peers_await(peers, peer, answered, now_ms);
	peers_note_due(peers, peer, now_ms);
}

void peers_on_sent(struct peers *peers, const struct pair *pair, uint64_t now_ms)
{
	await(peers, pair, false, now_ms);
}

void peers_on_answered(struct peers *peers, const struct pair *pair, uint64_t now_ms)
{
	await(peers, pair, true, now_ms);
}

void peers_on_begun(struct peers *peers, const struct addr *remote, uint64_t now_ms)
{
	peers->begun[peers->next_begun] = (struct begun){*remote, now_ms};
	peers->next_begun = (peers->next_begun + 1) % PEERS_BEGUN_REMEMBERED;
	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		/* once, or whoever sends that packet again and again would keep us from the peer */
		if (peer->state != PEER_STATE_QUEUED || peer->gave_way ||
		    !addr_equal(&peer->pair.remote, remote))
			continue;
		peer->gave_way = true;
		peer->give_way_ms = now_ms + peers_begun_wait_ms(peers);
		peers_note_due(peers, peer, now_ms);
	}
}

void peers_on_alert(struct peers *peers, const struct pair *pair, const struct failure *failure)
{
	struct peer *peer = peer_table_find(&peers->table, pair);

	if (peer && peer->state == PEER_STATE_NEGOTIATING)
		peer->alert = *failure;
}

bool peers_on_renewal_failed(struct peers *peers, const struct pair *pair,
                             const struct failure *failure, uint64_t now_ms)
{
	struct peer *peer = peer_table_find(&peers->table, pair);

	if (!peer || peer->state != PEER_STATE_UP ||
	    (peer->failed_ms && now_ms < peer->failed_ms + PEERS_CAUSE_MS))
		return false;
	peer->last_error = *failure;
	peer->failed_ms = now_ms;
	peers->counters.renewals_failed++;
	return true;
}

void peers_on_vain_attempt(struct peers *peers, const struct pair *pair,
                           const struct failure *failure, uint64_t now_ms,
                           struct peer_actions *actions)
{
	struct peer *peer = peer_table_find(&peers->table, pair);

	if (!peer && peers->in_state[PEER_STATE_IDLE] >= PEERS_UNINVITED_MAX)
		return;
	peer = peers_find_or_add(peers, pair, now_ms, actions);
	if (!peer || peer->state == PEER_STATE_UP || peer->state == PEER_STATE_NEGOTIATING)
		return;
	peer->last_error = *failure;
	peer->failed_ms = now_ms;
	peers_forget_begun(peers, &pair->remote);
	peer->give_way_ms = 0;
	peers_note_due(peers, peer, now_ms);
	peers_start_queued(peers, now_ms, actions);
}

/* Nobody waits for one that is queued for its renewal. */
static bool has_time(const struct peer *peer)
{
	return peer->state == PEER_STATE_QUEUED && peer->tries_left_unasked &&
	       !peer_is_asked_for(peer);
}

static void spread_unasked(struct peers *peers, uint64_t now_ms)
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
		peer->next_retry_ms = now_ms + peers_random_below(peers, spread_ms);
		peers_note_due(peers, peer, now_ms);
	}
}

void peers_on_charon_up(struct peers *peers, uint64_t now_ms, struct peer_actions *actions)
{
	if (peers->charon_up)
		return;
	peers->charon_up = true;
	spread_unasked(peers, now_ms);
	peers_start_queued(peers, now_ms, actions);
}

void peers_on_charon_down(struct peers *peers, uint64_t now_ms, struct peer_actions *actions)
{
	if (!peers->charon_up)
		return;
	peers->charon_up = false;
	memset(peers->begun, 0, sizeof(peers->begun));
	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];
		bool was_up = peer->state == PEER_STATE_UP;

		peer->last_ike_id = 0;
		if (!was_up && peer->state != PEER_STATE_NEGOTIATING)
			continue;
		peers_move(peers, peer, PEER_STATE_QUEUED, "charon ended", now_ms, actions);
		if (was_up)
			peer->tries_left_unasked = PEERS_UNASKED_TRIES;
		peers_note_due(peers, peer, now_ms);
	}
}
