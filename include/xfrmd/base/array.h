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

#endif
