/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_CLOCK_H
#define XFRMD_BASE_CLOCK_H

#include <stdint.h>

/* Of two times, or the shorter of two pauses. */
static inline uint64_t clock_earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t clock_later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Monotonic milliseconds and wall-clock epoch seconds. */
uint64_t clock_now_ms(void);
int64_t clock_now_epoch(void);
/* When a moment of clock_now_ms() was or will be: whenever asked the same, unless the clock is set. */
int64_t clock_epoch_of(uint64_t monotonic_ms);

#endif
