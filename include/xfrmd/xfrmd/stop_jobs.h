/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_STOP_JOBS_H
#define XFRMD_XFRMD_STOP_JOBS_H

#include "xfrmd/base/str.h"
#include "xfrmd/xfrmd/stop_wait.h"

/*
 * Reads the pid files that @globs match, each once, and looks for their processes. A file that
 * cannot be read, or begins with no number, counts as one without pid. The caller finis. 0 or
 * -ENOMEM.
 */
int stop_jobs_read(const struct strlist *globs, struct stop_jobs *ret_jobs);

#endif
