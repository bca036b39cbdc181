/* SPDX-License-Identifier: MIT */
/* Options, the checks before anything is touched, and going to the background. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build_config.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/version.h"
#include "xfrmd/conf/conf_ini.h"
#include "xfrmd/xfrmd/service.h"

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
			printf("xfrmd %s\n", version_text);
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
static int load(const struct options *options, struct settings *settings)
{
	const char *path = options->conf_path;
	struct problems problems = {0};
	int error;

	if (options->lockdown)
		error = conf_ini_load(path, &settings->conf, &problems);
	else
		error = settings_load(path, clock_now_epoch(), settings, &problems);
	/* the start does without, or finds out */
	if (options->check && settings_check_log(path, &settings->conf, &problems) < 0 && !error)
		error = -EINVAL;
	if (options->check && settings_check_charon(path, &settings->conf, &problems) < 0 && !error)
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

int main(int argc, char **argv)
{
	struct options options = {.conf_path = XFRMD_CONF_FILE, .run_dir = XFRMD_RUN_DIR};
	struct daemon daemon = {.ready_fd = -1};
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
	daemon.conf_path = options.conf_path;
	daemon.run_dir = options.run_dir;
	status = load(&options, &daemon.settings) ? EXIT_FAILED : EXIT_OK;
	if (!status && options.check) {
		for (size_t i = 0; i < daemon.settings.conf.notes.count; i++)
			printf("note: %s\n", daemon.settings.conf.notes.items[i]);
		printf("%s: ok\n", options.conf_path);
	} else if (!status && options.lockdown) {
		status = service_lock_down(&daemon) ? EXIT_OK : EXIT_FAILED;
	} else if (!status) {
		signal(SIGPIPE, SIG_IGN);
		if (!options.foreground)
			daemon.ready_fd = go_to_background();
		status = service_run(&daemon, !options.foreground) ? EXIT_OK : EXIT_FAILED;
	}
	settings_fini(&daemon.settings);
	log_close();
	return status;
}
