/* SPDX-License-Identifier: MIT */
/*
 * Lines of a log that come again. Invariants: a line is remembered once; what is counted of it is
 * told before it is forgotten; at most one line about an object is not superseded.
 */
#include "xfrmd/base/repeats.h"

#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/array.h"

struct repeats_line {
	char *text;
	size_t object_len;
	enum log_level level;
	unsigned shown;
	bool superseded; /* the object has another line since */
	bool due;        /* its sum is, at once */
	uint64_t untold;
	uint64_t told_ms; /* last written or told */
	uint64_t start_ms, interval_ms;
};

static bool is_over(const struct repeats_line *line, uint64_t now_ms)
{
	return now_ms >= line->start_ms + line->interval_ms;
}

/* Of `AREA: OBJECT: `, or of `AREA: ` where what follows are words. */
static size_t object_len(const char *text)
{
	const char *area = strstr(text, ": ");
	const char *word = area ? area + 2 : NULL, *blank = word ? strchr(word, ' ') : NULL;

	if (blank && blank > word && blank[-1] == ':')
		return (size_t)(blank + 1 - text);
	return area ? (size_t)(word - text) : strlen(text);
}

/* `charon: started pid=7` is about whatever of charon, `charon: ended: killed` as well. */
static bool is_related(const struct repeats_line *a, const struct repeats_line *b)
{
	size_t len = a->object_len < b->object_len ? a->object_len : b->object_len;

	return strncmp(a->text, b->text, len) == 0;
}

/* Leaves out what has been silent for an interval. */
static void forget_silent(struct repeats *repeats, uint64_t now_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < repeats->count; i++) {
		struct repeats_line *line = &repeats->lines[i];

		if (!line->untold && is_over(line, now_ms))
			free(line->text);
		else
			repeats->lines[kept++] = *line;
	}
	repeats->count = kept;
}

static struct repeats_line *find(struct repeats *repeats, enum log_level level, const char *text)
{
	for (size_t i = 0; i < repeats->count; i++) {
		struct repeats_line *line = &repeats->lines[i];

		if (line->level == level && strcmp(line->text, text) == 0)
			return line;
	}
	return NULL;
}

/* NULL: there is no room, or no memory. */
static struct repeats_line *add(struct repeats *repeats, enum log_level level, const char *text,
                                uint64_t now_ms)
{
	struct repeats_line *line;

	if (repeats->count == REPEATS_MAX ||
	    array_grow(&repeats->lines, repeats->count, sizeof(*line)) < 0)
		return NULL;
	line = &repeats->lines[repeats->count];
	*line = (struct repeats_line){.text = strdup(text),
	                              .object_len = object_len(text),
	                              .level = level,
	                              .start_ms = now_ms,
	                              .interval_ms = REPEATS_INTERVAL_MS};
	if (!line->text)
		return NULL;
	repeats->count++;
	return line;
}

/* @latest is the last line about its object now; @written: and the log shows it. */
static void supersede(struct repeats *repeats, struct repeats_line *latest, bool written)
{
	for (size_t i = 0; i < repeats->count; i++) {
		struct repeats_line *line = &repeats->lines[i];

		if (line == latest || !is_related(line, latest))
			continue;
		line->superseded = true;
		if (written && line->untold && line->object_len == latest->object_len)
			line->due = true;
	}
	latest->superseded = false;
}

/* How often it is written in a row of intervals. */
static unsigned shown_max(const struct repeats_line *line)
{
	return line->superseded || line->level <= LOG_LEVEL_WARNING ? REPEATS_SHOWN : 1;
}

bool repeats_take(struct repeats *repeats, enum log_level level, const char *text, uint64_t now_ms)
{
	struct repeats_line *line;
	bool written;

	forget_silent(repeats, now_ms);
	line = find(repeats, level, text);
	if (!line)
		line = add(repeats, level, text, now_ms);
	if (!line)
		return true;
	written = line->shown < shown_max(line);
	if (written) {
		line->shown++;
		line->told_ms = now_ms;
	} else {
		line->untold++;
	}
	supersede(repeats, line, written);
	return written;
}

static uint64_t due_ms(const struct repeats_line *line)
{
	if (!line->untold)
		return UINT64_MAX;
	return line->due ? 0 : line->start_ms + line->interval_ms;
}

uint64_t repeats_due_ms(const struct repeats *repeats)
{
	uint64_t first_ms = UINT64_MAX;

	for (size_t i = 0; i < repeats->count; i++)
		if (due_ms(&repeats->lines[i]) < first_ms)
			first_ms = due_ms(&repeats->lines[i]);
	return first_ms;
}

bool repeats_tell(struct repeats *repeats, uint64_t now_ms, struct repeats_sum *ret_sum)
{
	for (size_t i = 0; i < repeats->count; i++) {
		struct repeats_line *line = &repeats->lines[i];

		if (now_ms < due_ms(line) || !line->untold)
			continue;
		*ret_sum = (struct repeats_sum){.line = line->text,
		                                .level = line->level,
		                                .times = line->untold,
		                                .over_ms = now_ms - line->told_ms};
		line->untold = 0;
		line->due = false;
		line->told_ms = now_ms;
		if (!is_over(line, now_ms))
			return true;
		line->start_ms = now_ms;
		line->interval_ms *= 2;
		if (line->interval_ms > REPEATS_INTERVAL_MAX_MS)
			line->interval_ms = REPEATS_INTERVAL_MAX_MS;
		return true;
	}
	return false;
}

void repeats_flush(struct repeats *repeats)
{
	for (size_t i = 0; i < repeats->count; i++)
		repeats->lines[i].due = repeats->lines[i].untold;
}

void repeats_fini(struct repeats *repeats)
{
	for (size_t i = 0; i < repeats->count; i++)
		free(repeats->lines[i].text);
	free(repeats->lines);
	*repeats = (struct repeats){0};
}
