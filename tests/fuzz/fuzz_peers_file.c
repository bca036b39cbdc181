/* SPDX-License-Identifier: MIT */
/* The file of recent peers: what parses must format to text that parses to the same. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "xfrmd/ike/peers_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct peers_file file, again;
	size_t broken;
	char *text;

	if (peers_file_parse((const char *)data, size, &file, &broken) < 0)
		return 0;
	text = peers_file_format(&file);
	if (!text || peers_file_parse(text, strlen(text), &again, &broken) < 0 || broken ||
	    again.count != file.count)
		abort();
	for (size_t i = 0; i < file.count; i++) {
		if (!pair_equal(&again.items[i], &file.items[i]))
			abort();
	}
	peers_file_fini(&again);
	peers_file_fini(&file);
	free(text);
	return 0;
}
