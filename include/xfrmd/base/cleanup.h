/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_CLEANUP_H
#define XFRMD_BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

/*
 * Scope-bound release for locals: `_cleanup_(cleanup_free) char *text = NULL;`.
 * A function uses either this or one `out:` label, never both.
 * Hand a guarded value over with steal_ptr() or steal_fd().
 */
#define _cleanup_(fn) __attribute__((cleanup(fn)))

#define steal_ptr(pointer)                           \
	__extension__({                              \
		typeof(pointer) stolen_ = (pointer); \
		(pointer) = NULL;                    \
		stolen_;                             \
	})

static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#endif
