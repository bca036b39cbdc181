/* SPDX-License-Identifier: MIT */
/*
 * Blocks what no other policy speaks for. Invariant: an address that has policies is decided by
 * those alone, since the ladder covers no more than they do and has lower ranks.
 */
#include "xfrmd/ladder.h"

/* One direction of one family. */
struct half {
	const struct conf *conf;
	const struct plan_input *input;
	struct policy_list *list;
	enum policy_dir dir;
	uint8_t family;
};

/* What nobody can protect, should a protected prefix hold it (RFC 6890, RFC 4291). */
static const struct {
	struct prefix src, dst;
} exempt_pairs[] = {
	/* multicast 224.0.0.0/4, limited broadcast, link-local 169.254.0.0/16 */
	{{{AF_INET, {0}}, 0}, {{AF_INET, {224}}, 4}},
	{{{AF_INET, {0}}, 0}, {{AF_INET, {255, 255, 255, 255}}, 32}},
	{{{AF_INET, {169, 254}}, 16}, {{AF_INET, {169, 254}}, 16}},
	/* multicast ff00::/8, loopback ::1, link-local fe80::/10 */
	{{{AF_INET6, {0}}, 0}, {{AF_INET6, {0xff}}, 8}},
	{{{AF_INET6, {[15] = 1}}, 128}, {{AF_INET6, {[15] = 1}}, 128}},
	{{{AF_INET6, {0xfe, 0x80}}, 10}, {{AF_INET6, {0xfe, 0x80}}, 10}},
};

static int add(struct half *half, enum policy_action action, uint32_t priority,
               const struct prefix *local, const struct prefix *remote)
{
	struct policy policy = {
		.dir = half->dir,
		.src = half->dir == POLICY_DIR_OUT ? *local : *remote,
		.dst = half->dir == POLICY_DIR_OUT ? *remote : *local,
		.action = action,
		.priority = priority,
	};

	return policy_list_add(half->list, &policy);
}

static int add_rungs(struct half *half, const struct prefixset *set, enum policy_action action)
{
	struct prefix any = prefix_any(half->family);
	int r = 0;

	for (size_t i = 0; r == 0 && i < set->count; i++) {
		const struct prefix *peers = &set->items[i];
		uint8_t open_bits = addr_bits(&peers->addr) - peers->len;

		if (peers->addr.family == half->family)
			r = add(half, action, POLICY_PRIORITY_LADDER + open_bits, &any, peers);
	}
	return r;
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

static int add_exempt_pairs(struct half *half)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(exempt_pairs) / sizeof(exempt_pairs[0]); i++) {
		const struct prefix *src = &exempt_pairs[i].src, *dst = &exempt_pairs[i].dst;
		const struct prefix *local = half->dir == POLICY_DIR_OUT ? src : dst;
		const struct prefix *remote = half->dir == POLICY_DIR_OUT ? dst : src;

		if (dst->addr.family == half->family && protects_some_of(half->conf, remote))
			r = add(half, POLICY_ACTION_ALLOW, POLICY_PRIORITY_EXEMPT, local, remote);
	}
	return r;
}

/* 127.0.0.1 and ::1 are no choice. */
static bool is_unchosen(const struct conf *conf, const struct local_addr *addr)
{
	return !addr_is_loopback(&addr->addr) &&
	       (addr->loopback || !conf_interface_chosen(conf, addr->ifname));
}

static int add_unchosen(struct half *half)
{
	struct prefix any = prefix_any(half->family);
	int r = 0;

	for (size_t i = 0; r == 0 && i < half->input->addr_count; i++) {
		const struct local_addr *addr = &half->input->addrs[i];
		struct prefix local = prefix_host(&addr->addr);

		if (addr->addr.family == half->family && is_unchosen(half->conf, addr))
			r = add(half, POLICY_ACTION_ALLOW, POLICY_PRIORITY_EXEMPT, &local, &any);
	}
	return r;
}

static int add_half(const struct conf *conf, const struct plan_input *input,
                    struct policy_list *list, enum policy_dir dir, uint8_t family)
{
	struct half half = {conf, input, list, dir, family};
	int r = add_rungs(&half, &conf->protect, POLICY_ACTION_BLOCK);

	if (r == 0)
		r = add_rungs(&half, &conf->allow, POLICY_ACTION_ALLOW);
	if (r == 0)
		r = add_exempt_pairs(&half);
	if (r == 0)
		r = add_unchosen(&half);
	return r;
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

static int add_family(const struct conf *conf, const struct plan_input *input,
                      struct policy_list *list, uint8_t family)
{
	bool boots = input->lockdown || !has_chosen(conf, input, family);
	bool forwards = family == AF_INET ? input->forwarding.ipv4 : input->forwarding.ipv6;
	int r = 0;

	if (!prefixset_has_family(&conf->protect, family))
		return 0;
	if (boots || !forwards)
		r = add_half(conf, input, list, POLICY_DIR_OUT, family);
	if (r == 0 && boots)
		r = add_half(conf, input, list, POLICY_DIR_IN, family);
	return r;
}

int ladder_add(const struct conf *conf, const struct plan_input *input, struct policy_list *list)
{
	int r;

	if (conf->optional)
		return 0;
	r = add_family(conf, input, list, AF_INET);
	return r < 0 ? r : add_family(conf, input, list, AF_INET6);
}
