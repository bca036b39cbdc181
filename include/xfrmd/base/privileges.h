/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_PRIVILEGES_H
#define XFRMD_BASE_PRIVILEGES_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

/* What a process of root may do. A set has one bit for each CAP_* of capabilities(7). */
#define PRIVILEGE(capability) (UINT64_C(1) << (capability))

/*
 * This process and all that it will start have no more capabilities than those of @keep that it has
 * now, for ever. Safe between fork and exec. 0 or negative errno; on failure it may have fewer already.
 */
int privileges_limit(uint64_t keep);

/*
 * No core dump of this process, nor of what it starts, and no look into its memory by processes of the
 * same user that have fewer privileges. 0 or negative errno.
 */
int privileges_hide_memory(void);

/*
 * The processor is ours before it is that of programs which send as fast as they can, and whose
 * acquires have to be answered: nice -10, as far as it is allowed. With false this process is one of
 * the others; safe between fork and exec.
 */
void privileges_go_first(bool first);

#endif
