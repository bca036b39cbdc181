/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_CHARON_FIND_H
#define XFRMD_CHARON_CHARON_FIND_H

#include <sys/types.h>

#include "xfrmd/base/err.h"

/*
 * Which process the charon of a run directory is, whoever started it: by the file charon.pid, where the
 * manager writes it down, or by its VICI socket. The answer is about now; who wants to rely on it takes
 * a pidfd and asks again.
 */

/* Writes "PID START_TIME": the start time (proc(5), in ticks) tells a reused pid. Of one that ended
 * already nothing is written. 0, or negative errno and @err. */
int charon_find_record(const char *pid_path, pid_t pid, struct err *err);
/* The pid that was written down, if that very process still runs, else 0. */
pid_t charon_find_recorded(const char *pid_path);
/* The process of root or us that listens there; 0: none takes connections. */
pid_t charon_find_listener(const char *vici_path);

#endif
