/* SPDX-License-Identifier: MIT */
/* Counts by size. Invariant: the buckets add up to count. */
#include "xfrmd/base/histogram.h"

const uint32_t histogram_bounds_ms[HISTOGRAM_BOUNDS] = {5,   10,   25,   50,   100,   250,
                                                        500, 1000, 2500, 5000, 10000, 30000};

void histogram_add(struct histogram *histogram, uint64_t duration_ms)
{
	unsigned bucket = 0;

	while (bucket < HISTOGRAM_BOUNDS && duration_ms > histogram_bounds_ms[bucket])
		bucket++;
	histogram->buckets[bucket]++;
	histogram->count++;
	histogram->sum_ms += duration_ms;
}
