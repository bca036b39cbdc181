/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_CHARON_UNIT_H
#define XFRMD_CHARON_CHARON_UNIT_H

#include <stdbool.h>
#include <sys/types.h>

#include "xfrmd/base/err.h"
#include "xfrmd/base/loop.h"

/*
 * charon as a unit of systemd, which starts it, starts it again when it dies, and ends it. These
 * only hand the job over (`systemctl --no-block`, at most CHARON_UNIT_COMMAND_MS); what comes of it
 * shows at the VICI socket. A unit that is started already, or about to be, is left as it is.
 * Negative errno and @err when systemd did not take the job.
 */
#define CHARON_UNIT_COMMAND_MS 2000

/* @verb: "start" or "stop". */
int charon_unit_command(const char *verb, const char *unit, struct err *err);

/*
 * The same start without waiting for the command: @done follows from the loop, with an empty @err or
 * what charon_unit_command() would say, and the job is gone then. Freeing it before kills the command,
 * and @done does not follow.
 */
struct charon_unit_job;
typedef void (*charon_unit_fn)(void *ctx, const struct err *err);
int charon_unit_begin_start(struct loop *loop, const char *unit, charon_unit_fn done, void *ctx,
                            struct charon_unit_job **ret_job, struct err *err);
void charon_unit_job_free(struct charon_unit_job *job);

/* Whether a process belongs to the unit, by its cgroup. */
bool charon_unit_has(const char *unit, pid_t pid);
/* The same out of the text of /proc/PID/cgroup (cgroups(7)). Pure. */
bool charon_unit_in_cgroup(const char *unit, const char *cgroup);

#endif
