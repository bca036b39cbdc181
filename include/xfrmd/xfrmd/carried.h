/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_CARRIED_H
#define XFRMD_XFRMD_CARRIED_H

#include "xfrmd/sad/sa.h"
#include "xfrmd/sad/traffic.h"
#include "xfrmd/xfrmd/parts.h"

/* What SAs of ours carried since the start. open: what they carried before now does not count. */
extern const struct part carried_part;
/* One of ours, as it was at its end. */
void carried_on_gone(struct daemon *daemon, const struct sa *sa);

struct carried_total {
	size_t sas; /* that there are now */
	struct traffic_total traffic;
};
/* Reads the kernel. @ret_totals: by direction, of what comes in and of what goes out. 0 or negative
 * errno. */
int carried_read(struct daemon *daemon, struct carried_total ret_totals[2]);

#endif
