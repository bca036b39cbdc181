/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon_unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xfrmd/cleanup.h"
#include "xfrmd/file.h"

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

/* The exit status of a child, or negative errno: -ETIMEDOUT when it had to be killed. */
static int wait_for(pid_t pid)
{
	_cleanup_(cleanup_fd) int pidfd = pidfd_open(pid, 0);
	struct pollfd watched = {.fd = pidfd, .events = POLLIN};
	int ready = 0, status;

	if (pidfd >= 0)
		while ((ready = poll(&watched, 1, CHARON_UNIT_COMMAND_MS)) < 0 && errno == EINTR)
			;
	if (ready <= 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ETIMEDOUT;
}

static int command(const char *verb, const char *unit, struct err *err)
{
	char program[] = "systemctl", option[] = "--no-block", verb_copy[16], unit_copy[256];
	char *arguments[] = {program, option, verb_copy, unit_copy, NULL};
	int status;
	pid_t pid;

	snprintf(verb_copy, sizeof(verb_copy), "%s", verb);
	snprintf(unit_copy, sizeof(unit_copy), "%s", unit);
	status = spawn(arguments, &pid);
	if (!status)
		status = wait_for(pid);
	if (status < 0)
		return err_set(err, status, "charon: systemctl %s %s: %s", verb, unit,
		               strerror(-status));
	if (status)
		return err_set(err, -EIO, "charon: systemctl %s %s: exit status %d", verb, unit,
		               status);
	return 0;
}

int charon_unit_start(const char *unit, struct err *err)
{
	return command("start", unit, err);
}

int charon_unit_stop(const char *unit, struct err *err)
{
	return command("stop", unit, err);
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
