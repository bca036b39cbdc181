/* SPDX-License-Identifier: MIT */
/* The peers that fail, by reason: the first few of the first few. */
#include "xfrmd/charon/failures.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xfrmd/charon/swan_event.h"

/* Longer ones are cut. */
#define REASON_MAX 300

static struct failures_group *find_group(struct failures *failures, const char *reason)
{
	size_t len = swan_reason_len(reason);

	for (size_t i = 0; i < failures->group_count; i++) {
		struct failures_group *group = &failures->groups[i];

		if (swan_reason_len(group->reason) != len ||
		    strncmp(group->reason, reason, len) != 0)
			continue;
		group->alike &= strcmp(group->reason, reason) == 0;
		return group;
	}
	if (failures->group_count == FAILURES_REASONS_MAX)
		return NULL;
	failures->groups[failures->group_count] = (struct failures_group){.reason = reason,
	                                                                  .alike = true};
	return &failures->groups[failures->group_count++];
}

void failures_add(struct failures *failures, const char *reason, const struct addr *addr)
{
	struct failures_group *group = find_group(failures, reason);

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
	char text[REASON_MAX + 256], addr[ADDR_TEXT_MAX];
	size_t reason_len = group->alike ? strlen(group->reason) : swan_reason_len(group->reason);
	size_t len = (size_t)snprintf(text, sizeof(text), "peers: %.*s: ",
	                              reason_len < REASON_MAX ? (int)reason_len : REASON_MAX,
	                              group->reason);

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
	char text[64];
	int error = 0;

	for (size_t i = 0; i < failures->group_count && !error; i++)
		error = tell_group(&failures->groups[i], lines);
	if (error || !failures->others)
		return error;
	snprintf(text, sizeof(text), "peers: %zu more fail for other reasons", failures->others);
	return strlist_add(lines, text);
}
