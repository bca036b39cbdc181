/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_POLICY_ROWS_H
#define XFRMD_SPD_POLICY_ROWS_H

#include "xfrmd/spd/diff.h"

/* The policies that are there and those that should be, each with what is wrong with it. */
struct policy_row {
	struct policy policy;
	enum diff_drift drift;
};

struct policy_rows {
	struct policy_row *items;
	size_t count;
};

/*
 * All of @have (the kernel's, ours and foreign) and what @want has beyond it, which is missing, in
 * the kernel's order of decision. Both sorted by key. Without @want nobody knows what should be:
 * no row has drift. The caller finis. 0 or -ENOMEM.
 */
int policy_rows_build(const struct policy_list *have, const struct policy_list *want,
                      struct policy_rows *ret_rows);
void policy_rows_fini(struct policy_rows *rows);

#endif
