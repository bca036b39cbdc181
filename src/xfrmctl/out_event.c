/* SPDX-License-Identifier: MIT */
/* Events for people: one line each. */
#include "out_event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "out_table.h"
#include "xfrmd/base/str.h"

static const enum out_colour colours[] = {
	[LOG_LEVEL_ERROR] = OUT_COLOUR_BAD,   [LOG_LEVEL_WARNING] = OUT_COLOUR_WARN,
	[LOG_LEVEL_NOTICE] = OUT_COLOUR_NONE, [LOG_LEVEL_INFO] = OUT_COLOUR_NONE,
	[LOG_LEVEL_DEBUG] = OUT_COLOUR_NONE,
};

void out_event(const struct ctl_event *event, bool coloured, struct buf *out)
{
	time_t seconds = (time_t)(event->time_ms / 1000);
	char stamp[32], *text;
	size_t size = 4 * strlen(event->text) + 1;
	struct tm local;

	text = malloc(size);
	if (!text) {
		out->error = out->error ? out->error : -ENOMEM;
		return;
	}
	localtime_r(&seconds, &local);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &local);
	buf_printf(out, "%s.%03d ", stamp, (int)(event->time_ms % 1000));
	out_coloured(out, coloured, colours[event->level], str_escape(event->text, text, size));
	buf_str(out, "\n");
	free(text);
}
