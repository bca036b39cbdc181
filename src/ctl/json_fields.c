/* SPDX-License-Identifier: MIT */
#include "json_fields.h"

#include <stdlib.h>
#include <string.h>

#include "json_writer.h"

static uint64_t load(const struct field *field, const void *member)
{
	switch (field->size) {
	case sizeof(uint8_t):
		return *(const uint8_t *)member;
	case sizeof(uint32_t):
		return *(const uint32_t *)member;
	default:
		return *(const uint64_t *)member;
	}
}

static void store(const struct field *field, void *member, uint64_t value)
{
	switch (field->size) {
	case sizeof(uint8_t):
		*(uint8_t *)member = (uint8_t)value;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)member = (uint32_t)value;
		break;
	default:
		*(uint64_t *)member = value;
	}
}

static void *pointer_at(const void *member)
{
	void *pointer;

	memcpy(&pointer, member, sizeof(pointer));
	return pointer;
}

static json_t *write_list(const struct field *field, const char *structure)
{
	const char *item = pointer_at(structure + field->offset);
	size_t count = *(const size_t *)(structure + field->count);
	json_t *list = json_array();

	for (; count > 0; count--, item += field->item_size)
		writer_append(&list, fields_write(field->fields, item));
	return list;
}

static json_t *write_field(const struct field *field, const char *structure)
{
	const void *member = structure + field->offset;
	char prefix[PREFIX_TEXT_MAX];

	switch (field->type) {
	case FIELD_BOOL:
		return json_boolean(*(const bool *)member);
	case FIELD_INTEGER:
		return json_integer(*(const int64_t *)member);
	case FIELD_COUNT:
		return writer_count(load(field, member));
	case FIELD_NUMBER:
		return writer_number_or_null((int64_t)load(field, member));
	case FIELD_WORD:
		return json_string(field->words[load(field, member)]);
	case FIELD_NAME:
		return json_string(pointer_at(member));
	case FIELD_SPI:
		return writer_spi((uint32_t)load(field, member));
	case FIELD_ADDR:
	case FIELD_ADDR_OR_NULL:
		return writer_addr(member);
	case FIELD_PREFIX:
		return json_string(prefix_format(member, prefix));
	case FIELD_TEXT:
		return writer_text(member);
	case FIELD_TEXT_OR_NULL:
		return writer_text_or_null(member);
	case FIELD_OWNED_TEXT:
		return pointer_at(member) ? writer_text(pointer_at(member)) : json_null();
	case FIELD_TEXTS:
		return writer_texts(member);
	case FIELD_PART:
		if (field->size && !load(field, member))
			return json_null();
		return fields_write(field->fields, structure);
	case FIELD_LIST:
		return write_list(field, structure);
	}
	return NULL;
}

json_t *fields_write(const struct field *fields, const void *structure)
{
	json_t *object = json_object();

	for (; fields->key; fields++)
		writer_put(&object, fields->key, write_field(fields, structure));
	return object;
}

static void read_list(const struct field *field, struct reader *reader, json_t *object,
                      char *structure)
{
	json_t *list = reader_list(reader, object, field->key);
	size_t count = json_array_size(list);
	char *items = calloc(count ? count : 1, field->item_size);

	if (!items) {
		reader_fail_memory(reader);
		return;
	}
	memcpy(structure + field->offset, &items, sizeof(items));
	memcpy(structure + field->count, &count, sizeof(count));
	for (size_t i = 0; i < count; i++)
		fields_read(field->fields, reader, json_array_get(list, i),
		            items + i * field->item_size);
}

/* JSON's numbers are signed. */
static uint64_t max_of(const struct field *field)
{
	return field->size < sizeof(uint64_t) ? (1ULL << 8 * field->size) - 1 : INT64_MAX;
}

static void read_field(const struct field *field, struct reader *reader, json_t *object,
                       char *structure)
{
	void *member = structure + field->offset;
	const char *key = field->key, *text;

	switch (field->type) {
	case FIELD_BOOL:
		*(bool *)member = reader_bool(reader, object, key);
		break;
	case FIELD_INTEGER:
		*(int64_t *)member = reader_integer(reader, object, key);
		break;
	case FIELD_COUNT:
		store(field, member, reader_count(reader, object, key, max_of(field)));
		break;
	case FIELD_NUMBER:
		store(field, member, reader_number(reader, object, key, max_of(field)));
		break;
	case FIELD_WORD:
		store(field, member, reader_word(reader, object, key, field->words, field->later));
		break;
	case FIELD_NAME:
		text = field->words[reader_word(reader, object, key, field->words, field->later)];
		memcpy(member, &text, sizeof(text));
		break;
	case FIELD_SPI:
		store(field, member, reader_spi(reader, object, key));
		break;
	case FIELD_ADDR:
	case FIELD_ADDR_OR_NULL:
		*(struct addr *)member = reader_addr(reader, object, key);
		if (field->type == FIELD_ADDR && !((struct addr *)member)->family)
			reader_fail(reader, key, "an address");
		break;
	case FIELD_PREFIX:
		*(struct prefix *)member = reader_prefix(reader, object, key);
		break;
	case FIELD_TEXT:
	case FIELD_TEXT_OR_NULL:
		reader_text_into(reader, object, key, member, field->size);
		break;
	case FIELD_OWNED_TEXT:
		text = reader_text_copy(reader, object, key);
		memcpy(member, &text, sizeof(text));
		break;
	case FIELD_TEXTS:
		reader_texts(reader, object, key, member);
		break;
	case FIELD_PART:
		if (field->size == sizeof(bool))
			*(bool *)member = true;
		fields_read(field->fields, reader, reader_object(reader, object, key), structure);
		break;
	case FIELD_LIST:
		read_list(field, reader, object, structure);
	}
}

void fields_read(const struct field *fields, struct reader *reader, json_t *object, void *structure)
{
	for (; fields->key; fields++)
		if (!fields->later || !reader_is_null(object, fields->key))
			read_field(fields, reader, object, structure);
}
