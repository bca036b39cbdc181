/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_FALLBACK_H
#define XFRMD_SPD_FALLBACK_H

#include "xfrmd/spd/plan_input.h"
#include "xfrmd/spd/policy.h"

/*
 * The policies that stand beneath all others, for packets whose local address has none of its own:
 * not assigned, so new that its policies are still to come, link-local, or that of many (multicast,
 * broadcast). Each protected prefix is blocked and each allowed one allowed, the longest prefix
 * first.
 *
 * in: for any local address. What this host sends to many comes back to it and is allowed.
 *
 * out: for any local address, or, while the host forwards and has a chosen address, for those that
 * can not be of what it forwards, which is looked up with the source that it has before source NAT:
 * link-local ones, and if protect_forwarded (nothing with such a source is forwarded then, unless it
 * came by ESP) those of the protected prefixes that a chosen address is in. With @input->lockdown for
 * any.
 *
 * Left alone: what addresses send that get no policies by the operator's will (`interfaces`),
 * loopback and link-local traffic, and out to multicast and broadcast what link-local addresses send and
 * who has no address yet. Nothing at all if optional.
 * Adds to @list, unsorted.
 */
void fallback_add(const struct conf *conf, const struct plan_input *input,
                  struct policy_list *list);

#endif
