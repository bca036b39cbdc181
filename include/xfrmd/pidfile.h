/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PIDFILE_H
#define XFRMD_PIDFILE_H

#include <sys/types.h>

#include "xfrmd/err.h"

/*
 * The lock of a run directory: xfrmd.pid, write-locked for as long as the daemon lives. The lock
 * and not the file's existence tells that a daemon runs, so a stale file never refuses a start.
 */

/* Takes the lock; *ret_fd holds it until it is closed. -EEXIST: the sentence names the holder. */
int pidfile_lock(const char *path, int *ret_fd, struct err *err);
/* Writes our pid: the sign of readiness for monit. */
int pidfile_write(int fd, const char *path, struct err *err);
/* Removes the file and ends the lock. @fd < 0: nothing. */
void pidfile_remove(int fd, const char *path);

#endif
