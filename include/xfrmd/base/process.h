/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_PROCESS_H
#define XFRMD_BASE_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/*
 * When a process was started, in the kernel's ticks since boot: with its pid this names it for
 * ever, since pids are used again. 0, or negative errno; -ENOENT or -ESRCH: there is none any more,
 * be it that its parent has not noticed yet.
 */
int process_start_ticks(pid_t pid, uint64_t *ret_ticks);
/* The same as epoch seconds, by the clock as it is set now. */
int process_start_epoch(pid_t pid, int64_t *ret_epoch);

#endif
