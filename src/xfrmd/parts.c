/* SPDX-License-Identifier: MIT */
/* One table serves the opening and the closing, so that they mirror each other. */
#include "xfrmd/xfrmd/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/log.h"

/* A pointer to the state of any part. */
typedef char *__attribute__((may_alias)) part_state;

static part_state *state_of(const struct part *part, struct daemon *daemon)
{
	return (part_state *)(void *)((char *)&daemon->parts + part->slot);
}

static struct loop_timer **timer_of(const struct part *part, char *state, size_t i)
{
	return (struct loop_timer **)(void *)(state + part->timers[i].at);
}

static int open_part(const struct part *part, struct daemon *daemon, struct err *err)
{
	part_state *state = state_of(part, daemon);
	int error = 0;

	if (part->size && !(*state = calloc(1, part->size)))
		error = -ENOMEM;
	for (size_t i = 0; !error && i < PART_TIMERS_MAX && part->timers[i].fn; i++)
		error = loop_timer_new(daemon->loop, part->timers[i].fn, daemon,
		                       timer_of(part, *state, i));
	if (error)
		return err_set(err, error, "%s: %s", part->name, strerror(-error));
	return part->open ? part->open(daemon, err) : 0;
}

static void close_part(const struct part *part, struct daemon *daemon)
{
	part_state *state = state_of(part, daemon);

	if (part->close && (*state || !part->size))
		part->close(daemon);
	for (size_t i = 0; *state && i < PART_TIMERS_MAX && part->timers[i].fn; i++)
		loop_timer_free(*timer_of(part, *state, i));
	if (!part->size)
		return;
	free(*state);
	*state = NULL;
}

int parts_open(const struct part *const *parts, size_t count, struct daemon *daemon,
               struct err *err)
{
	size_t opened = 0;
	int error = 0;

	while (!error && opened < count) {
		log_debug("daemon: open %s", parts[opened]->name);
		error = open_part(parts[opened++], daemon, err);
	}
	if (error)
		parts_close(parts, opened, daemon);
	return error;
}

void parts_close(const struct part *const *parts, size_t count, struct daemon *daemon)
{
	while (count-- > 0) {
		log_debug("daemon: close %s", parts[count]->name);
		close_part(parts[count], daemon);
	}
}
