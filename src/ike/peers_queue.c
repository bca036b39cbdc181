/* SPDX-License-Identifier: MIT */
/* Who of the peers without an SA comes next, and who makes room for a new one: one order for both. */
#include <stdlib.h>

#include "peers_state.h"

/* How many go at once, so that the search for them costs each that comes little. */
#define MAKE_ROOM_FOR (PEERS_WITHOUT_SA_MAX / 8)

static int first_if(bool a, bool b)
{
	return b - a;
}

static bool had_sa(const struct peer *peer)
{
	return peer->had_sa || peer->tries_left_unasked;
}

static bool is_insisted_on(const struct peer *peer)
{
	return peer->asked_again || peer->asked_by_operator;
}

/*
 * Negative: @a goes before @b. Anybody's traffic can ask for addresses that nobody has, once for each
 * of very many; who goes on asking is in earnest, and the one who asked last still waits for the
 * answer.
 */
static int compare_claims(const struct peer *a, const struct peer *b)
{
	int order = first_if(peer_is_asked_for(a), peer_is_asked_for(b));

	if (!order)
		order = first_if(had_sa(a), had_sa(b));
	if (!order)
		order = first_if(!a->failures, !b->failures);
	if (!order)
		order = first_if(is_insisted_on(a), is_insisted_on(b));
	if (!order)
		order = (a->acquired_ms < b->acquired_ms) - (a->acquired_ms > b->acquired_ms);
	if (!order)
		order = (a->queue_order > b->queue_order) - (a->queue_order < b->queue_order);
	return order;
}

static size_t slots_for(const struct peers *peers, const struct peer *peer)
{
	if (!peer_is_asked_for(peer))
		return (peers->window + 1) / 2;
	/* who is dead may be insisted on, too */
	if (!peer->failures && (had_sa(peer) || is_insisted_on(peer)))
		return peers->window + PEERS_WORKING_EARNEST * peers->window / PEERS_WORKING_MAX;
	return peers->window;
}

/* Whether it can be begun with, or resolved. */
static bool has_room(const struct peers *peers, const struct peer *peer)
{
	if (peers_has_to_resolve(peers, peer))
		return !peer->resolve_ms && peers->resolving < PEERS_RESOLVING_MAX;
	return peers_working(peers) < slots_for(peers, peer);
}

static struct peer *first_queued(const struct peers *peers, uint64_t now_ms)
{
	struct peer *first = NULL;

	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		if (peer->state != PEER_STATE_QUEUED || !peer_is_waiting(peer) ||
		    peer->next_retry_ms > now_ms || peer->give_way_ms > now_ms ||
		    !has_room(peers, peer))
			continue;
		if (!first || compare_claims(peer, first) < 0)
			first = peer;
	}
	return first;
}

static void resolve(struct peers *peers, struct peer *peer, uint64_t now_ms,
                    struct peer_actions *actions)
{
	peers->resolving++;
	peer->resolve_ms = now_ms + PEERS_RESOLVE_MS;
	peers_note_due(peers, peer, now_ms);
	peer_actions_add(actions, PEER_ACTION_RESOLVE, &peer->pair);
}

/* Cheap: it is asked at each event. */
static bool may_start(const struct peers *peers)
{
	return peers->charon_up && peers->in_state[PEER_STATE_QUEUED] > peers->resolving &&
	       (peers_working(peers) < peers->window + PEERS_WORKING_EARNEST ||
	        (peers->resolver && peers->resolving < PEERS_RESOLVING_MAX));
}

void peers_start_queued(struct peers *peers, uint64_t now_ms, struct peer_actions *actions)
{
	struct peer *peer;

	while (may_start(peers) && (peer = first_queued(peers, now_ms))) {
		if (peers_has_to_resolve(peers, peer))
			resolve(peers, peer, now_ms, actions);
		else
			peers_move(peers, peer, PEER_STATE_NEGOTIATING, "slot free", now_ms,
			           actions);
	}
}

static bool may_go(const struct peer *peer)
{
	return peer->state != PEER_STATE_NEGOTIATING && peer->state != PEER_STATE_UP;
}

static int last_claim_first(const void *a, const void *b)
{
	return compare_claims(*(const struct peer *const *)b, *(const struct peer *const *)a);
}

/* Borrowed entries, those with the least claim first; NULL: out of memory. */
static struct peer **rank(const struct peers *peers, size_t *ret_count)
{
	struct peer **ranked = calloc(peers->table.count + 1, sizeof(*ranked));

	*ret_count = 0;
	if (!ranked)
		return NULL;
	for (size_t i = 0; i < peers->table.count; i++)
		if (may_go(peers->table.items[i]))
			ranked[(*ret_count)++] = peers->table.items[i];
	qsort(ranked, *ret_count, sizeof(struct peer *), last_claim_first);
	return ranked;
}

static void sweep(struct peers *peers)
{
	size_t kept = 0;

	for (size_t i = 0; i < peers->table.count; i++) {
		struct peer *peer = peers->table.items[i];

		if (peer->outranked)
			peers_forget(peers, peer);
		else
			peers->table.items[kept++] = peer;
	}
	peers->table.count = kept;
}

/* Of PEERS_WITHOUT_SA_MAX without an SA those with the least claim are forgotten. */
static void make_room(struct peers *peers, uint64_t now_ms, struct peer_actions *actions)
{
	size_t without_sa = peers->in_state[PEER_STATE_IDLE] + peers->in_state[PEER_STATE_QUEUED] +
	                    peers->in_state[PEER_STATE_FAILED];
	struct peer **ranked;
	size_t count;

	if (without_sa < PEERS_WITHOUT_SA_MAX)
		return;
	ranked = rank(peers, &count);
	for (size_t i = 0; ranked && i < count && i < MAKE_ROOM_FOR; i++) {
		if (ranked[i]->state != PEER_STATE_IDLE)
			peers_move(peers, ranked[i], PEER_STATE_IDLE, "too many others", now_ms,
			           actions);
		ranked[i]->outranked = true;
	}
	if (!ranked)
		actions->out_of_memory = true;
	free(ranked);
	sweep(peers);
}

struct peer *peers_find_or_add(struct peers *peers, const struct pair *pair, uint64_t now_ms,
                               struct peer_actions *actions)
{
	struct peer *peer = peer_table_find(&peers->table, pair);

	if (peer)
		return peer;
	make_room(peers, now_ms, actions);
	peer = peer_table_add(&peers->table, pair);
	if (!peer) {
		actions->out_of_memory = true;
		return NULL;
	}
	peer->since_ms = now_ms;
	peers->in_state[PEER_STATE_IDLE]++;
	return peer;
}
