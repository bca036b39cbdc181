/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_LIST_GROUPS_H
#define XFRMCTL_LIST_GROUPS_H

#include "xfrmd/spd/policy_rows.h"

/* All policies that one entry of the lists makes: one per direction and local address. */
struct list_group {
	struct prefix prefix;
	uint8_t action;
	bool optional;
	uint32_t priority;
	size_t out, in, forward; /* in the kernel */
	size_t drift;            /* of all of them, those that are not as they should be */
};

/* The policies as few lines. */
struct list_groups {
	struct list_group *items; /* the longest prefix first, as the kernel decides */
	size_t count;
	/* In the kernel, of those that are no entries of the lists. */
	/* known peers: with SA; until they have one; whatever SA there is; silent */
	size_t pinned, held, unpinned, blocked;
	size_t own, neighbour, broadcast, fallback;
	/* What must not hide in a group: policies of others, and all drift. Pointers into the
	 * rows. */
	const struct policy_row **single;
	size_t single_count;
};

/* @rows must outlive the groups. The caller finis. 0 or -ENOMEM. */
int list_groups_build(const struct policy_rows *rows, struct list_groups *ret_groups);
void list_groups_fini(struct list_groups *groups);

#endif
