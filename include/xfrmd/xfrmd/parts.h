/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_PARTS_H
#define XFRMD_XFRMD_PARTS_H

#include <stddef.h>

#include "xfrmd/base/err.h"

struct daemon;

/* One of the parts that a daemon is made of. close: accepts one that is half open. */
struct part {
	const char *name;
	int (*open)(struct daemon *daemon, struct err *err); /* 0, or negative errno and @err */
	void (*close)(struct daemon *daemon);                /* NULL: nothing to do */
};

/* Opens them in order. When one cannot be opened all are closed again, that one first. 0, or negative
 * errno and @err. */
int parts_open(const struct part *parts, size_t count, struct daemon *daemon, struct err *err);
/* Closes them in the reverse order. */
void parts_close(const struct part *parts, size_t count, struct daemon *daemon);

#endif
