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

static json_t *write_list(const struct field *field, const char *structure)
{
	json_t *list = json_array();
	const char *item;
	size_t count;

	memcpy(&item, structure + field->offset, sizeof(item));
	memcpy(&count, structure + field->count, sizeof(count));
	for (; count > 0; count--, item += field->item_size)
		writer_append(&list, fields_write(field->fields, item));
	return list;
}

static json_t *write_field(const struct field *field, const char *structure)
{
	const char *member = structure + field->offset;

	if (field->kind)
		return field->kind->write(field, member);
	if (field->item_size)
		return write_list(field, structure);
	return field->size && !load(field, member) ? json_null()
	                                           : fields_write(field->fields, structure);
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

static void read_field(const struct field *field, struct reader *reader, json_t *object,
                       char *structure)
{
	char *member = structure + field->offset;

	if (field->kind) {
		field->kind->read(field, reader, object, member);
	} else if (field->item_size) {
		read_list(field, reader, object, structure);
	} else {
		if (field->size == sizeof(bool))
			*(bool *)member = true;
		fields_read(field->fields, reader, reader_object(reader, object, field->key),
		            structure);
	}
}

void fields_read(const struct field *fields, struct reader *reader, json_t *object, void *structure)
{
	for (; fields->key; fields++)
		if (!fields->later || !reader_is_null(object, fields->key))
			read_field(fields, reader, object, structure);
}

static json_t *write_bool(const struct field *field, const void *member)
{
	(void)field;
	return json_boolean(*(const bool *)member);
}

static void read_bool(const struct field *field, struct reader *reader, json_t *object,
                      void *member)
{
	*(bool *)member = reader_bool(reader, object, field->key);
}

static json_t *write_integer(const struct field *field, const void *member)
{
	(void)field;
	return json_integer(*(const int64_t *)member);
}

static void read_integer(const struct field *field, struct reader *reader, json_t *object,
                         void *member)
{
	*(int64_t *)member = reader_integer(reader, object, field->key);
}

static json_t *write_count(const struct field *field, const void *member)
{
	return writer_count(load(field, member));
}

/* JSON's numbers are signed. */
static void read_count(const struct field *field, struct reader *reader, json_t *object,
                       void *member)
{
	uint64_t max = field->size < sizeof(uint64_t) ? (1ULL << 8 * field->size) - 1 : INT64_MAX;

	store(field, member, reader_count(reader, object, field->key, max));
}

static json_t *write_word(const struct field *field, const void *member)
{
	return json_string(field->words[load(field, member)]);
}

static void read_word(const struct field *field, struct reader *reader, json_t *object,
                      void *member)
{
	store(field, member, reader_word(reader, object, field->key, field->words));
}

static json_t *write_number(const struct field *field, const void *member)
{
	return load(field, member) ? write_count(field, member) : json_null();
}

static void read_number(const struct field *field, struct reader *reader, json_t *object,
                        void *member)
{
	if (!reader_is_null(object, field->key))
		read_count(field, reader, object, member);
}

static json_t *write_spi(const struct field *field, const void *member)
{
	return writer_spi((uint32_t)load(field, member));
}

/* 8 hexadecimal digits. */
static void read_spi(const struct field *field, struct reader *reader, json_t *object, void *member)
{
	const char *text;

	if (reader_is_null(object, field->key))
		return;
	text = reader_text(reader, object, field->key);
	if (strspn(text, "0123456789abcdef") != 8 || text[8])
		reader_fail(reader, field->key, "8 hexadecimal digits");
	else
		store(field, member, strtoul(text, NULL, 16));
}

static json_t *write_addr(const struct field *field, const void *member)
{
	(void)field;
	return writer_addr(member);
}

static void read_addr_or_null(const struct field *field, struct reader *reader, json_t *object,
                              void *member)
{
	if (!reader_is_null(object, field->key) &&
	    addr_parse(reader_text(reader, object, field->key), member) < 0)
		reader_fail(reader, field->key, "an address");
}

static void read_addr(const struct field *field, struct reader *reader, json_t *object,
                      void *member)
{
	read_addr_or_null(field, reader, object, member);
	if (!((struct addr *)member)->family)
		reader_fail(reader, field->key, "an address");
}

static json_t *write_prefix(const struct field *field, const void *member)
{
	char text[PREFIX_TEXT_MAX];

	(void)field;
	return json_string(prefix_format(member, text));
}

static void read_prefix(const struct field *field, struct reader *reader, json_t *object,
                        void *member)
{
	bool host_bits = false;

	if (prefix_parse(reader_text(reader, object, field->key), member, &host_bits) < 0 ||
	    host_bits)
		reader_fail(reader, field->key, "address/length");
}

static json_t *write_text(const struct field *field, const void *member)
{
	(void)field;
	return writer_text(member);
}

static json_t *write_text_or_null(const struct field *field, const void *member)
{
	(void)field;
	return writer_text_or_null(member);
}

static void read_text(const struct field *field, struct reader *reader, json_t *object,
                      void *member)
{
	const char *text = reader_is_null(object, field->key)
	                           ? ""
	                           : reader_text(reader, object, field->key);

	if (strlen(text) < field->size)
		strcpy(member, text);
	else
		reader_fail(reader, field->key, "a shorter text");
}

static json_t *write_owned_text(const struct field *field, const void *member)
{
	const char *text = *(char *const *)member;

	(void)field;
	return text ? writer_text(text) : json_null();
}

static void read_owned_text(const struct field *field, struct reader *reader, json_t *object,
                            void *member)
{
	*(char **)member = reader_text_copy(reader, object, field->key);
}

static json_t *write_texts(const struct field *field, const void *member)
{
	(void)field;
	return writer_texts(member);
}

static void read_texts(const struct field *field, struct reader *reader, json_t *object,
                       void *member)
{
	reader_texts(reader, object, field->key, member);
}

const struct field_kind field_bool = {write_bool, read_bool};
const struct field_kind field_integer = {write_integer, read_integer};
const struct field_kind field_word = {write_word, read_word};
const struct field_kind field_count = {write_count, read_count};
const struct field_kind field_number = {write_number, read_number};
const struct field_kind field_spi = {write_spi, read_spi};
const struct field_kind field_addr_or_null = {write_addr, read_addr_or_null};
const struct field_kind field_addr = {write_addr, read_addr};
const struct field_kind field_prefix = {write_prefix, read_prefix};
const struct field_kind field_text_or_null = {write_text_or_null, read_text};
const struct field_kind field_text = {write_text, read_text};
const struct field_kind field_owned_text = {write_owned_text, read_owned_text};
const struct field_kind field_texts = {write_texts, read_texts};
