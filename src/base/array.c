/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int array_grow(void *list, size_t count, size_t size)
{
	void *items;

	if (count & (count - 1))
		return 0;
	memcpy(&items, list, sizeof(items));
	items = reallocarray(items, count ? 2 * count : 1, size);
	if (!items)
		return -ENOMEM;
	memcpy(list, &items, sizeof(items));
	return 0;
}

void *array_find(const void *items, size_t count, size_t size, const void *key,
                 int (*compare)(const void *key, const void *item))
{
	/* the function: the macro that glibc has beside it from 2.43 on hands on the const of @items */
	return count ? (bsearch)(key, items, count, size, compare) : NULL;
}

size_t array_lower_bound(const void *items, size_t count, size_t size, const void *key,
                         int (*compare)(const void *item, const void *key))
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare((const char *)items + middle * size, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
