/* SPDX-License-Identifier: MIT */
/* Pid files of others, which may hold anything, and their processes. */
#include "xfrmd/xfrmd/stop_jobs.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "xfrmd/base/array.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/process.h"

/* Some programs write more than their pid; it comes first. */
#define PID_FILE_MAX 4096

static pid_t read_pid(const char *path)
{
	_cleanup_(cleanup_free) char *text = NULL;
	uint64_t pid;
	size_t len;

	if (file_read(path, PID_FILE_MAX, &text, &len, NULL) < 0)
		return 0;
	text[strspn(text, "0123456789")] = '\0';
	return str_parse_u64(text, 1, INT_MAX, &pid) ? 0 : (pid_t)pid;
}

static bool is_known(const struct stop_jobs *jobs, const char *path)
{
	for (size_t i = 0; i < jobs->count; i++)
		if (strcmp(jobs->items[i].path, path) == 0)
			return true;
	return false;
}

/* Of another user, and /proc shows only ours (hidepid): when it began is not known either. */
static bool is_hidden(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

static int add_job(struct stop_jobs *jobs, const char *path)
{
	struct stop_job job = {.path = strdup(path)};
	struct stat status = {0};
	int error;

	if (!job.path || array_grow(&jobs->items, jobs->count, sizeof(job)) < 0) {
		free(job.path);
		return -ENOMEM;
	}
	/* the file first: a process that writes a new one meanwhile is looked at the next time */
	if (stat(path, &status) == 0)
		job.pid = read_pid(path);
	job.written = status.st_mtime;
	if (job.pid) {
		error = process_start_epoch(job.pid, &job.started);
		job.runs = error == -ENOENT ? is_hidden(job.pid) : error != -ESRCH;
	}
	jobs->items[jobs->count++] = job;
	return 0;
}

int stop_jobs_read(const struct strlist *globs, struct stop_jobs *ret_jobs)
{
	struct stop_jobs jobs = {0};
	glob_t found = {0};
	int error = 0;

	for (size_t i = 0; !error && i < globs->count; i++)
		if (glob(globs->items[i], i ? GLOB_APPEND : 0, NULL, &found) == GLOB_NOSPACE)
			error = -ENOMEM;
	for (size_t i = 0; !error && i < found.gl_pathc; i++)
		if (!is_known(&jobs, found.gl_pathv[i]))
			error = add_job(&jobs, found.gl_pathv[i]);
	globfree(&found);
	if (error)
		stop_jobs_fini(&jobs);
	else
		*ret_jobs = jobs;
	return error;
}
