/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_IKE_FAILURES_H
#define XFRMD_IKE_FAILURES_H

#include "xfrmd/base/str.h"
#include "xfrmd/ike/reason.h"
#include "xfrmd/net/addr.h"

/* Peers that fail, those with one reason together, for a screen that has no room for each. Pure;
 * zero-initialise. */
#define FAILURES_REASONS_MAX 3
#define FAILURES_SHOWN_MAX   3
struct failures {
	struct failures_group {
		const struct failure *failure;
		bool equal; /* also in the details of the reason */
		struct addr shown[FAILURES_SHOWN_MAX];
		size_t count;
	} groups[FAILURES_REASONS_MAX];
	size_t group_count, others;
};

/* @failure is borrowed. */
void failures_add(struct failures *failures, const struct failure *failure,
                  const struct addr *addr);
/* One line for each reason. 0 or -ENOMEM. */
int failures_tell(const struct failures *failures, struct strlist *lines);

#endif
