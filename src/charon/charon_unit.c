/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/charon_unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"

/*
 * Hands jobs for one unit to systemd, by the plain command: its library would bring half of systemd
 * into this process. A command that hangs is killed; no child is ever left behind.
 */

static int spawn(char **arguments, pid_t *ret_pid)
{
	posix_spawnattr_t attributes;
	sigset_t none;
	int error;

	sigemptyset(&none);
	error = posix_spawnattr_init(&attributes);
	if (error)
		return -error;
	error = posix_spawnattr_setsigmask(&attributes, &none);
	if (!error)
		error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	if (!error)
		error = posix_spawnp(ret_pid, arguments[0], NULL, &attributes, arguments, environ);
	posix_spawnattr_destroy(&attributes);
	return -error;
}

/* The exit status of a child, or negative errno: -ETIMEDOUT when it had to be killed after so long. */
static int wait_for(pid_t pid, int timeout_ms)
{
	_cleanup_(cleanup_fd) int pidfd = pidfd_open(pid, 0);
	struct pollfd watched = {.fd = pidfd, .events = POLLIN};
	int ready = 0, status;

	if (pidfd >= 0)
		while ((ready = poll(&watched, 1, timeout_ms)) < 0 && errno == EINTR)
			;
	if (ready <= 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ETIMEDOUT;
}

static int begin(const char *verb, const char *unit, pid_t *ret_pid)
{
	char program[] = "systemctl", option[] = "--no-block", verb_copy[16], unit_copy[256];
	char *arguments[] = {program, option, verb_copy, unit_copy, NULL};

	snprintf(verb_copy, sizeof(verb_copy), "%s", verb);
	snprintf(unit_copy, sizeof(unit_copy), "%s", unit);
	return spawn(arguments, ret_pid);
}

/* @status: an exit status, or negative errno. */
static int judge(const char *verb, const char *unit, int status, struct err *err)
{
	if (status < 0)
		return err_set(err, status, "charon: systemctl %s %s: %s", verb, unit,
		               strerror(-status));
	if (status)
		return err_set(err, -EIO, "charon: systemctl %s %s: exit status %d", verb, unit,
		               status);
	return 0;
}

int charon_unit_command(const char *verb, const char *unit, struct err *err)
{
	pid_t pid;
	int status = begin(verb, unit, &pid);

	return judge(verb, unit, status ? status : wait_for(pid, CHARON_UNIT_COMMAND_MS), err);
}

struct charon_unit_job {
	char *unit;
	pid_t pid;
	int pidfd;
	struct loop_fd *watch;
	struct loop_timer *timer;
	charon_unit_fn done;
	void *ctx;
};

void charon_unit_job_free(struct charon_unit_job *job)
{
	if (!job)
		return;
	loop_fd_free(job->watch);
	loop_timer_free(job->timer);
	if (job->pid)
		wait_for(job->pid, 0);
	if (job->pidfd >= 0)
		close(job->pidfd);
	free(job->unit);
	free(job);
}

/* It has ended, or its time is over. */
static void finish(struct charon_unit_job *job)
{
	struct err err = {0};

	(void)judge("start", job->unit, wait_for(job->pid, 0), &err);
	job->pid = 0;
	job->done(job->ctx, &err);
	charon_unit_job_free(job);
}

static void on_ended(void *ctx, unsigned ready)
{
	(void)ready;
	finish(ctx);
}

static void on_late(void *ctx)
{
	finish(ctx);
}

static int set_up(struct loop *loop, struct charon_unit_job *job)
{
	int error = job->unit ? loop_timer_new(loop, on_late, job, &job->timer) : -ENOMEM;

	if (!error)
		error = begin("start", job->unit, &job->pid);
	if (error)
		return error;
	job->pidfd = pidfd_open(job->pid, 0);
	if (job->pidfd < 0)
		return -errno;
	loop_timer_start(job->timer, CHARON_UNIT_COMMAND_MS);
	return loop_fd_new(loop, job->pidfd, LOOP_READ, on_ended, job, &job->watch);
}

int charon_unit_begin_start(struct loop *loop, const char *unit, charon_unit_fn done, void *ctx,
                            struct charon_unit_job **ret_job, struct err *err)
{
	struct charon_unit_job *job = calloc(1, sizeof(*job));
	int error;

	if (!job)
		return judge("start", unit, -ENOMEM, err);
	*job = (struct charon_unit_job){
		.unit = strdup(unit), .pidfd = -1, .done = done, .ctx = ctx};
	error = set_up(loop, job);
	if (error) {
		charon_unit_job_free(job);
		return judge("start", unit, error, err);
	}
	*ret_job = job;
	return 0;
}

bool charon_unit_in_cgroup(const char *unit, const char *cgroup)
{
	size_t unit_len = strlen(unit), len;
	const char *line;

	for (line = cgroup; *line; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		if (len > unit_len && line[len - unit_len - 1] == '/' &&
		    memcmp(line + len - unit_len, unit, unit_len) == 0)
			return true;
	}
	return false;
}

bool charon_unit_has(const char *unit, pid_t pid)
{
	_cleanup_(cleanup_free) char *text = NULL;
	char path[64];
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	return file_read(path, 8192, &text, &len, NULL) == 0 && charon_unit_in_cgroup(unit, text);
}
