/* SPDX-License-Identifier: MIT */
/* What two judges ask of the facts, and their end. */
#include "xfrmd/doctor/facts.h"

#include <stdlib.h>
#include <string.h>

const struct doctor_link *doctor_find_link(const struct doctor_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->link_count; i++)
		if (strcmp(facts->links[i].name, name) == 0)
			return &facts->links[i];
	return NULL;
}

unsigned doctor_esp_mtu(const struct doctor_facts *facts, uint8_t family, unsigned link_mtu)
{
	unsigned least = link_mtu;

	for (size_t i = 0; i < facts->algorithm_count; i++) {
		unsigned mtu = esp_suite_mtu(&facts->algorithms[i].suite, family,
		                             facts->conf.force_udp_encapsulation, link_mtu);

		if (mtu < least)
			least = mtu;
	}
	return least;
}

void doctor_facts_fini(struct doctor_facts *facts)
{
	if (!facts)
		return;
	conf_fini(&facts->conf);
	pki_bundle_fini(&facts->bundle);
	problems_fini(&facts->conf_problems);
	ctl_status_fini(&facts->status);
	ctl_peers_fini(&facts->peers);
	strlist_fini(&facts->plugins);
	strlist_fini(&facts->ports);
	free(facts->algorithms);
	free(facts->counters);
	free(facts->addrs);
	free(facts->links);
	free(facts->children);
	free(facts->groups);
	free(facts->servers);
	free(facts->routes);
	free(facts->paths);
	policy_list_fini(&facts->foreign);
}
