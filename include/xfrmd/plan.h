/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PLAN_H
#define XFRMD_PLAN_H

#include "xfrmd/addr_watch.h"
#include "xfrmd/conf.h"
#include "xfrmd/policy.h"

/*
 * The desired SPD: a pure function of configuration and addresses. For each chosen local address L
 * and each prefix of its family: protect or allow, out and in; for each prefix fwd, if
 * protect_forwarded; with IPv6 prefixes: own addresses and ICMPv6 133 to 137 (RFC 4861) allowed;
 * broadcast addresses inside protected subnets blocked (allowed if optional), since nobody can
 * negotiate with them. *ret_list is sorted by key without duplicates; the caller finis.
 * 0 or -ENOMEM.
 */
int plan_build(const struct conf *conf, const struct local_addr *addrs, size_t addr_count,
	       struct policy_list *ret_list);

/* Whether policies are made for this address: global scope and on a chosen interface. */
bool plan_addr_chosen(const struct conf *conf, const struct local_addr *addr);

/*
 * Whether an acquire @local -> @remote is worth a negotiation: @local is a chosen address, @remote
 * is protected by the lists and is not an own, broadcast, multicast or unspecified address.
 */
bool plan_negotiable(const struct conf *conf, const struct local_addr *addrs, size_t addr_count,
		     const struct addr *local, const struct addr *remote);

#endif
