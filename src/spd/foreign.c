/* SPDX-License-Identifier: MIT */
/* Finds the foreign policies that defeat ours. Ours are told by their priority band. */
#include "xfrmd/spd/foreign.h"

#include <errno.h>
#include <netinet/in.h>

#include "xfrmd/spd/plan_input.h"

/* Of the policies that charon's option port_bypass makes (kernel_netlink_ipsec.c). */
#define PORT_BYPASS_PRIORITY 32

static bool is_port_bypass(const struct policy *policy)
{
	return policy->priority == PORT_BYPASS_PRIORITY && policy->proto == IPPROTO_UDP &&
	       policy->unsupported_key && policy->action == POLICY_ACTION_ALLOW &&
	       policy->src.len == 0 && policy->dst.len == 0;
}

/* Outside of the band that is plain; inside, beside one of ours, it depends on the packet's
 * mark. */
static bool comes_first(const struct policy *policy)
{
	return policy->priority < POLICY_PRIORITY_MIN ||
	       (policy->unsupported_key && policy->priority <= POLICY_PRIORITY_MAX);
}

/* Whether any address of @peers is protected by the lists. */
static bool has_protected(const struct conf *conf, const struct prefix *peers)
{
	const struct prefix *protect = prefixset_covering(&conf->protect, peers);
	const struct prefix *allow = prefixset_covering(&conf->allow, peers);

	if (protect && (!allow || allow->len < protect->len))
		return true;
	return prefixset_inside(&conf->protect, peers) != NULL;
}

static bool has_chosen(const struct conf *conf, const struct local_addr *addrs, size_t addr_count,
                       const struct prefix *local)
{
	for (size_t i = 0; i < addr_count; i++)
		if (plan_addr_chosen(conf, &addrs[i]) && (prefix_contains(local, &addrs[i].addr) ||
		                                          local_addr_has(&addrs[i], &local->addr)))
			return true;
	return false;
}

static bool is_about_protected(const struct policy *policy, const struct conf *conf,
                               const struct local_addr *addrs, size_t addr_count)
{
	switch ((enum policy_dir)policy->dir) {
	case POLICY_DIR_OUT:
		return has_protected(conf, &policy->dst) &&
		       has_chosen(conf, addrs, addr_count, &policy->src);
	case POLICY_DIR_IN:
		return has_protected(conf, &policy->src) &&
		       has_chosen(conf, addrs, addr_count, &policy->dst);
	case POLICY_DIR_FWD:
		return conf->protect_forwarded && has_protected(conf, &policy->src);
	}
	return false;
}

int foreign_find(const struct policy_list *have, const struct policy_list *want,
                 const struct conf *conf, const struct local_addr *addrs, size_t addr_count,
                 struct policy_list *ret_list)
{
	struct policy_list list = {0};

	for (size_t i = 0; i < have->count; i++) {
		const struct policy *policy = &have->items[i];
		bool defeats;

		if (policy_is_ours(policy) || policy->interface || is_port_bypass(policy))
			continue;
		defeats = policy_list_find(want, policy) ||
		          (comes_first(policy) &&
		           is_about_protected(policy, conf, addrs, addr_count));
		if (defeats && policy_list_add(&list, policy) < 0) {
			policy_list_fini(&list);
			return -ENOMEM;
		}
	}
	*ret_list = list;
	return 0;
}
