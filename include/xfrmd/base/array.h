/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_ARRAY_H
#define XFRMD_BASE_ARRAY_H

#include <stddef.h>

/*
 * Makes room for one more behind @count items of @size bytes. @list is the address of the pointer
 * to them, NULL at first. The room doubles whenever @count is a power of two, so that nobody has to
 * note how much there is; whoever uses this for a list uses nothing else for it. 0 or -ENOMEM, and
 * then the list is as it was.
 */
int array_grow(void *list, size_t count, size_t size);
/* bsearch(), also of no items at all. */
void *array_find(const void *items, size_t count, size_t size, const void *key,
                 int (*compare)(const void *key, const void *item));
/* The index of the first of @count items of @size bytes that is not below @key, or @count. They are in
 * the order of @compare, which gets an item and the key. */
size_t array_lower_bound(const void *items, size_t count, size_t size, const void *key,
                         int (*compare)(const void *item, const void *key));

#endif
