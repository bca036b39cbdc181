/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SAD_ORPHANS_H
#define XFRMD_SAD_ORPHANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xfrmd/net/pair.h"

/*
 * The orphans: SAs in the kernel that the charon of today does not know, since the one that made
 * them was killed. Traffic goes on over them, so none goes before it is replaced: before the kernel
 * has SAs of the same pair in both directions that are no orphans, and its own packet counter has
 * stood still from one look at the kernel to the next. Those whose peer does not come back stay
 * until their lifetime ends. Pure: dumps of the kernel and time in, SAs to delete out.
 */

/* From one look to the next, and from the first look that finds the replacement to the end of the
 * outbound SA: the host policy has moved to the new one long before. */
#define ORPHANS_LOOK_MS    1000
/* ... to the end of the inbound SA, which the peer may use a little longer. */
#define ORPHANS_INBOUND_MS 5000

/* One SA of the kernel as it concerns us; larval ones are left out by the caller. */
struct orphan_sa {
	struct pair pair;
	bool outbound;
	uint32_t spi;
	int64_t installed; /* epoch seconds */
	uint64_t packets;
};

struct orphan {
	struct orphan_sa sa;
	uint64_t replaced_ms; /* a look found it replaced, then and ever since; UINT64_MAX: no */
	bool doomed;          /* by the last look: to be deleted now */
	bool dropped;         /* charon lists it, or it has ended: leaves the list */
};

struct orphans;
int orphans_new(struct orphans **ret_orphans);
void orphans_free(struct orphans *orphans);

/*
 * A charon begins to work for us, or one that did is adopted: what the kernel has now are the
 * orphans, but for those that charon claims until it has listed all. @sas is sorted in place. 0 or
 * -ENOMEM; then there are none.
 */
int orphans_begin(struct orphans *orphans, struct orphan_sa *sas, size_t count);
void orphans_claim(struct orphans *orphans, const struct pair *pair, bool outbound, uint32_t spi);
void orphans_on_listed(struct orphans *orphans, uint64_t now_ms);
/* charon's list cannot be relied on: nothing is an orphan. */
void orphans_clear(struct orphans *orphans);

/* The kernel got a new SA, or notifications were lost: one of them may be replaced. */
void orphans_on_change(struct orphans *orphans, uint64_t now_ms);
/* All SAs as they are now; due at orphans_next_ms() (monotonic; UINT64_MAX: never), not sooner
 * than that. @sas is sorted in place. */
void orphans_look(struct orphans *orphans, struct orphan_sa *sas, size_t count, uint64_t now_ms);
uint64_t orphans_next_ms(const struct orphans *orphans);

/* By pair; borrowed until the next event. */
const struct orphan *orphans_list(const struct orphans *orphans, size_t *ret_count);

#endif
