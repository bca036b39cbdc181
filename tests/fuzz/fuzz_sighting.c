/* SPDX-License-Identifier: MIT */
/* Packets on the wire: one that is cut off must not be taken for something else. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "src/xfrmctl/sighting.h"

/* In memory of its own, so that a read behind the cut is seen. */
static int read_cut(const uint8_t *data, size_t size, struct sighting *ret_sighting)
{
	uint8_t *packet = malloc(size ? size : 1);
	int error;

	if (!packet)
		abort();
	if (size)
		memcpy(packet, data, size);
	error = sighting_read(packet, size, ret_sighting);
	free(packet);
	return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sighting whole, cut;

	if (size > SIGHTING_LEN)
		size = SIGHTING_LEN;
	if (read_cut(data, size, &whole) < 0)
		return 0;
	if (whole.kind == SIGHTING_ESP && !whole.spi)
		abort();
	for (size_t len = 0; len < size; len++) {
		if (read_cut(data, len, &cut) < 0)
			continue;
		if (!addr_equal(&cut.src, &whole.src) || !addr_equal(&cut.dst, &whole.dst) ||
		    (cut.kind != SIGHTING_OTHER && cut.kind != whole.kind))
			abort();
	}
	return 0;
}
