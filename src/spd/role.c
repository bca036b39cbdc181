/* SPDX-License-Identifier: MIT */
/* Recognises our own policies, whoever of us wrote them: no configuration is needed for it. */
#include "xfrmd/spd/role.h"

const struct prefix *role_remote(const struct policy *policy)
{
	return policy->dir == POLICY_DIR_OUT ? &policy->dst : &policy->src;
}

/* Those of the best rank. */
static enum role exception_role(const struct policy *policy)
{
	if (policy->proto)
		return ROLE_NEIGHBOUR;
	return policy->src.addr.family == AF_INET ? ROLE_BROADCAST : ROLE_OWN;
}

enum role role_of(const struct policy *policy)
{
	if (!policy_is_ours(policy))
		return ROLE_FOREIGN;
	if (policy->priority == POLICY_PRIORITY_HOST)
		return exception_role(policy);
	if (policy->priority == POLICY_PRIORITY_OWN)
		return ROLE_OWN;
	if (policy->priority == POLICY_PRIORITY_KNOWN_HOST ||
	    policy->priority == POLICY_PRIORITY_ANSWERS)
		return ROLE_KNOWN_HOST;
	if (policy->priority == policy_priority(role_remote(policy)))
		return policy->action == POLICY_ACTION_BLOCK ? ROLE_MULTICAST : ROLE_SUBNET;
	return ROLE_FALLBACK;
}
