/* SPDX-License-Identifier: MIT */
/* Which jobs a shutdown waits for, how long, and what it says meanwhile. */
#include "xfrmd/xfrmd/stop_wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/str.h"

#define SHOWN_PATH_MAX 128

void stop_jobs_fini(struct stop_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++)
		free(jobs->items[i].path);
	free(jobs->items);
	*jobs = (struct stop_jobs){0};
}

static bool is_awaited(const struct stop_job *job, const pid_t *own, size_t own_count)
{
	if (!job->pid || !job->runs || job->started > job->written + STOP_REUSE_S)
		return false;
	for (size_t i = 0; i < own_count; i++)
		if (job->pid == own[i])
			return false;
	return true;
}

void stop_jobs_keep_awaited(struct stop_jobs *jobs, const pid_t *own, size_t own_count)
{
	size_t kept = 0;

	for (size_t i = 0; i < jobs->count; i++) {
		if (is_awaited(&jobs->items[i], own, own_count))
			jobs->items[kept++] = jobs->items[i];
		else
			free(jobs->items[i].path);
	}
	jobs->count = kept;
}

static void describe(const struct stop_jobs *awaited, char *text, size_t size)
{
	char path[SHOWN_PATH_MAX];
	size_t len = 0, i;

	text[0] = '\0';
	for (i = 0; i < awaited->count && i < STOP_SHOWN_MAX && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s (pid %d)", i ? ", " : "",
		                        str_escape(awaited->items[i].path, path, sizeof(path)),
		                        (int)awaited->items[i].pid);
	if (i < awaited->count && len < size)
		snprintf(text + len, size - len, " and %zu more", awaited->count - i);
}

void stop_wait_begin(struct stop_wait *wait, uint64_t now_ms, uint32_t timeout_s)
{
	*wait = (struct stop_wait){.begin_ms = now_ms,
	                           .end_ms = now_ms + (uint64_t)timeout_s * 1000,
	                           .tell_ms = now_ms};
}

enum stop_step stop_wait_step(struct stop_wait *wait, const struct stop_jobs *awaited,
                              uint64_t now_ms)
{
	describe(awaited, wait->text, sizeof(wait->text));
	if (!awaited->count)
		return STOP_STEP_DONE;
	if (now_ms >= wait->end_ms)
		return STOP_STEP_TIMED_OUT;
	if (now_ms < wait->tell_ms || strcmp(wait->text, wait->told) == 0)
		return STOP_STEP_WAIT;
	memcpy(wait->told, wait->text, sizeof(wait->told));
	wait->tell_ms = now_ms + STOP_TELL_MS;
	return STOP_STEP_TELL;
}

void stop_wait_skip(struct stop_wait *wait, uint64_t now_ms)
{
	if (now_ms < wait->end_ms)
		wait->end_ms = now_ms;
}
