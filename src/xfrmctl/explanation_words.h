/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_EXPLANATION_WORDS_H
#define XFRMCTL_EXPLANATION_WORDS_H

#include "xfrmd/ctl/ctl_explain.h"

/*
 * The whole answer in one sentence, without the address: what happens to packets to it, what to
 * packets from it, and the one thing that decides. @daemon_known: the daemon said what peers it
 * has.
 */
void explanation_reason(const struct ctl_explain *explain, bool daemon_known, char *reason,
                        size_t size);

#define EXPLANATION_ROLE_MAX 96
/* What a policy is there for: "ipsec_subnets", "known host, pinned to SA c1a2b3c4", "not ours". */
const char *explanation_role(const struct policy *policy, char text[EXPLANATION_ROLE_MAX]);

#endif
