/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_PARTS_H
#define XFRMD_XFRMD_PARTS_H

#include <stddef.h>

#include "xfrmd/xfrmd/state.h"

#define PART_TIMERS_MAX 2

/*
 * One of the parts that a daemon is made of. Its state is there, all zero, and its timers are, before
 * `open`, and go after `close`; each of the two may be NULL. `close` is called for one that is half
 * open, too.
 */
struct part {
	const char *name;
	size_t slot, size; /* of its state, in struct parts; size 0: it has none */
	struct {
		loop_fn fn; /* with the daemon; NULL: there are no more */
		size_t at;  /* in its state: a struct loop_timer * */
	} timers[PART_TIMERS_MAX];
	int (*open)(struct daemon *daemon, struct err *err); /* 0, or negative errno and @err */
	void (*close)(struct daemon *daemon);
};

/* The beginning of one with a state. */
#define PART(of) .name = #of, .slot = offsetof(struct parts, of), .size = sizeof(struct of)

/* Opens them in order. When one cannot be opened all are closed again, that one first. 0, or negative
 * errno and @err. */
int parts_open(const struct part *const *parts, size_t count, struct daemon *daemon,
               struct err *err);
/* Closes them in the reverse order. */
void parts_close(const struct part *const *parts, size_t count, struct daemon *daemon);

#endif
