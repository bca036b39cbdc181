/* SPDX-License-Identifier: MIT */
/* The peers that fail, by reason: the first few of the first few. */
#include "xfrmd/ike/failures.h"

#include <errno.h>
#include <stdio.h>

/* Longer ones are cut. */
#define SHOWN_MAX 300

static struct failures_group *find_group(struct failures *failures, const struct failure *failure)
{
	for (size_t i = 0; i < failures->group_count; i++) {
		struct failures_group *group = &failures->groups[i];

		if (!failure_alike(group->failure, failure))
			continue;
		group->equal &= failure_equal(group->failure, failure);
		return group;
	}
	if (failures->group_count == FAILURES_REASONS_MAX)
		return NULL;
	failures->groups[failures->group_count] = (struct failures_group){.failure = failure,
	                                                                  .equal = true};
	return &failures->groups[failures->group_count++];
}

void failures_add(struct failures *failures, const struct failure *failure, const struct addr *addr)
{
	struct failures_group *group = find_group(failures, failure);

	if (!group) {
		failures->others++;
		return;
	}
	if (group->count < FAILURES_SHOWN_MAX)
		group->shown[group->count] = *addr;
	group->count++;
}

static int tell_group(const struct failures_group *group, struct strlist *lines)
{
	char text[SHOWN_MAX + 256], addr[ADDR_TEXT_MAX], words[FAILURE_WORDS_MAX];
	size_t len = (size_t)snprintf(text, sizeof(text), "peers: %.*s: ", SHOWN_MAX,
	                              group->equal ? failure_words(group->failure, words)
	                                           : reason_words(group->failure->reason));

	for (size_t i = 0; i < group->count && i < FAILURES_SHOWN_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? ", " : "",
		                        addr_format(&group->shown[i], addr));
	if (group->count > FAILURES_SHOWN_MAX)
		snprintf(text + len, sizeof(text) - len, " and %zu more",
		         group->count - FAILURES_SHOWN_MAX);
	return strlist_add(lines, text);
}

int failures_tell(const struct failures *failures, struct strlist *lines)
{
	int error = 0;

	for (size_t i = 0; i < failures->group_count && !error; i++)
		error = tell_group(&failures->groups[i], lines);
	if (error || !failures->others)
		return error;
	return strlist_addf(lines, "peers: %zu more fail for other reasons", failures->others);
}
