/* SPDX-License-Identifier: MIT */
/* Events for people: one line each. */
#include "out_event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "out_table.h"
#include "xfrmd/base/str.h"

static enum out_colour colour_of(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return OUT_COLOUR_BAD;
	case LOG_LEVEL_WARNING:
		return OUT_COLOUR_WARN;
	case LOG_LEVEL_NOTICE:
	case LOG_LEVEL_INFO:
	case LOG_LEVEL_DEBUG:
		return OUT_COLOUR_NONE;
	}
	return OUT_COLOUR_NONE;
}

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
	out_coloured(out, coloured, colour_of(event->level), str_escape(event->text, text, size));
	buf_str(out, "\n");
	free(text);
}
