/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CTL_CLIENT_H
#define XFRMD_CTL_CLIENT_H

#include "xfrmd/ctl_proto.h"

/*
 * Sends one command to the daemon of @run_dir and waits for its answer, at most @timeout_ms (0: for
 * ever). The caller frees *ret_text, which ends with a NUL behind its *ret_len bytes. 0, or with
 * @err: -ECONNREFUSED or -ENOENT: no daemon there; -EACCES; -ETIMEDOUT; -ECONNRESET: it closed
 * without an answer; -ENAMETOOLONG: @run_dir; -EMSGSIZE; -ENOMEM.
 */
int ctl_client_request(const char *run_dir, const struct ctl_ask *ask, unsigned timeout_ms,
                       char **ret_text, size_t *ret_len, struct err *err);

#endif
