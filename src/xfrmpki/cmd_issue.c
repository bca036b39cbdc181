/* SPDX-License-Identifier: MIT */
/* `xfrmpki init` and `xfrmpki issue`: options to a struct pki_issue, and what was written. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/pki/pki_issue.h"

#define DAYS_DEFAULT 365

static int parse_option(const char *command, int option, const char *value, struct pki_issue *issue)
{
	switch (option) {
	case 'd':
		issue->dir = value;
		return 0;
	case 'c':
		issue->cn = value;
		return 0;
	case 's':
		if (strlist_add(&issue->sans, value) == 0)
			return 0;
		complain("%s: out of memory", command);
		return EXIT_STATUS_FAILED;
	case 'k':
		return parse_key_type(command, value, &issue->key_type);
	case 'r':
		issue->csr = value;
		return 0;
	case 'n':
		return parse_days(command, value, &issue->days);
	default:
		issue->force = true;
		return 0;
	}
}

static int parse(int argc, char **argv, const struct option *options, struct pki_issue *issue)
{
	bool typed = false;
	int option, r;

	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == '?' || option == ':')
			return option_error(argv[0], option, argv);
		typed |= option == 'k';
		r = parse_option(argv[0], option, optarg, issue);
		if (r)
			return r;
	}
	if (optind < argc)
		return usage_error(argv[0], "%s: unexpected argument", argv[optind]);
	if (!issue->dir || !issue->cn)
		return usage_error(argv[0], "%s is required", issue->dir ? "--cn" : "--dir");
	if (typed && issue->csr)
		return usage_error(argv[0], "--key and --csr exclude each other");
	return 0;
}

static void cleanup_issue(struct pki_issue *issue)
{
	strlist_fini(&issue->sans);
}

/* 0, or the exit status. */
static int make(int argc, char **argv, const struct option *options, struct pki_issue *issue,
                int (*make_it)(const struct pki_issue *issue, struct err *err))
{
	struct err err = {0};
	int r = parse(argc, argv, options, issue);

	if (r == 0 && make_it(issue, &err) < 0) {
		complain("%s", err.text);
		return EXIT_STATUS_FAILED;
	}
	return r;
}

int cmd_init(int argc, char **argv)
{
	static const struct option options[] = {
		{"dir", required_argument, NULL, 'd'}, {"cn", required_argument, NULL, 'c'},
		{"key", required_argument, NULL, 'k'}, {"days", required_argument, NULL, 'n'},
		{"force", no_argument, NULL, 'f'},     {0},
	};
	struct pki_issue issue = {.days = DAYS_DEFAULT, .now = time(NULL)};
	int r = make(argc, argv, options, &issue, pki_make_ca);

	if (r)
		return r;
	printf("%s/ca.key\n%s/ca.pem\n", issue.dir, issue.dir);
	return EXIT_STATUS_OK;
}

int cmd_issue(int argc, char **argv)
{
	static const struct option options[] = {
		{"dir", required_argument, NULL, 'd'}, {"cn", required_argument, NULL, 'c'},
		{"san", required_argument, NULL, 's'}, {"key", required_argument, NULL, 'k'},
		{"csr", required_argument, NULL, 'r'}, {"days", required_argument, NULL, 'n'},
		{"force", no_argument, NULL, 'f'},     {0},
	};
	_cleanup_(cleanup_issue) struct pki_issue issue = {.days = DAYS_DEFAULT, .now = time(NULL)};
	int r = make(argc, argv, options, &issue, pki_make_instance);

	if (r)
		return r;
	if (!issue.csr)
		printf("%s/instance.key\n", issue.dir);
	printf("%s/instance.pem\n", issue.dir);
	return EXIT_STATUS_OK;
}
