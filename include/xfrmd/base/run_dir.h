/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_RUN_DIR_H
#define XFRMD_BASE_RUN_DIR_H

#include "xfrmd/base/err.h"

/*
 * The run directory of one daemon. Nobody but root and us may own it or write there: who can, puts
 * sockets and files of his own in the place of ours. It is locked for as long as the daemon lives,
 * by the file `lock` that nobody else can open; xfrmd.pid is there for monit, and its existence
 * says nothing, so a stale one never refuses a start.
 */

/* The path of what is called @name in it. The caller frees; NULL: out of memory. */
char *run_dir_file(const char *path, const char *name);
/*
 * Makes the directory if need be, and takes its lock, which *ret_lock_fd holds until it is closed.
 * xfrmd.pid is removed: until we are ready it names nobody. -EEXIST: another xfrmd runs here, the
 * sentence names its pid; so it does of an xfrmd from before there was `lock`, which holds a lock
 * of xfrmd.pid. -EPERM: others can write here.
 */
int run_dir_open(const char *path, int *ret_lock_fd, struct err *err);
/* Writes our pid to xfrmd.pid: the sign of readiness for monit. */
int run_dir_write_pid(const char *path, struct err *err);
/* Removes xfrmd.pid and ends the lock. @lock_fd < 0: nothing. */
void run_dir_close(const char *path, int lock_fd);

#endif
