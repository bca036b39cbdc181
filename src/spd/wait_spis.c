/* SPDX-License-Identifier: MIT */
/* A hash table whose buckets are the reserved SPIs, filled in order of the addresses. */
#include "xfrmd/spd/wait_spis.h"

#include <errno.h>
#include <stdlib.h>

#include "xfrmd/base/array.h"
#include "xfrmd/net/spi.h"

/* The last one is that of all others. */
#define BUCKETS (SPI_RESERVED_MAX - 1)

/* Any that spreads the last bytes. */
static uint32_t hash(const struct addr *addr)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(addr->bytes); i++)
		sum = sum * 31 + addr->bytes[i];
	return sum;
}

/* The first free one from where it belongs; with all taken, that one again. */
static uint8_t take(bool taken[BUCKETS], const struct addr *addr)
{
	uint32_t first = hash(addr) % BUCKETS;

	for (uint32_t i = 0; i < BUCKETS; i++) {
		uint32_t bucket = (first + i) % BUCKETS;

		if (taken[bucket])
			continue;
		taken[bucket] = true;
		return (uint8_t)(bucket + 1);
	}
	return (uint8_t)(first + 1);
}

static int compare(const void *a, const void *b)
{
	return addr_compare(&((const struct wait_spi *)a)->local,
	                    &((const struct wait_spi *)b)->local);
}

static struct wait_spi *find(const struct wait_spis *spis, const struct addr *local)
{
	const struct wait_spi key = {.local = *local};

	return array_find(spis->items, spis->count, sizeof(key), &key, compare);
}

/* Each address once, though it may be on two interfaces. */
static size_t remove_doubles(struct wait_spi *items, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!kept || compare(&items[kept - 1], &items[i]) != 0)
			items[kept++] = items[i];
	return kept;
}

int wait_spis_assign(struct wait_spis *spis, const struct local_addr *addrs, size_t count)
{
	struct wait_spis next = {.items = calloc(count + 1, sizeof(*next.items))};
	bool taken[BUCKETS] = {false};

	if (!next.items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (!addrs[i].open_bits)
			next.items[next.count++].local = addrs[i].addr;
	qsort(next.items, next.count, sizeof(*next.items), compare);
	next.count = remove_doubles(next.items, next.count);
	for (size_t i = 0; i < next.count; i++) {
		const struct wait_spi *before = find(spis, &next.items[i].local);

		next.items[i].spi = before ? before->spi : 0;
		if (before)
			taken[before->spi - 1] = true;
	}
	for (size_t i = 0; i < next.count; i++)
		if (!next.items[i].spi)
			next.items[i].spi = take(taken, &next.items[i].local);
	wait_spis_fini(spis);
	*spis = next;
	return 0;
}

void wait_spis_fini(struct wait_spis *spis)
{
	free(spis->items);
	*spis = (struct wait_spis){0};
}

uint32_t wait_spis_of(const struct wait_spis *spis, const struct addr *local)
{
	const struct wait_spi *found = find(spis, local);

	return found ? found->spi : SPI_RESERVED_MAX;
}
