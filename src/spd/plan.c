/* SPDX-License-Identifier: MIT */
/*
 * The desired SPD as a value: configuration and local addresses in, sorted policies out. Invariant:
 * whatever the order of the input, equal input means an equal list, with one policy per key.
 */
#include "xfrmd/spd/plan.h"

#include <errno.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/spd/fallback.h"

/* Router and neighbour solicitation and advertisement, redirect (RFC 4861). */
#define ND_TYPE_FIRST     133
#define ND_TYPE_LAST      137
/* RFC 4443 */
#define ECHO_REPLY        129
/* A network of /31 or longer has no broadcast address (RFC 3021). */
#define BROADCAST_LEN_MAX 30

static void add_both(struct policy_list *list, const struct policy *out)
{
	struct policy in = *out;

	in.dir = POLICY_DIR_IN;
	in.src = out->dst;
	in.dst = out->src;
	in.spi = 0;
	policy_list_add(list, out);
	policy_list_add(list, &in);
}

/* What goes to many (RFC 5771, RFC 919, RFC 4291). */
static const struct prefix to_many[] = {
	{{AF_INET, {224}}, 4}, {{AF_INET, {255, 255, 255, 255}}, 32}, {{AF_INET6, {0xff}}, 8}};

static bool is_to_many(const struct prefix *peers)
{
	for (size_t i = 0; i < sizeof(to_many) / sizeof(to_many[0]); i++) {
		if (prefix_covers(&to_many[i], peers))
			return true;
	}
	return false;
}

/* What all policies of one list have in common; out. */
static struct policy subnet_policy(const struct conf *conf, enum policy_action action,
                                   const struct prefix *peers)
{
	bool protect = action == POLICY_ACTION_PROTECT && !is_to_many(peers);

	if (action == POLICY_ACTION_PROTECT && !protect)
		action = conf->optional ? POLICY_ACTION_ALLOW : POLICY_ACTION_BLOCK;
	return (struct policy){
		.dir = POLICY_DIR_OUT,
		.action = action,
		.optional = protect && conf->optional,
		.reqid = protect ? conf->reqid : 0,
		.dst = *peers,
		.priority = policy_priority(peers),
	};
}

/* @spi: that of the templates of out. */
static void add_subnets(struct policy_list *list, const struct conf *conf,
                        const struct prefixset *set, enum policy_action action,
                        const struct prefix *local, uint32_t spi)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct prefix *peers = &set->items[i];
		struct policy policy = subnet_policy(conf, action, peers);

		if (peers->addr.family != local->addr.family)
			continue;
		policy.src = *local;
		policy.spi = policy.action == POLICY_ACTION_PROTECT ? spi : 0;
		add_both(list, &policy);
	}
}

static void add_forwarded(struct policy_list *list, const struct conf *conf,
                          const struct prefixset *set, enum policy_action action)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct prefix *peers = &set->items[i];
		struct policy policy = subnet_policy(conf, action, peers);

		policy.dir = POLICY_DIR_FWD;
		policy.src = *peers;
		policy.dst = prefix_any(peers->addr.family);
		policy_list_add(list, &policy);
	}
}

/* The kernel's rule (fib_add_ifaddr()): the last address of a network that is large enough, and one
 * that was assigned, whatever the network. */
bool plan_is_broadcast(const struct local_addr *addr, const struct addr *remote)
{
	struct addr last = prefix_last(&addr->network);

	if (addr->addr.family != AF_INET || remote->family != AF_INET ||
	    addr_equal(remote, &addr->addr))
		return false;
	return addr_equal(remote, &addr->broadcast) ||
	       (addr->network.len <= BROADCAST_LEN_MAX && addr_equal(remote, &last));
}

static void add_broadcast(struct policy_list *list, const struct conf *conf,
                          const struct addr *local, const struct addr *broadcast)
{
	struct policy policy = {
		.dir = POLICY_DIR_OUT,
		.src = prefix_host(local),
		.dst = prefix_host(broadcast),
		.action = conf->optional ? POLICY_ACTION_ALLOW : POLICY_ACTION_BLOCK,
		.priority = POLICY_PRIORITY_HOST,
	};

	/* a /32 of the lists has the same key: the operator's word counts */
	if (conf_verdict(conf, broadcast) == CONF_VERDICT_PROTECT &&
	    !prefixset_has(&conf->protect, &policy.dst))
		policy_list_add(list, &policy);
}

static void add_broadcasts(struct policy_list *list, const struct conf *conf,
                           const struct local_addr *addr)
{
	const struct addr candidates[] = {prefix_last(&addr->network), addr->broadcast};

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
		if (plan_is_broadcast(addr, &candidates[i]))
			add_broadcast(list, conf, &addr->addr, &candidates[i]);
}

/* Whether the longest entry of the lists that covers @prefix is a protected one. */
static bool is_protected(const struct conf *conf, const struct prefix *prefix)
{
	const struct prefix *protect = prefixset_covering(&conf->protect, prefix);
	const struct prefix *allow = prefixset_covering(&conf->allow, prefix);

	return protect && (!allow || allow->len <= protect->len);
}

/* Where a protected prefix holds them: an acquire that nobody answers keeps its packet at the head of
 * the subnet policy's queue. */
static void add_to_many(struct policy_list *list, const struct conf *conf,
                        const struct prefix *local)
{
	for (size_t i = 0; i < sizeof(to_many) / sizeof(to_many[0]); i++) {
		struct policy policy = subnet_policy(conf, POLICY_ACTION_PROTECT, &to_many[i]);

		policy.src = *local;
		if (to_many[i].addr.family == local->addr.family &&
		    !prefixset_has(&conf->protect, &to_many[i]) && is_protected(conf, &to_many[i]))
			policy_list_add(list, &policy);
	}
}

/* To and from an address of this host, which stays inside. */
static void add_inside(struct policy_list *list, const struct prefix *own)
{
	struct policy policy = {
		.dir = POLICY_DIR_OUT,
		.src = prefix_any(own->addr.family),
		.dst = *own,
		.action = POLICY_ACTION_ALLOW,
		.priority = POLICY_PRIORITY_OWN,
	};

	add_both(list, &policy);
}

/* The loopback interface of IPv6 asks the policies, and so does what an address of ours sends to ::1. */
static void add_loopback(struct policy_list *list, const struct conf *conf)
{
	static const struct prefix loopback = {{AF_INET6, {[15] = 1}}, 128};

	if (is_protected(conf, &loopback))
		add_inside(list, &loopback);
}

static void add_own(struct policy_list *list, const struct conf *conf, const struct local_addr *own)
{
	struct prefix span = local_addr_span(own);
	struct policy to_all = {
		.dir = POLICY_DIR_IN,
		.src = span,
		.dst = {{AF_INET6, {0xff}}, 8},
		.action = POLICY_ACTION_BLOCK,
		.priority = POLICY_PRIORITY_OWN_TO_ALL,
	};

	add_inside(list, &span);
	/* who claims to be us is not us there: to itself a host sends by loopback */
	if (!conf->optional)
		policy_list_add(list, &to_all);
}

static void add_neighbour_discovery(struct policy_list *list)
{
	for (uint8_t type = ND_TYPE_FIRST; type <= ND_TYPE_LAST; type++) {
		struct policy policy = {
			.dir = POLICY_DIR_OUT,
			.src = prefix_any(AF_INET6),
			.dst = prefix_any(AF_INET6),
			.proto = IPPROTO_ICMPV6,
			.icmp_type = type,
			.action = POLICY_ACTION_ALLOW,
			.priority = POLICY_PRIORITY_HOST,
		};

		add_both(list, &policy);
	}
}

static void add_address(struct policy_list *list, const struct conf *conf,
                        const struct local_addr *addr, uint32_t spi)
{
	struct prefix span = local_addr_span(addr);

	add_subnets(list, conf, &conf->protect, POLICY_ACTION_PROTECT, &span, spi);
	add_subnets(list, conf, &conf->allow, POLICY_ACTION_ALLOW, &span, 0);
	add_to_many(list, conf, &span);
	add_broadcasts(list, conf, addr);
}

struct policy plan_host_policy(const struct conf *conf, const struct known_host *host)
{
	return (struct policy){
		.dir = POLICY_DIR_OUT,
		.src = prefix_host(&host->pair.local),
		.dst = prefix_host(&host->pair.remote),
		.action = host->blocked ? POLICY_ACTION_BLOCK : POLICY_ACTION_PROTECT,
		.optional = !host->blocked && conf->optional,
		.reqid = host->blocked ? 0 : conf->reqid,
		.spi = host->blocked ? 0 : host->spi,
		.priority = POLICY_PRIORITY_KNOWN_HOST,
	};
}

struct policy plan_answer_policy(const struct conf *conf, const struct known_host *host)
{
	struct policy policy = plan_host_policy(conf, host);

	policy.proto = IPPROTO_ICMPV6;
	policy.icmp_type = ECHO_REPLY;
	policy.spi = host->answer_spi;
	policy.priority = POLICY_PRIORITY_ANSWERS;
	return policy;
}

bool plan_read_host(const struct policy *policy, struct known_host *ret_host)
{
	if (policy->dir != POLICY_DIR_OUT || policy->priority != POLICY_PRIORITY_KNOWN_HOST ||
	    policy->src.len != addr_bits(&policy->src.addr) ||
	    policy->dst.len != addr_bits(&policy->dst.addr))
		return false;
	*ret_host = (struct known_host){
		.pair = {.local = policy->src.addr, .remote = policy->dst.addr},
		.spi = policy->spi,
		.blocked = policy->action == POLICY_ACTION_BLOCK,
	};
	return true;
}

static void add_hosts(struct policy_list *list, const struct conf *conf,
                      const struct known_host *hosts, size_t host_count)
{
	for (size_t i = 0; i < host_count; i++) {
		struct policy policy = plan_host_policy(conf, &hosts[i]);

		policy_list_add(list, &policy);
		if (!hosts[i].answer_spi)
			continue;
		policy = plan_answer_policy(conf, &hosts[i]);
		policy_list_add(list, &policy);
	}
}

/* What that of a local route to a prefix would ask for twice could not be told apart. */
static uint32_t wait_spi(const struct conf *conf, const struct wait_spis *spis,
                         const struct local_addr *addr)
{
	bool holds = conf->optional || !conf->xfrm_larval_drop;

	return holds && !addr->open_bits ? wait_spis_of(spis, &addr->addr) : 0;
}

static void add_addresses(struct policy_list *list, const struct conf *conf,
                          const struct plan_input *input)
{
	_cleanup_(wait_spis_fini) struct wait_spis fresh = {0};
	const struct wait_spis *spis = input->spis ? input->spis : &fresh;

	if (!input->spis && wait_spis_assign(&fresh, input->addrs, input->addr_count) < 0)
		list->out_of_memory = true;
	for (size_t i = 0; i < input->addr_count; i++) {
		const struct local_addr *addr = &input->addrs[i];

		if (plan_addr_chosen(conf, addr))
			add_address(list, conf, addr, wait_spi(conf, spis, addr));
	}
}

static void add_everything(struct policy_list *list, const struct conf *conf,
                           const struct plan_input *input)
{
	const struct local_addr *addrs = input->addrs;
	bool ipv6 = prefixset_has_family(&conf->protect, AF_INET6) ||
	            prefixset_has_family(&conf->allow, AF_INET6);

	if (conf->protect_forwarded) {
		add_forwarded(list, conf, &conf->protect, POLICY_ACTION_PROTECT);
		add_forwarded(list, conf, &conf->allow, POLICY_ACTION_ALLOW);
	}
	if (ipv6) {
		add_neighbour_discovery(list);
		add_loopback(list, conf);
	}
	add_addresses(list, conf, input);
	for (size_t i = 0; i < input->addr_count; i++) {
		/* an address without policies is a destination of those that have some */
		if (ipv6 && addrs[i].global && addrs[i].addr.family == AF_INET6)
			add_own(list, conf, &addrs[i]);
	}
	add_hosts(list, conf, input->hosts, input->host_count);
	fallback_add(conf, input, list);
}

/*
 * One address on two interfaces makes each of its policies twice; a known host that the lists name
 * as a /32 has two with one key, of which the better priority counts.
 */
static void remove_duplicates(struct policy_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct policy *policy = &list->items[i];

		if (kept == 0 || policy_compare_key(&list->items[kept - 1], policy) != 0)
			list->items[kept++] = *policy;
		else if (policy->priority < list->items[kept - 1].priority)
			list->items[kept - 1] = *policy;
	}
	list->count = kept;
}

int plan_build(const struct conf *conf, const struct plan_input *input,
               struct policy_list *ret_list)
{
	struct policy_list list = {0};

	add_everything(&list, conf, input);
	if (list.out_of_memory) {
		policy_list_fini(&list);
		return -ENOMEM;
	}
	policy_list_sort_key(&list);
	remove_duplicates(&list);
	*ret_list = list;
	return 0;
}

/* NULL: none is chosen. An address goes before a local route to a prefix that holds it. */
static const struct local_addr *find_local(const struct conf *conf, const struct local_addr *addrs,
                                           size_t addr_count, const struct addr *local)
{
	const struct local_addr *found = NULL;

	for (size_t i = 0; i < addr_count; i++) {
		if (local_addr_has(&addrs[i], local) && plan_addr_chosen(conf, &addrs[i]) &&
		    (!found || addrs[i].open_bits < found->open_bits))
			found = &addrs[i];
	}
	return found;
}

bool plan_subnet_key(const struct conf *conf, const struct local_addr *addrs, size_t addr_count,
                     const struct pair *pair, struct policy *ret_key)
{
	const struct local_addr *own = find_local(conf, addrs, addr_count, &pair->local);
	const struct prefix *peers = prefixset_longest(&conf->protect, &pair->remote);

	if (!own || !peers)
		return false;
	*ret_key =
		(struct policy){.dir = POLICY_DIR_OUT, .src = local_addr_span(own), .dst = *peers};
	return true;
}

bool plan_negotiable(const struct conf *conf, const struct local_addr *addrs, size_t addr_count,
                     const struct pair *pair)
{
	bool chosen = false;

	if (pair->local.family != pair->remote.family || addr_is_any(&pair->remote) ||
	    addr_is_multicast(&pair->remote) || addr_is_loopback(&pair->remote))
		return false;
	for (size_t i = 0; i < addr_count; i++) {
		if (local_addr_has(&addrs[i], &pair->remote) ||
		    plan_is_broadcast(&addrs[i], &pair->remote))
			return false;
		if (local_addr_has(&addrs[i], &pair->local) && plan_addr_chosen(conf, &addrs[i]))
			chosen = true;
	}
	return chosen && conf_verdict(conf, &pair->remote) == CONF_VERDICT_PROTECT;
}
