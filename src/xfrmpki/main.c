/* SPDX-License-Identifier: MIT */
/* xfrmpki: certificates for xfrmd, made and checked offline. This file owns the table of commands. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "xfrmd/base/version.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args;
	const char *help;
};

static const struct command commands[] = {
	{"init", cmd_init, "--dir DIR --cn NAME [--key TYPE] [--days N] [--force]",
         "make a CA: ca.pem and ca.key"},
	{"issue", cmd_issue,
         "--dir DIR --cn NAME [--san NAME|IP]... [--key TYPE | --csr FILE] [--days N] [--force]",
         "make a certificate signed by it: instance.pem and instance.key (none for a request)"},
	{"verify", cmd_verify, "--cert FILE --key FILE --ca FILE|DIR... [--json]",
         "check certificate, key and CAs as xfrmd would"},
	{"show", cmd_show, "[--json] FILE|DIR...", "print what certificates say"},
	{"dates", cmd_dates, "[--warn-days N] [--json] [--config FILE] [FILE|DIR...]",
         "days left, nearest end first; exit status 1 when 14 (or N) days or fewer are left"},
	{"rotate", cmd_rotate,
         "status|add-ca|reissue|drop-ca|instance --dir DIR [--key TYPE] [--days N] [--json]",
         "replace the CA in three steps, or the instance certificate alone, without an outage"},
	{"import", cmd_import, "--dir DIR [--addon NAME] [--force] [--json] FILE",
         "make xfrmd.conf, instance.pem, instance.key and ca.pem of a manifest of the IPsec add-on"},
};

static const size_t command_count = sizeof(commands) / sizeof(commands[0]);

static void print_help(void)
{
	printf("usage: xfrmpki COMMAND [OPTION]...\n\n");
	for (size_t i = 0; i < command_count; i++)
		printf("  %s %s\n\t%s\n", commands[i].name, commands[i].args, commands[i].help);
	printf("\n"
	       "  --key TYPE\trsa3072 (default), rsa4096, ec256, ec384 or ed25519\n"
	       "  --csr FILE\trequest made elsewhere, whose key stays there\n"
	       "  --days N\tvalidity, 365 by default\n"
	       "  --addon NAME\tof several addons in a manifest, the one that is meant\n"
	       "  --force\toverwrite existing files\n"
	       "  --json\tresult as JSON\n"
	       "  --help\tthis text, or that of a command\n"
	       "  --version\n\n"
	       "Exit status: 0 ok, 1 failed or unhealthy, 2 usage.\n");
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static int run(const struct command *command, int argc, char **argv)
{
	if (wants_help(argc, argv)) {
		printf("usage: xfrmpki %s %s\n\t%s\n", command->name, command->args, command->help);
		return EXIT_STATUS_OK;
	}
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	/* a reader that has enough ends us, also where whoever started us ignores that */
	signal(SIGPIPE, SIG_DFL);
	if (argc < 2)
		return usage_error("command", "none given");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help();
		return EXIT_STATUS_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("xfrmpki %s\n", version_text);
		return EXIT_STATUS_OK;
	}
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return run(&commands[i], argc - 1, argv + 1);
	return usage_error(argv[1], "unknown command");
}
