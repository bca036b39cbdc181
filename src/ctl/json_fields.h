/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_JSON_FIELDS_H
#define XFRMD_JSON_FIELDS_H

#include <stddef.h>

#include "json_reader.h"

/*
 * One table says which members of a JSON object stand for which of a structure, and in which order.
 * What writes the object and what reads it both go through the table.
 */
enum field_type {
	FIELD_BOOL,
	FIELD_INTEGER, /* int64_t */
	FIELD_COUNT,   /* unsigned of any size */
	FIELD_NUMBER,  /* the same, or a time: 0 is null */
	FIELD_WORD,    /* an enum in uint8_t, or a bool, as one of `words` */
	FIELD_NAME,    /* const char *, one of `words` */
	FIELD_SPI,     /* uint32_t, 0 is null */
	FIELD_ADDR,
	FIELD_ADDR_OR_NULL, /* AF_UNSPEC is null */
	FIELD_PREFIX,
	FIELD_TEXT,         /* array of char */
	FIELD_TEXT_OR_NULL, /* empty is null */
	FIELD_OWNED_TEXT,   /* char *, which the structure owns; NULL is null */
	FIELD_TEXTS,        /* struct strlist */
	/* An object for members of the same structure; null while the member that the field names,
	 * a flag or a time, is zero. */
	FIELD_PART,
	FIELD_LIST, /* an allocated array, each item an object: FIELD_ITEMS() */
};

struct field {
	const char *key; /* NULL: the end of the table */
	enum field_type type;
	size_t offset, size; /* of the member: FIELD_MEMBER() */
	const char *const *words;
	const struct field *fields; /* of FIELD_PART, FIELD_LIST */
	size_t count, item_size;
	bool later; /* null, or missing since an older daemon does not know it, is passed over */
};
#define FIELD_MEMBER(type, member) \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define FIELD_ITEMS(type, items, number)                            \
	FIELD_MEMBER(type, items), .count = offsetof(type, number), \
				   .item_size = sizeof(*((type *)0)->items)

json_t *fields_write(const struct field *fields, const void *structure);
/* Into a structure that is zero. */
void fields_read(const struct field *fields, struct reader *reader, json_t *object,
                 void *structure);

#endif
