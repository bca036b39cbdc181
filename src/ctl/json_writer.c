/* SPDX-License-Identifier: MIT */
/*
 * Values of ours as JSON. jansson takes NULL for "no value" in every call, which is what makes the
 * error sticky.
 */
#include "json_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void writer_put(json_t **object, const char *key, json_t *value)
{
	if (json_object_set_new(*object, key, value) < 0) {
		json_decref(*object);
		*object = NULL;
	}
}

void writer_append(json_t **list, json_t *value)
{
	if (json_array_append_new(*list, value) < 0) {
		json_decref(*list);
		*list = NULL;
	}
}

json_t *writer_text(const char *text)
{
	json_t *json = json_string(text);
	size_t size = 4 * strlen(text) + 1;
	char *escaped;

	if (json)
		return json;
	escaped = malloc(size);
	if (!escaped)
		return NULL;
	json = json_string(str_escape(text, escaped, size));
	free(escaped);
	return json;
}

json_t *writer_text_or_null(const char *text)
{
	return *text ? writer_text(text) : json_null();
}

json_t *writer_texts(const struct strlist *texts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < texts->count; i++)
		writer_append(&list, writer_text(texts->items[i]));
	return list;
}

json_t *writer_count(uint64_t count)
{
	return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

json_t *writer_number_or_null(int64_t number)
{
	return number ? json_integer(number) : json_null();
}

json_t *writer_spi(uint32_t spi)
{
	char text[9];

	if (!spi)
		return json_null();
	snprintf(text, sizeof(text), "%08" PRIx32, spi);
	return json_string(text);
}

json_t *writer_digest(uint64_t digest)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, digest);
	return json_string(text);
}

json_t *writer_addr(const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];

	return addr->family ? json_string(addr_format(addr, text)) : json_null();
}

char *writer_dump(json_t *root)
{
	char *text = root ? json_dumps(root, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	json_decref(root);
	return text;
}
