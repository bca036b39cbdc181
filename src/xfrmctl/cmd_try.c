/* SPDX-License-Identifier: MIT */
/*
 * `xfrmctl try`: the daemon tries and goes back by its own timer, whether or not anybody is still
 * connected. Here the file is brought to it, as a copy in its run directory that nobody edits
 * meanwhile; on a terminal, Enter confirms and Ctrl-C goes back.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "put_in_place.h"
#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/run_dir.h"
#include "xfrmd/conf/conf_ini.h"
#include "xfrmd/conf/settings.h"

#define TRY_DEFAULT_S 60
#define ASK_EVERY_MS  500

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* So that the reasons name the operator's file, and not the copy. */
static bool is_valid(const char *file, struct output *output)
{
	_cleanup_(problems_fini) struct problems problems = {0};
	_cleanup_(settings_fini) struct settings settings = {0};
	int error = settings_load(file, clock_now_epoch(), &settings, &problems);

	for (size_t i = 0; i < problems.count; i++)
		output_complain(output, 0, "%s", problems.items[i]);
	if (error && !problems.count)
		output_complain(output, 0, "%s: %s", file, strerror(-error));
	return !error;
}

/* @path NULL: out of memory. */
static int copy(const struct options *options, const char *path, struct output *output)
{
	_cleanup_(cleanup_free) char *text = NULL;
	struct err err = {0};
	size_t len;
	int error;

	if (!is_valid(options->argument, output))
		return EXIT_FAILED;
	error = path ? file_read(options->argument, CONF_FILE_MAX, &text, &len, &err)
	             : err_set(&err, -ENOMEM, "out of memory");
	if (!error)
		error = file_write_atomic(path, 0600, text, len, &err);
	if (error)
		output_complain(output, 0, "try: %s", err.text);
	return error ? EXIT_FAILED : EXIT_OK;
}

/* What is confirmed must be what stays, also after the next reload. */
static int replace_file(const struct options *options, const struct ctl_status *status,
                        struct output *output)
{
	_cleanup_(cleanup_free) char *tried = run_dir_file(options->run_dir, CTL_TRY_FILE);
	struct err err = {0};

	if (!status->config_file)
		err_set(&err, 0, "the configuration file of xfrmd is gone");
	else if (!tried)
		err_set(&err, 0, "out of memory");
	else if (put_in_place(tried, status->config_file, &err) == 0) {
		if (!options->json)
			buf_printf(&output->text, "%s: replaced, the old one is %s%s\n",
			           status->config_file, status->config_file, PUT_IN_PLACE_OLD);
		return EXIT_OK;
	}
	return output_complain(
		output, EXIT_FAILED,
		"try: %s; put %s there yourself, or the next reload or start goes back", err.text,
		tried ? tried : CTL_TRY_FILE);
}

/* EXIT_OK and the status, which the caller finis; else it has been complained. */
static int ask(const struct options *options, struct ctl_status *ret_status, struct output *output)
{
	struct err err = {0};
	int ret = ask_status(options, ret_status, NULL, &err);

	return ret == EXIT_OK ? ret : output_complain(output, ret, "try: %s", err.text);
}

static int confirm(const struct options *options, struct output *output)
{
	_cleanup_(ctl_status_fini) struct ctl_status status = {0};
	int ret = ask(options, &status, output);

	if (ret != EXIT_OK)
		return ret;
	ret = control(options, &(struct ctl_ask){.command = CTL_COMMAND_CONFIRM}, CHANGE_TIMEOUT_MS,
	              output);
	if (ret == EXIT_OK && status.try_copied)
		ret = replace_file(options, &status, output);
	return ret;
}

static int back(const struct options *options, struct output *output)
{
	return control(options, &(struct ctl_ask){.command = CTL_COMMAND_BACK}, CHANGE_TIMEOUT_MS,
	               output);
}

/* What is said before the wait must be seen during it. */
static void show(struct output *output)
{
	output_write(output);
	output_fini(output);
}

/* 1: Enter; 0: nothing; -1: the terminal is gone. */
static int read_key(void)
{
	struct pollfd terminal = {.fd = STDIN_FILENO, .events = POLLIN};
	char text[256];
	ssize_t len;

	if (poll(&terminal, 1, ASK_EVERY_MS) <= 0)
		return 0;
	len = read(STDIN_FILENO, text, sizeof(text));
	if (len < 0 && errno == EINTR)
		return 0;
	return len > 0 ? 1 : -1;
}

/* Somebody else, or the time, ended the try whose configuration has this @hash. */
static int tell_end(const struct ctl_status *status, const char *hash, struct output *output)
{
	if (strcmp(status->config_hash, hash) == 0) {
		buf_str(&output->text, "confirmed by somebody else\n");
		return EXIT_OK;
	}
	return output_complain(output, EXIT_FAILED,
	                       "try: not confirmed, the former configuration is in force again");
}

static int wait_for_end(const struct options *options, const char *hash, struct output *output)
{
	const struct sigaction action = {.sa_handler = on_interrupt};

	sigaction(SIGINT, &action, NULL);
	for (;;) {
		_cleanup_(ctl_status_fini) struct ctl_status status = {0};
		int key = read_key(), ret;

		if (interrupted)
			return back(options, output) == EXIT_UNREACHABLE ? EXIT_UNREACHABLE
			                                                 : EXIT_FAILED;
		if (key < 0)
			return EXIT_FAILED;
		if (key > 0)
			return confirm(options, output);
		ret = ask(options, &status, output);
		if (ret != EXIT_OK)
			return ret;
		if (!status.trying)
			return tell_end(&status, hash, output);
	}
}

static int begin(const struct options *options, struct output *output)
{
	const struct ctl_ask question = {.command = CTL_COMMAND_TRY,
	                                 .timeout_s = options->timeout_s ? options->timeout_s
	                                                                 : TRY_DEFAULT_S,
	                                 .copied = options->argument != NULL};
	_cleanup_(cleanup_free) char *new = run_dir_file(options->run_dir, CTL_TRY_NEW);
	_cleanup_(ctl_status_fini) struct ctl_status status = {0};
	int ret = options->argument ? copy(options, new, output) : EXIT_OK;

	if (ret == EXIT_OK)
		ret = control(options, &question, CHANGE_TIMEOUT_MS, output);
	if (ret != EXIT_OK && new)
		unlink(new);
	if (ret != EXIT_OK || options->json)
		return ret;
	ret = ask(options, &status, output);
	if (ret != EXIT_OK)
		return ret;
	buf_printf(&output->text, "going back in %u s unless `xfrmctl try --confirm`%s\n",
	           question.timeout_s,
	           isatty(STDIN_FILENO) ? "; here Enter confirms, Ctrl-C goes back" : "");
	if (!isatty(STDIN_FILENO))
		return EXIT_OK;
	show(output);
	return wait_for_end(options, status.config_hash, output);
}

int cmd_try(const struct options *options, struct output *output)
{
	if (options->confirm + options->back + (options->argument != NULL) > 1 ||
	    ((options->confirm || options->back) && options->timeout_s))
		return output_complain(output, EXIT_USAGE,
		                       "try: expected --confirm, --back, or [FILE] and --timeout");
	if (options->confirm)
		return confirm(options, output);
	return options->back ? back(options, output) : begin(options, output);
}
