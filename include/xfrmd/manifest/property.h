/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_MANIFEST_PROPERTY_H
#define XFRMD_MANIFEST_PROPERTY_H

#include "xfrmd/manifest/import.h"
#include "xfrmd/manifest/tree.h"

/* One property of the add-on on its way into a row. Borrowed. */
struct property_reader {
	const char *file, *dir; /* of struct import_source */
	struct import *import;  /* gets the PEM texts */
	struct import_row *row;
	struct problems *problems;
	size_t pem_len; /* of them all: an alias can stand for a text again and again */
	bool out_of_memory;
};

struct property {
	const char *name;
	const char *section, *key; /* of xfrmd.conf; NULL: it is dropped */
	/* Fills the row's value, or result and remark, or complains. */
	void (*read)(struct property_reader *reader, const struct node *value);
	const char *remark; /* why it is dropped */
	bool required;
};

/* Every property that the add-on ever documented; those of one section together. */
#define PROPERTY_COUNT 19
extern const struct property property_table[PROPERTY_COUNT];

/* NULL: the add-on has none of that name. */
const struct property *property_find(const char *name);
/* The one whose name is most like @name; NULL: none is much like it. */
const struct property *property_nearest(const char *name);
/* Adds `FILE:LINE: PROPERTY: WHAT, found "FOUND", expected EXPECTED`; @found may be NULL. */
void property_complain(struct property_reader *reader, size_t line, const char *what,
                       const char *found, const char *expected);

#endif
