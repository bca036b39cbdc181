/* SPDX-License-Identifier: MIT */
/*
 * One SPD entry as a plain value, and lists of them. Two orders exist and must not be mixed: by key
 * (identity, what the kernel refuses to have twice) for merging and searching, and by the kernel's
 * order of decision for showing.
 */
#include "xfrmd/spd/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/array.h"

/* No padding, so that compare_prefixes() may look at bytes. */
_Static_assert(sizeof(struct prefix) == 18, "struct prefix has padding");

uint32_t policy_priority(const struct prefix *peers)
{
	return POLICY_PRIORITY_SUBNET + addr_bits(&peers->addr) - peers->len;
}

bool policy_is_ours(const struct policy *policy)
{
	return policy->priority >= POLICY_PRIORITY_MIN && policy->priority <= POLICY_PRIORITY_MAX &&
	       !policy->unsupported_key;
}

static int compare_number(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* Any total order does; this one is the cheapest, and groups an address with its prefixes. */
static int compare_prefixes(const struct prefix *a, const struct prefix *b)
{
	return memcmp(a, b, sizeof(*a));
}

int policy_compare_key(const struct policy *a, const struct policy *b)
{
	int order = compare_number(a->dir, b->dir);

	if (order == 0)
		order = compare_prefixes(&a->src, &b->src);
	if (order == 0)
		order = compare_prefixes(&a->dst, &b->dst);
	if (order == 0)
		order = compare_number(a->proto, b->proto);
	if (order == 0)
		order = compare_number(a->icmp_type, b->icmp_type);
	if (order == 0)
		order = compare_number(a->unsupported_key, b->unsupported_key);
	if (order == 0 && a->unsupported_key)
		order = compare_number(a->index, b->index);
	return order;
}

int policy_compare_order(const struct policy *a, const struct policy *b)
{
	int order = compare_number(a->dir, b->dir);

	if (order == 0)
		order = compare_number(a->priority, b->priority);
	return order ? order : policy_compare_key(a, b);
}

bool policy_equal(const struct policy *a, const struct policy *b)
{
	return policy_compare_key(a, b) == 0 && a->action == b->action &&
	       a->optional == b->optional && a->unsupported == b->unsupported &&
	       a->priority == b->priority && a->reqid == b->reqid && a->spi == b->spi;
}

bool policy_matches(const struct policy *policy, enum policy_dir dir, const struct addr *src,
                    const struct addr *dst)
{
	return policy->dir == dir && prefix_contains(&policy->src, src) &&
	       prefix_contains(&policy->dst, dst);
}

const char *const policy_dir_names[] = {
	[POLICY_DIR_OUT] = "out",
	[POLICY_DIR_IN] = "in",
	[POLICY_DIR_FWD] = "fwd",
	NULL,
};

const char *const policy_action_names[] = {
	[POLICY_ACTION_PROTECT] = "protect",
	[POLICY_ACTION_ALLOW] = "allow",
	[POLICY_ACTION_BLOCK] = "block",
	NULL,
};

static const char *format_protocol(const struct policy *policy, char *text, size_t size)
{
	if (policy->proto == IPPROTO_ICMPV6 && !policy->unsupported_key)
		snprintf(text, size, " icmpv6 type %u", policy->icmp_type);
	else if (policy->proto)
		snprintf(text, size, " protocol %u", policy->proto);
	else
		text[0] = '\0';
	return text;
}

static const char *format_template(const struct policy *policy, char *text, size_t size)
{
	const char *level = policy->optional ? "optional" : "required";

	if (policy->action != POLICY_ACTION_PROTECT)
		text[0] = '\0';
	else if (policy->spi > SPI_RESERVED_MAX)
		snprintf(text, size, " %s spi 0x%08x", level, policy->spi);
	else if (policy->spi)
		snprintf(text, size, " %s, waits", level);
	else
		snprintf(text, size, " %s", level);
	return text;
}

const char *policy_format(const struct policy *policy, char text[POLICY_TEXT_MAX])
{
	char src[PREFIX_TEXT_MAX], dst[PREFIX_TEXT_MAX], protocol[32], template[32];

	snprintf(text, POLICY_TEXT_MAX, "%s %s %s -> %s%s priority %u%s%s",
	         policy_dir_names[policy->dir], policy_action_names[policy->action],
	         prefix_format(&policy->src, src), prefix_format(&policy->dst, dst),
	         format_protocol(policy, protocol, sizeof(protocol)), policy->priority,
	         format_template(policy, template, sizeof(template)),
	         policy->unsupported ? " unsupported" : "");
	return text;
}

int policy_list_add(struct policy_list *list, const struct policy *policy)
{
	if (array_grow(&list->items, list->count, sizeof(*policy)) < 0) {
		list->out_of_memory = true;
		return -ENOMEM;
	}
	list->items[list->count++] = *policy;
	return 0;
}

static int compare_items_key(const void *a, const void *b)
{
	return policy_compare_key(a, b);
}

static bool is_sorted_by_key(const struct policy_list *list)
{
	for (size_t i = 1; i < list->count; i++) {
		if (policy_compare_key(&list->items[i - 1], &list->items[i]) > 0)
			return false;
	}
	return true;
}

/* The kernel lists policies as they were added: a plan with one prefix length comes back sorted. */
void policy_list_sort_key(struct policy_list *list)
{
	if (!is_sorted_by_key(list))
		qsort(list->items, list->count, sizeof(*list->items), compare_items_key);
}

struct policy *policy_list_find(const struct policy_list *list, const struct policy *key)
{
	return array_find(list->items, list->count, sizeof(*list->items), key, compare_items_key);
}

int policy_list_put(struct policy_list *list, const struct policy *policy)
{
	struct policy *found = policy_list_find(list, policy);
	size_t index;
	int error;

	if (found) {
		*found = *policy;
		return 0;
	}
	index = array_lower_bound(list->items, list->count, sizeof(*list->items), policy,
	                          compare_items_key);
	error = policy_list_add(list, policy);
	if (error)
		return error;
	memmove(&list->items[index + 1], &list->items[index],
	        (list->count - 1 - index) * sizeof(*list->items));
	list->items[index] = *policy;
	return 0;
}

void policy_list_remove(struct policy_list *list, const struct policy *key)
{
	struct policy *found = policy_list_find(list, key);
	size_t behind;

	if (!found)
		return;
	behind = (size_t)(list->items + list->count - found) - 1;
	memmove(found, found + 1, behind * sizeof(*found));
	list->count--;
}

void policy_list_fini(struct policy_list *list)
{
	if (!list)
		return;
	free(list->items);
	*list = (struct policy_list){0};
}
