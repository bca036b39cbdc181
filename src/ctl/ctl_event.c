/* SPDX-License-Identifier: MIT */
/* Events as JSON and back. Pure. */
#include "xfrmd/ctl/ctl_event.h"

#include <stdlib.h>

#include "json_reader.h"
#include "json_writer.h"
#include "xfrmd/ctl/ctl_proto.h"

/* Milliseconds of an epoch time of ten digits. */
#define TIME_DIGITS 13
/* Beyond that a time is none, and would not fit. */
#define TIME_MAX_S  1e12

char *ctl_event_write(const struct ctl_event *event)
{
	json_t *root = json_object();
	char *text;

	writer_put(&root, "time", json_real((double)event->time_ms / 1000));
	writer_put(&root, "level", json_string(log_level_names[event->level]));
	writer_put(&root, "text", writer_text(event->text));
	text = root ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(TIME_DIGITS)) : NULL;
	json_decref(root);
	return text;
}

static int64_t read_time_ms(struct reader *reader, json_t *root)
{
	json_t *value = json_object_get(root, "time");
	double seconds = json_number_value(value);

	if (!json_is_number(value) || !(seconds >= 0 && seconds < TIME_MAX_S)) {
		reader_fail(reader, "time", "seconds since the epoch");
		return 0;
	}
	return (int64_t)(seconds * 1000 + 0.5);
}

int ctl_event_parse(const char *text, size_t len, struct ctl_event *ret_event, struct err *err)
{
	struct reader reader = {.document = "event", .err = err};
	json_auto_t *root = reader_load_answer(text, len, CTL_REQUEST_MAX, &reader);

	*ret_event = (struct ctl_event){0};
	if (!reader.error) {
		ret_event->time_ms = read_time_ms(&reader, root);
		ret_event->level = (enum log_level)reader_word(&reader, root, "level",
		                                               log_level_names);
		ret_event->text = reader_text_copy(&reader, root, "text");
	}
	if (reader.error)
		ctl_event_fini(ret_event);
	return reader.error;
}

void ctl_event_fini(struct ctl_event *event)
{
	free(event->text);
	*event = (struct ctl_event){0};
}
