/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_POLICIES_H
#define XFRMD_XFRMD_POLICIES_H

#include "xfrmd/xfrmd/state.h"

/*
 * The wanted SPD. What cannot be applied is told by the error once, by status as long as it lasts,
 * and tried again until it is. @applied is called whenever another SPD is wanted than before. open: 0
 * or -ENOMEM and @err.
 */
int policies_open(struct daemon *daemon, void (*applied)(struct daemon *daemon), struct err *err);
void policies_close(struct daemon *daemon);
/* Plans for the present settings, network and known hosts, and applies the difference. */
int policies_apply(struct daemon *daemon, struct spd_change *ret_change, struct err *err);
/* One that was written beside the plan could not be: due like a plan that failed. */
void policies_failed(struct daemon *daemon, const struct err *err);
/* Why not all is applied; empty: it is. */
const char *policies_problem(const struct daemon *daemon);

/* `xfrmctl flush`: from now on none is wanted; what was done, and what failed, in sentences. */
void policies_remove_all(struct daemon *daemon, struct strlist *changes, struct strlist *errors);
/* The next plan is to be applied again, or not. */
void policies_set_flushed(struct daemon *daemon, bool flushed);
bool policies_flushed(const struct daemon *daemon);

#endif
