/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_ROLE_H
#define XFRMD_SPD_ROLE_H

#include "xfrmd/spd/policy.h"

/* What a policy is there for, read from its rank and shape: plan_build() the other way round. */
enum role {
	ROLE_FOREIGN,    /* not ours */
	ROLE_OWN,        /* an IPv6 address of this host */
	ROLE_NEIGHBOUR,  /* IPv6 neighbour discovery */
	ROLE_BROADCAST,  /* a broadcast address of a network of this host */
	ROLE_MULTICAST,  /* multicast or 255.255.255.255 inside a protected prefix */
	ROLE_KNOWN_HOST, /* pinned to an SA, or holding for one, or blocked since it is silent */
	ROLE_SUBNET,     /* an entry of ipsec_subnets (protect) or no_ipsec_subnets (allow) */
	ROLE_FALLBACK, /* beneath all of these: of no local address in particular, or an exception */
};
enum role role_of(const struct policy *policy);

/* The prefix of the other side: the destination of out, else the source. Borrowed. */
const struct prefix *role_remote(const struct policy *policy);

#endif
