/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_FIRST_CONTACTS_H
#define XFRMD_SPD_FIRST_CONTACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xfrmd/net/pair.h"

/*
 * Which acquires for pairs that are not known are acted upon. Any program can ask for as many addresses
 * as a protected prefix has, once for each, and a policy, an entry and a negotiation for every one of
 * them would keep out those who are there. So there is a bound for what comes at once: beyond it the
 * first acquire for a pair is only remembered, and the second one counts; traffic that is in earnest
 * asks again. Pure.
 */
/* At once, and in a second for ever: more than a fleet that begins with all its peers. */
#define FIRST_CONTACTS_AT_ONCE    1024
#define FIRST_CONTACTS_PER_SECOND 200
/* Pairs that are remembered, some 512 KB; of two that share a place the later one is. */
#define FIRST_CONTACTS_REMEMBERED 65536

struct first_contacts;
/* 0 or -ENOMEM. */
int first_contacts_new(struct first_contacts **ret_first_contacts);
void first_contacts_free(struct first_contacts *first_contacts);

enum first_contact {
	FIRST_CONTACT_NOT_YET, /* the larval SA has to end, or the kernel would not ask again */
	FIRST_CONTACT_NEW,
	FIRST_CONTACT_AGAIN, /* was asked for before */
};
enum first_contact first_contacts_admit(struct first_contacts *first_contacts,
                                        const struct pair *pair, uint64_t now_ms);

#endif
