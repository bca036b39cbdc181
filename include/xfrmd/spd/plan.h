/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_PLAN_H
#define XFRMD_SPD_PLAN_H

#include "xfrmd/spd/plan_input.h"
#include "xfrmd/spd/policy.h"

/*
 * The desired SPD: a pure function of configuration and input. For each chosen local address L and
 * each prefix of its family: protect or allow, out and in, out pinned to the reserved SPI of L
 * (wait_spis.h) unless xfrm_larval_drop drops what would wait; for each prefix fwd, if
 * protect_forwarded; with IPv6 prefixes: own addresses, but to multicast in, and ICMPv6 133 to 137
 * (RFC 4861) allowed;
 * broadcast addresses and multicast inside protected subnets blocked (allowed if optional), since nobody
 * can negotiate with them; each known host its own policy (plan_host_policy); beneath all of them the
 * fallback (fallback_add). *ret_list is sorted by key without duplicates; the caller finis. 0 or
 * -ENOMEM.
 */
int plan_build(const struct conf *conf, const struct plan_input *input,
               struct policy_list *ret_list);

/* The standing policy of one known host: protect, pinned to its SPI, or block. */
struct policy plan_host_policy(const struct conf *conf, const struct known_host *host);
/* The one beside it, for a host with answer_spi; without, its key. */
struct policy plan_answer_policy(const struct conf *conf, const struct known_host *host);
/* Whether a policy found in the kernel is one of plan_host_policy(); then the host it stands
 * for. */
bool plan_read_host(const struct policy *policy, struct known_host *ret_host);

/* The key of the subnet policy that asks for SAs of the pair, while no host policy does.
 * False: none protects the pair. */
bool plan_subnet_key(const struct conf *conf, const struct local_addr *addrs, size_t addr_count,
                     const struct pair *pair, struct policy *ret_key);

/* Whether the kernel sends to @remote as a broadcast because of this address. */
bool plan_is_broadcast(const struct local_addr *addr, const struct addr *remote);

/*
 * Whether an acquire for the pair is worth a negotiation: its local address is a chosen one, the
 * remote one is protected by the lists and is not an own, broadcast, multicast or unspecified address.
 */
bool plan_negotiable(const struct conf *conf, const struct local_addr *addrs, size_t addr_count,
                     const struct pair *pair);

#endif
