/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_UNIT_H
#define XFRMD_CHARON_UNIT_H

#include <stdbool.h>
#include <sys/types.h>

#include "xfrmd/err.h"

/*
 * charon as a unit of systemd, which starts it, starts it again when it dies, and ends it. Both
 * only hand the job over (`systemctl --no-block`, at most CHARON_UNIT_COMMAND_MS); what comes of it
 * shows at the VICI socket. A unit that is started already, or about to be, is left as it is.
 * Negative errno and @err when systemd did not take the job.
 */
#define CHARON_UNIT_COMMAND_MS 2000

int charon_unit_start(const char *unit, struct err *err);
int charon_unit_stop(const char *unit, struct err *err);

/* Whether a process belongs to the unit, by its cgroup. */
bool charon_unit_has(const char *unit, pid_t pid);
/* The same out of the text of /proc/PID/cgroup (cgroups(7)). Pure. */
bool charon_unit_in_cgroup(const char *unit, const char *cgroup);

#endif
