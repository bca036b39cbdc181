/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_GATHER_H
#define XFRMD_BASE_GATHER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * When to tell of something that may happen a thousand times a second: the first GATHER_LINES times
 * almost at once, what follows as one sum at the end of each interval, and nothing is left untold.
 * Pure; the caller keeps the sums and empties them whenever gather_tell() says true. Zero state:
 * fresh.
 */
struct gather {
	uint64_t untold;
	uint64_t first_ms;              /* of the untold ones */
	uint64_t last_ms;               /* of all */
	uint64_t start_ms, interval_ms; /* no interval runs: 0 */
	unsigned lines;                 /* told one by one in this interval */
};

#define GATHER_LINES           3
/* What one command does belongs into one line. */
#define GATHER_DELAY_MS        10
/* The first interval; each that had something to tell is followed by one twice as long. */
#define GATHER_INTERVAL_MS     10000
#define GATHER_INTERVAL_MAX_MS 600000

/* It happened once more. */
void gather_add(struct gather *gather, uint64_t now_ms);
/* When gather_tell() is due, monotonic; UINT64_MAX: nothing is untold. */
uint64_t gather_due_ms(const struct gather *gather);
/* Whether the sum is to be told now. *ret_over_ms: it was gathered over this time; 0: at once. */
bool gather_tell(struct gather *gather, uint64_t now_ms, uint64_t *ret_over_ms);
/* Whether it goes on, so often that sums are told. */
bool gather_is_many(const struct gather *gather, uint64_t now_ms);

#endif
