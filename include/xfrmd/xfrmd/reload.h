/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_RELOAD_H
#define XFRMD_XFRMD_RELOAD_H

#include "xfrmd/xfrmd/parts.h"

/* Reloads of the configuration. */
extern const struct part reload_part;
/*
 * Opens the log file anew, reads and checks everything, then swaps and applies. @ret_changes: what
 * was done, in sentences; @ret_errors: every reason why nothing was (what runs stays). 0 or
 * -EINVAL.
 */
int reload_run(struct daemon *daemon, struct strlist *ret_changes, struct strlist *ret_errors);

struct reload_history {
	int64_t time; /* of the last one, epoch; 0: none so far */
	uint64_t ok, failed;
	struct strlist errors; /* of the last one */
};
/* Borrowed until the next reload. */
const struct reload_history *reload_history(const struct daemon *daemon);

#endif
