/* SPDX-License-Identifier: MIT */
#include "json_fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json_writer.h"
#include "xfrmd/base/array.h"
#include "xfrmd/ctl/ctl_proto.h"

const char *const field_levels[] = {"required", "optional", NULL};

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

static json_t *write_items(const struct field *field, const char *structure)
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

static const char *level_of(const struct policy *policy)
{
	if (policy->action != POLICY_ACTION_PROTECT)
		return "";
	return field_levels[policy->optional];
}

static json_t *write_field(const struct field *field, const char *structure)
{
	const void *member = structure + field->offset;
	char text[FAILURE_WORDS_MAX];

	switch (field->kind) {
	case FIELD_OBJECT:
		return field->size && !load(field, member) ? json_null()
		                                           : fields_write(field->fields, structure);
	case FIELD_ITEMS:
		return write_items(field, structure);
	case FIELD_BOOL:
		return json_boolean(*(const bool *)member);
	case FIELD_INTEGER:
		return json_integer(*(const int64_t *)member);
	case FIELD_NUMBER:
		return load(field, member) ? writer_count(load(field, member)) : json_null();
	case FIELD_COUNT:
		return writer_count(load(field, member));
	case FIELD_WORD:
		return json_string(field->words[load(field, member)]);
	case FIELD_STATIC_WORD:
		return json_string(*(const char *const *)member);
	case FIELD_SPI:
		return writer_spi((uint32_t)load(field, member));
	case FIELD_ADDR:
	case FIELD_ADDR_OR_NULL:
		return writer_addr(member);
	case FIELD_PREFIX:
		return json_string(prefix_format(member, text));
	case FIELD_TEXT:
		return writer_text(member);
	case FIELD_TEXT_OR_NULL:
		return writer_text_or_null(member);
	case FIELD_OWNED_TEXT:
		return *(char *const *)member ? writer_text(*(char *const *)member) : json_null();
	case FIELD_TEXTS:
		return writer_texts(member);
	case FIELD_FAILURE:
		return writer_text_or_null(failure_words(member, text));
	case FIELD_LEVEL:
		return writer_text_or_null(level_of(member));
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

static void print_text(const char *text, struct buf *out)
{
	buf_u8(out, '"');
	buf_str(out, text);
	buf_u8(out, '"');
}

/* What a jansson of its own writes: the others have nothing to escape. */
static void print_json(json_t *value, struct buf *out)
{
	char *text = writer_dump(value);

	if (text)
		buf_str(out, text);
	else
		out->error = -ENOMEM;
	free(text);
}

static void print_field(const struct field *field, const char *structure, struct buf *out)
{
	const void *member = structure + field->offset;
	char text[PREFIX_TEXT_MAX];

	switch (field->kind) {
	case FIELD_BOOL:
		buf_str(out, *(const bool *)member ? "true" : "false");
		break;
	case FIELD_WORD:
		print_text(field->words[load(field, member)], out);
		break;
	case FIELD_PREFIX:
		print_text(prefix_format(member, text), out);
		break;
	case FIELD_LEVEL:
		if (*level_of(member))
			print_text(level_of(member), out);
		else
			buf_str(out, "null");
		break;
	case FIELD_SPI:
		if (load(field, member))
			print_json(write_field(field, structure), out);
		else
			buf_str(out, "null");
		break;
	case FIELD_COUNT:
	case FIELD_NUMBER:
		if (field->kind == FIELD_NUMBER && !load(field, member))
			buf_str(out, "null");
		else if (load(field, member) <= INT64_MAX)
			buf_decimal(out, load(field, member));
		else
			print_json(write_field(field, structure), out);
		break;
	default:
		print_json(write_field(field, structure), out);
	}
}

void fields_print(const struct field *fields, const void *structure, struct buf *out)
{
	for (bool first = true; fields->key; fields++, first = false) {
		buf_str(out, first ? "" : ",");
		print_text(fields->key, out);
		buf_u8(out, ':');
		print_field(fields, structure, out);
	}
}

/* Grown one by one, as whoever adds to the list afterwards expects. */
static void read_items(const struct field *field, struct reader *reader, json_t *object,
                       char *structure)
{
	json_t *list = reader_list(reader, object, field->key);
	char *items = NULL;
	size_t count;

	for (count = 0; !reader->error && count < json_array_size(list); count++) {
		char *item;

		if (array_grow(&items, count, field->item_size) < 0) {
			reader_fail_memory(reader);
			break;
		}
		item = memset(items + count * field->item_size, 0, field->item_size);
		fields_read(field->fields, reader, json_array_get(list, count), item);
	}
	memcpy(structure + field->offset, &items, sizeof(items));
	memcpy(structure + field->count, &count, sizeof(count));
}

/* JSON's numbers are signed. */
static void read_count(const struct field *field, struct reader *reader, json_t *object,
                       void *member)
{
	uint64_t max = field->size < sizeof(uint64_t) ? (1ULL << 8 * field->size) - 1 : INT64_MAX;

	store(field, member, reader_count(reader, object, field->key, max));
}

/* 8 hexadecimal digits. */
static void read_spi(const struct field *field, struct reader *reader, json_t *object, void *member)
{
	const char *text = reader_text(reader, object, field->key);

	if (strspn(text, "0123456789abcdef") != 8 || text[8])
		reader_fail(reader, field->key, "8 hexadecimal digits");
	else
		store(field, member, strtoul(text, NULL, 16));
}

static void read_addr(const struct field *field, struct reader *reader, json_t *object,
                      void *member)
{
	if (reader_is_null(object, field->key) ||
	    addr_parse(reader_text(reader, object, field->key), member) < 0)
		reader_fail(reader, field->key, "an address");
}

static void read_prefix(const struct field *field, struct reader *reader, json_t *object,
                        void *member)
{
	bool host_bits = false;

	if (prefix_parse(reader_text(reader, object, field->key), member, &host_bits) < 0 ||
	    host_bits)
		reader_fail(reader, field->key, "address/length");
}

static void read_text(const char *key, struct reader *reader, json_t *object, char *member,
                      size_t size)
{
	const char *text = reader_text(reader, object, key);

	if (strlen(text) < size)
		strcpy(member, text);
	else
		reader_fail(reader, key, "a shorter text");
}

static void read_field(const struct field *field, struct reader *reader, json_t *object,
                       char *structure)
{
	void *member = structure + field->offset;
	char words[FAILURE_WORDS_MAX] = "";

	switch (field->kind) {
	case FIELD_OBJECT:
		if (field->size == sizeof(bool))
			*(bool *)member = true;
		fields_read(field->fields, reader, reader_object(reader, object, field->key),
		            structure);
		break;
	case FIELD_ITEMS:
		read_items(field, reader, object, structure);
		break;
	case FIELD_BOOL:
		*(bool *)member = reader_bool(reader, object, field->key);
		break;
	case FIELD_INTEGER:
		*(int64_t *)member = reader_integer(reader, object, field->key);
		break;
	case FIELD_COUNT:
	case FIELD_NUMBER:
		read_count(field, reader, object, member);
		break;
	case FIELD_WORD:
		store(field, member, reader_word(reader, object, field->key, field->words));
		break;
	case FIELD_STATIC_WORD:
		*(const char **)member =
			field->words[reader_word(reader, object, field->key, field->words)];
		break;
	case FIELD_SPI:
		read_spi(field, reader, object, member);
		break;
	case FIELD_ADDR:
	case FIELD_ADDR_OR_NULL:
		read_addr(field, reader, object, member);
		break;
	case FIELD_PREFIX:
		read_prefix(field, reader, object, member);
		break;
	case FIELD_TEXT:
	case FIELD_TEXT_OR_NULL:
		read_text(field->key, reader, object, member, field->size);
		break;
	case FIELD_OWNED_TEXT:
		*(char **)member = reader_text_copy(reader, object, field->key);
		break;
	case FIELD_TEXTS:
		reader_texts(reader, object, field->key, member);
		break;
	case FIELD_FAILURE:
		read_text(field->key, reader, object, words, sizeof(words));
		*(struct failure *)member = failure_of_words(words);
		break;
	case FIELD_LEVEL:
		((struct policy *)member)->optional = reader_word(reader, object, field->key,
		                                                  field_levels);
		break;
	}
}

void fields_read(const struct field *fields, struct reader *reader, json_t *object, void *structure)
{
	for (; fields->key; fields++)
		if ((!fields->later && fields->kind < FIELD_MAY_BE_NULL) ||
		    !reader_is_null(object, fields->key))
			read_field(fields, reader, object, structure);
}

int fields_parse(const char *document, const struct field *fields, const char *text, size_t len,
                 void *ret_structure, struct err *err)
{
	struct reader reader = {.document = document, .err = err};
	json_auto_t *root = reader_load_answer(text, len, CTL_RESPONSE_MAX, &reader);

	if (!reader.error)
		fields_read(fields, &reader, root, ret_structure);
	return reader.error;
}
