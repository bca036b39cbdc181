/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_POLICIES_H
#define XFRMD_XFRMD_POLICIES_H

#include "xfrmd/xfrmd/parts.h"

/* The wanted SPD. What cannot be applied is told by the error once, by status as long as it lasts, and
 * tried again until it is. */
extern const struct part policies_part;
/* @applied will be called whenever another SPD was wanted than before. */
void policies_on_applied(struct daemon *daemon, void (*applied)(struct daemon *daemon));
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
