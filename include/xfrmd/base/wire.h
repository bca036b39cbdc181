/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_WIRE_H
#define XFRMD_BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bounded input cursor with a sticky error. A read past the end sets error to -EBADMSG, returns
 * zero or NULL, and so does every read after it: a parser may read a whole record and test once.
 */
struct wire {
	const uint8_t *data;
	size_t len;
	size_t pos;
	int error;
};

void wire_init(struct wire *wire, const void *data, size_t len);
size_t wire_left(const struct wire *wire);
uint8_t wire_u8(struct wire *wire);
uint16_t wire_be16(struct wire *wire);
uint32_t wire_be32(struct wire *wire);
/* The next @len bytes, borrowed from the input; NULL when there are fewer. */
const uint8_t *wire_bytes(struct wire *wire, size_t len);
/* Marks the input as malformed; keeps an earlier error. */
void wire_fail(struct wire *wire);

#endif
