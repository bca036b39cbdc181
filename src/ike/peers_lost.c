/* SPDX-License-Identifier: MIT */
/* Peers that are up for charon, while the kernel has lost SAs of theirs. */
#include "peers_state.h"

void peers_repair(struct peers *peers, struct peer *peer, uint64_t now_ms,
                  struct peer_actions *actions)
{
	peer->asked_by_traffic = true;
	peer->lost = false;
	peer->next_retry_ms = 0;
	peer->repaired_ms = now_ms;
	peers->counters.repairs++;
	for (size_t i = peer->child_count; i-- > 0;)
		peer_actions_add_sa(actions, PEER_ACTION_REKEY, &peer->pair,
		                    peer->children[i].ike_id, peer->children[i].child_id);
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* False: it is known to have lost some. */
static bool mark_lost(struct peers *peers, struct peer *peer, uint64_t now_ms)
{
	if (peer->lost)
		return false;
	peer->lost = true;
	peer->next_retry_ms = later(later(now_ms, peers->repairs_ms),
	                            peer->repaired_ms + PEERS_REPAIR_PAUSE_MS);
	peers->repairs_ms = later(now_ms, peers->repairs_ms) + PEERS_REPAIR_SPACING_MS;
	peers_note_due(peers, peer, now_ms);
	return true;
}

/* The peer that the SA is of if it comes in. */
static struct peer *find_in(const struct peers *peers, const struct pair *ends)
{
	const struct pair pair = {.local = ends->remote, .remote = ends->local};

	return peer_table_find(&peers->table, &pair);
}

bool peers_on_sa_lost(struct peers *peers, const struct pair *ends, uint64_t now_ms)
{
	struct peer *peer = peer_table_find(&peers->table, ends);

	if (!peer)
		peer = find_in(peers, ends);
	if (!peer || peer->state != PEER_STATE_UP)
		return false;
	mark_lost(peers, peer, now_ms);
	return true;
}

static void mark_seen(struct peers *peers, const struct pair *ends)
{
	struct peer *out = peer_table_find(&peers->table, ends);
	struct peer *in = find_in(peers, ends);

	if (out)
		out->seen_out = true;
	if (in)
		in->seen_in = true;
}

size_t peers_on_sas_listed(struct peers *peers, const struct pair *sas, size_t count,
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
		lacking += mark_lost(peers, peer, now_ms);
	}
	return lacking;
}
