/* SPDX-License-Identifier: MIT */
/* Addresses that the lists treat in a way that nobody meant. */
#include "xfrmd/doctor/doctor.h"

#include <string.h>

#include "xfrmd/spd/plan.h"

static bool is_up(const struct doctor_facts *facts, const struct addr *addr)
{
	for (size_t i = 0; i < facts->peers.count; i++) {
		const struct ctl_peer *peer = &facts->peers.items[i];

		if (addr_equal(&peer->pair.remote, addr) && strcmp(peer->state, "up") == 0)
			return true;
	}
	return false;
}

static bool is_own(const struct doctor_facts *facts, const struct addr *addr)
{
	for (size_t i = 0; i < facts->addr_count; i++)
		if (local_addr_has(&facts->addrs[i], addr))
			return true;
	return addr_is_loopback(addr);
}

static const char *harm_of(const struct doctor_server *server)
{
	if (strcmp(server->role, "DNS") == 0)
		return "names do not resolve unless it speaks IPsec";
	if (strcmp(server->role, "DHCP") == 0)
		return "the lease is not renewed unless it speaks IPsec, and the address ends with "
		       "it";
	return "packets through it pass, but what it offers itself (DNS, metadata, ping) does not "
	       "answer";
}

/* Servers outside of the fleet, that sit inside ipsec_subnets without an exception. */
static void judge_servers(const struct doctor_facts *facts, struct findings *findings)
{
	bool hard = !facts->conf.optional;
	char addr[ADDR_TEXT_MAX];

	for (size_t i = 0; i < facts->server_count; i++) {
		const struct doctor_server *server = &facts->servers[i];
		bool gateway = strcmp(server->role, "gateway") == 0;

		if (conf_verdict(&facts->conf, &server->addr) != CONF_VERDICT_PROTECT ||
		    is_own(facts, &server->addr) || is_up(facts, &server->addr))
			continue;
		addr_format(&server->addr, addr);
		findings_add(findings,
		             !hard     ? FINDING_NOTE
		             : gateway ? FINDING_WARNING
		                       : FINDING_SERIOUS,
		             gateway                  ? "gateway"
		             : server->role[1] == 'N' ? "dns"
		                                      : "dhcp",
		             "the %s%s %s is inside ipsec_subnets\n"
		             "%s%s\n"
		             "add %s to no_ipsec_subnets on all hosts, then `xfrmctl reload`",
		             server->role, gateway ? "" : " server", addr, harm_of(server),
		             hard ? "" : ", once optional is false", addr);
	}
}

static bool is_bridge(const struct doctor_facts *facts, const struct local_addr *local)
{
	const struct doctor_link *link = doctor_find_link(facts, local->ifname);

	return link && link->bridge;
}

/* The other hosts have the same lists, so they know an address outside of both as unprotected. */
static void judge_own(const struct doctor_facts *facts, const struct local_addr *local,
                      struct findings *findings)
{
	char addr[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX];

	for (size_t i = 0; i < facts->route_count; i++) {
		const struct doctor_route *route = &facts->routes[i];

		if (!addr_equal(&route->source, &local->addr))
			continue;
		findings_add(findings, FINDING_WARNING, "address",
		             "our address %s (%s) is in neither list, and packets to %s leave with "
		             "it\n"
		             "the peers do not protect what they send to it, and this host drops "
		             "their answers in clear\n"
		             "add its subnet to ipsec_subnets on all hosts, or give the route "
		             "another source",
		             addr_format(&local->addr, addr), local->ifname,
		             addr_format(&route->remote, remote));
		return;
	}
}

static void judge_bridge(const struct local_addr *local, struct findings *findings)
{
	char network[PREFIX_TEXT_MAX];

	findings_add(
		findings, FINDING_SERIOUS, "container",
		"the network of bridge %s, %s, is inside ipsec_subnets\n"
		"its containers or virtual machines have no IPsec, so this host cannot talk to "
		"them\n"
		"add %s to no_ipsec_subnets, or move the bridge to other addresses",
		local->ifname, prefix_format(&local->network, network), network);
}

static void judge_forwarding(const struct doctor_facts *facts, struct findings *findings)
{
	const struct prefixset *protect = &facts->conf.protect;

	if (!((facts->forwarding.ipv4 && prefixset_has_family(protect, AF_INET)) ||
	      (facts->forwarding.ipv6 && prefixset_has_family(protect, AF_INET6))))
		return;
	findings_add(findings, FINDING_NOTE, "forwarding",
	             "this host forwards packets, some ways in clear are left to it\n"
	             "containers without source NAT, and programs with a source that is neither "
	             "ours nor protected are not stopped\n"
	             "see xfrmd(8), What passes in clear; if nothing here needs it, switch "
	             "forwarding off");
}

static void judge_children(const struct doctor_facts *facts, struct findings *findings)
{
	char text[CHILD_LINK_TEXT_MAX];

	for (size_t i = 0; i < facts->child_count; i++)
		findings_add(findings, FINDING_NOTE, "child",
		             "%s is in another network namespace\n"
		             "what it sends to protected addresses leaves in clear, unless that "
		             "namespace has policies of its own\n"
		             "run a second xfrmd there, see xfrmd(8), What passes in clear",
		             child_link_format(&facts->children[i], text));
}

/* One for each family: with IPv6 every interface has one. */
static void judge_link_local(const struct doctor_facts *facts, uint8_t family,
                             struct findings *findings)
{
	char addr[ADDR_TEXT_MAX];

	if (!prefixset_has_family(&facts->conf.protect, family))
		return;
	for (size_t i = 0; i < facts->addr_count; i++) {
		const struct local_addr *local = &facts->addrs[i];

		if (local->addr.family != family || !addr_is_link_local(&local->addr))
			continue;
		findings_add(findings, FINDING_NOTE, "link-local",
		             "%s (%s) is link-local, such addresses are not protected\n"
		             "what they send to each other goes in clear, no certificate could "
		             "tell whose they are\n"
		             "let services use other addresses, see xfrmd(8), What passes in clear",
		             addr_format(&local->addr, addr), local->ifname);
		return;
	}
}

/* A group of no_ipsec_subnets is meant to go in clear. */
static void judge_multicast(const struct doctor_facts *facts, struct findings *findings)
{
	char addr[ADDR_TEXT_MAX];

	for (size_t i = 0; i < facts->group_count; i++) {
		const struct doctor_group *group = &facts->groups[i];

		if (conf_verdict(&facts->conf, &group->addr) != CONF_VERDICT_NONE)
			continue;
		findings_add(
			findings, FINDING_NOTE, "multicast",
			"something here listens to the multicast group %s (%s)\n"
			"multicast goes in clear, nobody can negotiate for a group\n"
			"see xfrmd(8), What passes in clear; with the group in ipsec_subnets it "
			"is blocked",
			addr_format(&group->addr, addr), group->ifname);
	}
}

/* The ways of xfrmd(8), What passes in clear, that this host has. */
static void judge_ways_in_clear(const struct doctor_facts *facts, struct findings *findings)
{
	if (facts->conf.optional || !facts->conf.protect.count)
		return;
	judge_forwarding(facts, findings);
	judge_children(facts, findings);
	judge_link_local(facts, AF_INET, findings);
	judge_link_local(facts, AF_INET6, findings);
	judge_multicast(facts, findings);
}

void doctor_judge_addresses(const struct doctor_facts *facts, struct findings *findings)
{
	if (problems_any(&facts->conf_problems))
		return;
	judge_servers(facts, findings);
	judge_ways_in_clear(facts, findings);
	for (size_t i = 0; i < facts->addr_count; i++) {
		const struct local_addr *local = &facts->addrs[i];
		enum conf_verdict verdict = conf_verdict(&facts->conf, &local->addr);

		if (!plan_addr_chosen(&facts->conf, local))
			continue;
		if (verdict == CONF_VERDICT_PROTECT && is_bridge(facts, local))
			judge_bridge(local, findings);
		if (verdict == CONF_VERDICT_NONE)
			judge_own(facts, local, findings);
	}
}
