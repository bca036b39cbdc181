/* SPDX-License-Identifier: MIT */
/* Puts together what the kernel and the daemon know about one address. */
#include "explanation.h"

#include <errno.h>
#include <stdlib.h>

#include "explanation_words.h"
#include "xfrmd/spd/role.h"

/* The one that the kernel would choose, as far as there is a choice. */
static struct addr choose_local(const struct explanation_input *input, enum explain_kind kind)
{
	const struct addr *address = &input->address;

	if (kind == EXPLAIN_KIND_OWN || kind == EXPLAIN_KIND_LOOPBACK)
		return *address;
	if (input->route.source.family == address->family)
		return input->route.source;
	for (size_t i = 0; i < input->addr_count; i++) {
		if (input->addrs[i].global && input->addrs[i].addr.family == address->family)
			return input->addrs[i].addr;
	}
	return (struct addr){.family = AF_UNSPEC};
}

/* No packet comes from a broadcast or multicast address. */
static bool is_source(enum explain_kind kind)
{
	return kind == EXPLAIN_KIND_REMOTE || kind == EXPLAIN_KIND_OWN ||
	       kind == EXPLAIN_KIND_LOOPBACK;
}

static int find_rules(const struct explanation_input *input, struct ctl_explain *explain)
{
	const struct addr any = prefix_any(explain->pair.remote.family).addr;
	const struct addr *remote = &explain->pair.remote;
	const struct addr *local = explain->pair.local.family ? &explain->pair.local : &any;
	int r;

	if (explain_kind_is_exempt(explain->kind, remote->family))
		return 0;
	r = explain_way_build(input->rows, POLICY_DIR_OUT, local, remote, &explain->out);
	if (r < 0 || !is_source(explain->kind))
		return r;
	r = explain_way_build(input->rows, POLICY_DIR_IN, remote, local, &explain->in);
	if (r == 0 && explain->kind == EXPLAIN_KIND_REMOTE)
		r = explain_way_build(input->rows, POLICY_DIR_FWD, remote, &any, &explain->forward);
	return r;
}

/* Whether two rules say the same about the same addresses. */
static bool rules_agree(const struct policy *a, const struct policy *b)
{
	if (!a || !b)
		return a == b;
	return a->action == b->action && a->optional == b->optional && role_of(a) == role_of(b) &&
	       prefix_equal(role_remote(a), role_remote(b));
}

static int compare_other(const struct explanation_input *input, const struct ctl_explain *explain,
                         const struct addr *local, struct ctl_explain_other *ret_other)
{
	struct ctl_explain_other other = {.local = *local};
	struct explain_way out = {0}, in = {0};
	int r = explain_way_build(input->rows, POLICY_DIR_OUT, local, &explain->pair.remote, &out);

	if (r == 0)
		r = explain_way_build(input->rows, POLICY_DIR_IN, &explain->pair.remote, local,
		                      &in);
	other.same = rules_agree(explain_rule(&out), explain_rule(&explain->out)) &&
	             rules_agree(explain_rule(&in), explain_rule(&explain->in));
	other.out = ctl_explain_action(&out);
	other.in = ctl_explain_action(&in);
	explain_way_fini(&out);
	explain_way_fini(&in);
	*ret_other = other;
	return r;
}

static bool is_named(const struct ctl_explain *explain, const struct addr *local)
{
	for (size_t i = 0; i < explain->other_count; i++) {
		if (addr_equal(&explain->others[i].local, local))
			return true;
	}
	return addr_equal(&explain->pair.local, local);
}

/* A program may bind to any of this host's addresses. */
static int compare_others(const struct explanation_input *input, struct ctl_explain *explain)
{
	int r = 0;

	if (explain->kind != EXPLAIN_KIND_REMOTE)
		return 0;
	explain->others = calloc(input->addr_count ? input->addr_count : 1,
	                         sizeof(*explain->others));
	if (!explain->others)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < input->addr_count; i++) {
		const struct local_addr *local = &input->addrs[i];

		if (!local->global || local->addr.family != explain->pair.remote.family ||
		    is_named(explain, &local->addr))
			continue;
		r = compare_other(input, explain, &local->addr,
		                  &explain->others[explain->other_count++]);
	}
	return r;
}

static uint32_t find_reqid(const struct policy_rows *matching)
{
	for (size_t i = 0; i < matching->count; i++) {
		const struct policy *policy = &matching->items[i].policy;

		if (policy_is_ours(policy) && policy->action == POLICY_ACTION_PROTECT)
			return policy->reqid;
	}
	return 0;
}

/* The policies name the SAs that are theirs: that works without the daemon. */
static int find_sas(const struct explanation_input *input, struct ctl_explain *explain)
{
	uint32_t reqid = find_reqid(&explain->out.matching);

	if (!reqid)
		reqid = find_reqid(&explain->in.matching);
	if (!reqid)
		return 0;
	return ctl_sas_of(input->sas, input->sa_count, reqid, &explain->pair, &explain->sas,
	                  &explain->sa_count);
}

static const struct ctl_peer *find_peer(const struct explanation_input *input,
                                        const struct ctl_explain *explain)
{
	for (size_t i = 0; input->peers && i < input->peers->count; i++) {
		const struct ctl_peer *peer = &input->peers->items[i];

		if (pair_equal(&peer->pair, &explain->pair))
			return peer;
	}
	return NULL;
}

int explanation_make(const struct explanation_input *input, struct ctl_explain *ret_explain)
{
	struct ctl_explain explain = {
		.pair.remote = input->address,
		.kind = explain_kind_of(&input->address, input->addrs, input->addr_count),
		.route = input->route,
		.drift_known = input->drift_known,
	};
	int r;

	explain.pair.local = choose_local(input, explain.kind);
	/* the kernel asks neither policies nor its default about these */
	if (!explain_kind_is_exempt(explain.kind, explain.pair.remote.family))
		explain.defaults = input->defaults;
	r = find_rules(input, &explain);
	if (r == 0)
		r = compare_others(input, &explain);
	if (r == 0)
		r = find_sas(input, &explain);
	if (r < 0) {
		ctl_explain_fini(&explain);
		return r;
	}
	explain.peer = find_peer(input, &explain);
	explanation_reason(&explain, input->peers != NULL, explain.reason, sizeof(explain.reason));
	*ret_explain = explain;
	return 0;
}
