/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_JSON_FIELDS_H
#define XFRMD_JSON_FIELDS_H

#include <stddef.h>

#include "json_reader.h"
#include "xfrmd/base/buf.h"

/*
 * One table says which members of a JSON object stand for which of a structure, and in which order.
 * What writes the object and what reads it both go through the table.
 */

enum field_kind {
	/* Members of the same structure; null while the member that the field names, a flag or a
	 * time, is zero. */
	FIELD_OBJECT,
	FIELD_ITEMS, /* FIELD_LIST(): objects, each for an item of an array that array_grow() made */
	FIELD_BOOL,
	FIELD_INTEGER,     /* int64_t */
	FIELD_COUNT,       /* unsigned of any size */
	FIELD_WORD,        /* unsigned of any size, or bool: the index of one of the words */
	FIELD_STATIC_WORD, /* const char *: one of the words */
	FIELD_ADDR,
	FIELD_PREFIX,
	FIELD_OWNED_TEXT, /* char *, which the structure owns; NULL is null */
	FIELD_TEXTS,      /* struct strlist */
	FIELD_LEVEL,      /* struct policy: field_levels of one that protects */

	/* Null, or missing, is zero. */
	FIELD_MAY_BE_NULL,
	FIELD_NUMBER = FIELD_MAY_BE_NULL, /* unsigned of any size, and times; 0 is null */
	FIELD_SPI,                        /* uint32_t, 0 is null */
	FIELD_ADDR_OR_NULL,               /* AF_UNSPEC is null */
	FIELD_TEXT,                       /* array of char */
	FIELD_TEXT_OR_NULL,               /* the same, empty is null */
	FIELD_FAILURE,                    /* struct failure, by its words */
};
extern const char *const field_levels[]; /* by `optional` */

struct field {
	const char *key; /* NULL: the end of the table */
	enum field_kind kind;
	size_t offset, size;        /* of the member: FIELD_MEMBER() */
	const struct field *fields; /* of FIELD_OBJECT, FIELD_ITEMS */
	size_t count, item_size;
	const char *const *words; /* which a NULL ends */
	bool later; /* null, or missing since an older daemon does not know it, is passed over */
};
#define FIELD_MEMBER(type, member) \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define FIELD_LIST(type, items, number, of)                             \
	.kind = FIELD_ITEMS, FIELD_MEMBER(type, items), .fields = (of), \
	.count = offsetof(type, number), .item_size = sizeof(*((type *)0)->items)

/* The members, without the braces, as jansson would write them: for lists of many thousands, of which
 * a tree would take many times longer and leave the heap in pieces. */
void fields_print(const struct field *fields, const void *structure, struct buf *out);
json_t *fields_write(const struct field *fields, const void *structure);
/* Into a structure that is zero. */
void fields_read(const struct field *fields, struct reader *reader, json_t *object,
                 void *structure);
/* An answer of the daemon into a structure that is zero, and that the caller finis after an error. */
int fields_parse(const char *document, const struct field *fields, const char *text, size_t len,
                 void *ret_structure, struct err *err);

#endif
