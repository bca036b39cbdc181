/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SAD_TRAFFIC_H
#define XFRMD_SAD_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xfrmd/net/addr.h"

/*
 * What all SAs together have carried since the start: a total that never falls, out of the counters
 * of SAs that come and go. What an SA carried between the last list and an end that the kernel did
 * not tell of (a flush) is left out. Pure.
 */
struct traffic_sa {
	struct addr dst; /* with the SPI the kernel's key of an SA */
	uint32_t spi;
	bool out;
	uint64_t bytes, packets;
};
struct traffic_total {
	uint64_t bytes, packets;
};

struct traffic;
int traffic_new(struct traffic **ret_traffic); /* 0 or -ENOMEM */
void traffic_free(struct traffic *traffic);

/* All SAs there are. What those of the first list have carried was before the start. Sorts @sas. 0
 * or -ENOMEM, and then nothing has changed. */
int traffic_on_list(struct traffic *traffic, struct traffic_sa *sas, size_t count);
/* One as it was at its end. */
void traffic_on_gone(struct traffic *traffic, const struct traffic_sa *sa);
/* As of the last list. */
struct traffic_total traffic_total(const struct traffic *traffic, bool out);

#endif
