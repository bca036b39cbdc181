/* SPDX-License-Identifier: MIT */
/*
 * One entry per pair with the ids of its old IKE_SAs, which goes when none of them is left to be
 * replaced.
 */
#include "xfrmd/ike/renew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "peers_state.h"
#include "xfrmd/base/array.h"

#define NEVER       UINT64_MAX
/* More IKE_SAs with one peer than crossing initiations make; those beyond are left alone. */
#define IKE_IDS_MAX 16

enum renew_state {
	RENEW_STATE_WAITING,  /* for its turn */
	RENEW_STATE_RUNNING,  /* initiated; gives up when due */
	RENEW_STATE_REPLACED, /* a new SA is up; old ones without our trust end when due */
};

struct entry {
	struct pair pair;
	enum renew_state state;
	uint64_t due_ms;
	bool loaded;   /* its connection, in charon */
	bool distrust; /* of its old IKE_SAs */
	bool in_doubt;
	uint32_t ike_ids[IKE_IDS_MAX];
	size_t count;
};

struct renew {
	struct entry *entries;
	size_t count;
	bool lenient;
};

int renew_new(struct renew **ret_renew)
{
	struct renew *renew = calloc(1, sizeof(*renew));

	if (!renew)
		return -ENOMEM;
	*ret_renew = renew;
	return 0;
}

void renew_free(struct renew *renew)
{
	if (!renew)
		return;
	free(renew->entries);
	free(renew);
}

void renew_set_lenient(struct renew *renew, bool lenient)
{
	renew->lenient = lenient;
}

void renew_clear(struct renew *renew)
{
	renew->count = 0;
}

static struct entry *find_pair(struct renew *renew, const struct pair *pair)
{
	for (size_t i = 0; i < renew->count; i++) {
		struct entry *entry = &renew->entries[i];

		if (pair_equal(&entry->pair, pair))
			return entry;
	}
	return NULL;
}

/* The index, or count. */
static size_t find_id(const struct entry *entry, uint32_t ike_id)
{
	size_t i = 0;

	while (i < entry->count && entry->ike_ids[i] != ike_id)
		i++;
	return i;
}

static struct entry *add_entry(struct renew *renew, const struct pair *pair)
{
	struct entry *entry;

	if (array_grow(&renew->entries, renew->count, sizeof(*entry)) < 0)
		return NULL;
	entry = &renew->entries[renew->count++];
	*entry = (struct entry){.pair = *pair};
	return entry;
}

int renew_add(struct renew *renew, const struct pair *pair, uint32_t ike_id, bool distrust)
{
	struct entry *entry = find_pair(renew, pair);

	if (!entry)
		entry = add_entry(renew, pair);
	if (!entry)
		return -ENOMEM;
	entry->distrust |= distrust;
	/* one that was given up, and not told yet */
	if (!entry->count)
		entry->state = RENEW_STATE_WAITING;
	if (find_id(entry, ike_id) < entry->count || entry->count == IKE_IDS_MAX)
		return 0;
	entry->ike_ids[entry->count++] = ike_id;
	/* one that was replaced already is not trusted either: once more */
	if (entry->state == RENEW_STATE_REPLACED)
		entry->state = RENEW_STATE_WAITING;
	return 0;
}

void renew_on_doubt(struct renew *renew, const struct pair *pair)
{
	struct entry *entry = find_pair(renew, pair);

	if (entry && entry->state == RENEW_STATE_WAITING)
		entry->in_doubt = true;
}

void renew_on_child_up(struct renew *renew, const struct pair *pair, uint32_t ike_id,
                       uint64_t now_ms)
{
	struct entry *entry = find_pair(renew, pair);

	if (!entry || entry->state != RENEW_STATE_RUNNING || find_id(entry, ike_id) < entry->count)
		return;
	entry->state = RENEW_STATE_REPLACED;
	entry->due_ms = now_ms + RENEW_SETTLE_MS;
	if (!entry->distrust)
		entry->count = 0;
}

void renew_on_failed(struct renew *renew, const struct pair *pair)
{
	struct entry *entry = find_pair(renew, pair);

	if (entry && entry->state == RENEW_STATE_RUNNING && !entry->distrust)
		entry->count = 0;
}

void renew_on_ike_down(struct renew *renew, uint32_t ike_id)
{
	for (size_t i = 0; i < renew->count; i++) {
		struct entry *entry = &renew->entries[i];
		size_t index = find_id(entry, ike_id);

		if (index < entry->count)
			entry->ike_ids[index] = entry->ike_ids[--entry->count];
	}
}

void renew_on_ike_rekeyed(struct renew *renew, uint32_t old_ike_id, uint32_t new_ike_id)
{
	for (size_t i = 0; i < renew->count; i++) {
		size_t index = find_id(&renew->entries[i], old_ike_id);

		if (index < renew->entries[i].count)
			renew->entries[i].ike_ids[index] = new_ike_id;
	}
}

/* Whether there is a new IKE_SA or not. */
static void end_entry(struct entry *entry, struct peer_actions *actions)
{
	for (size_t i = 0; entry->distrust && i < entry->count; i++)
		peer_actions_add_sa(actions, PEER_ACTION_TERMINATE, &entry->pair, entry->ike_ids[i],
		                    0);
	if (!actions->out_of_memory)
		entry->count = 0;
}

/* Of those that wait for each other. */
static size_t count_running(const struct renew *renew)
{
	size_t running = 0;

	for (size_t i = 0; i < renew->count; i++)
		running += renew->entries[i].state == RENEW_STATE_RUNNING &&
		           !renew->entries[i].in_doubt;
	return running;
}

static bool may_start(const struct entry *entry, size_t running)
{
	return entry->state == RENEW_STATE_WAITING &&
	       (entry->in_doubt || running < RENEW_INFLIGHT_MAX);
}

static void remove_done(struct renew *renew, struct peer_actions *actions)
{
	size_t kept = 0;

	for (size_t i = 0; i < renew->count; i++) {
		struct entry *entry = &renew->entries[i];

		if (entry->count ||
		    (entry->loaded && !peer_actions_add(actions, PEER_ACTION_UNLOAD, &entry->pair)))
			renew->entries[kept++] = *entry;
	}
	renew->count = kept;
}

void renew_on_timer(struct renew *renew, uint64_t now_ms, struct peer_actions *actions)
{
	size_t running;

	for (size_t i = 0; i < renew->count; i++) {
		struct entry *entry = &renew->entries[i];

		if (entry->state == RENEW_STATE_WAITING || entry->due_ms > now_ms || !entry->count)
			continue;
		if (renew->lenient && entry->distrust && entry->state == RENEW_STATE_RUNNING)
			entry->state = RENEW_STATE_WAITING;
		else
			end_entry(entry, actions);
	}
	remove_done(renew, actions);
	running = count_running(renew);
	for (size_t i = 0; i < renew->count; i++) {
		struct entry *entry = &renew->entries[i];
		struct peer_action *action =
			may_start(entry, running)
				? peer_actions_add(actions, PEER_ACTION_INITIATE, &entry->pair)
				: NULL;

		if (!action)
			continue;
		action->in_doubt = entry->in_doubt;
		entry->state = RENEW_STATE_RUNNING;
		entry->due_ms = now_ms + RENEW_DEADLINE_MS;
		entry->loaded = true;
		running += !entry->in_doubt;
	}
}

uint64_t renew_next_ms(const struct renew *renew)
{
	size_t running = count_running(renew);
	uint64_t next_ms = NEVER;

	for (size_t i = 0; i < renew->count; i++) {
		const struct entry *entry = &renew->entries[i];
		uint64_t due_ms = entry->due_ms;

		if (entry->state == RENEW_STATE_WAITING)
			due_ms = may_start(entry, running) ? 0 : NEVER;
		else if (!entry->count)
			due_ms = 0;
		if (due_ms < next_ms)
			next_ms = due_ms;
	}
	return next_ms;
}
