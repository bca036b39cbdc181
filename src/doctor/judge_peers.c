/* SPDX-License-Identifier: MIT */
/* Peers that fail, and those that only seem well; those of one kind together: forty are one
 * fault. */
#include "xfrmd/doctor/doctor.h"

#include <stdio.h>
#include <string.h>

#include "xfrmd/charon/swan_event.h"

#define SHOWN_MAX      5
#define ESCAPED_MAX    (4 * CTL_ERROR_MAX)
/* Packets without one that comes back, before that is odd. */
#define MUTE_MIN       3
/* UDP header and one byte: greeting.h. */
#define GREETING_BYTES 9

/* By the beginnings of last_error; what they mean to somebody who has to act. */
static const struct advice {
	const char *begin;
	enum finding_severity severity;
	const char *why, *action;
} advices[] = {
	{"no response", FINDING_WARNING,
         "the host is down, has no xfrmd, or the way between drops UDP 500 or 4500",
         "see `xfrmctl status` there, and let firewalls and security groups pass UDP 500, UDP 4500 "
         "and protocol 50 (ESP) both ways; without xfrmd: no_ipsec_subnets"},
	{"the peer began to negotiate", FINDING_WARNING,
         "small IKE messages pass and large ones, with certificates, may not",
         "let the network pass fragments, or lower the MTU; see the log of the peer"},
	{"no route", FINDING_WARNING, "nothing can be sent there",
         "compare `ip route get` with the subnets of ipsec_subnets"},
	{"the peer accepts none of our ike_proposals", FINDING_SERIOUS,
         "the two hosts have no algorithms in common",
         "give all hosts the same ike_proposals; to change them, list old and new first"},
	{"we accept none of the peer's IKE", FINDING_SERIOUS,
         "the two hosts have no algorithms in common",
         "give all hosts the same ike_proposals; to change them, list old and new first"},
	{"no common proposal", FINDING_SERIOUS, "the two hosts have no algorithms in common",
         "give all hosts the same ike_proposals and esp_proposals"},
	{"the peer accepts none of our esp_proposals", FINDING_SERIOUS,
         "the two hosts have no algorithms in common",
         "give all hosts the same esp_proposals; to change them, list old and new first"},
	{"the peer refused our certificate", FINDING_SERIOUS,
         "it does not have our CA, or our certificate is expired, or its clock is wrong",
         "compare ca_certificates on both hosts, `xfrmpki dates`, and the log of the peer"},
	{"our certificate", FINDING_SERIOUS, "no peer accepts this host any more",
         "issue a new one: `xfrmpki issue`, then `xfrmctl reload`"},
	{"the peer's certificate was not issued", FINDING_SERIOUS,
         "its CA is missing in our ca_certificates, or it is of another fleet",
         "add its CA on this host if it belongs to the fleet, then `xfrmctl reload`"},
	{"the peer's certificate is not yet valid", FINDING_SERIOUS,
         "the clock was ahead where it was made, or ours is behind",
         "compare `date` on both hosts and where certificates are made"},
	{"the peer's certificate has expired", FINDING_SERIOUS,
         "the peer can talk to nobody, or our clock is wrong",
         "renew it there: `xfrmpki issue`; compare `date` on both hosts"},
	{"the peer's certificate is expired", FINDING_SERIOUS,
         "the peer can talk to nobody, or our clock is wrong",
         "renew it there: `xfrmpki issue`; compare `date` on both hosts"},
	{"the CA of the peer's certificate", FINDING_SERIOUS,
         "everybody with a certificate of that CA is cut off, or our clock is wrong",
         "rotate the CA: `xfrmpki rotate`; compare `date` on both hosts"},
	{"the peer does not want IPsec", FINDING_WARNING,
         "its lists do not have our address, ours have its address",
         "give all hosts the same ipsec_subnets and no_ipsec_subnets"},
	{"the peer asks for traffic", FINDING_WARNING, "its lists and ours differ",
         "give all hosts the same ipsec_subnets and no_ipsec_subnets"},
	{"the kernel refused", FINDING_SERIOUS,
         "an algorithm of esp_proposals is not in the kernel",
         "see the findings about the kernel, else the log of xfrmd"},
};

static const struct advice *find_advice(const char *reason)
{
	static const struct advice other = {"", FINDING_WARNING,
	                                    "there is no SA, so traffic between us stands still",
	                                    "see the log of xfrmd on both hosts; `xfrmctl retry` "
	                                    "tries again now"};

	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (strncmp(reason, advices[i].begin, strlen(advices[i].begin)) == 0)
			return &advices[i];
	return &other;
}

void doctor_advise(const char *reason, const char **ret_why, const char **ret_action)
{
	const struct advice *advice = find_advice(reason);

	*ret_why = advice->why;
	*ret_action = advice->action;
}

/* Addresses, the first few by name. */
struct crowd {
	char shown[SHOWN_MAX * (ADDR_TEXT_MAX + 2) + 32];
	size_t count;
};

static void crowd_add(struct crowd *crowd, const struct addr *addr)
{
	size_t len = strlen(crowd->shown);
	char text[ADDR_TEXT_MAX];

	if (crowd->count++ < SHOWN_MAX)
		snprintf(crowd->shown + len, sizeof(crowd->shown) - len, "%s%s", len ? ", " : "",
		         addr_format(addr, text));
}

static const char *crowd_text(struct crowd *crowd)
{
	size_t len = strlen(crowd->shown);

	if (crowd->count > SHOWN_MAX)
		snprintf(crowd->shown + len, sizeof(crowd->shown) - len, " and %zu more",
		         crowd->count - SHOWN_MAX);
	return crowd->shown;
}

static bool fails_for(const struct ctl_peer *peer, const char *reason)
{
	size_t len = swan_reason_len(reason);

	return strcmp(peer->state, "up") != 0 && swan_reason_len(peer->last_error) == len &&
	       strncmp(peer->last_error, reason, len) == 0;
}

/* The peers from @first on that fail for the same reason; details only where they are the same. */
static void judge_group(const struct ctl_peers *peers, size_t first, struct findings *findings)
{
	const char *reason = peers->items[first].last_error;
	const struct advice *advice = find_advice(reason);
	char escaped[ESCAPED_MAX], said[CTL_ERROR_MAX];
	struct crowd crowd = {0};

	snprintf(said, sizeof(said), "%s", reason);
	for (size_t i = first; i < peers->count; i++) {
		if (!fails_for(&peers->items[i], reason))
			continue;
		if (strcmp(peers->items[i].last_error, reason) != 0)
			said[swan_reason_len(reason)] = '\0';
		crowd_add(&crowd, &peers->items[i].pair.remote);
	}
	findings_add(findings, advice->severity, "peer", "%s: %zu peer%s fail%s (%s)\n%s\n%s",
	             str_escape(said, escaped, sizeof(escaped)), crowd.count,
	             crowd.count == 1 ? "" : "s", crowd.count == 1 ? "s" : "", crowd_text(&crowd),
	             advice->why, advice->action);
}

/* Much was sent to it, more than greetings, and nothing came back. */
static bool is_mute(const struct ctl_peer *peer)
{
	uint64_t sent = 0, bytes = 0, received = 0;

	for (size_t i = 0; i < peer->sa_count; i++) {
		sent += peer->sas[i].packets_out;
		bytes += peer->sas[i].bytes_out;
		received += peer->sas[i].packets_in;
	}
	return strcmp(peer->state, "up") == 0 && !received && sent >= MUTE_MIN &&
	       bytes > sent * GREETING_BYTES;
}

static void judge_mute(const struct doctor_facts *facts, struct findings *findings)
{
	struct crowd crowd = {0};

	for (size_t i = 0; i < facts->peers.count; i++)
		if (is_mute(&facts->peers.items[i]))
			crowd_add(&crowd, &facts->peers.items[i].pair.remote);
	if (!crowd.count)
		return;
	findings_add(
		findings, FINDING_WARNING, "peer",
		"ESP is sent to %zu peer%s up, and none comes back (%s)\n"
		"IKE passes and %s does not, or they answer in clear since their lists differ\n"
		"`xfrmctl verify` with one of them tells which; let it pass in firewalls and "
		"security groups%s",
		crowd.count, crowd.count == 1 ? " that is" : "s that are", crowd_text(&crowd),
		facts->conf.force_udp_encapsulation ? "ESP in UDP, port 4500,"
						    : "ESP (IP protocol 50)",
		facts->conf.force_udp_encapsulation ? "" : ", or set force_udp_encapsulation");
}

/* They negotiated, so they protect what this host sends in clear, or drops. */
static void judge_unlisted(const struct doctor_facts *facts, struct findings *findings)
{
	struct crowd crowd = {0};

	if (problems_any(&facts->conf_problems))
		return;
	for (size_t i = 0; i < facts->peers.count; i++) {
		const struct ctl_peer *peer = &facts->peers.items[i];

		if (strcmp(peer->state, "up") == 0 &&
		    conf_verdict(&facts->conf, &peer->pair.remote) != CONF_VERDICT_PROTECT)
			crowd_add(&crowd, &peer->pair.remote);
	}
	if (!crowd.count)
		return;
	findings_add(findings, FINDING_WARNING, "peer",
	             "our lists do not protect what %zu peer%s protect%s (%s)\n"
	             "they have an SA with this host and drop what it sends in clear\n"
	             "give all hosts the same ipsec_subnets and no_ipsec_subnets",
	             crowd.count, crowd.count == 1 ? "" : "s", crowd.count == 1 ? "s" : "",
	             crowd_text(&crowd));
}

void doctor_judge_peers(const struct doctor_facts *facts, struct findings *findings)
{
	const struct ctl_peers *peers = &facts->peers;

	for (size_t i = 0; i < peers->count; i++) {
		const char *reason = peers->items[i].last_error;
		size_t first = 0;

		if (!*reason || !fails_for(&peers->items[i], reason))
			continue;
		while (!fails_for(&peers->items[first], reason))
			first++;
		if (first == i)
			judge_group(peers, i, findings);
	}
	judge_mute(facts, findings);
	judge_unlisted(facts, findings);
}
