/* SPDX-License-Identifier: MIT */
/*
 * `xfrmctl try`: a configuration that goes again unless somebody confirms it. The timer is the
 * daemon's, since the operator may have cut his own way in. The former configuration and its
 * certificates stay in memory meanwhile, so that going back reads nothing and cannot be refused.
 */
#include "xfrmd/xfrmd/try.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/run_dir.h"
#include "xfrmd/xfrmd/log_sink.h"
#include "xfrmd/xfrmd/policies.h"
#include "xfrmd/xfrmd/settings_swap.h"
#include "xfrmd/xfrmd/shutdown.h"

struct trying {
	struct loop_timer *timer;
	bool under_way;
	uint64_t end_ms;
	bool copied;
	bool flushed; /* before: nothing was installed */
	struct settings former;
};

static void forget(struct daemon *daemon, bool confirmed)
{
	_cleanup_(cleanup_free) char *path = run_dir_file(daemon->run_dir, CTL_TRY_FILE);
	struct trying *try = daemon->parts.trying;

	/* who confirms puts it into its place */
	if (try->copied && !confirmed && path)
		unlink(path);
	loop_timer_stop(try->timer);
	settings_fini(&try->former);
	try->under_way = false;
}

static void go_back(struct daemon *daemon, struct strlist *changes, struct strlist *errors)
{
	struct trying *try = daemon->parts.trying;

	strlist_addf(changes, "the former configuration is in force again");
	if (try->flushed)
		policies_set_flushed(daemon, true);
	settings_swap(daemon, &try->former, changes, errors);
	/* this cannot be refused */
	log_sink_begin(daemon);
	if (*daemon->log_problem.text)
		strlist_addf(errors, "%s, it goes to stderr", daemon->log_problem.text);
	if (!try->copied)
		strlist_addf(changes,
		             "%s: still holds what was tried, expected to be put right before the "
		             "next reload or start",
		             daemon->conf_path);
	forget(daemon, false);
}

static void on_timeout(void *ctx)
{
	_cleanup_(strlist_fini) struct strlist changes = {0}, errors = {0};

	log_warning("try: nobody confirmed it in time");
	go_back(ctx, &changes, &errors);
	settings_log("try", &changes, &errors);
}

/* The caller frees; NULL: it failed. Only from here on is what a second try would copy another file. */
static char *take_copy(const struct daemon *daemon, struct strlist *errors)
{
	_cleanup_(cleanup_free) char *new = run_dir_file(daemon->run_dir, CTL_TRY_NEW);
	_cleanup_(cleanup_free) char *path = run_dir_file(daemon->run_dir, CTL_TRY_FILE);

	if (!new || !path)
		strlist_addf(errors, "out of memory");
	else if (rename(new, path) < 0)
		strlist_addf(errors, "%s: cannot rename: %s", new, strerror(errno));
	else
		return steal_ptr(path);
	return NULL;
}

bool try_refuses(const struct daemon *daemon, const char *why, struct strlist *errors)
{
	if (try_is_under_way(daemon))
		strlist_addf(errors,
		             "%s, expected `xfrmctl try --confirm` or `xfrmctl try --back` first",
		             why);
	else if (shutdown_is_under_way(daemon))
		strlist_addf(errors, "a shutdown is under way");
	return errors->count;
}

bool try_is_under_way(const struct daemon *daemon)
{
	return daemon->parts.trying->under_way;
}

void try_begin(struct daemon *daemon, uint32_t timeout_s, bool copied, struct strlist *changes,
               struct strlist *errors)
{
	_cleanup_(cleanup_free) char *copy = NULL;
	struct trying *try = daemon->parts.trying;
	const char *path;

	if (try_refuses(daemon, "a try is under way", errors))
		return;
	try->under_way = true;
	try->copied = copied;
	if (copied)
		copy = take_copy(daemon, errors);
	path = copied ? copy : daemon->conf_path;
	if (!path || settings_read(daemon, path, &try->former, errors) < 0 ||
	    settings_open_log(daemon, &try->former, errors) < 0) {
		settings_log("try", changes, errors);
		forget(daemon, false);
		return;
	}
	try->flushed = policies_flushed(daemon);
	try->end_ms = clock_now_ms() + (uint64_t)timeout_s * 1000;
	loop_timer_start_at(try->timer, try->end_ms);
	log_notice("try: another configuration for %u s, asked for by xfrmctl", timeout_s);
	policies_set_flushed(daemon, false);
	settings_swap(daemon, &try->former, changes, errors);
	settings_log("try", changes, errors);
}

static bool is_trying(const struct daemon *daemon, struct strlist *errors)
{
	if (!try_is_under_way(daemon))
		strlist_addf(errors, "nothing is being tried");
	return try_is_under_way(daemon);
}

void try_confirm(struct daemon *daemon, struct strlist *changes, struct strlist *errors)
{
	if (!is_trying(daemon, errors))
		return;
	forget(daemon, true);
	strlist_addf(changes, "what was tried stays in force");
	settings_log("try", changes, errors);
}

void try_back(struct daemon *daemon, struct strlist *changes, struct strlist *errors)
{
	if (!is_trying(daemon, errors))
		return;
	go_back(daemon, changes, errors);
	settings_log("try", changes, errors);
}

void try_status(const struct daemon *daemon, struct ctl_status *status)
{
	const struct trying *try = daemon->parts.trying;

	if (!try->under_way)
		return;
	status->trying = true;
	status->try_copied = try->copied;
	status->try_ends = clock_epoch_of(try->end_ms + 999);
}

static void close_part(struct daemon *daemon)
{
	if (!try_is_under_way(daemon))
		return;
	log_warning("try: ends with xfrmd, the configuration file counts from the next start on");
	forget(daemon, false);
}

const struct part try_part = {PART(trying), .close = close_part,
                              .timers = {{on_timeout, offsetof(struct trying, timer)}}};
