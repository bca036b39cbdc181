/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_DOCTOR_DOCTOR_H
#define XFRMD_DOCTOR_DOCTOR_H

#include "xfrmd/ctl/finding.h"
#include "xfrmd/doctor/facts.h"

/* What the doctor thinks of the facts. Pure. */

/* Everything, the most severe first. */
void doctor_judge(const struct doctor_facts *facts, struct findings *findings);

/* By family. Those that need the configuration are silent without one. */
void doctor_judge_service(const struct doctor_facts *facts, struct findings *findings);
void doctor_judge_certificates(const struct doctor_facts *facts, struct findings *findings);
void doctor_judge_kernel(const struct doctor_facts *facts, struct findings *findings);
void doctor_judge_addresses(const struct doctor_facts *facts, struct findings *findings);
void doctor_judge_mtu(const struct doctor_facts *facts, struct findings *findings);
void doctor_judge_peers(const struct doctor_facts *facts, struct findings *findings);
void doctor_judge_load(const struct doctor_facts *facts, struct findings *findings);
void doctor_judge_counters(const struct doctor_facts *facts, struct findings *findings);

/* What the reason of a failure means, and what to do about it. */
struct doctor_advice {
	enum finding_severity severity;
	const char *why, *action;
};
extern const struct doctor_advice doctor_advices[]; /* by reason */

#endif
