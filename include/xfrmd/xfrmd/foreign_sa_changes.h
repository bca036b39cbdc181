/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_FOREIGN_SA_CHANGES_H
#define XFRMD_XFRMD_FOREIGN_SA_CHANGES_H

#include "xfrmd/sad/sa.h"
#include "xfrmd/xfrmd/state.h"

/* What others do to the SAs: their peers are rekeyed. open: 0 or -ENOMEM and @err. */
int foreign_sa_changes_open(struct daemon *daemon, struct err *err);
void foreign_sa_changes_close(struct daemon *daemon);
/* One of ours is new, or gone, by the hand of @port. */
void foreign_sa_changes_on_new(struct daemon *daemon, uint32_t port);
void foreign_sa_changes_on_gone(struct daemon *daemon, const struct sa *sa, uint32_t port);
/* All SAs may be others now: looks for peers that are up without SAs in the kernel. */
void foreign_sa_changes_check(struct daemon *daemon, bool flushed);

#endif
