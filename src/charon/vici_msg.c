/* SPDX-License-Identifier: MIT */
/*
 * VICI messages as bytes: builders and one iterator. A reader never hands out an element that it
 * has not checked completely: its length, its name, and that it may stand where it stands.
 */
#include "xfrmd/charon/vici_msg.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "xfrmd/base/str.h"

static void put_type(struct buf *buf, enum vici_elem_type type)
{
	buf_u8(buf, (uint8_t)type);
}

static bool fits(struct buf *buf, size_t len, size_t min, size_t max)
{
	if (!buf->error && (len < min || len > max))
		buf->error = -EMSGSIZE;
	return !buf->error;
}

static void put_name(struct buf *buf, const char *name)
{
	size_t len = strlen(name);

	if (!fits(buf, len, 1, VICI_NAME_MAX))
		return;
	buf_u8(buf, (uint8_t)len);
	buf_append(buf, name, len);
}

static void put_value(struct buf *buf, const void *value, size_t len)
{
	if (!fits(buf, len, 0, VICI_VALUE_MAX))
		return;
	buf_be16(buf, (uint16_t)len);
	buf_append(buf, value, len);
}

void vici_section_start(struct buf *buf, const char *name)
{
	put_type(buf, VICI_ELEM_SECTION_START);
	put_name(buf, name);
}

void vici_section_end(struct buf *buf)
{
	put_type(buf, VICI_ELEM_SECTION_END);
}

void vici_data(struct buf *buf, const char *key, const void *value, size_t len)
{
	put_type(buf, VICI_ELEM_KEY_VALUE);
	put_name(buf, key);
	put_value(buf, value, len);
}

void vici_text(struct buf *buf, const char *key, const char *value)
{
	vici_data(buf, key, value, strlen(value));
}

void vici_number(struct buf *buf, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	vici_text(buf, key, text);
}

void vici_list_start(struct buf *buf, const char *name)
{
	put_type(buf, VICI_ELEM_LIST_START);
	put_name(buf, name);
}

void vici_item_data(struct buf *buf, const void *value, size_t len)
{
	put_type(buf, VICI_ELEM_LIST_ITEM);
	put_value(buf, value, len);
}

void vici_item(struct buf *buf, const char *value)
{
	vici_item_data(buf, value, strlen(value));
}

void vici_list_end(struct buf *buf)
{
	put_type(buf, VICI_ELEM_LIST_END);
}

void vici_reader_init(struct vici_reader *reader, const void *message, size_t len)
{
	*reader = (struct vici_reader){0};
	wire_init(&reader->wire, message, len);
}

void vici_read_name(struct wire *wire, char name[VICI_NAME_MAX + 1])
{
	size_t len = wire_u8(wire);
	const uint8_t *bytes = wire_bytes(wire, len);

	if (!bytes)
		return;
	if (!len || memchr(bytes, '\0', len)) {
		wire_fail(wire);
		return;
	}
	memcpy(name, bytes, len);
	name[len] = '\0';
}

static void read_value(struct wire *wire, struct vici_elem *elem)
{
	elem->value_len = wire_be16(wire);
	elem->value = wire_bytes(wire, elem->value_len);
}

/* Reads what follows the type byte; in a list only items and its end may stand. */
static void read_body(struct vici_reader *reader, uint8_t type, struct vici_elem *elem)
{
	struct wire *wire = &reader->wire;

	elem->depth = reader->depth;
	if (reader->in_list != (type == VICI_ELEM_LIST_ITEM || type == VICI_ELEM_LIST_END)) {
		wire_fail(wire);
		return;
	}
	switch (type) {
	case VICI_ELEM_SECTION_START:
		vici_read_name(wire, elem->name);
		if (++reader->depth > VICI_DEPTH_MAX)
			wire_fail(wire);
		break;
	case VICI_ELEM_SECTION_END:
		if (!reader->depth)
			wire_fail(wire);
		else
			elem->depth = --reader->depth;
		break;
	case VICI_ELEM_KEY_VALUE:
		vici_read_name(wire, elem->name);
		read_value(wire, elem);
		break;
	case VICI_ELEM_LIST_START:
		vici_read_name(wire, elem->name);
		reader->in_list = true;
		break;
	case VICI_ELEM_LIST_ITEM:
		read_value(wire, elem);
		break;
	case VICI_ELEM_LIST_END:
		reader->in_list = false;
		break;
	default:
		wire_fail(wire);
	}
}

int vici_next(struct vici_reader *reader, struct vici_elem *ret_elem)
{
	struct wire *wire = &reader->wire;
	struct vici_elem elem = {0};

	if (wire_left(wire)) {
		uint8_t type = wire_u8(wire);

		elem.type = type;
		read_body(reader, type, &elem);
	} else if (reader->depth || reader->in_list) {
		wire_fail(wire);
	}
	if (wire->error)
		return wire->error;
	*ret_elem = elem;
	return 0;
}

int vici_elem_text(const struct vici_elem *elem, char *ret_text, size_t size)
{
	if (elem->value_len && memchr(elem->value, '\0', elem->value_len))
		return -EBADMSG;
	if (elem->value_len >= size)
		return -ERANGE;
	if (elem->value_len)
		memcpy(ret_text, elem->value, elem->value_len);
	ret_text[elem->value_len] = '\0';
	return 0;
}

/* Does the @index-th piece of @path name the element? Only sections may hide behind a "*". */
static bool path_matches(const char *path, unsigned index, const struct vici_elem *elem)
{
	size_t len;

	while (index--) {
		path = strchr(path, '/');
		if (!path)
			return false;
		path++;
	}
	len = strcspn(path, "/");
	if (elem->type == VICI_ELEM_KEY_VALUE && path[len])
		return false;
	if (elem->type == VICI_ELEM_SECTION_START && len == 1 && *path == '*')
		return true;
	return strlen(elem->name) == len && !memcmp(elem->name, path, len);
}

int vici_find(const void *message, size_t len, const char *path, struct vici_elem *ret_elem)
{
	struct vici_reader reader;
	struct vici_elem elem;
	unsigned matched = 0; /* that many open sections are those of the path */
	int error;

	vici_reader_init(&reader, message, len);
	while (!(error = vici_next(&reader, &elem)) && elem.type != VICI_ELEM_END) {
		if (elem.type == VICI_ELEM_SECTION_END && matched > elem.depth)
			matched = elem.depth;
		if (matched != elem.depth)
			continue;
		if (elem.type == VICI_ELEM_SECTION_START && path_matches(path, matched, &elem))
			matched++;
		if (elem.type == VICI_ELEM_KEY_VALUE && path_matches(path, matched, &elem)) {
			*ret_elem = elem;
			return 0;
		}
	}
	return error ? error : -ENOENT;
}

int vici_find_text(const void *message, size_t len, const char *path, char *ret_text, size_t size)
{
	struct vici_elem elem;
	int error = vici_find(message, len, path, &elem);

	return error ? error : vici_elem_text(&elem, ret_text, size);
}

int vici_reply_status(const void *message, size_t len, char *ret_reason, size_t size)
{
	char success[8], reason[512];
	int error = vici_find_text(message, len, "success", success, sizeof(success));

	if (!error && !strcmp(success, "yes"))
		return 0;
	if (error == -EBADMSG)
		snprintf(ret_reason, size, "malformed reply");
	else if (vici_find_text(message, len, "errmsg", reason, sizeof(reason)) < 0)
		snprintf(ret_reason, size, "no reason given");
	else
		str_escape(reason, ret_reason, size);
	return -EREMOTEIO;
}
