/* SPDX-License-Identifier: MIT */
/*
 * One entry per pair with the ids of its old IKE_SAs, which goes when the last of them is gone.
 */
#include "xfrmd/reauth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NEVER       UINT64_MAX
/* More IKE_SAs with one peer than crossing initiations make; those beyond are left alone. */
#define IKE_IDS_MAX 16

enum reauth_state {
	REAUTH_STATE_WAITING,  /* for its turn */
	REAUTH_STATE_RUNNING,  /* initiated; gives up when due */
	REAUTH_STATE_REPLACED, /* a new SA is up; the old ones end when due */
};

struct entry {
	struct addr local, remote;
	enum reauth_state state;
	uint64_t due_ms;
	bool loaded; /* its connection, in charon */
	uint32_t ike_ids[IKE_IDS_MAX];
	size_t count;
};

struct reauth {
	struct entry *entries;
	size_t count, capacity;
	bool lenient;
};

void reauth_actions_fini(struct reauth_actions *actions)
{
	free(actions->items);
	*actions = (struct reauth_actions){0};
}

int reauth_new(struct reauth **ret_reauth)
{
	struct reauth *reauth = calloc(1, sizeof(*reauth));

	if (!reauth)
		return -ENOMEM;
	*ret_reauth = reauth;
	return 0;
}

void reauth_free(struct reauth *reauth)
{
	if (!reauth)
		return;
	free(reauth->entries);
	free(reauth);
}

void reauth_set_lenient(struct reauth *reauth, bool lenient)
{
	reauth->lenient = lenient;
}

void reauth_clear(struct reauth *reauth)
{
	reauth->count = 0;
}

static struct entry *find_pair(struct reauth *reauth, const struct addr *local,
                               const struct addr *remote)
{
	for (size_t i = 0; i < reauth->count; i++) {
		struct entry *entry = &reauth->entries[i];

		if (addr_equal(&entry->local, local) && addr_equal(&entry->remote, remote))
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

static struct entry *add_entry(struct reauth *reauth, const struct addr *local,
                               const struct addr *remote)
{
	struct entry *entry;

	if (reauth->count == reauth->capacity) {
		size_t capacity = reauth->capacity ? 2 * reauth->capacity : 16;
		struct entry *entries = reallocarray(reauth->entries, capacity, sizeof(*entries));

		if (!entries)
			return NULL;
		reauth->entries = entries;
		reauth->capacity = capacity;
	}
	entry = &reauth->entries[reauth->count++];
	*entry = (struct entry){.local = *local, .remote = *remote};
	return entry;
}

int reauth_add(struct reauth *reauth, const struct addr *local, const struct addr *remote,
               uint32_t ike_id)
{
	struct entry *entry = find_pair(reauth, local, remote);

	if (!entry)
		entry = add_entry(reauth, local, remote);
	if (!entry)
		return -ENOMEM;
	if (find_id(entry, ike_id) < entry->count || entry->count == IKE_IDS_MAX)
		return 0;
	entry->ike_ids[entry->count++] = ike_id;
	/* one that was replaced already is not trusted either: once more */
	if (entry->state == REAUTH_STATE_REPLACED)
		entry->state = REAUTH_STATE_WAITING;
	return 0;
}

void reauth_on_child_up(struct reauth *reauth, const struct addr *local, const struct addr *remote,
                        uint32_t ike_id, uint64_t now_ms)
{
	struct entry *entry = find_pair(reauth, local, remote);

	if (!entry || entry->state != REAUTH_STATE_RUNNING || find_id(entry, ike_id) < entry->count)
		return;
	entry->state = REAUTH_STATE_REPLACED;
	entry->due_ms = now_ms + REAUTH_SETTLE_MS;
}

void reauth_on_ike_down(struct reauth *reauth, uint32_t ike_id)
{
	for (size_t i = 0; i < reauth->count; i++) {
		struct entry *entry = &reauth->entries[i];
		size_t index = find_id(entry, ike_id);

		if (index < entry->count)
			entry->ike_ids[index] = entry->ike_ids[--entry->count];
	}
}

void reauth_on_ike_rekeyed(struct reauth *reauth, uint32_t old_ike_id, uint32_t new_ike_id)
{
	for (size_t i = 0; i < reauth->count; i++) {
		size_t index = find_id(&reauth->entries[i], old_ike_id);

		if (index < reauth->entries[i].count)
			reauth->entries[i].ike_ids[index] = new_ike_id;
	}
}

static int reserve(struct reauth_actions *actions, size_t count)
{
	size_t needed = actions->count + count;
	struct reauth_action *items;

	if (needed <= actions->capacity)
		return 0;
	items = reallocarray(actions->items, needed, sizeof(*items));
	if (!items)
		return -ENOMEM;
	actions->items = items;
	actions->capacity = needed;
	return 0;
}

static void add_action(struct reauth_actions *actions, enum reauth_action_kind kind,
                       const struct entry *entry, uint32_t ike_id)
{
	actions->items[actions->count++] = (struct reauth_action){
		.kind = kind, .local = entry->local, .remote = entry->remote, .ike_id = ike_id};
}

/* Ends the old IKE_SAs, whether there is a new one or not. */
static void end_entry(struct entry *entry, struct reauth_actions *actions)
{
	for (size_t i = 0; i < entry->count; i++)
		add_action(actions, REAUTH_ACTION_TERMINATE, entry, entry->ike_ids[i]);
	entry->count = 0;
}

static size_t count_running(const struct reauth *reauth)
{
	size_t running = 0;

	for (size_t i = 0; i < reauth->count; i++)
		running += reauth->entries[i].state == REAUTH_STATE_RUNNING;
	return running;
}

static void remove_done(struct reauth *reauth, struct reauth_actions *actions)
{
	size_t kept = 0;

	for (size_t i = 0; i < reauth->count; i++) {
		struct entry *entry = &reauth->entries[i];

		if (entry->count) {
			reauth->entries[kept++] = *entry;
			continue;
		}
		if (entry->loaded)
			add_action(actions, REAUTH_ACTION_UNLOAD, entry, 0);
	}
	reauth->count = kept;
}

int reauth_on_timer(struct reauth *reauth, uint64_t now_ms, struct reauth_actions *actions)
{
	size_t running;

	if (reserve(actions, reauth->count * (IKE_IDS_MAX + 1)) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < reauth->count; i++) {
		struct entry *entry = &reauth->entries[i];

		if (entry->state == REAUTH_STATE_WAITING || entry->due_ms > now_ms || !entry->count)
			continue;
		if (reauth->lenient && entry->state == REAUTH_STATE_RUNNING)
			entry->state = REAUTH_STATE_WAITING;
		else
			end_entry(entry, actions);
	}
	remove_done(reauth, actions);
	running = count_running(reauth);
	for (size_t i = 0; i < reauth->count && running < REAUTH_INFLIGHT_MAX; i++) {
		struct entry *entry = &reauth->entries[i];

		if (entry->state != REAUTH_STATE_WAITING)
			continue;
		entry->state = REAUTH_STATE_RUNNING;
		entry->due_ms = now_ms + REAUTH_DEADLINE_MS;
		entry->loaded = true;
		add_action(actions, REAUTH_ACTION_INITIATE, entry, 0);
		running++;
	}
	return 0;
}

uint64_t reauth_next_ms(const struct reauth *reauth)
{
	size_t running = count_running(reauth);
	uint64_t next_ms = NEVER;

	for (size_t i = 0; i < reauth->count; i++) {
		const struct entry *entry = &reauth->entries[i];
		uint64_t due_ms = entry->due_ms;

		if (entry->state == REAUTH_STATE_WAITING)
			due_ms = running < REAUTH_INFLIGHT_MAX ? 0 : NEVER;
		else if (!entry->count)
			due_ms = 0;
		if (due_ms < next_ms)
			next_ms = due_ms;
	}
	return next_ms;
}
