/* SPDX-License-Identifier: MIT */
/* `xfrmctl monitor`: every line of the log is an event; there are no other words for them. */
#include "xfrmd/xfrmd/monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/version.h"
#include "xfrmd/ctl/ctl_event.h"

static char *event_json(enum log_level level, char *text)
{
	struct ctl_event event = {.level = level, .text = text};
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	event.time_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	return ctl_event_write(&event);
}

void monitor_end(void)
{
	log_set_tap(NULL, NULL);
}

static void on_line(void *ctx, enum log_level level, const char *line)
{
	struct ctl_server *ctl = ctx;
	_cleanup_(cleanup_free) char *text = NULL, *json = NULL;

	/* what charon says to each message is no event */
	if (level == LOG_LEVEL_DEBUG && strncmp(line, "charon: ", strlen("charon: ")) == 0)
		return;
	text = strdup(line);
	json = text ? event_json(level, text) : NULL;
	if (json && !ctl_server_publish(ctl, json))
		monitor_end();
}

void monitor_begin(struct ctl_server *ctl, struct ctl_request *request)
{
	_cleanup_(cleanup_free) char *json = NULL;
	char text[128];

	snprintf(text, sizeof(text), "monitor: xfrmd %s pid=%d", version_text, (int)getpid());
	json = event_json(LOG_LEVEL_INFO, text);
	ctl_request_watch(request, json);
	log_set_tap(on_line, ctl);
}
