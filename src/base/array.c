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
