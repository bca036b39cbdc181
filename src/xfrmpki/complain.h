/* SPDX-License-Identifier: MIT */
#ifndef XFRMPKI_COMPLAIN_H
#define XFRMPKI_COMPLAIN_H

#include "xfrmd/base/err.h"

/* Exit statuses of every command. */
enum exit_status {
	EXIT_STATUS_OK = 0,
	EXIT_STATUS_FAILED = 1, /* or unhealthy: refused, invalid, due */
	EXIT_STATUS_USAGE = 2,
};

/* One line on stderr: `xfrmpki: object: reason`. Returns EXIT_STATUS_FAILED. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* One complaint per problem. */
void complain_all(const struct problems *problems);
/* A complaint about the command line, with a pointer to --help; returns EXIT_STATUS_USAGE. */
int usage_error(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

enum parameter_type {
	PARAMETER_FLAG, /* bool */
	PARAMETER_TEXT, /* const char * */
	PARAMETER_LIST, /* struct strlist: may be given several times */
	PARAMETER_DAYS, /* uint32_t, 1 to 36500 */
	PARAMETER_KEY,  /* enum pki_key_type */
};
/* An option of a command, and where its value goes. */
struct parameter {
	const char *name; /* NULL: the end of the list */
	enum parameter_type type;
	void *value;
};
#define PARAMETERS_MAX 8 /* with the end */
/* Fills the values of what is given, of which *ret_given (or NULL) gets a bit each; optind is then at the arguments. 0, or the exit status of what
 * has been complained about. */
int parse_parameters(int argc, char **argv, const struct parameter *parameters,
                     unsigned *ret_given);

#endif
