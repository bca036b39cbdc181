/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_VICI_MSG_H
#define XFRMD_CHARON_VICI_MSG_H

#include "xfrmd/base/buf.h"
#include "xfrmd/base/wire.h"

/*
 * The message format of strongSwan's VICI protocol (src/libcharon/plugins/vici/README.md), without
 * any I/O. Names are 1 to 255 bytes, values up to 65535, a packet up to 512 KiB (vici_socket.h).
 */
#define VICI_MSG_MAX   (512u * 1024)
#define VICI_NAME_MAX  255u
#define VICI_VALUE_MAX 65535u
/* Nesting deeper than this is refused; charon's own messages need four levels. */
#define VICI_DEPTH_MAX 16u

enum vici_packet {
	VICI_PACKET_CMD_REQUEST = 0,
	VICI_PACKET_CMD_RESPONSE = 1,
	VICI_PACKET_CMD_UNKNOWN = 2,
	VICI_PACKET_EVENT_REGISTER = 3,
	VICI_PACKET_EVENT_UNREGISTER = 4,
	VICI_PACKET_EVENT_CONFIRM = 5,
	VICI_PACKET_EVENT_UNKNOWN = 6,
	VICI_PACKET_EVENT = 7,
};

/*
 * Builders append to @buf. A name or value that is too long sets buf->error to -EMSGSIZE; the
 * caller tests buf->error once at the end.
 */
void vici_section_start(struct buf *buf, const char *name);
void vici_section_end(struct buf *buf);
void vici_text(struct buf *buf, const char *key, const char *value);
void vici_data(struct buf *buf, const char *key, const void *value, size_t len);
void vici_number(struct buf *buf, const char *key, uint64_t value);
void vici_list_start(struct buf *buf, const char *name);
void vici_item(struct buf *buf, const char *value);
void vici_item_data(struct buf *buf, const void *value, size_t len);
void vici_list_end(struct buf *buf);

enum vici_elem_type {
	VICI_ELEM_END = 0, /* the message ended where it may */
	VICI_ELEM_SECTION_START = 1,
	VICI_ELEM_SECTION_END = 2,
	VICI_ELEM_KEY_VALUE = 3,
	VICI_ELEM_LIST_START = 4,
	VICI_ELEM_LIST_ITEM = 5,
	VICI_ELEM_LIST_END = 6,
};

struct vici_elem {
	enum vici_elem_type type;
	char name[VICI_NAME_MAX + 1]; /* of sections, lists and key/values, NUL-terminated */
	const uint8_t *value;         /* of key/values and items, borrowed from the message */
	size_t value_len;
	unsigned depth; /* open sections around the element */
};

/* Iterator over one message. */
struct vici_reader {
	struct wire wire;
	unsigned depth;
	bool in_list;
};
void vici_reader_init(struct vici_reader *reader, const void *message, size_t len);
/* The next element; at the end VICI_ELEM_END. 0 or -EBADMSG: truncated, wrongly nested, a name
 * with a NUL byte or of no length, an unknown element; then so at every further call. */
int vici_next(struct vici_reader *reader, struct vici_elem *ret_elem);
/* A name behind its length; no name, or one with a NUL byte, is malformed. */
void vici_read_name(struct wire *wire, char ret_name[VICI_NAME_MAX + 1]);
/* Copies a printable value: -ERANGE when it does not fit, -EBADMSG when it holds a NUL byte. */
int vici_elem_text(const struct vici_elem *elem, char *ret_text, size_t size);
/* The key/value at @path ("child-sas/c/spi-in"; "*" stands for any one section name; first match).
 * 0, -ENOENT or -EBADMSG. */
int vici_find(const void *message, size_t len, const char *path, struct vici_elem *ret_elem);
/* The same as text; also -ERANGE. */
int vici_find_text(const void *message, size_t len, const char *path, char *ret_text, size_t size);
/* 0 when the reply says success = yes; else -EREMOTEIO and its errmsg in @ret_reason. */
int vici_reply_status(const void *message, size_t len, char *ret_reason, size_t size);

#endif
