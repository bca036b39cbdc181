/* SPDX-License-Identifier: MIT */
/* An xfrmd from its log to its end. */
#include "xfrmd/xfrmd/service.h"

#include <fcntl.h>
#include <libgen.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/privileges.h"
#include "xfrmd/xfrmd/daemon.h"
#include "xfrmd/xfrmd/lockdown.h"
#include "xfrmd/xfrmd/log_sink.h"
#include "xfrmd/xfrmd/readiness.h"

/* What went wrong with the log goes there as well. */
static bool uses_stderr(const struct daemon *daemon)
{
	return daemon->settings.conf.log_target == LOG_TARGET_STDERR || *daemon->log_problem.text;
}

static void detach_stdio(const struct daemon *daemon)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!uses_stderr(daemon))
		dup2(null, STDERR_FILENO);
	close(null);
}

/* Whether who reads stderr reads the log too: a unit's stderr goes to the journal. */
static bool logs_to_stderr(const struct daemon *daemon)
{
	return uses_stderr(daemon) ||
	       (daemon->settings.conf.log_target != LOG_TARGET_FILE && getenv("JOURNAL_STREAM"));
}

static void report(const struct daemon *daemon, const char *what, const struct err *err)
{
	log_error("%s: %s", what, err->text);
	if (!logs_to_stderr(daemon))
		fprintf(stderr, "xfrmd: %s\n", err->text);
}

static bool is_others(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_uid != geteuid();
}

/* SIGHUP opens it anew. */
static bool logs_to_others(const struct conf *conf)
{
	_cleanup_(cleanup_free) char *copy = conf->log_path ? strdup(conf->log_path) : NULL;

	return conf->log_target == LOG_TARGET_FILE && copy &&
	       (is_others(conf->log_path) || is_others(dirname(copy)));
}

/* What charon has, so that we may look into it; what echoes need, since the sandbox forbids to give up
 * anything; and to name the process that holds a port, and to read what others have written. */
static void give_up_privileges(const struct daemon *daemon)
{
	uint64_t keep = PRIVILEGE(CAP_NET_ADMIN) | PRIVILEGE(CAP_NET_BIND_SERVICE) |
	                PRIVILEGE(CAP_DAC_READ_SEARCH) | PRIVILEGE(CAP_SYS_PTRACE) |
	                PRIVILEGE(CAP_NET_RAW);
	int error;

	if (logs_to_others(&daemon->settings.conf))
		keep |= PRIVILEGE(CAP_DAC_OVERRIDE);
	error = privileges_limit(keep);
	if (!error)
		error = privileges_hide_memory();
	if (error)
		log_warning("start: privileges cannot be given up: %s", strerror(-error));
}

bool service_run(struct daemon *daemon, bool background)
{
	const struct problems *notes = &daemon->settings.conf.notes;
	struct err err = {0};
	bool ok;

	log_sink_begin(daemon);
	for (size_t i = 0; i < notes->count; i++)
		log_warning("%s", notes->items[i]);
	if (daemon_open(daemon, &err) < 0) {
		report(daemon, "start", &err);
		return false;
	}
	if (background)
		detach_stdio(daemon);
	privileges_go_first(true);
	give_up_privileges(daemon);
	ok = loop_run(daemon->loop) == 0 && !readiness_failed(daemon);
	daemon_close(daemon);
	return ok;
}

/* Likewise with a file that others can write, since they could as well make it one that is refused. */
bool service_lock_down(struct daemon *daemon)
{
	struct conf *conf = &daemon->settings.conf;
	struct err err = {0};

	/* where the log goes may be what somebody else wants to write to */
	if (conf->distrust.count)
		conf->log_target = LOG_TARGET_STDERR;
	log_sink_begin(daemon);
	for (size_t i = 0; i < conf->distrust.count; i++)
		log_warning("lockdown: goes on although %s", conf->distrust.items[i]);
	if (lockdown_run(conf, daemon->run_dir, &err) == 0)
		return true;
	report(daemon, "lockdown", &err);
	return false;
}
