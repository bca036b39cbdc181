/* SPDX-License-Identifier: MIT */
#include "xfrmd/xfrmd/health.h"

#include <string.h>

#include "xfrmd/conf/expiry.h"
#include "xfrmd/spd/plan.h"

/* `xfrmctl list` shows all. */
#define FOREIGN_SHOWN_MAX  5
/* `xfrmctl doctor` does. */
#define CHILDREN_SHOWN_MAX 5
/* The kernel gives the loopback interface of each network namespace this one. */
#define LOOPBACK_IFINDEX   1

void health_of_start(struct ctl_status *status)
{
	if (!status->ready)
		strlist_addf(&status->problems, "starting: charon is not ready yet");
}

static void add_foreign(const struct policy_list *foreign, struct strlist *problems)
{
	char text[POLICY_TEXT_MAX];

	for (size_t i = 0; i < foreign->count && i < FOREIGN_SHOWN_MAX; i++)
		strlist_addf(problems, "policies: a foreign one defeats ours: %s",
		             policy_format(&foreign->items[i], text));
	if (foreign->count > FOREIGN_SHOWN_MAX)
		strlist_addf(problems, "policies: %zu more foreign ones defeat ours",
		             foreign->count - FOREIGN_SHOWN_MAX);
}

static bool has_chosen_address(const struct health_policies *facts)
{
	for (size_t i = 0; i < facts->addr_count; i++)
		if (plan_addr_chosen(facts->conf, &facts->addrs[i]))
			return true;
	return false;
}

/* Its peers want ESP from such an address, and it sends in clear. */
static void add_left_out(const struct health_policies *facts, struct strlist *problems)
{
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < facts->addr_count && !facts->conf->optional; i++) {
		const struct local_addr *addr = &facts->addrs[i];
		struct prefix span = local_addr_span(addr);

		if (addr->global && !plan_addr_chosen(facts->conf, addr) &&
		    conf_verdict(facts->conf, &addr->addr) == CONF_VERDICT_PROTECT)
			strlist_addf(problems,
			             "addresses: %s (%s) is in ipsec_subnets and left out by "
			             "[ipsec] interfaces, what it sends goes in clear",
			             prefix_format(&span, text), addr->ifname);
	}
}

static bool is_first_of_interface(const struct local_addr *addrs, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (addrs[j].addr.family == addrs[i].addr.family &&
		    strcmp(addrs[j].ifname, addrs[i].ifname) == 0)
			return false;
	return true;
}

/* By loopback, for which the kernel sets it, nothing leaves. */
static void add_disabled(const struct health_policies *facts, struct strlist *problems)
{
	for (size_t i = 0; i < facts->addr_count; i++) {
		const struct local_addr *addr = &facts->addrs[i];

		if (addr->ifindex != LOOPBACK_IFINDEX && is_first_of_interface(facts->addrs, i) &&
		    plan_addr_chosen(facts->conf, addr) &&
		    facts->disables_xfrm(addr->addr.family, addr->ifname))
			strlist_addf(problems,
			             "policies: disable_xfrm is set for %s, what leaves by it "
			             "goes in clear",
			             addr->ifname);
	}
}

static void add_children(const struct health_policies *facts, struct strlist *warnings)
{
	char text[CHILD_LINK_TEXT_MAX];

	for (size_t i = 0; i < facts->child_count && i < CHILDREN_SHOWN_MAX; i++)
		strlist_addf(warnings,
		             "addresses: %s is in another network namespace, which needs an xfrmd "
		             "of its own",
		             child_link_format(&facts->children[i], text));
	if (facts->child_count > CHILDREN_SHOWN_MAX)
		strlist_addf(warnings, "addresses: %zu more interfaces that send by ours are there",
		             facts->child_count - CHILDREN_SHOWN_MAX);
}

void health_of_policies(const struct health_policies *facts, struct ctl_status *status)
{
	struct strlist *problems = &status->problems;

	add_foreign(facts->foreign, problems);
	if (facts->fights)
		strlist_addf(problems, "policies: somebody else keeps changing ours");
	if (*facts->apply_problem)
		strlist_addf(problems, "policies: not all could be applied, trying again: %s",
		             facts->apply_problem);
	if (facts->drift)
		strlist_addf(problems, "policies: %zu differ from the desired ones", facts->drift);
	if (!has_chosen_address(facts))
		strlist_addf(problems, "addresses: none is chosen by [ipsec] interfaces, nothing "
		                       "is protected");
	add_left_out(facts, problems);
	add_disabled(facts, problems);
	add_children(facts, &status->warnings);
	if (facts->flushed)
		strlist_addf(problems, "policies: removed by `xfrmctl flush`, nothing is "
		                       "protected until a reload");
}

/* A peer's certificate is shown and logged, but does not make this host unhealthy. */
void health_of_certificate(const struct conf *conf, const struct ctl_certificate *certificate,
                           int64_t now, struct ctl_status *status)
{
	struct strlist *list = &status->problems;

	if (strcmp(certificate->role, "peer") == 0)
		return;
	switch (expiry_of(conf, certificate->not_after, now)) {
	case EXPIRY_OVER:
		strlist_addf(list, "certificate: %s: %s has expired", certificate->file,
		             certificate->subject);
		return;
	case EXPIRY_CRITICAL:
		break;
	case EXPIRY_WARNING:
	case EXPIRY_ERROR:
		list = &status->warnings;
		break;
	case EXPIRY_FAR:
	case EXPIRY_INFO:
		return;
	}
	strlist_addf(list, "certificate: %s: %s expires in %lld days", certificate->file,
	             certificate->subject, (long long)certificate->days_left);
}

void health_of_charon(const struct health_charon *facts, struct ctl_status *status)
{
	struct strlist *problems = &status->problems, *warnings = &status->warnings;

	if (!facts->pid)
		strlist_addf(problems, "charon: not running, new peers must wait");
	else if (*facts->port_problem)
		strlist_addf(problems,
		             "charon: %s: no UDP encapsulation, so peers behind NAT cannot be "
		             "reached; end that process, then charon, which is started again: kill "
		             "-KILL %d",
		             facts->port_problem, (int)facts->pid);
	if (*facts->problem)
		strlist_addf(problems, "charon: %s", facts->problem);
	if (*facts->socket_problem)
		strlist_addf(warnings, "charon: %s: a flood of IKE_SA_INIT would silence it",
		             facts->socket_problem);
	switch (facts->flood) {
	case FLOOD_SILENT:
		strlist_addf(problems, "charon: %s", facts->flood_words);
		break;
	case FLOOD_BORNE:
		strlist_addf(warnings, "charon: %s", facts->flood_words);
		break;
	case FLOOD_NONE:
		break;
	}
}

void health_of_settings(const char *sysctl_problem, const char *log_problem,
                        struct ctl_status *status)
{
	if (*sysctl_problem)
		strlist_addf(&status->problems, "kernel: %s", sysctl_problem);
	if (*log_problem)
		strlist_addf(&status->problems, "log: %s, it goes to stderr", log_problem);
	if (status->reload_errors.count)
		strlist_addf(&status->problems, "reload: the last one failed: %s",
		             status->reload_errors.items[0]);
}
