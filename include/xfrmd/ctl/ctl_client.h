/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CTL_CTL_CLIENT_H
#define XFRMD_CTL_CTL_CLIENT_H

#include "xfrmd/ctl/ctl_proto.h"

/*
 * Sends one command to the daemon of @run_dir and waits for its answer, at most @timeout_ms (0: for
 * ever). The caller frees *ret_text, which ends with a NUL behind its *ret_len bytes. 0, or with
 * @err: -ECONNREFUSED or -ENOENT: no daemon there; -EACCES; -ETIMEDOUT; -ECONNRESET: it closed
 * without an answer; -ENAMETOOLONG: @run_dir; -EMSGSIZE; -ENOMEM.
 */
int ctl_client_request(const char *run_dir, const struct ctl_ask *ask, unsigned timeout_ms,
                       char **ret_text, size_t *ret_len, struct err *err);

/*
 * For an endless answer, as MONITOR's: @fn gets each line that is not empty, without its end and
 * with a NUL there, until it returns other than 0. Then that, or, with @err, what
 * ctl_client_request() returns; -ECONNRESET: xfrmd closed the connection. @timeout_ms is for the
 * connecting only. Never 0.
 */
typedef int (*ctl_line_fn)(void *ctx, const char *line, size_t len, struct err *err);
int ctl_client_watch(const char *run_dir, enum ctl_command command, unsigned timeout_ms,
                     ctl_line_fn fn, void *ctx, struct err *err);

#endif
