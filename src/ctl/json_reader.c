/* SPDX-License-Identifier: MIT */
/*
 * Every reader_x() but the loading ones does the same: takes the member @key of @object, notes what
 * it is if that is not what is expected, and then yields a harmless value.
 */
#include "json_reader.h"

#include <errno.h>
#include <string.h>

#define ESCAPED_MAX 128

void reader_fail(struct reader *reader, const char *key, const char *expected)
{
	if (!reader->error)
		reader->error = err_set(reader->err, -EBADMSG, "%s: %s: expected %s",
		                        reader->document, key, expected);
}

void reader_fail_memory(struct reader *reader)
{
	if (!reader->error)
		reader->error = err_set(reader->err, -ENOMEM, "%s: out of memory",
		                        reader->document);
}

json_t *reader_load(const char *text, size_t len, size_t max, const char *document, struct err *err)
{
	char escaped[ESCAPED_MAX];
	json_error_t error;
	json_t *root;

	if (len > max) {
		err_set(err, -EBADMSG, "%s: too long: %zu bytes, expected at most %zu", document,
		        len, max);
		return NULL;
	}
	if (len == 0) {
		err_set(err, -EBADMSG, "%s: empty", document);
		return NULL;
	}
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		err_set(err, -EBADMSG, "%s: not JSON: line %d, column %d: %s", document, error.line,
		        error.column, str_escape(error.text, escaped, sizeof(escaped)));
	return root;
}

json_t *reader_load_answer(const char *text, size_t len, size_t max, struct reader *reader)
{
	json_t *root = reader_load(text, len, max, reader->document, reader->err);
	char escaped[2 * ESCAPED_MAX];
	const char *refusal;

	if (!root) {
		reader->error = -EBADMSG;
		return NULL;
	}
	refusal = json_string_value(json_array_get(json_object_get(root, "errors"), 0));
	if (refusal)
		reader->error = err_set(reader->err, -EBADMSG, "%s: refused: %s", reader->document,
		                        str_escape(refusal, escaped, sizeof(escaped)));
	return root;
}

bool reader_bool(struct reader *reader, json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_boolean(value))
		reader_fail(reader, key, "true or false");
	return json_is_true(value);
}

int64_t reader_integer(struct reader *reader, json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		reader_fail(reader, key, "a whole number");
	return json_integer_value(value);
}

uint64_t reader_count(struct reader *reader, json_t *object, const char *key, uint64_t max)
{
	int64_t value = reader_integer(reader, object, key);

	if (value < 0 || (uint64_t)value > max) {
		reader_fail(reader, key, "a number within its range");
		return 0;
	}
	return (uint64_t)value;
}

bool reader_is_null(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return !value || json_is_null(value);
}

const char *reader_text(struct reader *reader, json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text) {
		reader_fail(reader, key, "a text");
		return "";
	}
	return text;
}

unsigned reader_word(struct reader *reader, json_t *object, const char *key,
                     const char *const *words)
{
	int found = str_index(reader_text(reader, object, key), words);
	char expected[128] = "";
	size_t len = 0;

	if (found >= 0)
		return (unsigned)found;
	for (size_t i = 0; words[i] && len < sizeof(expected); i++)
		len += (size_t)snprintf(expected + len, sizeof(expected) - len, "%s%s",
		                        !i             ? ""
		                        : words[i + 1] ? ", "
		                                       : " or ",
		                        words[i]);
	reader_fail(reader, key, expected);
	return 0;
}

char *reader_text_copy(struct reader *reader, json_t *object, const char *key)
{
	char *copy = strdup(reader_text(reader, object, key));

	if (!copy)
		reader_fail_memory(reader);
	return copy;
}

json_t *reader_object(struct reader *reader, json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_object(value))
		reader_fail(reader, key, "an object");
	return value;
}

json_t *reader_list(struct reader *reader, json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_array(value))
		reader_fail(reader, key, "a list");
	return value;
}

void reader_texts(struct reader *reader, json_t *object, const char *key, struct strlist *ret_texts)
{
	json_t *list = reader_list(reader, object, key);

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *item = json_array_get(list, i);
		if (!json_is_string(item)) {
			reader_fail(reader, key, "a list of texts");
			return;
		}
		if (strlist_add(ret_texts, json_string_value(item)) < 0) {
			reader_fail_memory(reader);
			return;
		}
	}
}
