/* SPDX-License-Identifier: MIT */
/*
 * The answer of `explain` in words, of which operators and their alarms read the first line only.
 * Order of what is named as the cause: an address that is none, a silent peer, a missing SA, the
 * list entry, others' policies.
 */
#include "explanation_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "xfrmd/base/buf.h"
#include "xfrmd/base/str.h"
#include "xfrmd/spd/role.h"

#define ESCAPED_MAX (4 * FAILURE_WORDS_MAX)

static const char *list_name(const struct policy *policy)
{
	return policy->action == POLICY_ACTION_ALLOW ? "no_ipsec_subnets" : "ipsec_subnets";
}

const char *explanation_role(const struct policy *policy, char text[EXPLANATION_ROLE_MAX])
{
	static const char *const words[] = {
		[ROLE_FOREIGN] = "not ours",
		[ROLE_OWN] = "own address",
		[ROLE_NEIGHBOUR] = "neighbour discovery",
		[ROLE_BROADCAST] = "broadcast address",
		[ROLE_MULTICAST] = "multicast address",
		[ROLE_FALLBACK] = "for local addresses without policies of their own",
	};
	enum role role = role_of(policy);

	if (role == ROLE_SUBNET)
		return list_name(policy);
	if (role != ROLE_KNOWN_HOST)
		return words[role];
	if (policy->action == POLICY_ACTION_BLOCK)
		return "silent peer, blocked until it answers";
	/* stopped, xfrmd leaves it so, and whatever SA there is decides */
	if (!policy->spi)
		return "known peer, not pinned to an SA";
	if (policy->spi <= SPI_RESERVED_MAX)
		return "known peer, held until it has an SA";
	snprintf(text, EXPLANATION_ROLE_MAX, "known peer, pinned to SA %08" PRIx32, policy->spi);
	return text;
}

static bool is_remote(const struct ctl_explain *explain)
{
	return explain->kind == EXPLAIN_KIND_REMOTE;
}

static const char *sent(const struct ctl_explain *explain)
{
	const struct policy *rule = explain_rule(&explain->out);

	if (explain->route.disable_xfrm)
		return "sent in clear";
	if (!rule && explain->defaults.out_blocked)
		return "not sent";
	if (!rule || rule->action == POLICY_ACTION_ALLOW)
		return "sent in clear";
	if (rule->action == POLICY_ACTION_BLOCK)
		return "not sent";
	if (ctl_explain_has_sa(explain))
		return "sent as ESP";
	if (rule->optional)
		return is_remote(explain) ? "sent in clear until there is an SA" : "sent in clear";
	return is_remote(explain) ? "not sent before there is an SA" : "not sent";
}

static const char *accepted(const struct ctl_explain *explain)
{
	const struct policy *rule = explain_rule(&explain->in);

	if (!rule && explain->defaults.in_blocked)
		return "not accepted";
	if (!rule || rule->action == POLICY_ACTION_ALLOW)
		return "accepted in clear";
	if (rule->action == POLICY_ACTION_BLOCK)
		return "not accepted";
	return rule->optional ? "accepted as ESP or in clear" : "accepted only as ESP";
}

static void put_error(struct buf *out, const struct ctl_peer *peer)
{
	char words[FAILURE_WORDS_MAX], escaped[ESCAPED_MAX];

	if (peer && peer->last_error.reason)
		buf_printf(out, ": %s",
		           str_escape(failure_words(&peer->last_error, words), escaped,
		                      sizeof(escaped)));
}

/* Why there is no SA. */
static void put_peer(struct buf *out, const struct ctl_peer *peer, bool daemon_known)
{
	if (!daemon_known) {
		buf_str(out, "nobody negotiates, since xfrmd cannot be reached");
	} else if (!peer || strcmp(peer->state, "idle") == 0) {
		buf_str(out, "the next packet to it makes xfrmd negotiate");
		if (peer && peer->last_error.reason)
			buf_str(out, "; it tried in vain");
		put_error(out, peer);
	} else if (strcmp(peer->state, "negotiating") == 0) {
		buf_str(out, "xfrmd negotiates with it");
		put_error(out, peer);
	} else if (strcmp(peer->state, "failed") == 0) {
		buf_str(out, "the last negotiation failed");
		put_error(out, peer);
	} else {
		buf_str(out, "charon lists an SA that the kernel does not have");
	}
}

/* The list entry behind a rule of ours. */
static void put_entry(struct buf *out, const struct ctl_explain *explain)
{
	const struct policy *entry = explain_entry(&explain->out);
	char text[PREFIX_TEXT_MAX];

	if (entry)
		buf_printf(out, "%s %s", list_name(entry), prefix_format(role_remote(entry), text));
	else
		buf_str(out, "a policy that no list entry stands behind");
}

static void put_no_negotiation(struct buf *out, const struct ctl_explain *explain)
{
	buf_printf(out, "nobody could negotiate for a %s address",
	           explain_kind_name(explain->kind));
}

static void put_rule(struct buf *out, const struct ctl_explain *explain, const struct policy *rule)
{
	static const char *const words[] = {
		[ROLE_FOREIGN] = "a policy that is not ours decides",
		[ROLE_OWN] = "addresses of this host are left alone",
		[ROLE_NEIGHBOUR] = "neighbour discovery is left alone",
		[ROLE_BROADCAST] = "nobody could negotiate for a broadcast address",
		[ROLE_FALLBACK] = "the local address has no policies of its own",
	};
	enum role role = role_of(rule);

	if (role == ROLE_MULTICAST) {
		put_no_negotiation(out, explain);
	} else if (role == ROLE_KNOWN_HOST && rule->action == POLICY_ACTION_BLOCK) {
		buf_str(out, "it does not answer to IKE");
		put_error(out, explain->peer);
	} else if (role == ROLE_KNOWN_HOST || role == ROLE_SUBNET) {
		put_entry(out, explain);
	} else {
		buf_str(out, words[role]);
	}
}

static bool lacks_policies(const struct explain_way *way)
{
	for (size_t i = 0; i < way->rule; i++) {
		if (way->matching.items[i].drift == DIFF_DRIFT_MISSING)
			return true;
	}
	return false;
}

static void put_cause(struct buf *out, const struct ctl_explain *explain, bool daemon_known)
{
	const struct policy *rule = explain_rule(&explain->out);

	if (explain->route.disable_xfrm)
		buf_printf(out, "disable_xfrm is set for %s, so no policy is asked",
		           explain->route.ifname);
	else if (lacks_policies(&explain->out) || lacks_policies(&explain->in))
		buf_str(out, "policies of ours are missing in the kernel");
	else if (!rule && explain->defaults.out_blocked)
		buf_str(out, "no policy speaks of it, and the kernel's default is to block");
	else if (!rule)
		buf_str(out, "no policy speaks of it");
	else if (rule->action != POLICY_ACTION_PROTECT)
		put_rule(out, explain, rule);
	else if (!is_remote(explain))
		put_no_negotiation(out, explain);
	else if (!ctl_explain_has_sa(explain))
		put_peer(out, explain->peer, daemon_known);
	else
		put_rule(out, explain, rule);
}

static bool is_foreign(const struct policy *rule)
{
	return rule && role_of(rule) == ROLE_FOREIGN;
}

static void put_reason(struct buf *out, const struct ctl_explain *explain, bool daemon_known)
{
	static const char *const words[] = {
		[EXPLAIN_KIND_REMOTE] = "",
		[EXPLAIN_KIND_OWN] = "an address of this host: ",
		[EXPLAIN_KIND_LOOPBACK] = "an address of this host: ",
		[EXPLAIN_KIND_BROADCAST] = "a broadcast address: ",
		[EXPLAIN_KIND_MULTICAST] = "a multicast address: ",
		[EXPLAIN_KIND_ANY] = "no address of a host, so no traffic has it",
	};

	buf_str(out, words[explain->kind]);
	if (explain->kind == EXPLAIN_KIND_ANY)
		return;
	if (explain_kind_is_exempt(explain->kind, explain->pair.remote.family)) {
		buf_str(out, "traffic with itself stays inside, no policy is asked");
		return;
	}
	buf_str(out, sent(explain));
	if (explain->kind != EXPLAIN_KIND_BROADCAST && explain->kind != EXPLAIN_KIND_MULTICAST)
		buf_printf(out, ", %s", accepted(explain));
	buf_str(out, ": ");
	put_cause(out, explain, daemon_known);
	if (is_foreign(explain_rule(&explain->in)) && !is_foreign(explain_rule(&explain->out)))
		buf_str(out, "; what comes from it, a policy that is not ours decides");
	if (!explain->route.found)
		buf_str(out, "; this host has no route to it");
}

void explanation_reason(const struct ctl_explain *explain, bool daemon_known, char *reason,
                        size_t size)
{
	struct buf out = {0};

	put_reason(&out, explain, daemon_known);
	/* it is short of memory then, and what was decided is in the policies too */
	snprintf(reason, size, "%.*s", out.error ? 0 : (int)out.len,
	         out.data ? (const char *)out.data : "");
	buf_fini(&out);
}
