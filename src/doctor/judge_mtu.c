/* SPDX-License-Identifier: MIT */
/*
 * Large packets that vanish. The kernel subtracts ESP from the MTU of the interface for what the
 * host itself sends; nobody does so for containers, and nobody knows what a network carries that
 * does not say.
 */
#include "xfrmd/doctor/doctor.h"

#include <stdio.h>
#include <string.h>

#include "xfrmd/spd/plan.h"

/* RFC 8200: every IPv6 link carries at least this. RFC 791: every IPv4 host takes at least this. */
#define IPV6_MTU_MIN 1280u
#define IPV4_MTU_MIN 576u

/* What containers may use at most in a cloud whatever the interface says: operators' experience. */
static const struct {
	const char *name;
	unsigned mtu;
} clouds[] = {
	[DOCTOR_CLOUD_NONE] = {"", 0},
	[DOCTOR_CLOUD_GCP] = {"Google Cloud", 1354},
	[DOCTOR_CLOUD_AZURE] = {"Azure", 1438},
	[DOCTOR_CLOUD_OPENSTACK] = {"OpenStack", 1354},
};

static bool has_chosen(const struct doctor_facts *facts, const struct doctor_link *link,
                       uint8_t family)
{
	for (size_t i = 0; i < facts->addr_count; i++) {
		const struct local_addr *local = &facts->addrs[i];

		if (strcmp(local->ifname, link->name) == 0 && local->addr.family == family &&
		    plan_addr_chosen(&facts->conf, local))
			return true;
	}
	return false;
}

static void judge_small(const struct doctor_facts *facts, const struct doctor_link *link,
                        uint8_t family, unsigned least, struct findings *findings)
{
	unsigned left;

	if (!prefixset_has_family(&facts->conf.protect, family) || !has_chosen(facts, link, family))
		return;
	left = doctor_esp_mtu(facts, family, link->mtu);
	if (left >= least)
		return;
	findings_add(findings, FINDING_WARNING, "mtu",
	             "%s with its MTU of %u leaves packets of %u bytes inside ESP\n"
	             "%s may send %u without asking, and those are cut into fragments or lost\n"
	             "set the MTU of %s to %u or more, on this host and in its network",
	             link->name, link->mtu, left, family == AF_INET6 ? "IPv6" : "IPv4", least,
	             link->name, least + (link->mtu - left) + 16);
}

/* The smallest uplink: where the routes to protected prefixes and to peers leave. */
static const struct doctor_link *find_uplink(const struct doctor_facts *facts)
{
	const struct doctor_link *least = NULL;

	for (size_t i = 0; i < facts->route_count; i++) {
		const struct doctor_link *link = doctor_find_link(facts, facts->routes[i].ifname);

		if (link && !link->loopback && !link->bridge && (!least || link->mtu < least->mtu))
			least = link;
	}
	return least;
}

static void judge_bridges(const struct doctor_facts *facts, struct findings *findings)
{
	const struct doctor_link *uplink = find_uplink(facts);
	unsigned fits, safe;

	if (!uplink)
		return;
	fits = doctor_esp_mtu(facts, AF_INET, uplink->mtu);
	safe = clouds[facts->cloud].mtu;
	if (!safe || safe > fits)
		safe = fits;
	for (size_t i = 0; i < facts->link_count; i++) {
		const struct doctor_link *link = &facts->links[i];

		if (!link->bridge || !link->up || link->mtu <= safe)
			continue;
		findings_add(findings, link->mtu > fits ? FINDING_WARNING : FINDING_NOTE, "mtu",
		             "containers behind %s send packets of %u bytes, %s%s takes %u\n"
		             "where the answer \"fragmentation needed\" gets lost, large transfers "
		             "hang and small ones do not\n"
		             "set the MTU of the container network to %u",
		             link->name, link->mtu, uplink->name,
		             link->mtu > fits ? " with ESP" : " in this cloud", safe, safe);
	}
}

static void judge_paths(const struct doctor_facts *facts, struct findings *findings)
{
	char addr[ADDR_TEXT_MAX];

	for (size_t i = 0; i < facts->route_count; i++) {
		const struct doctor_route *route = &facts->routes[i];
		const struct doctor_link *link = doctor_find_link(facts, route->ifname);

		if (!route->peer || !route->mtu || !link || route->mtu >= link->mtu)
			continue;
		findings_add(
			findings, FINDING_NOTE, "mtu",
			"the path to peer %s carries %u bytes, %s would send %u\n"
			"every new connection has to find that out; where the network does not "
			"tell, it hangs\n"
			"set the MTU of %s to %u, or net.ipv4.tcp_mtu_probing to 1",
			addr_format(&route->remote, addr), route->mtu, link->name, link->mtu,
			link->name, route->mtu);
	}
}

/* The narrowest one stands for all: the MTU that suits it suits the others. */
static void judge_vanishing(const struct doctor_facts *facts, struct findings *findings)
{
	const struct path_probe *least = NULL;
	char addr[ADDR_TEXT_MAX], more[64] = "";
	size_t count = 0;

	for (size_t i = 0; i < facts->path_count; i++) {
		const struct path_probe *path = &facts->paths[i];

		if (!path_mtu_vanish(&path->search))
			continue;
		count++;
		if (!least || path->search.pass < least->search.pass)
			least = path;
	}
	if (!least)
		return;
	if (count > 1)
		snprintf(more, sizeof(more), ", and to %zu other peer%s", count - 1,
		         count == 2 ? "" : "s");
	findings_add(findings, FINDING_SERIOUS, "mtu",
	             "large packets to %s vanish%s: %u bytes pass, %u do not\n"
	             "no router says so, so that large transfers hang and small ones do not\n"
	             "set the MTU of %s to %u, here and on the other hosts",
	             addr_format(&least->pair.remote, addr), more, least->search.pass,
	             least->search.fail, least->ifname,
	             path_mtu_of_link(&least->search, least->link_mtu));
}

void doctor_judge_mtu(const struct doctor_facts *facts, struct findings *findings)
{
	if (problems_any(&facts->conf_problems))
		return;
	for (size_t i = 0; i < facts->link_count; i++) {
		const struct doctor_link *link = &facts->links[i];

		if (!link->up || link->loopback)
			continue;
		judge_small(facts, link, AF_INET, IPV4_MTU_MIN, findings);
		judge_small(facts, link, AF_INET6, IPV6_MTU_MIN, findings);
	}
	judge_vanishing(facts, findings);
	judge_bridges(facts, findings);
	judge_paths(facts, findings);
}
