/* SPDX-License-Identifier: MIT */
/* Texts that the kernel writes for people and programs alike. Lines of another form are skipped. */
#include "xfrmd/base/proc_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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

/* The next word, at most to the end of the line; *text moves behind it. 0: none. */
static size_t next_word(const char **text, const char **ret_word)
{
	size_t len;

	*text += strspn(*text, " \t");
	*ret_word = *text;
	len = strcspn(*text, " \t\n");
	*text += len;
	return len;
}

static bool find_column(const char **text, const char *name, size_t *ret_index)
{
	const char *word;
	size_t len;
	bool found = false;

	for (size_t i = 0; (len = next_word(text, &word)); i++) {
		if (len != strlen(name) || strncmp(word, name, len) != 0)
			continue;
		*ret_index = i;
		found = true;
	}
	return found;
}

int proc_column_sum(const char *text, const char *name, uint64_t *ret_sum)
{
	const char *word;
	size_t index;

	if (!find_column(&text, name, &index))
		return -EBADMSG;
	*ret_sum = 0;
	while (*text++ == '\n') {
		size_t i = 0;

		while (next_word(&text, &word))
			if (i++ == index)
				*ret_sum += strtoull(word, NULL, 16);
	}
	return 0;
}
