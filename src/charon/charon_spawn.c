/* SPDX-License-Identifier: MIT */
/*
 * The birth of charon. A SIGKILL may hit us at any moment, so the child waits until its pid is on
 * record before it becomes charon; posix_spawn() knows no such pause.
 */
#include "xfrmd/charon/charon_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/privileges.h"

#define EXIT_GATE_CLOSED 1
#define EXIT_NOT_RUN     127 /* as of a shell */

#define CHARON_PRIVILEGES (PRIVILEGE(CAP_NET_ADMIN) | PRIVILEGE(CAP_NET_BIND_SERVICE))

static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* All files are closed but @kept (-1: none), which becomes the first behind the three standard ones. */
static bool keep_only(int kept)
{
	const int place = 3;

	if (kept < 0)
		closefrom(0);
	else if (kept == place ? fcntl(kept, F_SETFD, 0) < 0 : dup2(kept, place) < 0)
		return false;
	else
		closefrom(place + 1);
	for (int fd = 0; fd < place; fd++)
		close(fd);
	return true;
}

/* Only what is safe between fork and exec. */
static void __attribute__((noreturn))
become(char *binary, const char *log_path, char *config, int kept, int gate)
{
	/* dates in its log lines are read by us */
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", zone[] = "TZ=UTC0";
	char byte;

	if (read(gate, &byte, 1) != 1)
		_exit(EXIT_GATE_CLOSED);
	setsid();
	/* the log for reading as well: without any reader a write would fail, or kill */
	if (keep_only(kept) && open("/dev/null", O_RDONLY) == 0 &&
	    open(log_path, O_RDWR | O_NONBLOCK | O_NOFOLLOW) == 1 && dup(1) == 2) {
		reset_signals();
		privileges_go_first(false);
		if (privileges_limit(CHARON_PRIVILEGES) < 0)
			_exit(EXIT_NOT_RUN);
		execve(binary, (char *[]){binary, NULL}, (char *[]){path, zone, config, NULL});
	}
	_exit(EXIT_NOT_RUN);
}

int charon_spawn(char *binary, const char *config_path, const char *log_path, int kept,
                 pid_t *ret_pid, int *ret_gate)
{
	_cleanup_(cleanup_free) char *config = NULL;
	sigset_t all, before;
	int ends[2];
	pid_t pid;

	if (access(binary, X_OK) < 0)
		return -errno;
	if (asprintf(&config, "STRONGSWAN_CONF=%s", config_path) < 0) {
		config = NULL;
		return -ENOMEM;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	/* our handlers must not run in the child: they write to pipes that it shares with us */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		become(binary, log_path, config, kept, ends[0]);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(ends[0]);
	if (pid < 0) {
		close(ends[1]);
		return -EAGAIN;
	}
	*ret_pid = pid;
	*ret_gate = ends[1];
	return 0;
}

int charon_spawn_go(int gate)
{
	return write(gate, "", 1) == 1 ? 0 : -errno;
}
