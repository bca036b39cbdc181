/* SPDX-License-Identifier: MIT */
/* The daemon, its configuration, charon and the IKE ports, the clock. */
#include "xfrmd/doctor/doctor.h"

#include <stdio.h>
#include <string.h>

#include "xfrmd/charon/swan_conf.h"

#define ESCAPED_MAX 300

static void judge_conf(const struct doctor_facts *facts, struct findings *findings)
{
	char problem[ESCAPED_MAX], more[64] = "";
	size_t count = facts->conf_problems.count;

	if (!problems_any(&facts->conf_problems))
		return;
	if (count > 1)
		snprintf(more, sizeof(more), " (and %zu more)", count - 1);
	findings_add(findings, FINDING_SERIOUS, "configuration",
	             "%s%s\n"
	             "xfrmd would not start with it, and a reload keeps the old one\n"
	             "correct the file until `xfrmctl check %s` is content",
	             count ? str_escape(facts->conf_problems.items[0], problem, sizeof(problem))
	                   : "the configuration could not be read",
	             more, facts->conf_path);
}

/* What has a finding of its own. */
static bool told_elsewhere(const char *problem)
{
	return strncmp(problem, "certificate: ", strlen("certificate: ")) == 0 ||
	       strstr(problem, "defeat") || strstr(problem, "disable_xfrm");
}

static void judge_daemon(const struct doctor_facts *facts, struct findings *findings)
{
	const struct strlist *problems = &facts->status.problems;
	char text[ESCAPED_MAX];

	if (!facts->daemon_answers) {
		findings_add(findings, FINDING_SERIOUS, "daemon",
		             "xfrmd does not answer: %s\n"
		             "no new peer can be negotiated with, and nobody repairs the policies\n"
		             "start it: `systemctl start xfrmd` or `monit start xfrmd`; its log "
		             "says why it ended",
		             str_escape(facts->daemon_error.text, text, sizeof(text)));
		return;
	}
	for (size_t i = 0; i < problems->count; i++) {
		if (told_elsewhere(problems->items[i]))
			continue;
		findings_add(findings, FINDING_SERIOUS, "daemon",
		             "xfrmd says: %s\n"
		             "it counts itself as unhealthy because of this\n"
		             "see `xfrmctl status` and the log of xfrmd",
		             str_escape(problems->items[i], text, sizeof(text)));
	}
}

static void judge_ports(const struct doctor_facts *facts, struct findings *findings)
{
	char text[ESCAPED_MAX];

	for (size_t i = 0; i < facts->ports.count; i++)
		findings_add(
			findings, FINDING_SERIOUS, "port",
			"%s\n"
			"IKE messages of the peers reach that process instead of the charon of "
			"xfrmd\n"
			"stop and disable it (often strongswan, strongswan-starter, ipsec, "
			"libreswan or racoon)",
			str_escape(facts->ports.items[i], text, sizeof(text)));
}

static void judge_plugins(const struct doctor_facts *facts, struct findings *findings)
{
	struct strlist needed = {0};

	if (!facts->plugins_known)
		return;
	if (strlist_split(&needed, swan_conf_plugins, " ") < 0)
		findings->out_of_memory = true;
	for (size_t i = 0; i < needed.count; i++) {
		if (strlist_contains(&facts->plugins, needed.items[i]))
			continue;
		findings_add(findings, FINDING_SERIOUS, "charon",
		             "charon runs without its plug-in %s\n"
		             "xfrmd relies on it: negotiations fail in ways that nobody expects\n"
		             "install the package that has libstrongswan-%s.so, then restart "
		             "charon",
		             needed.items[i], needed.items[i]);
	}
	strlist_fini(&needed);
}

static void judge_clock(const struct doctor_facts *facts, struct findings *findings)
{
	char now[PKI_TIME_TEXT_MAX];

	if (facts->now < DOCTOR_TIME_MIN)
		findings_add(findings, FINDING_SERIOUS, "clock",
		             "the clock is wrong: it says %s\n"
		             "every certificate looks as if it were not valid yet\n"
		             "set the clock and let chrony or systemd-timesyncd keep it",
		             pki_time_format(facts->now, now));
	else if (facts->clock_synchronised == 0)
		findings_add(findings, FINDING_NOTE, "clock",
		             "the clock is not synchronised\n"
		             "a clock that drifts makes certificates look expired, or not valid "
		             "yet\n"
		             "let chrony or systemd-timesyncd keep it");
}

void doctor_judge_service(const struct doctor_facts *facts, struct findings *findings)
{
	judge_daemon(facts, findings);
	judge_conf(facts, findings);
	judge_ports(facts, findings);
	judge_plugins(facts, findings);
	judge_clock(facts, findings);
}
