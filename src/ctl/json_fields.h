/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_JSON_FIELDS_H
#define XFRMD_JSON_FIELDS_H

#include <stddef.h>

#include "json_reader.h"

/*
 * One table says which members of a JSON object stand for which of a structure, and in which order.
 * What writes the object and what reads it both go through the table.
 */

struct field;

/* How the members of one kind are written and read. */
struct field_kind {
	json_t *(*write)(const struct field *field, const void *member); /* NULL: out of memory */
	void (*read)(const struct field *field, struct reader *reader, json_t *object,
	             void *member);
};

struct field {
	const char *key; /* NULL: the end of the table */
	const struct field_kind *kind;
	size_t offset, size; /* of the member: FIELD_MEMBER() */
	/* Instead of a kind: an object for members of the same structure, null while the member
	 * that the field names, a flag or a time, is zero. Or a list of objects, each for an item
	 * of an allocated array: FIELD_LIST(). */
	const struct field *fields;
	size_t count, item_size;
	const char *const *words; /* of field_word */
	bool later; /* null, or missing since an older daemon does not know it, is passed over */
};
#define FIELD_MEMBER(type, member) \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define FIELD_LIST(type, items, number, of)                                         \
	FIELD_MEMBER(type, items), .fields = (of), .count = offsetof(type, number), \
				   .item_size = sizeof(*((type *)0)->items)

json_t *fields_write(const struct field *fields, const void *structure);
/* Into a structure that is zero. */
void fields_read(const struct field *fields, struct reader *reader, json_t *object,
                 void *structure);

extern const struct field_kind field_bool, field_integer /* int64_t */;
/* Unsigned of any size, and times; of numbers 0 is null. */
extern const struct field_kind field_count, field_number;
/* uint32_t, 0 is null. */
extern const struct field_kind field_spi;
/* AF_UNSPEC is null, or refused. */
extern const struct field_kind field_addr_or_null, field_addr;
extern const struct field_kind field_prefix;
/* Unsigned of any size, or bool: the index of one of the field's words, which a NULL ends. */
extern const struct field_kind field_word;
/* Arrays of char; empty is null, or "". */
extern const struct field_kind field_text_or_null, field_text;
/* char *, which the structure owns; NULL is null. */
extern const struct field_kind field_owned_text;
/* struct strlist */
extern const struct field_kind field_texts;

#endif
