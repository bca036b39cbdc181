/* SPDX-License-Identifier: MIT */
/* Lines of subnets: what parses must format to text that parses to the same. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "xfrmd/net/prefixset.h"

static void check(struct prefixset *set, const char *line)
{
	char text[PREFIX_TEXT_MAX];
	struct prefix prefix, again;
	bool host_bits;

	if (prefix_parse(line, &prefix, &host_bits) < 0)
		return;
	if (prefix_parse(prefix_format(&prefix, text), &again, &host_bits) < 0 || host_bits ||
	    !prefix_equal(&prefix, &again))
		abort();
	prefixset_add(set, &prefix);
	prefixset_seal(set);
	if (!prefixset_has(set, &prefix) || !prefixset_longest(set, &prefix.addr))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prefixset set = {0};
	char *text = malloc(size + 1), *rest = text, *line;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	while ((line = strsep(&rest, "\n")))
		check(&set, line);
	prefixset_fini(&set);
	free(text);
	return 0;
}
