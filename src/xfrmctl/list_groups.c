/* SPDX-License-Identifier: MIT */
/* Sums policies up: one group per row at first, then sorted, then equal ones made one. */
#include "list_groups.h"

#include <errno.h>
#include <stdlib.h>

#include "xfrmd/spd/role.h"

static int compare_groups(const void *a, const void *b)
{
	const struct list_group *x = a, *y = b;
	int order = (x->priority > y->priority) - (x->priority < y->priority);

	if (order == 0)
		order = prefix_compare(&x->prefix, &y->prefix);
	if (order == 0)
		order = (x->action > y->action) - (x->action < y->action);
	return order ? order : x->optional - y->optional;
}

static struct list_group group_of(const struct policy_row *row)
{
	const struct policy *policy = &row->policy;
	bool there = row->drift != DIFF_DRIFT_MISSING;

	return (struct list_group){
		.prefix = *role_remote(policy),
		.action = policy->action,
		.optional = policy->optional,
		.priority = policy->priority,
		.out = there && policy->dir == POLICY_DIR_OUT,
		.in = there && policy->dir == POLICY_DIR_IN,
		.forward = there && policy->dir == POLICY_DIR_FWD,
		.drift = row->drift != DIFF_DRIFT_NONE,
	};
}

static void merge_equal(struct list_groups *groups)
{
	size_t kept = 0;

	for (size_t i = 0; i < groups->count; i++) {
		const struct list_group *group = &groups->items[i];
		struct list_group *last = kept ? &groups->items[kept - 1] : NULL;

		if (!last || compare_groups(last, group) != 0) {
			groups->items[kept++] = *group;
			continue;
		}
		last->out += group->out;
		last->in += group->in;
		last->forward += group->forward;
		last->drift += group->drift;
	}
	groups->count = kept;
}

static void count_host(struct list_groups *groups, const struct policy *policy)
{
	if (policy->action == POLICY_ACTION_BLOCK)
		groups->blocked++;
	else if (policy->spi > SPI_RESERVED_MAX)
		groups->pinned++;
	else if (policy->spi)
		groups->held++;
	else
		groups->unpinned++;
}

static void take_row(struct list_groups *groups, const struct policy_row *row)
{
	enum role role = role_of(&row->policy);
	bool there = row->drift != DIFF_DRIFT_MISSING;

	if (role == ROLE_FOREIGN || row->drift != DIFF_DRIFT_NONE)
		groups->single[groups->single_count++] = row;
	switch (role) {
	case ROLE_FOREIGN:
		break;
	case ROLE_OWN:
		groups->own += there;
		break;
	case ROLE_NEIGHBOUR:
		groups->neighbour += there;
		break;
	case ROLE_BROADCAST:
	case ROLE_MULTICAST:
		groups->broadcast += there;
		break;
	case ROLE_KNOWN_HOST:
		if (there)
			count_host(groups, &row->policy);
		break;
	case ROLE_SUBNET:
		groups->items[groups->count++] = group_of(row);
		break;
	case ROLE_FALLBACK:
		groups->fallback += there;
		break;
	}
}

int list_groups_build(const struct policy_rows *rows, struct list_groups *ret_groups)
{
	size_t most = rows->count ? rows->count : 1;
	struct list_groups groups = {.items = calloc(most, sizeof(*groups.items)),
	                             .single = calloc(most, sizeof(const struct policy_row *))};

	if (!groups.items || !groups.single) {
		list_groups_fini(&groups);
		return -ENOMEM;
	}
	for (size_t i = 0; i < rows->count; i++)
		take_row(&groups, &rows->items[i]);
	qsort(groups.items, groups.count, sizeof(*groups.items), compare_groups);
	merge_equal(&groups);
	*ret_groups = groups;
	return 0;
}

void list_groups_fini(struct list_groups *groups)
{
	if (!groups)
		return;
	free(groups->items);
	free(groups->single);
	*groups = (struct list_groups){0};
}
