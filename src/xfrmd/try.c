/* SPDX-License-Identifier: MIT */
/*
 * `xfrmctl try`: a configuration that goes again unless somebody confirms it. The timer is the
 * daemon's, since the operator may have cut his own way in. The former configuration and its
 * certificates stay in memory meanwhile, so that going back reads nothing and cannot be refused.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"

struct
try {
	struct loop_timer *timer;
	uint64_t end_ms;
	bool copied;
	bool flushed; /* before: nothing was installed */
	struct setting former;
};

/* NULL: out of memory. */
static char *run_path(const struct daemon *daemon, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", daemon->run_dir, name) < 0 ? NULL : path;
}

static void __attribute__((format(printf, 2, 3))) say(struct strlist *list, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)strlist_add(list, text);
}

static void log_lists(const struct strlist *changes, const struct strlist *errors)
{
	for (size_t i = 0; i < changes->count; i++)
		log_notice("try: %s", changes->items[i]);
	for (size_t i = 0; i < errors->count; i++)
		log_error("try: %s", errors->items[i]);
}

static void forget(struct daemon *daemon, bool confirmed)
{
	_cleanup_(cleanup_free) char *path = run_path(daemon, CTL_TRY_FILE);
	struct try *try = daemon->try;

	/* who confirms puts it into its place */
	if (try->copied && !confirmed && path)
		unlink(path);
	loop_timer_free(try->timer);
	setting_fini(&try->former);
	free(try);
	daemon->try = NULL;
}

static void go_back(struct daemon *daemon, struct strlist *changes, struct strlist *errors)
{
	struct try *try = daemon->try;
	struct err err;

	if (daemon_open_log(daemon, &try->former.conf, &err) < 0)
		say(errors, "%s", err.text);
	say(changes, "the former configuration is in force again");
	daemon->flushed |= try->flushed;
	settings_swap(daemon, &try->former, changes, errors);
	if (!try->copied)
		say(changes,
		    "%s: still holds what was tried, expected to be put right before the "
		    "next reload or start",
		    daemon->conf_path);
	forget(daemon, false);
}

static void on_timeout(void *ctx)
{
	struct strlist changes = {0}, errors = {0};

	log_warning("try: nobody confirmed it in time");
	go_back(ctx, &changes, &errors);
	log_lists(&changes, &errors);
	strlist_fini(&changes);
	strlist_fini(&errors);
}

/* Only from here on is what a second try would copy another file. */
static int take_copy(const struct daemon *daemon, struct strlist *errors, char **ret_path)
{
	_cleanup_(cleanup_free) char *new = run_path(daemon, CTL_TRY_NEW);
	_cleanup_(cleanup_free) char *path = run_path(daemon, CTL_TRY_FILE);

	if (!new || !path) {
		say(errors, "out of memory");
		return -ENOMEM;
	}
	if (rename(new, path) < 0) {
		say(errors, "%s: cannot rename: %s", new, strerror(errno));
		return -EINVAL;
	}
	*ret_path = steal_ptr(path);
	return 0;
}

static int load(struct daemon *daemon, bool copied, struct setting *ret_setting,
                struct strlist *errors)
{
	_cleanup_(cleanup_free) char *path = NULL;
	int error = copied ? take_copy(daemon, errors, &path) : 0;

	if (error)
		return error;
	return reload_read(daemon, copied ? path : daemon->conf_path, ret_setting, errors);
}

static bool refused(const struct daemon *daemon, struct strlist *errors)
{
	if (daemon->try)
		say(errors, "a try is under way, expected `xfrmctl try --confirm` or `xfrmctl try "
		            "--back` first");
	else if (daemon->shutdown)
		say(errors, "a shutdown is under way");
	return daemon->try || daemon->shutdown;
}

void try_begin(struct daemon *daemon, uint32_t timeout_s, bool copied, struct strlist *changes,
               struct strlist *errors)
{
	struct try *try;

	if (refused(daemon, errors))
		return;
	try = calloc(1, sizeof(*try));
	if (!try || loop_timer_new(daemon->loop, on_timeout, daemon, &try->timer) < 0) {
		say(errors, "out of memory");
		free(try);
		return;
	}
	daemon->try = try;
	try->copied = copied;
	if (load(daemon, copied, &try->former, errors) < 0) {
		log_lists(changes, errors);
		forget(daemon, false);
		return;
	}
	try->flushed = daemon->flushed;
	try->end_ms = clock_now_ms() + (uint64_t)timeout_s * 1000;
	loop_timer_start_at(try->timer, try->end_ms);
	log_notice("try: another configuration for %u s, asked for by xfrmctl", timeout_s);
	daemon->flushed = false;
	settings_swap(daemon, &try->former, changes, errors);
	log_lists(changes, errors);
}

static bool is_trying(const struct daemon *daemon, struct strlist *errors)
{
	if (!daemon->try)
		say(errors, "nothing is being tried");
	return daemon->try;
}

void try_confirm(struct daemon *daemon, struct strlist *changes, struct strlist *errors)
{
	if (!is_trying(daemon, errors))
		return;
	forget(daemon, true);
	say(changes, "what was tried stays in force");
	log_lists(changes, errors);
}

void try_back(struct daemon *daemon, struct strlist *changes, struct strlist *errors)
{
	if (!is_trying(daemon, errors))
		return;
	go_back(daemon, changes, errors);
	log_lists(changes, errors);
}

void try_status(const struct daemon *daemon, struct ctl_status *status)
{
	const struct try *try = daemon->try;

	if (!try)
		return;
	status->trying = true;
	status->try_copied = try->copied;
	status->try_ends = clock_epoch_of(try->end_ms + 999);
}

void try_close(struct daemon *daemon)
{
	if (!daemon->try)
		return;
	log_warning("try: ends with xfrmd, the configuration file counts from the next start on");
	forget(daemon, false);
}
