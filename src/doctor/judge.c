/* SPDX-License-Identifier: MIT */
/* The order in which the doctor speaks: causes before their consequences. */
#include "xfrmd/doctor/doctor.h"

#include <string.h>

const struct doctor_link *doctor_find_link(const struct doctor_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->link_count; i++)
		if (strcmp(facts->links[i].name, name) == 0)
			return &facts->links[i];
	return NULL;
}

void doctor_judge(const struct doctor_facts *facts, struct findings *findings)
{
	doctor_judge_service(facts, findings);
	doctor_judge_certificates(facts, findings);
	doctor_judge_kernel(facts, findings);
	doctor_judge_addresses(facts, findings);
	doctor_judge_mtu(facts, findings);
	doctor_judge_peers(facts, findings);
	doctor_judge_load(facts, findings);
	doctor_judge_counters(facts, findings);
	findings_sort(findings);
}
