/* SPDX-License-Identifier: MIT */
/* Bounded input cursor with a sticky error. */
#include "xfrmd/base/wire.h"

#include <errno.h>

void wire_init(struct wire *wire, const void *data, size_t len)
{
	/* never NULL, so that reading zero bytes of an empty input is not an error */
	*wire = (struct wire){.data = len ? data : "", .len = len};
}

size_t wire_left(const struct wire *wire)
{
	return wire->error ? 0 : wire->len - wire->pos;
}

void wire_fail(struct wire *wire)
{
	if (!wire->error)
		wire->error = -EBADMSG;
}

const uint8_t *wire_bytes(struct wire *wire, size_t len)
{
	const uint8_t *bytes;

	if (wire->error)
		return NULL;
	if (len > wire->len - wire->pos) {
		wire_fail(wire);
		return NULL;
	}
	bytes = wire->data + wire->pos;
	wire->pos += len;
	return bytes;
}

static uint32_t big_endian(struct wire *wire, size_t len)
{
	const uint8_t *bytes = wire_bytes(wire, len);
	uint32_t value = 0;

	for (size_t i = 0; bytes && i < len; i++)
		value = value << 8 | bytes[i];
	return value;
}

uint8_t wire_u8(struct wire *wire)
{
	return (uint8_t)big_endian(wire, 1);
}

uint16_t wire_be16(struct wire *wire)
{
	return (uint16_t)big_endian(wire, 2);
}

uint32_t wire_be32(struct wire *wire)
{
	return big_endian(wire, 4);
}
