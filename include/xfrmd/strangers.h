/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_STRANGERS_H
#define XFRMD_STRANGERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xfrmd/addr.h"

/*
 * Which acquires for pairs that are not known are acted upon. Any program can ask for as many addresses
 * as a protected prefix has, once for each, and a policy, an entry and a negotiation for every one of
 * them would keep out those who are there. So there is a bound for what comes at once: beyond it the
 * first acquire for a pair is only remembered, and the second one counts; traffic that is in earnest
 * asks again. Pure.
 */
/* At once, and in a second for ever: more than a fleet that begins with all its peers. */
#define STRANGERS_AT_ONCE    1024
#define STRANGERS_PER_SECOND 200
/* Pairs that are remembered, some 512 KB; of two that share a place the later one is. */
#define STRANGERS_REMEMBERED 65536

struct strangers;
/* 0 or -ENOMEM. */
int strangers_new(struct strangers **ret_strangers);
void strangers_free(struct strangers *strangers);

enum stranger {
	STRANGER_NOT_YET, /* the larval SA has to end, or the kernel would not ask again */
	STRANGER_NEW,
	STRANGER_AGAIN, /* was asked for before */
};
enum stranger strangers_admit(struct strangers *strangers, const struct addr *local,
                              const struct addr *remote, uint64_t now_ms);

#endif
