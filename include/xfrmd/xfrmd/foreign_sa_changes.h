/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_FOREIGN_SA_CHANGES_H
#define XFRMD_XFRMD_FOREIGN_SA_CHANGES_H

#include "xfrmd/sad/sa.h"
#include "xfrmd/xfrmd/parts.h"

/* What others do to the SAs: their peers are rekeyed. */
extern const struct part foreign_sa_changes_part;
/* One of ours is new, or gone, by the hand of @port. */
void foreign_sa_changes_on_new(struct daemon *daemon, uint32_t port);
void foreign_sa_changes_on_gone(struct daemon *daemon, const struct sa *sa, uint32_t port);
/* charon tells of new ones: what came before, while the peer was not up or went by others, told nothing
 * of these. If they are gone, _check() follows. */
void foreign_sa_changes_on_fresh(struct daemon *daemon, const struct fresh_sas *fresh);
/* All SAs may be others now: looks for peers that are up without SAs in the kernel. */
void foreign_sa_changes_check(struct daemon *daemon, bool flushed);

#endif
