/* SPDX-License-Identifier: MIT */
/* Options, the checks before anything is touched, and going to the background. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build_config.h"
#include "daemon.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/privileges.h"
#include "xfrmd/conf/conf_ini.h"
#include "xfrmd/conf/settings.h"

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

struct options {
	const char *conf_path;
	const char *run_dir;
	bool foreground;
	bool check;
	bool lockdown;
};

static void print_help(void)
{
	printf("Usage: xfrmd [OPTION]...\n"
	       "Owns the kernel's IPsec policies and lets charon negotiate with protected peers.\n\n"
	       "  --config FILE   configuration (default %s)\n"
	       "  --run-dir DIR   pid file, sockets, charon's files (default %s)\n"
	       "  --foreground    do not go to the background\n"
	       "  --check         check the configuration and its certificates, then exit\n"
	       "  --lockdown      block what is protected until xfrmd runs, then exit\n"
	       "  --help          this text\n"
	       "  --version       the version\n\n"
	       "SIGHUP reloads. SIGTERM ends xfrmd and not the protection: policies, SAs and\n"
	       "charon go on; `xfrmctl shutdown` ends them.\n"
	       "Exit status: 0 ok, 1 failed, 2 usage.\n",
	       XFRMD_CONF_FILE, XFRMD_RUN_DIR);
}

/* From here on a list of policies, once freed, is the system's again: with so many of them glibc would
 * keep what was read only to be compared. */
#define LARGE_BYTES (128 * 1024)

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'}, {"run-dir", required_argument, NULL, 'r'},
		{"foreground", no_argument, NULL, 'f'},   {"check", no_argument, NULL, 'k'},
		{"lockdown", no_argument, NULL, 'l'},     {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},      {0}};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->conf_path = optarg;
			break;
		case 'r':
			options->run_dir = optarg;
			break;
		case 'f':
			options->foreground = true;
			break;
		case 'k':
			options->check = true;
			break;
		case 'l':
			options->lockdown = true;
			break;
		case 'h':
			print_help();
			return EXIT_OK;
		case 'v':
			printf("xfrmd %s\n", XFRMD_VERSION);
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	}
	if (options->check && options->lockdown) {
		fprintf(stderr, "xfrmd: --lockdown: given with --check, expected one of them\n");
		return EXIT_USAGE;
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "xfrmd: %s: not an option, expected none\n", argv[optind]);
	return EXIT_USAGE;
}

/* A lockdown does without certificates: at boot the clock may be wrong. */
static int load(const struct options *options, struct daemon *daemon)
{
	const char *path = options->conf_path;
	struct problems problems = {0};
	int error;

	if (options->lockdown)
		error = conf_ini_load(path, &daemon->conf, &problems);
	else
		error = settings_load(path, clock_now_epoch(), &daemon->conf, &daemon->bundle,
		                      &problems);
	/* the start does without */
	if (options->check && settings_check_log(path, &daemon->conf, &problems) < 0 && !error)
		error = -EINVAL;
	for (size_t i = 0; i < problems.count; i++)
		fprintf(stderr, "xfrmd: %s\n", problems.items[i]);
	if (error && !problems.count)
		fprintf(stderr, "xfrmd: %s: %s\n", path, strerror(-error));
	problems_fini(&problems);
	return error;
}

/*
 * Forks; the parent waits until the child is ready or gone, so that `xfrmd` returns when hosts are
 * protected, with the exit status that tells. Returns in the child with the pipe to write to.
 */
static int go_to_background(void)
{
	int ends[2], status;
	pid_t child;
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0 || (child = fork()) < 0) {
		fprintf(stderr, "xfrmd: start: %s\n", strerror(errno));
		exit(EXIT_FAILED);
	}
	if (!child) {
		close(ends[0]);
		setsid();
		return ends[1];
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) == 1)
		_exit(EXIT_OK);
	_exit(waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status)
	                                                               : EXIT_FAILED);
}

/* What went wrong with the log goes there as well. */
static bool uses_stderr(const struct daemon *daemon)
{
	return daemon->conf.log_target == LOG_TARGET_STDERR || *daemon->log_problem.text;
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
	if (uses_stderr(daemon))
		return true;
	switch (daemon->conf.log_target) {
	case LOG_TARGET_STDERR:
		return true;
	case LOG_TARGET_SYSLOG:
	case LOG_TARGET_JOURNAL:
		return getenv("JOURNAL_STREAM") != NULL;
	case LOG_TARGET_FILE:
		return false;
	}
	return false;
}

static void report(const struct daemon *daemon, const char *what, const struct err *err)
{
	log_error("%s: %s", what, err->text);
	if (!logs_to_stderr(daemon))
		fprintf(stderr, "xfrmd: %s\n", err->text);
}

/* Without its log rather than without the protection: nothing may be mounted yet. Likewise with a
 * file that others can write, since they could as well make it one that is refused. */
static int lock_down(struct daemon *daemon)
{
	const struct problems *distrust = &daemon->conf.distrust;
	struct err err = {0};

	/* where the log goes may be what somebody else wants to write to */
	if (distrust->count)
		daemon->conf.log_target = LOG_TARGET_STDERR;
	daemon_begin_log(daemon);
	for (size_t i = 0; i < distrust->count; i++)
		log_warning("lockdown: goes on although %s", distrust->items[i]);
	if (lockdown_run(daemon, &err) == 0)
		return EXIT_OK;
	report(daemon, "lockdown", &err);
	return EXIT_FAILED;
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

/* What charon has, so that we may look into it; and to name the process that holds a port, and to
 * read what others have written. */
static void give_up_privileges(const struct daemon *daemon)
{
	uint64_t keep = PRIVILEGE(CAP_NET_ADMIN) | PRIVILEGE(CAP_NET_BIND_SERVICE) |
	                PRIVILEGE(CAP_DAC_READ_SEARCH) | PRIVILEGE(CAP_SYS_PTRACE);
	int error;

	if (logs_to_others(&daemon->conf))
		keep |= PRIVILEGE(CAP_DAC_OVERRIDE);
	error = privileges_limit(keep);
	if (!error)
		error = privileges_hide_memory();
	if (error)
		log_warning("start: privileges cannot be given up: %s", strerror(-error));
}

static int run(struct daemon *daemon, bool foreground)
{
	struct err err = {0};
	int error;

	daemon_begin_log(daemon);
	for (size_t i = 0; i < daemon->conf.notes.count; i++)
		log_warning("%s", daemon->conf.notes.items[i]);
	error = daemon_open(daemon, &err);
	if (error) {
		report(daemon, "start", &err);
		daemon->exit_status = EXIT_FAILED;
	} else {
		if (!foreground)
			detach_stdio(daemon);
		privileges_go_first(true);
		give_up_privileges(daemon);
		if (loop_run(daemon->loop) < 0)
			daemon->exit_status = EXIT_FAILED;
	}
	return daemon->exit_status;
}

int main(int argc, char **argv)
{
	struct options options = {.conf_path = XFRMD_CONF_FILE, .run_dir = XFRMD_RUN_DIR};
	struct daemon daemon = {.lock_fd = -1, .ready_fd = -1};
	int status;

	status = parse_options(argc, argv, &options);
	if (status >= 0)
		return status;
	if (!options.check && geteuid() != 0) {
		fprintf(stderr, "xfrmd: must be started as root (CAP_NET_ADMIN), is uid %u\n",
		        (unsigned)geteuid());
		return EXIT_FAILED;
	}
	/* all that is created says its mode */
	umask(022);
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	daemon.conf_path = options.conf_path;
	daemon.run_dir = options.run_dir;
	status = load(&options, &daemon) ? EXIT_FAILED : EXIT_OK;
	if (!status && options.check) {
		for (size_t i = 0; i < daemon.conf.notes.count; i++)
			printf("note: %s\n", daemon.conf.notes.items[i]);
		printf("%s: ok\n", options.conf_path);
	} else if (!status && options.lockdown) {
		status = lock_down(&daemon);
	} else if (!status) {
		signal(SIGPIPE, SIG_IGN);
		if (!options.foreground)
			daemon.ready_fd = go_to_background();
		status = run(&daemon, options.foreground);
	}
	daemon_close(&daemon);
	log_close();
	return status;
}
