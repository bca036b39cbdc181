/* SPDX-License-Identifier: MIT */
/* Failure sentences: one (struct err), or all of one input (struct problems). */
#include "xfrmd/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/array.h"

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}

int err_cannot(struct err *err, const char *object, const char *what)
{
	int code = -errno;

	return err_set(err, code, "%s: cannot %s: %s", object, what, strerror(-code));
}

void problems_add(struct problems *problems, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (!text || array_grow(&problems->items, problems->count, sizeof(text)) < 0) {
		problems->out_of_memory = true;
		free(text);
		return;
	}
	problems->items[problems->count++] = text;
}

void problems_move(struct problems *from, struct problems *to, const char *format, ...)
{
	char *start = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&start, format, args) < 0)
		start = NULL;
	va_end(args);
	to->out_of_memory |= from->out_of_memory || !start;
	for (size_t i = 0; start && i < from->count; i++)
		problems_add(to, "%s%s", start, from->items[i]);
	free(start);
	problems_fini(from);
}

bool problems_any(const struct problems *problems)
{
	return problems->count > 0 || problems->out_of_memory;
}

void problems_fini(struct problems *problems)
{
	if (!problems)
		return;
	for (size_t i = 0; i < problems->count; i++)
		free(problems->items[i]);
	free(problems->items);
	*problems = (struct problems){0};
}
