/* SPDX-License-Identifier: MIT */
/* Many at once: which negotiations are work for charon, who is there at all, and which of two ends begins. */
#include "peers_state.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/ike/duplicates.h"

size_t peers_working(const struct peers *peers)
{
	return peers->in_state[PEER_STATE_NEGOTIATING] - peers->silent;
}

size_t peers_window(const struct peers *peers)
{
	return peers->window;
}

void peers_note_duration(struct peers *peers, uint64_t took_ms, uint64_t now_ms)
{
	if (took_ms <= PEERS_SLOW_MS) {
		if (peers->window < PEERS_WORKING_MAX)
			peers->window++;
	} else if (now_ms >= peers->slowed_ms + PEERS_SLOW_MS) {
		peers->window /= 2;
		if (peers->window < PEERS_WINDOW_MIN)
			peers->window = PEERS_WINDOW_MIN;
		peers->slowed_ms = now_ms;
	}
}

void peers_set_silent(struct peers *peers, struct peer *peer, bool silent)
{
	peers->silent += silent;
	peers->silent -= peer->silent;
	peer->silent = silent;
	peer->silent_ms = UINT64_MAX;
}

/* Many that are there and deaf: a proxy answers for them, or they know no IKE. */
static void note_deaf(struct peers *peers, uint64_t now_ms)
{
	if (now_ms < peers->deaf_ms + peers->busy_after_ms)
		return;
	peers->busy_after_ms = clock_later(peers->busy_after_ms / 2, PEERS_SILENT_AFTER_MS);
	peers->deaf_ms = now_ms;
}

void peers_check_silent(struct peers *peers, struct peer *peer, uint64_t now_ms)
{
	if (now_ms < peer->silent_ms)
		return;
	if (peer->there && !peer->answered)
		note_deaf(peers, now_ms);
	peers_set_silent(peers, peer, peers->silent < PEERS_SILENT_MAX);
}

static uint64_t silent_after_ms(const struct peers *peers, const struct peer *peer)
{
	if (peer->answered)
		return PEERS_ANSWERED_AFTER_MS;
	return peer->there ? peers->busy_after_ms : PEERS_SILENT_AFTER_MS;
}

void peers_await(struct peers *peers, struct peer *peer, bool answered, uint64_t now_ms)
{
	/* it was only busy, and so are others */
	if (answered && !peer->answered && peer->silent && peer->there)
		peers->busy_after_ms = PEERS_BUSY_AFTER_MS;
	peers_set_silent(peers, peer, false);
	peer->answered = answered;
	peer->silent_ms = now_ms + silent_after_ms(peers, peer);
}

void peers_forget_begun(struct peers *peers, const struct addr *remote)
{
	for (size_t i = 0; i < PEERS_BEGUN_REMEMBERED; i++)
		if (addr_equal(&peers->begun[i].remote, remote))
			peers->begun[i].since_ms = 0;
}

static uint64_t begun_ms(const struct peers *peers, const struct addr *remote)
{
	uint64_t since_ms = 0;

	for (size_t i = 0; i < PEERS_BEGUN_REMEMBERED; i++) {
		const struct begun *begun = &peers->begun[i];

		if (begun->since_ms > since_ms && addr_equal(&begun->remote, remote))
			since_ms = begun->since_ms;
	}
	return since_ms;
}

static bool is_crowd(const struct peers *peers)
{
	return peers->in_state[PEER_STATE_QUEUED] + peers->in_state[PEER_STATE_NEGOTIATING] >
	       PEERS_CROWD;
}

uint64_t peers_begun_wait_ms(const struct peers *peers)
{
	return is_crowd(peers) ? PEERS_CROWD_GIVE_WAY_MS : PEERS_GIVE_WAY_MS;
}

uint64_t peers_give_way_ms(const struct peers *peers, const struct peer *peer, uint64_t now_ms)
{
	uint64_t since_ms = begun_ms(peers, &peer->pair.remote);

	if (peer->failures || peer->asked_by_operator)
		return 0;
	if (since_ms && now_ms < since_ms + peers_begun_wait_ms(peers))
		return since_ms + peers_begun_wait_ms(peers);
	if (is_crowd(peers) && !duplicates_has_lower_address(peer))
		return now_ms + PEERS_CROWD_WAIT_MS;
	return 0;
}

bool peers_has_to_resolve(const struct peers *peers, const struct peer *peer)
{
	return peers->resolver && !peer->resolved && !peer->asked_by_operator && is_crowd(peers);
}

void peers_end_resolving(struct peers *peers, struct peer *peer, bool resolved)
{
	peers->resolving -= peer->resolve_ms != 0;
	peer->resolve_ms = 0;
	peer->resolved = resolved;
}
