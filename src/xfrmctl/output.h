/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_OUTPUT_H
#define XFRMCTL_OUTPUT_H

#include <stdbool.h>

#include "xfrmd/base/buf.h"
#include "xfrmd/base/str.h"

/* What one run of a command has to say. Zero-initialise. */
struct output {
	struct buf text;       /* stdout */
	struct buf complaints; /* stderr: lines that begin with `xfrmctl: ` */
};

/* Returns @status, so that a command can `return output_complain(...)`. */
int output_complain(struct output *output, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* One line of the text; takes @json. NULL: out of memory, which output_write() tells. */
void output_json(struct output *output, char *json);
/* What was done, or every reason why not: a document of the protocol, or lines and complaints. */
void output_result(struct output *output, bool json, const struct strlist *changes,
                   const struct strlist *errors);
/* Writes both. False, after a complaint: not everything could be written. */
bool output_write(struct output *output);
void output_fini(struct output *output);

/* `xfrmctl: ` and the sentence, on stderr at once. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
