/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_CHARON_SPAWN_H
#define XFRMD_CHARON_CHARON_SPAWN_H

#include <sys/types.h>

/*
 * A new session for charon, with no signals, files, environment or privileges of ours but what it needs:
 * STRONGSWAN_CONF, the FIFO @log_path as its output, and @kept, which it inherits (-1: none). The process waits at a gate until
 * charon_spawn_go(), and ends if the gate is closed before, by the caller or by its death: so none
 * ever runs whose pid was not written down. 0 or negative errno; the caller closes *ret_gate and
 * reaps *ret_pid. A binary that turns out not to run shows as exit status 127.
 */
int charon_spawn(char *binary, const char *config_path, const char *log_path, int kept,
                 pid_t *ret_pid, int *ret_gate);
int charon_spawn_go(int gate);

#endif
