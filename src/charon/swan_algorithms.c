/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/swan_algorithms.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xfrmd/charon/vici_msg.h"
#include "xfrmd/conf/proposal.h"

/* How a proposal calls it, how charon does, and who has it. */
static const struct {
	const char *keyword, *name, *expected;
} rare[] = {
	{"mlkem512", "ML_KEM_512", "strongSwan 6.0.2 or later with OpenSSL 3.5 or later"},
	{"mlkem768", "ML_KEM_768", "strongSwan 6.0.2 or later with OpenSSL 3.5 or later"},
	{"mlkem1024", "ML_KEM_1024", "strongSwan 6.0.2 or later with OpenSSL 3.5 or later"},
	/* the section's name: those before call it "dh" */
	{"", "ke", "strongSwan 6.0 or later"},
};
#define RARE_COUNT (sizeof(rare) / sizeof(rare[0]))
#define FURTHER    (RARE_COUNT - 1)

int swan_algorithms_read(const void *message, size_t len, struct swan_algorithms *ret_algorithms)
{
	struct swan_algorithms algorithms = {.known = true};
	struct vici_reader reader;
	struct vici_elem elem;

	vici_reader_init(&reader, message, len);
	do {
		if (vici_next(&reader, &elem) < 0)
			return -EBADMSG;
		for (size_t i = 0; i < RARE_COUNT && elem.type != VICI_ELEM_END; i++)
			if (strcmp(elem.name, rare[i].name) == 0)
				algorithms.listed |= 1u << i;
	} while (elem.type != VICI_ELEM_END);
	*ret_algorithms = algorithms;
	return 0;
}

/* The row of what charon lacks for one keyword, or RARE_COUNT. */
static size_t find_lacking(const struct swan_algorithms *algorithms, const char *keyword,
                           size_t len)
{
	size_t prefix = proposal_further_prefix(keyword);

	for (size_t i = 0; i < FURTHER; i++)
		if (strlen(rare[i].keyword) == len - prefix &&
		    memcmp(keyword + prefix, rare[i].keyword, len - prefix) == 0 &&
		    !(algorithms->listed & (1u << i)))
			return i;
	return prefix && !(algorithms->listed & (1u << FURTHER)) ? FURTHER : RARE_COUNT;
}

static int check_proposal(const struct swan_algorithms *algorithms, const char *proposal,
                          struct err *err)
{
	for (const char *at = proposal; *at;) {
		size_t len = strcspn(at, "-");
		size_t lacking = find_lacking(algorithms, at, len);

		if (lacking < RARE_COUNT)
			return err_set(err, -EOPNOTSUPP,
			               "this charon cannot do %.*s, found \"%s\", expected %s",
			               (int)len, at, proposal, rare[lacking].expected);
		at += len + (at[len] == '-');
	}
	return 0;
}

int swan_algorithms_check(const struct swan_algorithms *algorithms,
                          const struct strlist *ike_proposals, struct err *err)
{
	int error = 0;

	for (size_t i = 0; algorithms->known && i < ike_proposals->count && !error; i++)
		error = check_proposal(algorithms, ike_proposals->items[i], err);
	return error;
}
