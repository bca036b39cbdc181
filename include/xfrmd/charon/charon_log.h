/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_CHARON_LOG_H
#define XFRMD_CHARON_CHARON_LOG_H

#include <sys/types.h>

#include "xfrmd/base/err.h"
#include "xfrmd/base/loop.h"

/*
 * What charon prints, by a FIFO, which outlives both: the next manager goes on to read, the next charon
 * to write. Lines come from the loop as str_escape() makes them; of a longer one the first
 * CHARON_LOG_LINE_MAX bytes.
 */
#define CHARON_LOG_LINE_MAX 1024

struct charon_log;
typedef void (*charon_log_fn)(void *ctx, const char *line);

/* Makes the FIFO @path, or takes the one that is there, if nobody else can write to it. 0, or negative
 * errno and @err. */
int charon_log_open(struct loop *loop, const char *path, charon_log_fn fn, void *ctx,
                    struct charon_log **ret_log, struct err *err);
/* Takes what is there now, the beginning of a line as well: the last words of one that died. */
void charon_log_drain(struct charon_log *log);
/*
 * charon opens the FIFO by its path, when it starts and each time that it reads its settings: from now
 * on @pid, whose pidfd it is, loses lines instead of waiting when the FIFO is full because nobody reads.
 * 0 or negative errno.
 */
int charon_log_unblock(const struct charon_log *log, int pidfd, pid_t pid);
void charon_log_close(struct charon_log *log);

#endif
