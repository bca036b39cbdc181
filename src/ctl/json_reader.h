/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_JSON_READER_H
#define XFRMD_JSON_READER_H

#include <jansson.h>

#include "xfrmd/base/err.h"
#include "xfrmd/base/str.h"

/*
 * Reads a JSON document with a sticky error: the first member that is missing, unless it may be
 * null, or of the wrong kind sets error and err (`DOCUMENT: KEY: expected ...`), what is read is
 * then zero, empty or NULL, and a caller tests once at the end. @object may be NULL or of any kind,
 * which counts as missing.
 */
struct reader {
	const char *document; /* for messages */
	struct err *err;
	int error;
};

/* NULL and @err when the text is longer than @max or not JSON. The caller decrefs. */
json_t *reader_load(const char *text, size_t len, size_t max, const char *document,
                    struct err *err);
/* The same for an answer of the daemon; its refusal, {"errors": [...]}, is an error too. */
json_t *reader_load_answer(const char *text, size_t len, size_t max, struct reader *reader);

void reader_fail(struct reader *reader, const char *key, const char *expected);
void reader_fail_memory(struct reader *reader);

/* Also what is missing: an older daemon does not know the member yet. */
bool reader_is_null(json_t *object, const char *key);
bool reader_bool(struct reader *reader, json_t *object, const char *key);
int64_t reader_integer(struct reader *reader, json_t *object, const char *key);
uint64_t reader_count(struct reader *reader, json_t *object, const char *key, uint64_t max);
json_t *reader_object(struct reader *reader, json_t *object, const char *key);
json_t *reader_list(struct reader *reader, json_t *object, const char *key);

/* Borrowed from @object, never NULL. */
const char *reader_text(struct reader *reader, json_t *object, const char *key);
/* Which of the words it is, which a NULL ends; 0 when it is none. */
unsigned reader_word(struct reader *reader, json_t *object, const char *key,
                     const char *const *words);
/* The caller frees. */
char *reader_text_copy(struct reader *reader, json_t *object, const char *key);
void reader_texts(struct reader *reader, json_t *object, const char *key,
                  struct strlist *ret_texts);

#endif
