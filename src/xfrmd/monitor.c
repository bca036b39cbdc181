/* SPDX-License-Identifier: MIT */
/* `xfrmctl monitor`: every line of the log is an event; there are no other words for them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "build_config.h"
#include "daemon.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/ctl/ctl_event.h"

static char *event_json(enum log_level level, char *text)
{
	struct ctl_event event = {.level = level, .text = text};
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	event.time_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	return ctl_event_write(&event);
}

static void on_line(void *ctx, enum log_level level, const char *line)
{
	struct daemon *daemon = ctx;
	_cleanup_(cleanup_free) char *text = NULL, *json = NULL;

	/* what charon says to each message is no event */
	if (level == LOG_LEVEL_DEBUG && strncmp(line, "charon: ", strlen("charon: ")) == 0)
		return;
	text = strdup(line);
	json = text ? event_json(level, text) : NULL;
	if (json && !ctl_server_publish(daemon->ctl, json))
		log_set_tap(NULL, NULL);
}

void monitor_begin(struct daemon *daemon, struct ctl_request *request)
{
	_cleanup_(cleanup_free) char *json = NULL;
	char text[128];

	snprintf(text, sizeof(text), "monitor: xfrmd %s pid=%d", XFRMD_VERSION, (int)getpid());
	json = event_json(LOG_LEVEL_INFO, text);
	ctl_request_watch(request, json);
	log_set_tap(on_line, daemon);
}
