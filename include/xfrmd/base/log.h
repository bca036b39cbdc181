/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_LOG_H
#define XFRMD_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "xfrmd/base/err.h"

/*
 * error: the operator must act. warning: odd, and what we did about it. notice: state changes of
 * peers, policies and charon. info: rare context. debug: free. Line form:
 * `subsystem: object: event: cause key=value`. Only adapters and src/xfrmd log.
 */
enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};
extern const char *const log_level_names[]; /* for str_index() */

enum log_target {
	LOG_TARGET_STDERR, /* with <N> priority prefix when $JOURNAL_STREAM is set */
	LOG_TARGET_SYSLOG,
	LOG_TARGET_JOURNAL, /* native protocol of systemd-journald */
	LOG_TARGET_FILE,    /* appended, created with mode 0640 */
};

/*
 * Sets where lines go; before the first call they go to stderr at level info. @path is used by
 * LOG_TARGET_FILE only. May be called again at any time; on failure the old sink stays.
 */
int log_open(const char *program, enum log_target target, const char *path, enum log_level level);
/*
 * Whether log_open() would succeed, as far as it can be told without making a file: negative errno
 * and @err, which names the file. Write permission is asked for if we are root.
 */
int log_check(enum log_target target, const char *path, struct err *err);
/* Opens the file of LOG_TARGET_FILE anew, after logrotate moved it. Others: nothing. */
int log_reopen(void);
void log_close(void);

/*
 * From now on lines that come again are counted instead of written (repeats.h), except at level
 * debug. @due says when log_tell_repeats() is due, by clock_now_ms(). NULL: no longer, and what is
 * counted is told at once. log_close() does that too.
 */
typedef void (*log_due_fn)(void *ctx, uint64_t due_ms);
void log_count_repeats(log_due_fn due, void *ctx);
void log_tell_repeats(void);

/* Hands over every line of every level, also those that the sink leaves out. NULL: no longer. */
typedef void (*log_tap_fn)(void *ctx, enum log_level level, const char *line);
void log_set_tap(log_tap_fn tap, void *ctx);

void log_at(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...)   log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_at(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)  log_at(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)    log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)

/*
 * Bounds lines that a remote or the kernel can repeat: at most @burst in @interval_ms. When a new
 * interval begins after a suppression, one `suppressed N` line is logged first. Zero state: fresh.
 */
struct log_limit {
	unsigned burst;
	uint64_t interval_ms;
	uint64_t started_ms;
	unsigned logged;
	unsigned suppressed;
};
bool log_allowed(struct log_limit *limit, uint64_t now_ms, const char *what);

#endif
