/* SPDX-License-Identifier: MIT */
/* charon's log, a line each: `IKE_SA|CONNECTION|TEXT`. What is told of it must be readable. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* As swan_event_log() has it. */
static void copy_printable(char *ret_text, size_t size, const char *text)
{
	snprintf(ret_text, size, "%s", text);
	for (; *ret_text; ret_text++) {
		if (*ret_text < ' ' || *ret_text > '~')
			*ret_text = '?';
	}
}

static void take(struct reasons *reasons, char *line)
{
	char *id = strsep(&line, "|"), *name = line ? strsep(&line, "|") : NULL;
	struct failed_negotiation failed = {0};
	char words[FAILURE_WORDS_MAX], again[FAILURE_WORDS_MAX];
	struct failure parsed;
	struct swan_log log = {0};

	if (!line)
		return;
	log.ike_id = (uint32_t)strtoul(id, NULL, 10);
	copy_printable(log.ike_name, sizeof(log.ike_name), name);
	copy_printable(log.text, sizeof(log.text), line);
	if (!reasons_take(reasons, &log, &own, NOW, &failed))
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
