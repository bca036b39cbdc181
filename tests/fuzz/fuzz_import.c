/* SPDX-License-Identifier: MIT */
/* A manifest of the add-on: refused with a reason, or taken with everything that xfrmd must have. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "xfrmd/conf/conf_ini.h"
#include "xfrmd/manifest/import.h"

#define NOW 1800000000

/* What was taken must be what xfrmd takes; lists may need files that are not there. */
static void check(const struct import *import)
{
	const char *const paths[IMPORT_LISTS] = {"/none", "/none"};
	char *text = import_conf(import, paths);
	struct problems problems = {0};
	struct conf conf;

	if (!text || !import->bundle.key.der || !import->bundle.chain.count ||
	    !import->bundle.cas.count)
		abort();
	if (!strstr(text, "_file = ") &&
	    conf_ini_parse("fuzz", text, strlen(text), &conf, &problems) < 0)
		abort();
	if (!strstr(text, "_file = "))
		conf_fini(&conf);
	problems_fini(&problems);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import_source source = {
		.file = "fuzz", .text = (const char *)data, .len = size, .dir = "/d", .now = NOW};
	struct problems problems = {0};
	struct import import;
	int result = import_read(&source, &import, &problems);

	if ((result == 0) == problems_any(&problems))
		abort();
	for (size_t i = 0; i < import.row_count; i++)
		if (import.rows[i].result == IMPORT_REFUSED && result == 0)
			abort();
	if (result == 0)
		check(&import);
	import_fini(&import);
	problems_fini(&problems);
	return 0;
}
