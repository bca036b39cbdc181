/* SPDX-License-Identifier: MIT */
#include "xfrmd/strangers.h"

#include <errno.h>
#include <stdlib.h>

#define EACH_MS (1000 / STRANGERS_PER_SECOND)

struct strangers {
	uint64_t all_ms;                      /* as many as can come at once can come again then */
	uint64_t asked[STRANGERS_REMEMBERED]; /* hashes of pairs; 0: none */
};

int strangers_new(struct strangers **ret_strangers)
{
	*ret_strangers = calloc(1, sizeof(**ret_strangers));
	return *ret_strangers ? 0 : -ENOMEM;
}

void strangers_free(struct strangers *strangers)
{
	free(strangers);
}

/* FNV-1a, 64 bits. */
static uint64_t add(uint64_t hash, const struct addr *addr)
{
	for (size_t i = 0; i < sizeof(addr->bytes); i++)
		hash = (hash ^ addr->bytes[i]) * 0x100000001b3;
	return hash;
}

/* Whether the pair was there already. */
static bool remember(struct strangers *strangers, const struct addr *local,
                     const struct addr *remote)
{
	uint64_t hash = add(add(0xcbf29ce484222325, local), remote), *place;
	bool known;

	/* FNV leaves addresses in a row close together */
	hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15;
	place = &strangers->asked[(hash >> 32) % STRANGERS_REMEMBERED];
	known = *place == hash;
	*place = hash;
	return known;
}

enum stranger strangers_admit(struct strangers *strangers, const struct addr *local,
                              const struct addr *remote, uint64_t now_ms)
{
	if (remember(strangers, local, remote))
		return STRANGER_AGAIN;
	if (strangers->all_ms < now_ms)
		strangers->all_ms = now_ms;
	if (strangers->all_ms + EACH_MS > now_ms + (uint64_t)STRANGERS_AT_ONCE * EACH_MS)
		return STRANGER_NOT_YET;
	strangers->all_ms += EACH_MS;
	return STRANGER_NEW;
}
