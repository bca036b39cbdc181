/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_H
#define XFRMCTL_H

#include "output.h"
#include "xfrmd/ctl/ctl_proto.h"
#include "xfrmd/sad/sa.h"

/* The exit status of every command. */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1, /* or unhealthy */
	EXIT_USAGE = 2,
	EXIT_UNREACHABLE = 3,
};

struct options {
	const char *run_dir;
	bool help; /* and nothing else */
	bool json;
	bool all;           /* list: each policy; verify, rekey: each peer that is up */
	bool now;           /* shutdown: wait for no job */
	bool confirm, back; /* try: ends it */
	unsigned timeout_s; /* verify, try; 0: the default */
	bool coloured;
	unsigned watch_s;     /* again every so many seconds; 0: once */
	const char *argument; /* the one behind the command; NULL: none */
};

/* One per command; each returns the exit status, and what failed is among the complaints. */
typedef int command_fn(const struct options *options, struct output *output);
command_fn cmd_status, cmd_list, cmd_peers, cmd_explain, cmd_check, cmd_reload, cmd_shutdown,
	cmd_try, cmd_verify, cmd_flush, cmd_rekey, cmd_retry, cmd_readiness, cmd_doctor,
	cmd_metrics, cmd_monitor;

/* Runs the command again and again, on a terminal on the same screen. A daemon that is away is
 * waited for. Returns only when the command line is wrong or nothing can be written. */
int watch(const struct options *options, const char *name, command_fn *run);

/* Questions that the daemon answers from memory. */
#define QUESTION_TIMEOUT_MS 10000
/* EXIT_OK and the daemon's answer, which the caller frees; else what failed is in @err. */
int ask_daemon(const struct options *options, enum ctl_command command, char **ret_text,
               size_t *ret_len, struct err *err);
/* The same for a command that needs more than its name, or more time. */
int ask_daemon_for(const struct options *options, const struct ctl_ask *ask, unsigned timeout_ms,
                   char **ret_text, size_t *ret_len, struct err *err);
/* EXIT_OK: the daemon has begun what it does for the peers at @address (of no family: for all); else why
 * not is in @err. */
int ask_to_begin(const struct options *options, enum ctl_command command,
                 const struct addr *address, struct err *err);
/* EXIT_OK and the status, which the caller finis, and its document for who wants it (else NULL), which the caller frees; else what failed is in @err. */
int ask_status(const struct options *options, struct ctl_status *ret_status, char **ret_text,
               struct err *err);
/* EXIT_OK and all peers, which the caller finis; else what failed is in @err. */
int ask_peers(const struct options *options, struct ctl_peers *ret_peers, struct err *err);
/* The kernel's policies, ours and others'; the caller finis. 0, or negative errno and @err. */
int ask_kernel(struct policy_list *ret_have, struct err *err);
/* Its SAs likewise; the caller frees. */
int ask_kernel_sas(struct sa **ret_sas, size_t *ret_count, struct err *err);
/* The kernel's policies beside those that the daemon desires, which may be away; a remark about
 * that is no failure. The caller finis *ret_rows. EXIT_OK or EXIT_FAILED. */
int ask_policies(const struct options *options, struct policy_rows *ret_rows, bool *ret_drift_known,
                 struct output *output);

/* Makes the daemon do something, and puts what it did, or why not, into @output. EXIT_OK, or why
 * not. */
int control(const struct options *options, const struct ctl_ask *ask, unsigned timeout_ms,
            struct output *output);
/* Changing some 30,000 policies may take the kernel a minute. */
#define CHANGE_TIMEOUT_MS (5 * 60 * 1000)

#endif
