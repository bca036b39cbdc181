/* SPDX-License-Identifier: MIT */
/* The comparison of two SPDs as a list to read: for people, where diff.c is for the kernel. */
#include "xfrmd/spd/policy_rows.h"

#include <errno.h>
#include <stdlib.h>

static int compare_rows(const void *a, const void *b)
{
	const struct policy_row *x = a, *y = b;

	return policy_compare_order(&x->policy, &y->policy);
}

int policy_rows_build(const struct policy_list *have, const struct policy_list *want,
                      struct policy_rows *ret_rows)
{
	size_t most = have->count + (want ? want->count : 0), count = 0, i;
	struct policy_row *items = calloc(most ? most : 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (i = 0; i < have->count; i++) {
		const struct policy *policy = &have->items[i];

		items[count++] = (struct policy_row){
			*policy, want ? diff_drift_of(have, want, policy) : DIFF_DRIFT_NONE};
	}
	for (i = 0; want && i < want->count; i++) {
		const struct policy *policy = &want->items[i];

		if (!policy_list_find(have, policy))
			items[count++] = (struct policy_row){*policy, DIFF_DRIFT_MISSING};
	}
	qsort(items, count, sizeof(*items), compare_rows);
	*ret_rows = (struct policy_rows){items, count};
	return 0;
}

void policy_rows_fini(struct policy_rows *rows)
{
	if (!rows)
		return;
	free(rows->items);
	*rows = (struct policy_rows){0};
}
