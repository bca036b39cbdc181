/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_FOREIGN_H
#define XFRMD_SPD_FOREIGN_H

#include "xfrmd/conf/conf.h"
#include "xfrmd/net/local_addr.h"
#include "xfrmd/spd/policy.h"

/*
 * Policies of others that defeat ours, which is not ours to end but to tell: those that decide
 * before ours about traffic between a chosen local address and a protected prefix, and those that
 * hold the selector of one of ours. Not among them: charon's bypass of the IKE ports, and policies
 * of an XFRM interface, which never see other packets.
 * @have: the kernel's policies; @want: ours, sorted by key. *ret_list keeps the order of @have; the
 * caller finis. 0 or -ENOMEM. Costs one pass over @have, and for each foreign one a few searches.
 */
int foreign_find(const struct policy_list *have, const struct policy_list *want,
                 const struct conf *conf, const struct local_addr *addrs, size_t addr_count,
                 struct policy_list *ret_list);

#endif
