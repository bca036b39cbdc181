/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SAD_IDLE_H
#define XFRMD_SAD_IDLE_H

#include <stddef.h>
#include <stdint.h>

#include "xfrmd/net/pair.h"

/*
 * Finds the pairs whose SAs carry nothing, from dumps of the kernel's SAs. Pure. By packet counters
 * and not by times of use: many kernels note only the first use of an SA, and an hour's silence
 * must be distinguished from an hour's traffic. A new SA that replaces another, the greeting by it, and the
 * echoes of either end that look for a sign of life (ECHO_CHECK_LEN tells them) are none.
 */
struct idle_sa {
	struct pair pair; /* whichever direction the SA has */
	uint32_t spi;
	uint64_t packets, bytes;
};

struct idle;
int idle_new(struct idle **ret_idle);
void idle_free(struct idle *idle);

/* How often to look: by an eighth of the timeout a pair may be closed late, at most. At least 1
 * s. */
uint64_t idle_interval_ms(uint64_t timeout_ms);

/*
 * One look at all SAs of ours, in any order; @sas gets sorted. *ret_idle: the pairs without a
 * packet for @timeout_ms; borrowed until the next call. Of the two ends of a pair the one
 * with the lower address finds it first, by an interval. Pairs seen for the first time, and all of
 * them after -ENOMEM, begin to count now.
 */
int idle_look(struct idle *idle, struct idle_sa *sas, size_t count, uint64_t now_ms,
              uint64_t timeout_ms, const struct pair **ret_idle, size_t *ret_count);
/* Whether the last look found the pair idle. */
bool idle_includes(const struct idle *idle, const struct pair *pair);

#endif
