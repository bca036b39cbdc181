/* SPDX-License-Identifier: MIT */
/*
 * Works on the SAs of one peer as they are; when to look is kept by the acquire machine, and what
 * this end sends with is known to the caller.
 */
#include "xfrmd/ike/duplicates.h"

#include <errno.h>

bool duplicates_has_lower_address(const struct peer *peer)
{
	return addr_compare(&peer->pair.local, &peer->pair.remote) < 0;
}

uint64_t duplicates_due_ms(const struct peer *peer, uint64_t now_ms)
{
	uint64_t wait_ms = duplicates_has_lower_address(peer) ? DUPLICATES_SETTLE_MS
	                                                      : DUPLICATES_PATIENCE_MS;

	for (size_t i = 1; i < peer->child_count; i++) {
		if (peer->children[i].ike_id != peer->children[0].ike_id)
			return now_ms + wait_ms;
	}
	return UINT64_MAX;
}

/* NULL: there is none. */
static const struct peer_child *find_in_use(const struct peer *peer, uint32_t spi)
{
	for (size_t i = peer->child_count; i-- > 0;) {
		if (!spi || peer->children[i].spi_out == spi)
			return &peer->children[i];
	}
	return NULL;
}

/* The newest SA of each IKE_SA stands for it. */
static bool is_newest(const struct peer *peer, size_t index)
{
	for (size_t i = index + 1; i < peer->child_count; i++) {
		if (peer->children[i].ike_id == peer->children[index].ike_id)
			return false;
	}
	return true;
}

/* Whether one of its SAs was used lately, or nobody has looked. */
static bool is_used(const struct peer *peer, uint32_t ike_id, uint64_t now_ms)
{
	for (size_t i = 0; i < peer->child_count; i++) {
		const struct peer_child *child = &peer->children[i];

		if (child->ike_id == ike_id &&
		    (!child->used_ms || now_ms < child->used_ms + DUPLICATES_QUIET_MS))
			return true;
	}
	return false;
}

/* Whether it has to be left for now: the other end may be about to use it, or has not left it yet. */
static bool is_needed(const struct peer *peer, const struct peer_child *child,
                      const struct peer_child *kept, uint64_t now_ms)
{
	uint64_t since_ms = child->since_ms > kept->since_ms ? child->since_ms : kept->since_ms;

	return now_ms < child->since_ms + DUPLICATES_SETTLE_MS ||
	       (now_ms < since_ms + DUPLICATES_DRAIN_MS && is_used(peer, child->ike_id, now_ms));
}

int duplicates_choose(const struct peer *peer, uint32_t spi_in_use, uint64_t now_ms,
                      struct duplicates_choice *ret_choice)
{
	const struct peer_child *kept = find_in_use(peer, spi_in_use);
	struct duplicates_choice choice = {0};

	if (!kept)
		return -ENOENT;
	for (size_t i = 0; i < peer->child_count; i++) {
		const struct peer_child *child = &peer->children[i];

		if (child->ike_id == kept->ike_id || !is_newest(peer, i))
			continue;
		if (!duplicates_has_lower_address(peer) &&
		    child->since_ms + DUPLICATES_OLDER_MS >= kept->since_ms)
			continue;
		if (is_needed(peer, child, kept, now_ms))
			choice.in_use = true;
		else
			choice.ike_ids[choice.count++] = child->ike_id;
	}
	*ret_choice = choice;
	return 0;
}
