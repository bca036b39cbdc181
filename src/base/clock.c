/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/clock.h"

#include <time.h>

#define NS_PER_S  1000000000LL
#define NS_PER_MS 1000000LL

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

uint64_t clock_now_ms(void)
{
	return (uint64_t)(clock_ns(CLOCK_MONOTONIC) / NS_PER_MS);
}

int64_t clock_now_epoch(void)
{
	return time(NULL);
}

int64_t clock_epoch_of(uint64_t monotonic_ms)
{
	int64_t apart_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);

	return (apart_ns + (int64_t)monotonic_ms * NS_PER_MS) / NS_PER_S;
}
