/* SPDX-License-Identifier: MIT */
/* Why everything may work, and slowly: only what a counter or an algorithm shows. */
#include "xfrmd/doctor/doctor.h"

#include <inttypes.h>
#include <string.h>

static void judge_backlog(const struct doctor_facts *facts, struct findings *findings)
{
	if (!facts->backlog_drops)
		return;
	findings_add(
		findings, FINDING_NOTE, "load",
		"%" PRIu64 " packets were dropped since the boot, before IPsec saw them\n"
		"a processor could not keep up with what came in; of one peer, one decrypts "
		"all\n"
		"raise net.core.netdev_max_backlog; if ksoftirqd takes a whole processor: more "
		"hosts, or larger ones",
		facts->backlog_drops);
}

/* Two passes over each byte, one to encrypt and one to authenticate. */
static const struct ctl_sa *find_slow(const struct ctl_peers *peers, size_t *ret_count)
{
	const struct ctl_sa *slow = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < peers->count; i++) {
		for (size_t j = 0; j < peers->items[i].sa_count; j++) {
			if (!strchr(peers->items[i].sas[j].algorithm, '/'))
				continue;
			slow = &peers->items[i].sas[j];
			++*ret_count;
			break;
		}
	}
	return slow;
}

static void judge_algorithms(const struct doctor_facts *facts, struct findings *findings)
{
	const struct ctl_sa *slow;
	char name[4 * sizeof(slow->algorithm)];
	size_t count;

	slow = find_slow(&facts->peers, &count);
	if (slow)
		findings_add(findings, FINDING_NOTE, "load",
		             "%zu peer%s %s, which takes two passes over each byte\n"
		             "transfers are slower than they could be, and take more processor "
		             "time\n"
		             "put aes128gcm16 before it in esp_proposals on all hosts",
		             count, count == 1 ? " uses" : "s use",
		             str_escape(slow->algorithm, name, sizeof(name)));
}

static void judge_processor(const struct doctor_facts *facts, struct findings *findings)
{
	if (facts->cpu_aes != 0)
		return;
	for (size_t i = 0; i < facts->algorithm_count; i++) {
		if (!strstr(facts->algorithms[i].suite.cipher, "aes"))
			continue;
		findings_add(findings, FINDING_NOTE, "load",
		             "the processor has no instructions for AES\n"
		             "encryption takes several times the processor time\n"
		             "take a machine type that has them, or list chacha20poly1305 first in "
		             "esp_proposals on all hosts");
		return;
	}
}

void doctor_judge_load(const struct doctor_facts *facts, struct findings *findings)
{
	judge_backlog(facts, findings);
	judge_algorithms(facts, findings);
	judge_processor(facts, findings);
}
