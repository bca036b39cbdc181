/* SPDX-License-Identifier: MIT */
/* Peers that fail, and those that only seem well; those of one kind together: forty are one
 * fault. */
#include "xfrmd/doctor/doctor.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX      5
#define ESCAPED_MAX    (4 * FAILURE_WORDS_MAX)
/* Packets without one that comes back, before that is odd. */
#define MUTE_MIN       3
/* UDP header and one byte: greeting.h. */
#define GREETING_BYTES 9

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

static bool fails_for(const struct ctl_peer *peer, const struct failure *failure)
{
	return strcmp(peer->state, "up") != 0 && failure_alike(&peer->last_error, failure);
}

/* The peers from @first on that fail for the same reason; details only where they are the same. */
static void judge_group(const struct ctl_peers *peers, size_t first, struct findings *findings)
{
	const struct failure *failure = &peers->items[first].last_error;
	const struct doctor_advice *advice = &doctor_advices[failure->reason];
	char escaped[ESCAPED_MAX], words[FAILURE_WORDS_MAX];
	const char *said = failure_words(failure, words);
	struct crowd crowd = {0};

	for (size_t i = first; i < peers->count; i++) {
		if (!fails_for(&peers->items[i], failure))
			continue;
		if (!failure_equal(&peers->items[i].last_error, failure))
			said = reason_words(failure->reason);
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
		const struct failure *failure = &peers->items[i].last_error;
		size_t first = 0;

		if (!failure->reason || !fails_for(&peers->items[i], failure))
			continue;
		while (!fails_for(&peers->items[first], failure))
			first++;
		if (first == i)
			judge_group(peers, i, findings);
	}
	judge_mute(facts, findings);
	judge_unlisted(facts, findings);
}
