/* SPDX-License-Identifier: MIT */
/*
 * Blocks what no other policy speaks for. Invariant: an address that has policies is decided by
 * those alone, since the fallback covers no more than they do and has lower ranks.
 */
#include "xfrmd/spd/fallback.h"

/* One direction of one family. */
struct half {
	const struct conf *conf;
	const struct plan_input *input;
	struct policy_list *list;
	enum policy_dir dir;
	uint8_t family;
};

/* What nobody can protect, should a protected prefix hold it (RFC 6890, RFC 4291). What comes to many
 * feeds whoever listens, so it is left alone only where no source is needed to be believed. */
static const struct {
	struct prefix src, dst;
	bool out_only;
} exempt_pairs[] = {
	/* who has no address yet, and link-local 169.254.0.0/16, to multicast and limited broadcast */
	{{{AF_INET, {0}}, 32}, {{AF_INET, {224}}, 4}, true},
	{{{AF_INET, {0}}, 32}, {{AF_INET, {255, 255, 255, 255}}, 32}, true},
	{{{AF_INET, {169, 254}}, 16}, {{AF_INET, {224}}, 4}, true},
	{{{AF_INET, {169, 254}}, 16}, {{AF_INET, {255, 255, 255, 255}}, 32}, true},
	{{{AF_INET, {169, 254}}, 16}, {{AF_INET, {169, 254}}, 16}, false},
	/* the same to ff00::/8; that of the link (MLD, RFC 3810), loopback ::1, link-local fe80::/10 */
	{{{AF_INET6, {0}}, 128}, {{AF_INET6, {0xff}}, 8}, true},
	{{{AF_INET6, {0xfe, 0x80}}, 10}, {{AF_INET6, {0xff}}, 8}, true},
	{{{AF_INET6, {0xfe, 0x80}}, 10}, {{AF_INET6, {0xff, 0x02}}, 16}, false},
	{{{AF_INET6, {[15] = 1}}, 128}, {{AF_INET6, {[15] = 1}}, 128}, false},
	{{{AF_INET6, {0xfe, 0x80}}, 10}, {{AF_INET6, {0xfe, 0x80}}, 10}, false},
};

/* What no router forwards (RFC 3927, RFC 4291), so it is this host's. */
static const struct prefix link_local[] = {{{AF_INET, {169, 254}}, 16},
                                           {{AF_INET6, {0xfe, 0x80}}, 10}};

static void add(struct half *half, enum policy_action action, uint32_t priority,
                const struct prefix *local, const struct prefix *remote)
{
	struct policy policy = {
		.dir = half->dir,
		.src = half->dir == POLICY_DIR_OUT ? *local : *remote,
		.dst = half->dir == POLICY_DIR_OUT ? *remote : *local,
		.action = action,
		.priority = priority,
	};

	policy_list_add(half->list, &policy);
}

static void add_set(struct half *half, const struct prefixset *set, enum policy_action action,
                    const struct prefix *local)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct prefix *peers = &set->items[i];
		uint8_t open_bits = addr_bits(&peers->addr) - peers->len;

		if (peers->addr.family == half->family)
			add(half, action, POLICY_PRIORITY_FALLBACK + open_bits, local, peers);
	}
}

static void add_lists(struct half *half, const struct prefix *local)
{
	add_set(half, &half->conf->protect, POLICY_ACTION_BLOCK, local);
	add_set(half, &half->conf->allow, POLICY_ACTION_ALLOW, local);
}

static bool protects_some_of(const struct conf *conf, const struct prefix *prefix)
{
	for (size_t i = 0; i < conf->protect.count; i++) {
		if (prefix_covers(&conf->protect.items[i], prefix) ||
		    prefix_covers(prefix, &conf->protect.items[i]))
			return true;
	}
	return false;
}

static void add_exempt_pairs(struct half *half)
{
	bool out = half->dir == POLICY_DIR_OUT;
	for (size_t i = 0; i < sizeof(exempt_pairs) / sizeof(exempt_pairs[0]); i++) {
		const struct prefix *src = &exempt_pairs[i].src, *dst = &exempt_pairs[i].dst;
		const struct prefix *remote = out ? dst : src, *local = out ? src : dst;

		if (dst->addr.family == half->family && (out || !exempt_pairs[i].out_only) &&
		    protects_some_of(half->conf, remote))
			add(half, POLICY_ACTION_ALLOW, POLICY_PRIORITY_EXEMPT, local, remote);
	}
}

/* By the operator's will; 127.0.0.1 and ::1 are no choice. */
static bool is_unchosen(const struct conf *conf, const struct local_addr *addr)
{
	return !addr_is_loopback(&addr->addr) && !conf_interface_chosen(conf, addr->ifname);
}

static void add_unchosen(struct half *half)
{
	struct prefix any = prefix_any(half->family);
	for (size_t i = 0; i < half->input->addr_count; i++) {
		const struct local_addr *addr = &half->input->addrs[i];
		struct prefix local = local_addr_span(addr);

		if (addr->addr.family == half->family && is_unchosen(half->conf, addr))
			add(half, POLICY_ACTION_ALLOW, POLICY_PRIORITY_EXEMPT, &local, &any);
	}
}

/*
 * The copies of what this host sends to many come back to it. From elsewhere the kernel takes no IPv4
 * packet with a source of its own (fib_validate_source()); of IPv6 it would.
 */
static void add_own_copies(struct half *half)
{
	struct prefix any = prefix_any(half->family);
	for (size_t i = 0; i < half->input->addr_count; i++) {
		const struct local_addr *addr = &half->input->addrs[i];
		struct prefix own = local_addr_span(addr);

		if (!addr->routed && addr->addr.family == AF_INET && half->family == AF_INET &&
		    !addr_is_loopback(&addr->addr) && protects_some_of(half->conf, &own))
			add(half, POLICY_ACTION_ALLOW, POLICY_PRIORITY_EXEMPT, &any, &own);
	}
}

/* A protected prefix that this host is in: its next address will be there, too. */
static bool is_home(const struct half *half, const struct prefix *prefix)
{
	for (size_t i = 0; i < half->input->addr_count; i++) {
		const struct local_addr *addr = &half->input->addrs[i];

		if (plan_addr_chosen(half->conf, addr) &&
		    conf_verdict(half->conf, &addr->addr) == CONF_VERDICT_PROTECT &&
		    prefixset_longest(&half->conf->protect, &addr->addr) == prefix)
			return true;
	}
	return false;
}

/* What is allowed in such a prefix may be somebody else's, as the network of containers. */
static void add_allowed_inside(struct half *half, const struct prefix *home)
{
	struct prefix any = prefix_any(half->family);
	for (size_t i = 0; i < half->conf->allow.count; i++) {
		const struct prefix *allowed = &half->conf->allow.items[i];

		if (prefix_covers(home, allowed))
			add(half, POLICY_ACTION_ALLOW, POLICY_PRIORITY_EXEMPT, allowed, &any);
	}
}

static void add_homes(struct half *half)
{
	for (size_t i = 0; i < half->conf->protect.count; i++) {
		const struct prefix *home = &half->conf->protect.items[i];

		if (home->addr.family != half->family || !is_home(half, home))
			continue;
		add_lists(half, home);
		add_allowed_inside(half, home);
	}
}

/* What this host forwards is not to be blocked: only sources that are its own, or would be. */
static void add_forwarding(struct half *half)
{
	for (size_t i = 0; i < sizeof(link_local) / sizeof(link_local[0]); i++) {
		if (link_local[i].addr.family == half->family)
			add_lists(half, &link_local[i]);
	}
	if (half->conf->protect_forwarded)
		add_homes(half);
}

static bool has_chosen(const struct conf *conf, const struct plan_input *input, uint8_t family)
{
	for (size_t i = 0; i < input->addr_count; i++) {
		if (input->addrs[i].addr.family == family &&
		    plan_addr_chosen(conf, &input->addrs[i]))
			return true;
	}
	return false;
}

static void add_family(const struct conf *conf, const struct plan_input *input,
                       struct policy_list *list, uint8_t family)
{
	struct half out = {conf, input, list, POLICY_DIR_OUT, family};
	struct half in = {conf, input, list, POLICY_DIR_IN, family};
	struct prefix any = prefix_any(family);
	bool boots = input->lockdown || !has_chosen(conf, input, family);
	bool forwards = family == AF_INET ? input->forwarding.ipv4 : input->forwarding.ipv6;

	if (!prefixset_has_family(&conf->protect, family))
		return;
	if (forwards && !boots)
		add_forwarding(&out);
	else
		add_lists(&out, &any);
	add_exempt_pairs(&out);
	add_unchosen(&out);
	add_lists(&in, &any);
	add_exempt_pairs(&in);
	add_own_copies(&in);
}

void fallback_add(const struct conf *conf, const struct plan_input *input, struct policy_list *list)
{
	if (conf->optional)
		return;
	add_family(conf, input, list, AF_INET);
	add_family(conf, input, list, AF_INET6);
}
