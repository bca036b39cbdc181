/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_REPEATS_H
#define XFRMD_BASE_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xfrmd/base/log.h"

/*
 * Which lines of a log say something new. Lines are of the form `AREA: OBJECT: what`, or `AREA:
 * what`. A line equal to the last one about its object is counted, not written. REPEATS_SHOWN times
 * it is written if others about the object were in between, as of a peer that goes up and down, or
 * if it is a warning or an error, each of which may have a cause of its own. What is counted is
 * told as a sum: before another line about the object is written, or at the end of an interval.
 * Each interval that had something to tell is followed by one twice as long; one without makes the
 * line news again. Pure. Zero state: fresh.
 */
#define REPEATS_INTERVAL_MS     60000
#define REPEATS_INTERVAL_MAX_MS 3600000
#define REPEATS_SHOWN           3
/* Of more different lines in an interval the newest are written without being remembered. */
#define REPEATS_MAX             1024

struct repeats {
	struct repeats_line *lines; /* oldest first */
	size_t count;
};
struct repeats_sum {
	const char *line; /* borrowed until the next call */
	enum log_level level;
	uint64_t times, over_ms;
};

/* Whether the line is to be written, then after all that repeats_tell() has. */
bool repeats_take(struct repeats *repeats, enum log_level level, const char *line, uint64_t now_ms);
/* When repeats_tell() has something, monotonic; UINT64_MAX: nothing is counted. */
uint64_t repeats_due_ms(const struct repeats *repeats);
/* The next sum that is to be told now; false: none. */
bool repeats_tell(struct repeats *repeats, uint64_t now_ms, struct repeats_sum *ret_sum);
/* Makes every sum due at once. */
void repeats_flush(struct repeats *repeats);
void repeats_fini(struct repeats *repeats);

#endif
