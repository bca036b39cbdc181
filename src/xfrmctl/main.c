/* SPDX-License-Identifier: MIT */
/* Options and the table of commands, from which help and every usage error derive. */
#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_config.h"
#include "xfrmctl.h"
#include "xfrmd/base/str.h"
#include "xfrmd/base/version.h"

/* Options that not every command knows, and those that all do. */
#define TAKES_ALL     1u
#define TAKES_WATCH   2u
#define TAKES_TIMEOUT 4u
#define TAKES_NOW     8u
#define TAKES_CONFIRM 16u
#define TAKES_BACK    32u
#define TAKES_COMMON  64u

#define WATCH_DEFAULT_S 2
#define WATCH_MAX_S     86400
#define TIMEOUT_MAX_S   CTL_TRY_MAX_S

static const struct command {
	const char *name;
	command_fn *run;
	unsigned takes;
	const char *argument; /* of which there is at most one; NULL: none */
	const char *help;
} commands[] = {
	{"status", cmd_status, TAKES_WATCH, NULL,
         "one screen on everything; exit status 1 if unhealthy"},
	{"list", cmd_list, TAKES_ALL | TAKES_WATCH, NULL,
         "the kernel's policies by subnet, those of others, and drift"},
	{"peers", cmd_peers, TAKES_WATCH, "[IP]", "peers, their SAs and their last errors"},
	{"explain", cmd_explain, TAKES_WATCH, "IP",
         "what happens to traffic with an address, and why"},
	{"monitor", cmd_monitor, 0, NULL, "events as they happen, until interrupted"},
	{"verify", cmd_verify, TAKES_ALL | TAKES_TIMEOUT, "IP|--all",
         "send a probe and tell whether it went and came back as ESP"},
	{"metrics", cmd_metrics, 0, NULL, "counters and gauges in the text format of Prometheus"},
	{"check", cmd_check, 0, "[FILE]", "validate a configuration as the daemon would"},
	{"reload", cmd_reload, 0, NULL, "read the configuration again; print what changed"},
	{"try", cmd_try, TAKES_TIMEOUT | TAKES_CONFIRM | TAKES_BACK, "[FILE]",
         "apply a configuration, and go back unless it is confirmed"},
	{"doctor", cmd_doctor, 0, "[FILE]", "look for what is or goes wrong, and say what to do"},
	{"retry", cmd_retry, 0, "IP", "negotiate with a peer now, and wait for the result"},
	{"rekey", cmd_rekey, TAKES_ALL, "IP|--all",
         "negotiate anew with peers that are up, without a loss"},
	{"readiness", cmd_readiness, TAKES_WATCH, NULL,
         "whom we still talk to in clear; exit status 1 if any"},
	{"shutdown", cmd_shutdown, TAKES_NOW, NULL,
         "end the protection gently, as the configuration says"},
	{"flush", cmd_flush, 0, NULL, "remove our policies now: nothing is protected afterwards"},
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

/* The help of options has a column of its own. */
#define NEXT_LINE "\n                     "

/* Each of what parses the value of an option: -1, or the exit status. */
typedef int parse_fn(char **argv, struct options *options);
static parse_fn parse_run_dir, parse_watch, parse_timeout, print_version;

static const struct option_row {
	const char *name, *value; /* NULL: none */
	unsigned taken;           /* 0: makes a command of its own */
	size_t flag;              /* without a function: the bool that it sets */
	parse_fn *parse;
	const char *help;
} option_rows[] = {
	{"--run-dir", "DIR", TAKES_COMMON, 0, parse_run_dir,
         "of the daemon (default " XFRMD_RUN_DIR ")"},
	{"--json", NULL, TAKES_COMMON, offsetof(struct options, json), NULL,
         "for programs: one document, described in xfrmctl(8)"},
	{"--all", NULL, TAKES_ALL, offsetof(struct options, all), NULL,
         "with list: each policy, in the kernel's order of decision" NEXT_LINE
         "with verify, rekey: each peer that is up"},
	{"--watch", "[SECONDS]", TAKES_WATCH, 0, parse_watch,
         "again and again, every 2 seconds by default"},
	{"--timeout", "SECONDS", TAKES_TIMEOUT, 0, parse_timeout,
         "with verify: of an answer, by default 4" NEXT_LINE
         "with try: until it goes back, by default 60"},
	{"--confirm", NULL, TAKES_CONFIRM, offsetof(struct options, confirm), NULL,
         "with try: keep what is tried"},
	{"--back", NULL, TAKES_BACK, offsetof(struct options, back), NULL,
         "with try: go back at once"},
	{"--now", NULL, TAKES_NOW, offsetof(struct options, now), NULL,
         "with shutdown: wait for no job"},
	{"--help", NULL, 0, offsetof(struct options, help), NULL,
         "this text, or that of a command"},
	{"--version", NULL, 0, 0, print_version, "the version"},
};
#define OPTION_COUNT (sizeof(option_rows) / sizeof(option_rows[0]))

static void print_option(const struct option_row *option)
{
	char text[32];

	snprintf(text, sizeof(text), "%s %s", option->name, option->value ? option->value : "");
	printf("  %-17s  %s\n", text, option->help);
}

static void print_help(void)
{
	printf("Usage: xfrmctl [--run-dir DIR] COMMAND [--json]\n"
	       "Asks and steers xfrmd, which owns the kernel's IPsec policies.\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const struct command *command = &commands[i];

		printf("  %-9s %-6s  %s\n", command->name,
		       command->argument ? command->argument : "", command->help);
	}
	printf("\n");
	for (size_t i = 0; i < OPTION_COUNT; i++)
		print_option(&option_rows[i]);
	printf("\nExit status: 0 ok, 1 failed or unhealthy, 2 usage, 3 daemon unreachable.\n");
}

/* Shell completion reads the first line. */
static void print_command_help(const struct command *command)
{
	const unsigned takes = command->takes | TAKES_COMMON;

	printf("Usage: xfrmctl %s%s%s", command->name, command->argument ? " " : "",
	       command->argument ? command->argument : "");
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *option = &option_rows[i];

		if (option->taken & takes)
			printf(" [%s%s%s]", option->name, option->value ? " " : "",
			       option->value ? option->value : "");
	}
	printf("\n%s\n\n", command->help);
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (option_rows[i].taken & takes)
			print_option(&option_rows[i]);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	}
	return NULL;
}

static void complain_unknown(const char *name)
{
	char known[256] = "";

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (i > 0)
			strcat(known, ", ");
		strcat(known, commands[i].name);
	}
	complain("%s: unknown command, expected one of %s", name, known);
}

static int parse_run_dir(char **argv, struct options *options)
{
	(void)argv;
	options->run_dir = optarg;
	return -1;
}

/* "--watch 5" and "--watch=5"; what follows and is no number is an argument of the command. */
static int parse_watch(char **argv, struct options *options)
{
	const char *text = optarg;
	uint64_t seconds = WATCH_DEFAULT_S;

	if (!text && argv[optind] && argv[optind][strspn(argv[optind], "0123456789")] == '\0')
		text = argv[optind++];
	if (text && str_parse_u64(text, 1, WATCH_MAX_S, &seconds) < 0) {
		complain("--watch: \"%s\": expected seconds, 1 to %d", text, WATCH_MAX_S);
		return EXIT_USAGE;
	}
	options->watch_s = (unsigned)seconds;
	return -1;
}

static int parse_timeout(char **argv, struct options *options)
{
	uint64_t seconds;

	(void)argv;
	if (str_parse_u64(optarg, 1, TIMEOUT_MAX_S, &seconds) < 0) {
		complain("--timeout: \"%s\": expected seconds, 1 to %u", optarg, TIMEOUT_MAX_S);
		return EXIT_USAGE;
	}
	options->timeout_s = (unsigned)seconds;
	return -1;
}

static int print_version(char **argv, struct options *options)
{
	(void)argv;
	(void)options;
	printf("xfrmctl %s\n", version_text);
	return EXIT_OK;
}

/* For getopt_long(), which yields the number of the row. */
static void list_options(struct option known[OPTION_COUNT + 1])
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &option_rows[i];

		known[i] = (struct option){
			.name = row->name + strlen("--"),
			.has_arg = !row->value            ? no_argument
		                   : row->value[0] == '[' ? optional_argument
		                                          : required_argument,
			.val = (int)i,
		};
	}
	known[OPTION_COUNT] = (struct option){0};
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct options *options, unsigned *ret_given)
{
	struct option known[OPTION_COUNT + 1];
	int found, status = -1;

	list_options(known);
	opterr = 0;
	while (status < 0 && (found = getopt_long(argc, argv, ":", known, NULL)) != -1) {
		const struct option_row *row;

		if (found == ':' || found == '?') {
			complain(found == ':' ? "%s: an argument is missing"
			                      : "%s: unknown option, see xfrmctl --help",
			         argv[optind - 1]);
			return EXIT_USAGE;
		}
		row = &option_rows[found];
		*ret_given |= row->taken;
		if (row->parse)
			status = row->parse(argv, options);
		else
			*(bool *)((char *)options + row->flag) = true;
	}
	return status;
}

/* Whether options and arguments are such that the command knows what to do with them. */
static bool is_usable(const struct command *command, unsigned given, int count, char **arguments)
{
	const unsigned unknown = given & ~(command->takes | TAKES_COMMON);

	if (count > (command->argument ? 1 : 0)) {
		complain("%s: unexpected argument \"%s\"", command->name, arguments[count - 1]);
		return false;
	}
	if (count && given & TAKES_ALL & command->takes) {
		complain("%s: --all: given with \"%s\", expected one of them", command->name,
		         arguments[0]);
		return false;
	}
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (option_rows[i].taken & unknown) {
			complain("%s: %s: not with this command", command->name,
			         option_rows[i].name);
			return false;
		}
	}
	return true;
}

static int run_once(const struct command *command, const struct options *options)
{
	struct output output = {0};
	int exit_status = command->run(options, &output);

	if (!output_write(&output))
		exit_status = EXIT_FAILED;
	output_fini(&output);
	return exit_status;
}

/* The command that is asked for; NULL: *ret_status says how the program ends. */
static const struct command *choose_command(int count, char **arguments,
                                            const struct options *options, int *ret_status)
{
	const struct command *command = count ? find_command(arguments[0]) : NULL;

	*ret_status = options->help && (command || !count) ? EXIT_OK : EXIT_USAGE;
	if (!count && options->help)
		print_help();
	else if (!count)
		complain("no command, see xfrmctl --help");
	else if (!command)
		complain_unknown(arguments[0]);
	else if (options->help)
		print_command_help(command);
	else
		return command;
	return NULL;
}

int main(int argc, char **argv)
{
	struct options options = {.run_dir = XFRMD_RUN_DIR};
	const struct command *command;
	const char *no_color = getenv("NO_COLOR");
	unsigned given = 0;
	int exit_status, count;

	/* a reader that has enough ends us, also where whoever started us ignores that */
	signal(SIGPIPE, SIG_DFL);
	exit_status = parse_options(argc, argv, &options, &given);
	count = argc - optind;
	if (exit_status >= 0)
		return exit_status;
	command = choose_command(count, argv + optind, &options, &exit_status);
	if (!command)
		return exit_status;
	if (!is_usable(command, given, count - 1, argv + optind + 1))
		return EXIT_USAGE;
	options.argument = count == 2 ? argv[optind + 1] : NULL;
	options.coloured = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	if (options.watch_s)
		return watch(&options, command->name, command->run);
	return run_once(command, &options);
}
