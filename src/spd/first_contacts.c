/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/first_contacts.h"

#include <errno.h>
#include <stdlib.h>

#define EACH_MS (1000 / FIRST_CONTACTS_PER_SECOND)

struct first_contacts {
	uint64_t all_ms; /* as many as can come at once can come again then */
	uint64_t asked[FIRST_CONTACTS_REMEMBERED]; /* hashes of pairs; 0: none */
};

int first_contacts_new(struct first_contacts **ret_first_contacts)
{
	*ret_first_contacts = calloc(1, sizeof(**ret_first_contacts));
	return *ret_first_contacts ? 0 : -ENOMEM;
}

void first_contacts_free(struct first_contacts *first_contacts)
{
	free(first_contacts);
}

/* FNV-1a, 64 bits. */
static uint64_t add(uint64_t hash, const struct addr *addr)
{
	for (size_t i = 0; i < sizeof(addr->bytes); i++)
		hash = (hash ^ addr->bytes[i]) * 0x100000001b3;
	return hash;
}

/* Whether the pair was there already. */
static bool remember(struct first_contacts *first_contacts, const struct pair *pair)
{
	uint64_t hash = add(add(0xcbf29ce484222325, &pair->local), &pair->remote), *place;
	bool known;

	/* FNV leaves addresses in a row close together */
	hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15;
	place = &first_contacts->asked[(hash >> 32) % FIRST_CONTACTS_REMEMBERED];
	known = *place == hash;
	*place = hash;
	return known;
}

enum first_contact first_contacts_admit(struct first_contacts *first_contacts,
                                        const struct pair *pair, uint64_t now_ms)
{
	if (remember(first_contacts, pair))
		return FIRST_CONTACT_AGAIN;
	if (first_contacts->all_ms < now_ms)
		first_contacts->all_ms = now_ms;
	if (first_contacts->all_ms + EACH_MS > now_ms + (uint64_t)FIRST_CONTACTS_AT_ONCE * EACH_MS)
		return FIRST_CONTACT_NOT_YET;
	first_contacts->all_ms += EACH_MS;
	return FIRST_CONTACT_NEW;
}
