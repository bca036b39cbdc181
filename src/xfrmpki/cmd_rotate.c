/* SPDX-License-Identifier: MIT */
/* `xfrmpki rotate`: one step of a rotation, and what has to happen before the next one. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "json.h"
#include "xfrmd/pki/pki_rotate.h"

#define DAYS_DEFAULT 365

struct step {
	const char *name;
	int (*run)(const struct pki_rotate *rotate, struct err *err);
	const char *done;
};

static const struct step steps[] = {
	{"status", NULL, NULL},
	{"add-ca", pki_rotate_add_ca, "ca.pem: the new CA is trusted beside the old one"},
	{"reissue", pki_rotate_reissue,
         "instance.pem, instance.key: new key and certificate, signed by the new CA"},
	{"drop-ca", pki_rotate_drop_ca, "ca.pem, ca.key: the old CA is gone"},
	{"instance", pki_rotate_instance,
         "instance.pem, instance.key: new key and certificate, signed by the same CA"},
};

/* What to do next; indexed by enum pki_rotate_state. */
static const struct {
	const char *command;
	const char *before;
} turns[] = {
	[PKI_ROTATE_STEADY] = {"add-ca", "every host has the files of the folder (xfrmctl reload)"},
	[PKI_ROTATE_ADDED] = {"reissue", "every host has the new ca.pem (xfrmctl reload)"},
	[PKI_ROTATE_REISSUED] = {"drop-ca", "every host has the new instance.pem and instance.key "
                                            "(xfrmctl reload)"},
};

static const struct step *find_step(const char *name)
{
	for (size_t i = 0; name && i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(name, steps[i].name) == 0)
			return &steps[i];
	return NULL;
}

static int parse(int argc, char **argv, struct pki_rotate *rotate, bool *ret_json,
                 const struct step **ret_step)
{
	const struct parameter parameters[] = {
		{"dir", PARAMETER_TEXT, &rotate->dir},
		{"key", PARAMETER_KEY, &rotate->key_type},
		{"days", PARAMETER_DAYS, &rotate->days},
		{"json", PARAMETER_FLAG, ret_json},
		{0},
	};
	int r = parse_parameters(argc, argv, parameters, NULL);

	if (r)
		return r;
	*ret_step = find_step(argv[optind]);
	if (!*ret_step || optind + 1 < argc)
		return usage_error(argv[0],
		                   "expected one of status, add-ca, reissue, drop-ca or instance");
	if (!rotate->dir)
		return usage_error(argv[0], "--dir is required");
	return 0;
}

static int print_status(const struct pki_rotate *rotate, bool json)
{
	enum pki_rotate_state state;
	struct err err = {0};

	if (pki_rotate_status(rotate, &state, &err) < 0)
		return complain("%s", err.text);
	if (json)
		return json_print(json_pack("{ss ss ss}", "state", pki_rotate_state_names[state],
		                            "next", turns[state].command, "when",
		                            turns[state].before));
	printf("state: %s\nnext: xfrmpki rotate %s --dir %s\nwhen: %s\n",
	       pki_rotate_state_names[state], turns[state].command, rotate->dir,
	       turns[state].before);
	return EXIT_STATUS_OK;
}

int cmd_rotate(int argc, char **argv)
{
	struct pki_rotate rotate = {.days = DAYS_DEFAULT, .now = time(NULL)};
	const struct step *step = NULL;
	struct err err = {0};
	bool json = false;
	int r;

	r = parse(argc, argv, &rotate, &json, &step);
	if (r)
		return r;
	if (step->run) {
		if (step->run(&rotate, &err) < 0)
			return complain("%s", err.text);
		if (!json)
			printf("done: %s\n", step->done);
	}
	return print_status(&rotate, json);
}
