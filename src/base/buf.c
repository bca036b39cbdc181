/* SPDX-License-Identifier: MIT */
/* Growing output buffer with a sticky error. */
#include "xfrmd/base/buf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/str.h"

/* Room for @len more bytes and a NUL; false sets the sticky error. */
static bool reserve(struct buf *buf, size_t len)
{
	size_t needed, capacity;
	uint8_t *data;

	if (buf->error)
		return false;
	if (__builtin_add_overflow(buf->len, len, &needed) || needed == SIZE_MAX ||
	    (buf->limit && needed > buf->limit)) {
		buf->error = -EMSGSIZE;
		return false;
	}
	if (++needed <= buf->capacity)
		return true;
	capacity = buf->capacity > SIZE_MAX / 2 ? needed : buf->capacity * 2;
	if (capacity < needed)
		capacity = needed;
	data = realloc(buf->data, capacity);
	if (!data) {
		buf->error = -ENOMEM;
		return false;
	}
	buf->data = data;
	buf->capacity = capacity;
	return true;
}

void buf_append(struct buf *buf, const void *data, size_t len)
{
	if (!len || !reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

void buf_u8(struct buf *buf, uint8_t value)
{
	buf_append(buf, &value, sizeof(value));
}

void buf_be16(struct buf *buf, uint16_t value)
{
	uint16_t wire = htons(value);

	buf_append(buf, &wire, sizeof(wire));
}

void buf_be32(struct buf *buf, uint32_t value)
{
	uint32_t wire = htonl(value);

	buf_append(buf, &wire, sizeof(wire));
}

void buf_decimal(struct buf *buf, uint64_t value)
{
	char digits[STR_DECIMAL_MAX];

	buf_append(buf, digits, (size_t)(str_decimal(value, digits) - digits));
}

void buf_str(struct buf *buf, const char *text)
{
	buf_append(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		buf->error = buf->error ? buf->error : -EINVAL;
	else if (reserve(buf, (size_t)len))
		buf->len += (size_t)vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format,
		                              again);
	va_end(again);
}

void buf_consume(struct buf *buf, size_t len)
{
	if (len >= buf->len) {
		buf->len = 0;
		return;
	}
	memmove(buf->data, buf->data + len, buf->len - len);
	buf->len -= len;
}

char *buf_take_str(struct buf *buf)
{
	char *text;

	if (!reserve(buf, 0)) {
		buf_fini(buf);
		return NULL;
	}
	buf->data[buf->len] = '\0';
	text = (char *)buf->data;
	buf->data = NULL;
	buf_fini(buf);
	return text;
}

void buf_fini(struct buf *buf)
{
	if (!buf)
		return;
	free(buf->data);
	*buf = (struct buf){.limit = buf->limit};
}
