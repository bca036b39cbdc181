/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_JSON_WRITER_H
#define XFRMD_JSON_WRITER_H

#include <stdint.h>

#include <jansson.h>

#include "xfrmd/base/str.h"
#include "xfrmd/net/addr.h"

/*
 * Builds a JSON document with a sticky error, which can only be out of memory: a NULL value, or an
 * addition that fails, turns the whole container into NULL, and so on upward.
 */

/* Take ownership of @value. */
void writer_put(json_t **object, const char *key, json_t *value);
void writer_append(json_t **list, json_t *value);

/* Escaped when it is not UTF-8, as file names and subjects need not be. */
json_t *writer_text(const char *text);
json_t *writer_text_or_null(const char *text); /* empty: null */
json_t *writer_texts(const struct strlist *texts);
/* Jansson's numbers are signed: what is larger than those is cut. */
json_t *writer_count(uint64_t count);
json_t *writer_number_or_null(int64_t number); /* 0: null */
json_t *writer_spi(uint32_t spi);              /* 0: null */
json_t *writer_digest(uint64_t digest);        /* 16 hexadecimal digits */
json_t *writer_addr(const struct addr *addr);  /* AF_UNSPEC: null */

/* The text of @root, any value, which is freed. The caller frees; NULL: out of memory. */
char *writer_dump(json_t *root);

#endif
