/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CONF_CONF_KEY_H
#define XFRMD_CONF_CONF_KEY_H

#include "xfrmd/conf/conf.h"

/* One run over a configuration file: where values go and what is wrong with them. Borrowed. */
struct conf_reader {
	const char *file; /* in messages */
	struct conf *conf;
	struct problems *problems;
	bool out_of_memory;
};

/* One key that the file may hold, and its way into struct conf. Private to src/conf. */
struct conf_key {
	const char *section;
	const char *name;
	/* Converts and stores the value, or complains; reads a subnet file. */
	void (*read)(struct conf_reader *reader, const struct conf_key *key, const char *value);
	size_t offset; /* of the field in struct conf */
	uint32_t min, max;
	unsigned flags;
};

#define CONF_KEY_REQUIRED   1u
#define CONF_KEY_MAY_BE_OFF 2u /* 0, whatever min is */

/* Every key of the contract, a section's keys together. */
#define CONF_KEY_COUNT 32
extern const struct conf_key conf_keys[CONF_KEY_COUNT];

/* The key of that name, in any case, in @section, or in any section when NULL; NULL: none. */
const struct conf_key *conf_key_find(const char *section, const char *name);
/* Adds `file: [section] key: WHAT, found "FOUND", expected EXPECTED`; @found may be any bytes. */
void conf_key_complain(struct conf_reader *reader, const struct conf_key *key, const char *what,
                       const char *found, const char *expected);
/* Removes blanks around @text, and line ends and the like behind it, in place. */
void conf_key_trim(char *text);

#endif
