/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_POLICY_DIGEST_H
#define XFRMD_SPD_POLICY_DIGEST_H

#include "xfrmd/spd/policy.h"

/*
 * Those of @list (sorted by key) that are ours, in one number: the same for two lists that
 * policy_equal() finds equal, one by one, and else another, but for a chance of one in 2^64. Of the
 * same program only: what it is made of is not kept from one version to the next.
 */
uint64_t policy_digest(const struct policy_list *list);

#endif
