/* SPDX-License-Identifier: MIT */
/* What the kernel can do, how it is set, and policies of others in it. */
#include "xfrmd/doctor/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* The algorithm is known, and there is nothing to use it for. */
static bool lacks_esp(const struct doctor_facts *facts)
{
	for (size_t i = 0; i < facts->algorithm_count; i++)
		if (facts->algorithms[i].error == -EPROTONOSUPPORT)
			return true;
	return false;
}

static void judge_algorithms(const struct doctor_facts *facts, struct findings *findings)
{
	if (lacks_esp(facts))
		findings_add(findings, FINDING_SERIOUS, "kernel",
		             "the kernel has no ESP\n"
		             "no SA can be installed, so protected traffic stands still\n"
		             "install a kernel with CONFIG_INET_ESP and CONFIG_INET6_ESP, or its "
		             "package of extra modules (esp4, esp6)");
	for (size_t i = 0; i < facts->algorithm_count; i++) {
		const struct doctor_algorithm *algorithm = &facts->algorithms[i];
		const struct esp_suite *suite = &algorithm->suite;

		/* EPERM: not known, we were not allowed to try */
		if (!algorithm->error || algorithm->error == -EPERM ||
		    algorithm->error == -EPROTONOSUPPORT)
			continue;
		findings_add(findings, FINDING_SERIOUS, "kernel",
		             "the kernel refuses %s%s%s of esp_proposals: %s\n"
		             "an SA that peers agree on with it cannot be installed\n"
		             "load or install the kernel's module for it, or take it out of "
		             "esp_proposals on all hosts",
		             suite->cipher, *suite->integrity ? " with " : "", suite->integrity,
		             strerror(-algorithm->error));
	}
}

static void judge_sysctls(const struct doctor_facts *facts, struct findings *findings)
{
	int64_t larval_drop = facts->conf.xfrm_larval_drop;

	/* xfrmd writes them when it starts, and `xfrmctl shutdown` others */
	if (!facts->daemon_answers)
		return;
	if (facts->acq_expires != DOCTOR_UNKNOWN &&
	    facts->acq_expires != facts->conf.xfrm_acq_expires_s)
		findings_add(findings, FINDING_WARNING, "sysctl",
		             "net.core.xfrm_acq_expires is %" PRId64 ", xfrmd wants %u\n"
		             "a failed negotiation is asked for again only after so many seconds\n"
		             "find out who writes it (/etc/sysctl.d), then restart xfrmd",
		             facts->acq_expires, facts->conf.xfrm_acq_expires_s);
	if (facts->larval_drop != DOCTOR_UNKNOWN && facts->larval_drop != larval_drop)
		findings_add(findings, FINDING_WARNING, "sysctl",
		             "net.core.xfrm_larval_drop is %" PRId64 ", xfrmd wants %" PRId64 "\n"
		             "%s\n"
		             "find out who writes it (/etc/sysctl.d), then restart xfrmd",
		             facts->larval_drop, larval_drop,
		             larval_drop ? "packets to silent peers are held, which can stop others"
		                         : "first packets of new peers are lost");
}

static void judge_links(const struct doctor_facts *facts, struct findings *findings)
{
	for (size_t i = 0; i < facts->link_count; i++) {
		const struct doctor_link *link = &facts->links[i];

		/* the kernel itself exempts loopback */
		if (link->loopback)
			continue;
		if (link->disable_xfrm)
			findings_add(findings, FINDING_SERIOUS, "sysctl",
			             "disable_xfrm is set for %s\n"
			             "what leaves by it goes in clear, whatever the policies say\n"
			             "sysctl -w net.ipv4.conf.%s.disable_xfrm=0, and find out who "
			             "sets it",
			             link->name, link->name);
		if (link->disable_policy)
			findings_add(
				findings, FINDING_SERIOUS, "sysctl",
				"disable_policy is set for %s\n"
				"what arrives there in clear is accepted, whatever the policies "
				"say\n"
				"sysctl -w net.ipv4.conf.%s.disable_policy=0 (and net.ipv6), and "
				"find out who sets it",
				link->name, link->name);
	}
}

static void judge_foreign(const struct doctor_facts *facts, struct findings *findings)
{
	char text[POLICY_TEXT_MAX];

	for (size_t i = 0; i < facts->foreign.count; i++) {
		const struct policy *policy = &facts->foreign.items[i];

		findings_add(findings, FINDING_SERIOUS, "policy",
		             "a foreign policy defeats ours: %s\n"
		             "%s\n"
		             "end the program that made it, then `ip xfrm policy delete`; xfrmd "
		             "leaves policies of others alone",
		             policy_format(policy, text),
		             policy->action == POLICY_ACTION_ALLOW
		                     ? "the kernel asks it before ours: such traffic goes in clear"
		                     : "the kernel asks it before ours: it decides about protected "
		                       "traffic");
	}
}

void doctor_judge_kernel(const struct doctor_facts *facts, struct findings *findings)
{
	if (!problems_any(&facts->conf_problems)) {
		judge_algorithms(facts, findings);
		judge_sysctls(facts, findings);
		judge_foreign(facts, findings);
	}
	judge_links(facts, findings);
}
