/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_LADDER_H
#define XFRMD_LADDER_H

#include "xfrmd/plan.h"

/*
 * The policies that stand beneath all others, for packets whose local address has none of its own:
 * not assigned yet, or so new that its policies are still to come. Each protected prefix is blocked
 * and each allowed one allowed, for any local address, the longest prefix first.
 *
 * out: as long as a family has no chosen address, and beyond that while the host does not forward:
 * what it forwards is looked up with the source that it has before source NAT, and would be
 * blocked. in: only as long as a family has no chosen address. With @input->lockdown both, whatever
 * there is.
 *
 * Left alone, as without a ladder: local addresses that get no policies by the operator's will
 * (`interfaces`, on a loopback interface), loopback and link-local traffic, multicast, broadcast.
 * Nothing at all if optional. Adds to @list, unsorted. 0 or -ENOMEM.
 */
int ladder_add(const struct conf *conf, const struct plan_input *input, struct policy_list *list);

#endif
