/* SPDX-License-Identifier: MIT */
/* Texts of /proc, as whole texts: what is read must lie in order and end where they end. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/proc_text.h"

static void read_counters(const char *text)
{
	const char *at = text, *before = text;
	char name[PROC_COUNTER_NAME_MAX];
	uint64_t value;

	while (proc_counter_next(&at, name, &value)) {
		size_t len = strnlen(name, sizeof(name));

		if (!len || len == sizeof(name) || at <= before)
			abort();
		before = at;
	}
	if (*at || at != text + strlen(text))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_usage usage;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	proc_usage_parse(text, &usage);
	read_counters(text);
	free(text);
	return 0;
}
