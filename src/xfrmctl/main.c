/* SPDX-License-Identifier: MIT */
/* Options and the table of commands, from which help and every usage error derive. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_config.h"
#include "xfrmctl.h"

static const struct command {
	const char *name;
	int (*run)(const struct options *options);
	const char *argument; /* of which there is at most one; NULL: none */
	const char *help;
} commands[] = {
	{"status", cmd_status, NULL, "one screen on everything; exit status 1 if unhealthy"},
	{"list", cmd_list, NULL, "the kernel's policies in its order of decision, and their drift"},
	{"peers", cmd_peers, "[IP]", "peers, their SAs and their last errors"},
	{"metrics", cmd_metrics, NULL, "counters and gauges in the text format of Prometheus"},
	{"check", cmd_check, "[FILE]", "validate a configuration as the daemon would"},
	{"reload", cmd_reload, NULL, "read the configuration again; print what changed"},
	{"doctor", cmd_doctor, "[FILE]", "look for what is or goes wrong, and say what to do"},
	{"retry", cmd_retry, "IP", "negotiate with a peer now, and wait for the result"},
	{"readiness", cmd_readiness, NULL, "whom we still talk to in clear; exit status 1 if any"},
	{"shutdown", cmd_shutdown, NULL, "end the protection gently, as the configuration says"},
	{"flush", cmd_flush, NULL, "remove our policies now: nothing is protected afterwards"},
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_help(void)
{
	size_t i;

	printf("Usage: xfrmctl [--run-dir DIR] COMMAND [--json]\n"
	       "Asks and steers xfrmd, which owns the kernel's IPsec policies.\n\n");
	for (i = 0; i < COMMAND_COUNT; i++) {
		const struct command *command = &commands[i];

		printf("  %-9s %-6s  %s\n", command->name,
		       command->argument ? command->argument : "", command->help);
	}
	printf("\n"
	       "  --run-dir DIR   of the daemon (default %s)\n"
	       "  --json          for programs: one document, described in xfrmctl(8)\n"
	       "  --help          this text\n"
	       "  --version       the version\n\n"
	       "Exit status: 0 ok, 1 failed or unhealthy, 2 usage, 3 daemon unreachable.\n",
	       XFRMD_RUN_DIR);
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	}
	return NULL;
}

static void complain_unknown(const char *name)
{
	char known[256] = "";
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++) {
		if (i > 0)
			strcat(known, ", ");
		strcat(known, commands[i].name);
	}
	complain("%s: unknown command, expected one of %s", name, known);
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {{"run-dir", required_argument, NULL, 'r'},
	                                      {"json", no_argument, NULL, 'j'},
	                                      {"help", no_argument, NULL, 'h'},
	                                      {"version", no_argument, NULL, 'v'},
	                                      {0}};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
		switch (option) {
		case 'r':
			options->run_dir = optarg;
			break;
		case 'j':
			options->json = true;
			break;
		case 'h':
			print_help();
			return EXIT_OK;
		case 'v':
			printf("xfrmctl %s\n", XFRMD_VERSION);
			return EXIT_OK;
		case ':':
			complain("%s: an argument is missing", argv[optind - 1]);
			return EXIT_USAGE;
		default:
			complain("%s: unknown option, see xfrmctl --help", argv[optind - 1]);
			return EXIT_USAGE;
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct options options = {.run_dir = XFRMD_RUN_DIR};
	const struct command *command;
	const char *no_color;
	int exit_status = parse_options(argc, argv, &options), count;

	if (exit_status >= 0)
		return exit_status;
	count = argc - optind;
	if (count == 0) {
		complain("no command, see xfrmctl --help");
		return EXIT_USAGE;
	}
	command = find_command(argv[optind]);
	if (!command) {
		complain_unknown(argv[optind]);
		return EXIT_USAGE;
	}
	if (count > (command->argument ? 2 : 1)) {
		complain("%s: unexpected argument \"%s\"", command->name, argv[argc - 1]);
		return EXIT_USAGE;
	}
	options.argument = count == 2 ? argv[optind + 1] : NULL;
	no_color = getenv("NO_COLOR");
	options.coloured = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	return command->run(&options);
}
