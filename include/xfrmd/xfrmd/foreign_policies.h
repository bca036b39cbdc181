/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_FOREIGN_POLICIES_H
#define XFRMD_XFRMD_FOREIGN_POLICIES_H

#include "xfrmd/xfrmd/parts.h"

/* What others do to the policies: repaired, or told of. */
extern const struct part foreign_policies_part;
/* They may differ from the wanted ones: read and repair, as soon as the pace of repairs allows. An
 * xfrm_events callback. */
void foreign_policies_touched(void *ctx);
/* The remembered policies, the wanted ones or the settings are others now. */
void foreign_policies_look(struct daemon *daemon);
/* Foreign policies that defeat ours; borrowed until the next turn of the loop. */
const struct policy_list *foreign_policies_list(const struct daemon *daemon);
/* Whether somebody changes ours all the time. */
bool foreign_policies_fights(const struct daemon *daemon);

#endif
