/* SPDX-License-Identifier: MIT */
/* charon's log. What is told of it must be readable. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/str.h"
#include "xfrmd/charon/charon_log.h"
#include "xfrmd/charon/reasons.h"

#define NOW 1800000000 /* 2027-01-15T08:00:00Z */

static struct pki_cert leaf = {
	.subject = (char[]){"CN=me"}, .issuer = (char[]){"CN=fleet"}, .not_after = NOW + 1};
static struct pki_cert cas[] = {
	{.subject = (char[]){"CN=fleet"}},
	{.subject = (char[]){"CN=fleet"}},
	{.subject = (char[]){"CN=A\\, Inc.,O=Plant 7"}},
	{.subject = (char[]){"CN=third"}},
};
static const struct pki_bundle own = {.chain = {.items = &leaf, .count = 1},
                                      .cas = {.items = cas, .count = 4}};

static int64_t now(void)
{
	return NOW;
}

static void take(struct reasons *reasons, const char *raw)
{
	struct failed_negotiation failed = {0};
	char words[FAILURE_WORDS_MAX], again[FAILURE_WORDS_MAX];
	char line[4 * CHARON_LOG_LINE_MAX + 1];
	struct failure parsed;
	struct swan_log log;
	bool is_log;
	int level;

	str_escape(raw, line, sizeof(line));
	is_log = swan_log_parse(line, &log) == 0;
	swan_log_level(line, is_log ? &log : NULL, &level);
	if (!is_log)
		return;
	if (!reasons_take(reasons, &log, &own, now, &failed))
		return;
	parsed = failure_of_words(failure_words(&failed.failure, words));
	if (!words[0] || !failure_equal(&parsed, &failed.failure) ||
	    strcmp(failure_words(&parsed, again), words) != 0)
		abort();
	for (const char *at = words; *at; at++) {
		if (*at < ' ' || *at > '~')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reasons *reasons = calloc(1, sizeof(*reasons));
	char *text = malloc(size + 1), *rest = text, *line;

	if (text && reasons) {
		if (size)
			memcpy(text, data, size);
		text[size] = '\0';
		while ((line = strsep(&rest, "\n")))
			take(reasons, line);
	}
	free(text);
	free(reasons);
	return 0;
}
