/* SPDX-License-Identifier: MIT */
/* One table serves the opening and the closing, so that they mirror each other. */
#include "xfrmd/xfrmd/parts.h"

#include "xfrmd/base/log.h"

int parts_open(const struct part *parts, size_t count, struct daemon *daemon, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		int error;

		log_debug("open %s", parts[i].name);
		error = parts[i].open(daemon, err);
		if (!error)
			continue;
		parts_close(parts, i + 1, daemon);
		return error;
	}
	return 0;
}

void parts_close(const struct part *parts, size_t count, struct daemon *daemon)
{
	while (count-- > 0) {
		log_debug("close %s", parts[count].name);
		if (parts[count].close)
			parts[count].close(daemon);
	}
}
