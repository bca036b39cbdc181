/* SPDX-License-Identifier: MIT */
#ifndef XFRMPKI_COMPLAIN_H
#define XFRMPKI_COMPLAIN_H

#include <stdint.h>

#include "xfrmd/base/err.h"
#include "xfrmd/pki/pki_key.h"

/* Exit statuses of every command. */
enum exit_status {
	EXIT_STATUS_OK = 0,
	EXIT_STATUS_FAILED = 1, /* or unhealthy: refused, invalid, due */
	EXIT_STATUS_USAGE = 2,
};

/* One line on stderr: `xfrmpki: object: reason`. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* One complaint per problem. */
void complain_all(const struct problems *problems);
/* A complaint about the command line, with a pointer to --help; returns EXIT_STATUS_USAGE. */
int usage_error(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What getopt_long() refused ('?' or ':'). */
int option_error(const char *command, int code, char **argv);
/* A number of days, 1 to 36500. 0, or a usage error that has been reported. */
int parse_days(const char *command, const char *text, uint32_t *ret_days);
/* A type of key, likewise. */
int parse_key_type(const char *command, const char *text, enum pki_key_type *ret_type);

#endif
