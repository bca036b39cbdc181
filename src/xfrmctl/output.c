/* SPDX-License-Identifier: MIT */
/* Text on its way out. What was not written is a failure. */
#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/ctl/ctl_proto.h"

#define SENTENCE_MAX 1024

int output_complain(struct output *output, int status, const char *format, ...)
{
	char sentence[SENTENCE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	buf_printf(&output->complaints, "xfrmctl: %s\n", sentence);
	return status;
}

void output_json(struct output *output, char *json)
{
	if (json) {
		buf_str(&output->text, json);
		buf_u8(&output->text, '\n');
	} else {
		output->text.error = -ENOMEM;
	}
	free(json);
}

void output_result(struct output *output, bool json, const struct strlist *changes,
                   const struct strlist *errors)
{
	if (json) {
		output_json(output, ctl_proto_result(!errors->count, changes, errors));
		return;
	}
	for (size_t i = 0; i < changes->count; i++)
		buf_printf(&output->text, "%s\n", changes->items[i]);
	for (size_t i = 0; i < errors->count; i++)
		output_complain(output, 0, "%s", errors->items[i]);
}

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("xfrmctl: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

bool output_write(struct output *output)
{
	const struct buf *text = &output->text;

	/* an empty buf has no data to point at */
	if (output->complaints.len)
		fwrite(output->complaints.data, 1, output->complaints.len, stderr);
	if (text->error) {
		complain("output: %s", strerror(-text->error));
		return false;
	}
	if ((text->len == 0 || fwrite(text->data, 1, text->len, stdout) == text->len) &&
	    fflush(stdout) == 0)
		return true;
	complain("stdout: %s", strerror(errno));
	return false;
}

void output_fini(struct output *output)
{
	buf_fini(&output->text);
	buf_fini(&output->complaints);
}
