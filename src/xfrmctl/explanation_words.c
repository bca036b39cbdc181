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
	switch (role_of(policy)) {
	case ROLE_FOREIGN:
		return "not ours";
	case ROLE_OWN:
		return "own address";
	case ROLE_NEIGHBOUR:
		return "neighbour discovery";
	case ROLE_BROADCAST:
		return "broadcast address";
	case ROLE_MULTICAST:
		return "multicast address";
	case ROLE_KNOWN_HOST:
		if (policy->action == POLICY_ACTION_BLOCK)
			return "silent peer, blocked until it answers";
		if (policy->spi <= SPI_RESERVED_MAX)
			return "known peer, without an SA";
		snprintf(text, EXPLANATION_ROLE_MAX, "known peer, pinned to SA %08" PRIx32,
		         policy->spi);
		return text;
	case ROLE_SUBNET:
		return list_name(policy);
	case ROLE_FALLBACK:
		return "for local addresses without policies of their own";
	}
	return "?";
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

static void put_rule(struct buf *out, const struct ctl_explain *explain, const struct policy *rule)
{
	switch (role_of(rule)) {
	case ROLE_FOREIGN:
		buf_str(out, "a policy that is not ours decides");
		break;
	case ROLE_OWN:
		buf_str(out, "addresses of this host are left alone");
		break;
	case ROLE_NEIGHBOUR:
		buf_str(out, "neighbour discovery is left alone");
		break;
	case ROLE_BROADCAST:
		buf_str(out, "nobody could negotiate for a broadcast address");
		break;
	case ROLE_MULTICAST:
		buf_printf(out, "nobody could negotiate for a %s address",
		           explain_kind_name(explain->kind));
		break;
	case ROLE_KNOWN_HOST:
		if (rule->action == POLICY_ACTION_BLOCK) {
			buf_str(out, "it does not answer to IKE");
			put_error(out, explain->peer);
			break;
		}
		put_entry(out, explain);
		break;
	case ROLE_SUBNET:
		put_entry(out, explain);
		break;
	case ROLE_FALLBACK:
		buf_str(out, "the local address has no policies of its own");
		break;
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
		buf_printf(out, "nobody could negotiate for a %s address",
		           explain_kind_name(explain->kind));
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
	switch (explain->kind) {
	case EXPLAIN_KIND_ANY:
		buf_str(out, "no address of a host, so no traffic has it");
		return;
	case EXPLAIN_KIND_OWN:
	case EXPLAIN_KIND_LOOPBACK:
		buf_str(out, "an address of this host: ");
		break;
	case EXPLAIN_KIND_BROADCAST:
		buf_str(out, "a broadcast address: ");
		break;
	case EXPLAIN_KIND_MULTICAST:
		buf_str(out, "a multicast address: ");
		break;
	case EXPLAIN_KIND_REMOTE:
		break;
	}
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
