/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_DIFF_H
#define XFRMD_SPD_DIFF_H

#include "xfrmd/spd/policy.h"

enum diff_op_kind {
	DIFF_OP_ADD,     /* NEWPOLICY: nothing with this key is in the kernel */
	DIFF_OP_UPDATE,  /* UPDPOLICY: ours has this key, other content */
	DIFF_OP_DELETE,  /* by index: ours, no longer wanted */
	DIFF_OP_REFRESH, /* UPDPOLICY of an unchanged policy: makes the kernel drop cached routes, or
			   sockets opened under a deleted allow policy would stay in clear */
};

struct diff_op {
	enum diff_op_kind kind;
	struct policy policy;
};

struct diff {
	struct diff_op *ops;
	size_t count;
	size_t adds, updates, deletes;
	size_t conflicts; /* wanted, but a foreign policy holds the key: left alone */
};

/*
 * The ordered operations that turn @have (the kernel's, ours and foreign) into @want. Both sorted
 * by key. Additions and updates first, the best priority (longest prefix) first; then deletions
 * and updates to a worse priority, the worst old priority (shortest prefix) first: thus at every
 * moment each address is under its old or its new winning policy and under no third. Foreign
 * policies are never touched. After a deletion that may uncover a stricter policy, one REFRESH per
 * family, of the most specific out policy of @want. 0 or -ENOMEM; diff_fini frees.
 */
int diff_build(const struct policy_list *have, const struct policy_list *want,
               struct diff *ret_diff);
void diff_fini(struct diff *diff);

/*
 * Our policy that is cheapest to write again for @family: /32-/32 ones are hash-exact in the
 * kernel, subnet ones cost O(n). Take it from a list of what is installed: to write a wanted
 * policy again whose key a foreign one holds would replace that one. NULL if the family has none.
 */
const struct policy *diff_refresh_policy(const struct policy_list *installed, uint8_t family);

enum diff_drift {
	DIFF_DRIFT_NONE,
	DIFF_DRIFT_MISSING,    /* wanted, not in the kernel */
	DIFF_DRIFT_CHANGED,    /* in the kernel with other content */
	DIFF_DRIFT_UNEXPECTED, /* ours by its priority, not wanted */
};
/* What @have says of one wanted policy, or of one of ours: for `xfrmctl list` and `status`. */
enum diff_drift diff_drift_of(const struct policy_list *have, const struct policy_list *want,
                              const struct policy *policy);
const char *diff_drift_name(enum diff_drift drift); /* NULL for NONE */

#endif
