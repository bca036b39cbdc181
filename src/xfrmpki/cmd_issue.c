/* SPDX-License-Identifier: MIT */
/* `xfrmpki init` and `xfrmpki issue`: options to a struct pki_issue, and what was written. */
#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include "cmd.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/pki/pki_issue.h"

#define DAYS_DEFAULT 365
/* Among the parameters of a command. */
#define KEY          0

static int parse(int argc, char **argv, const struct parameter *parameters, struct pki_issue *issue)
{
	unsigned given = 0;
	int r = parse_parameters(argc, argv, parameters, &given);

	if (r)
		return r;
	if (optind < argc)
		return usage_error(argv[0], "%s: unexpected argument", argv[optind]);
	if (!issue->dir || !issue->cn)
		return usage_error(argv[0], "%s is required", issue->dir ? "--cn" : "--dir");
	if ((given & 1u << KEY) && issue->csr)
		return usage_error(argv[0], "--key and --csr exclude each other");
	return 0;
}

static void cleanup_issue(struct pki_issue *issue)
{
	strlist_fini(&issue->sans);
}

/* 0, or the exit status. */
static int make(int argc, char **argv, const struct parameter *parameters, struct pki_issue *issue,
                int (*make_it)(const struct pki_issue *issue, struct err *err))
{
	struct err err = {0};
	int r = parse(argc, argv, parameters, issue);

	if (r == 0 && make_it(issue, &err) < 0)
		return complain("%s", err.text);
	return r;
}

int cmd_init(int argc, char **argv)
{
	struct pki_issue issue = {.days = DAYS_DEFAULT, .now = time(NULL)};
	const struct parameter parameters[] = {
		[KEY] = {"key", PARAMETER_KEY, &issue.key_type},
		{"dir", PARAMETER_TEXT, &issue.dir},
		{"cn", PARAMETER_TEXT, &issue.cn},
		{"days", PARAMETER_DAYS, &issue.days},
		{"force", PARAMETER_FLAG, &issue.force},
		{0},
	};
	int r = make(argc, argv, parameters, &issue, pki_make_ca);

	if (r)
		return r;
	printf("%s/ca.key\n%s/ca.pem\n", issue.dir, issue.dir);
	return EXIT_STATUS_OK;
}

int cmd_issue(int argc, char **argv)
{
	_cleanup_(cleanup_issue) struct pki_issue issue = {.days = DAYS_DEFAULT, .now = time(NULL)};
	const struct parameter parameters[] = {
		[KEY] = {"key", PARAMETER_KEY, &issue.key_type},
		{"dir", PARAMETER_TEXT, &issue.dir},
		{"cn", PARAMETER_TEXT, &issue.cn},
		{"san", PARAMETER_LIST, &issue.sans},
		{"csr", PARAMETER_TEXT, &issue.csr},
		{"days", PARAMETER_DAYS, &issue.days},
		{"force", PARAMETER_FLAG, &issue.force},
		{0},
	};
	int r = make(argc, argv, parameters, &issue, pki_make_instance);

	if (r)
		return r;
	if (!issue.csr)
		printf("%s/instance.key\n", issue.dir);
	printf("%s/instance.pem\n", issue.dir);
	return EXIT_STATUS_OK;
}
