/* SPDX-License-Identifier: MIT */
/* The order in which the doctor speaks: causes before their consequences. */
#include "xfrmd/doctor/doctor.h"

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
