/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_HISTOGRAM_H
#define XFRMD_BASE_HISTOGRAM_H

#include <stdint.h>

/* Durations of negotiations, counted by size. Pure. Zero state: fresh. */
#define HISTOGRAM_BOUNDS 12
/* Upper bounds, which belong to their bucket: from a LAN to giving up (PEERS_NEGOTIATION_MS). */
extern const uint32_t histogram_bounds_ms[HISTOGRAM_BOUNDS];

struct histogram {
	uint64_t buckets[HISTOGRAM_BOUNDS + 1]; /* the last one: longer than the last bound */
	uint64_t count, sum_ms;
};
void histogram_add(struct histogram *histogram, uint64_t duration_ms);

#endif
