/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_BUF_H
#define XFRMD_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

/*
 * Growing output buffer with a sticky error: after the first failure (-ENOMEM, or -EMSGSIZE when
 * @limit would be passed) every call does nothing, so a builder tests buf->error once at the end.
 * Zero-initialise (limit 0: no limit); buf_fini() frees and leaves it re-initialisable.
 */
struct buf {
	uint8_t *data;
	size_t len;
	size_t capacity;
	size_t limit;
	int error;
};

void buf_append(struct buf *buf, const void *data, size_t len);
void buf_u8(struct buf *buf, uint8_t value);
void buf_be16(struct buf *buf, uint16_t value);
void buf_be32(struct buf *buf, uint32_t value);
/* Text without the final NUL. */
void buf_decimal(struct buf *buf, uint64_t value);
void buf_str(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Drops the first @len bytes (at most all). */
void buf_consume(struct buf *buf, size_t len);
/* The content as a C string, owned by the caller; the buffer is empty afterwards. NULL on error. */
char *buf_take_str(struct buf *buf);
void buf_fini(struct buf *buf);

#endif
