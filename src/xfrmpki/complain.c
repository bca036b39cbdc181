/* SPDX-License-Identifier: MIT */
/* The form of everything on stderr, and of the option values that several commands take. */
#include "complain.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "xfrmd/base/str.h"

#define DAYS_MAX 36500

void complain(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "xfrmpki: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
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

int option_error(const char *command, int code, char **argv)
{
	return usage_error(command, "%s: %s", argv[optind - 1],
	                   code == ':' ? "needs a value" : "unknown option");
}

int parse_days(const char *command, const char *text, uint32_t *ret_days)
{
	uint64_t days;

	if (str_parse_u64(text, 1, DAYS_MAX, &days) < 0)
		return usage_error(command, "%s: not a number of days, expected 1 to %d", text,
		                   DAYS_MAX);
	*ret_days = (uint32_t)days;
	return 0;
}

int parse_key_type(const char *command, const char *text, enum pki_key_type *ret_type)
{
	if (pki_key_type_parse(text, ret_type) == 0)
		return 0;
	return usage_error(
		command,
		"--key %s: unknown type, expected rsa3072, rsa4096, ec256, ec384 or ed25519", text);
}
