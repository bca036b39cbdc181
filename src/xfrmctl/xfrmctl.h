/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_H
#define XFRMCTL_H

#include <stdbool.h>

#include "xfrmd/buf.h"
#include "xfrmd/ctl_proto.h"

/* The exit status of every command. */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1, /* or unhealthy */
	EXIT_USAGE = 2,
	EXIT_UNREACHABLE = 3,
};

struct options {
	const char *run_dir;
	bool json;
	bool coloured;
	const char *argument; /* the one behind the command; NULL: none */
};

/* One per command; each returns the exit status and has said on stderr what failed. */
int cmd_status(const struct options *options);
int cmd_list(const struct options *options);
int cmd_peers(const struct options *options);
int cmd_metrics(const struct options *options);
int cmd_check(const struct options *options);
int cmd_reload(const struct options *options);
int cmd_shutdown(const struct options *options);
int cmd_flush(const struct options *options);
int cmd_retry(const struct options *options);
int cmd_readiness(const struct options *options);
int cmd_doctor(const struct options *options);

/* `xfrmctl: ` and the sentence, on stderr. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Questions that the daemon answers from memory. */
#define QUESTION_TIMEOUT_MS 10000
/* EXIT_OK and the daemon's answer, which the caller frees; else what failed is in @err. */
int ask_daemon(const struct options *options, enum ctl_command command, unsigned timeout_ms,
               char **ret_text, size_t *ret_len, struct err *err);

/* The same for a command that needs more than its name. */
int ask_daemon_for(const struct options *options, const struct ctl_ask *ask, unsigned timeout_ms,
                   char **ret_text, size_t *ret_len, struct err *err);

/* Write to stdout; EXIT_OK or EXIT_FAILED. print_json() ends the line; NULL: out of memory. */
int print_buf(const struct buf *out);
int print_json(const char *json);

#endif
