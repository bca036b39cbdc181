/* SPDX-License-Identifier: MIT */
/* The form of everything on stderr, and the options of all commands. */
#include "complain.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "xfrmd/base/str.h"
#include "xfrmd/pki/pki_key.h"

#define DAYS_MAX 36500

int complain(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "xfrmpki: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_STATUS_FAILED;
}

void complain_all(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		complain("%s", problems->items[i]);
	if (problems->out_of_memory)
		complain("out of memory");
}

int usage_error(const char *command, const char *format, ...)
{
	char reason[256];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	complain("%s: %s (see xfrmpki --help)", command, reason);
	return EXIT_STATUS_USAGE;
}

static int parse_days(const char *command, const char *text, uint32_t *ret_days)
{
	uint64_t days;

	if (str_parse_u64(text, 1, DAYS_MAX, &days) < 0)
		return usage_error(command, "%s: not a number of days, expected 1 to %d", text,
		                   DAYS_MAX);
	*ret_days = (uint32_t)days;
	return 0;
}

static int parse_value(const char *command, const struct parameter *parameter, const char *text)
{
	switch (parameter->type) {
	case PARAMETER_FLAG:
		*(bool *)parameter->value = true;
		break;
	case PARAMETER_TEXT:
		*(const char **)parameter->value = text;
		break;
	case PARAMETER_LIST:
		if (strlist_add(parameter->value, text) < 0)
			return complain("%s: out of memory", command);
		break;
	case PARAMETER_DAYS:
		return parse_days(command, text, parameter->value);
	case PARAMETER_KEY:
		if (pki_key_type_parse(text, parameter->value) < 0)
			return usage_error(command,
			                   "--key %s: unknown type, expected rsa3072, rsa4096, "
			                   "ec256, ec384 or ed25519",
			                   text);
		break;
	}
	return 0;
}

int parse_parameters(int argc, char **argv, const struct parameter *parameters, unsigned *ret_given)
{
	struct option options[PARAMETERS_MAX] = {0};
	int found, status = 0;

	for (int i = 0; parameters[i].name; i++)
		options[i] = (struct option){parameters[i].name,
		                             parameters[i].type != PARAMETER_FLAG, NULL, i};
	while (!status && (found = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (found == '?' || found == ':')
			return usage_error(argv[0], "%s: %s", argv[optind - 1],
			                   found == ':' ? "needs a value" : "unknown option");
		if (ret_given)
			*ret_given |= 1u << found;
		status = parse_value(argv[0], &parameters[found], optarg);
	}
	return status;
}
