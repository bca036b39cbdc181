/* SPDX-License-Identifier: MIT */
/* Texts that the kernel writes for people and programs alike. Lines of another form are skipped. */
#include "xfrmd/proc_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int proc_usage_parse(const char *text, struct proc_usage *ret_usage)
{
	/* the name may hold anything, brackets too */
	const char *behind_name = strrchr(text, ')');
	uint64_t user, system, pages;

	if (!behind_name || sscanf(behind_name + 1,
	                           " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64
	                           " %" SCNu64 " %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64,
	                           &user, &system, &pages) != 3)
		return -EBADMSG;
	*ret_usage = (struct proc_usage){.cpu_ticks = user + system, .memory_pages = pages};
	return 0;
}

bool proc_counter_next(const char **text, char ret_name[PROC_COUNTER_NAME_MAX], uint64_t *ret_value)
{
	while (**text) {
		const char *line = *text, *end = strchr(line, '\n');
		char name[PROC_COUNTER_NAME_MAX];
		uint64_t value;

		*text = end ? end + 1 : line + strlen(line);
		if (sscanf(line, "%63[A-Za-z0-9_]%*[ \t]%" SCNu64, name, &value) != 2)
			continue;
		strcpy(ret_name, name);
		*ret_value = value;
		return true;
	}
	return false;
}
