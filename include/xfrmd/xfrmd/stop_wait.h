/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_STOP_WAIT_H
#define XFRMD_XFRMD_STOP_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The wait of `xfrmctl shutdown` for the jobs of stop_wait_for: which pid files stand for a process
 * that has to end first, until when, and what is told meanwhile. Pure.
 */

/* One file that a glob of stop_wait_for matches, as it was found. */
struct stop_job {
	char *path;
	pid_t pid;       /* 0: the file holds none */
	bool runs;       /* there is a process with this pid, which has not exited */
	int64_t started; /* of that process, epoch seconds */
	int64_t written; /* of the file, likewise */
};
struct stop_jobs {
	struct stop_job *items;
	size_t count;
};
void stop_jobs_fini(struct stop_jobs *jobs);

/* A process that was started this much later than its pid file was written is another one that got
 * the pid again; less may come of a clock that was set. */
#define STOP_REUSE_S 60

/* Forgets all that nobody has to wait for: pid files without a process, or with one of @own. */
void stop_jobs_keep_awaited(struct stop_jobs *jobs, const pid_t *own, size_t own_count);

#define STOP_TEXT_MAX  512
#define STOP_SHOWN_MAX 5
/* While something changes, at most one line in this time. */
#define STOP_TELL_MS   5000

struct stop_wait {
	uint64_t begin_ms, end_ms;
	uint64_t tell_ms;         /* no line before */
	char text[STOP_TEXT_MAX]; /* "/run/a/a.pid (pid 12), ... and 3 more" */
	char told[STOP_TEXT_MAX];
};

enum stop_step {
	STOP_STEP_WAIT,
	STOP_STEP_TELL, /* wait, and say for what: `text` */
	STOP_STEP_DONE,
	STOP_STEP_TIMED_OUT,
};

void stop_wait_begin(struct stop_wait *wait, uint64_t now_ms, uint32_t timeout_s);
/* @awaited: what stop_jobs_keep_awaited() left. */
enum stop_step stop_wait_step(struct stop_wait *wait, const struct stop_jobs *awaited,
                              uint64_t now_ms);
/* `xfrmctl shutdown --now`. */
void stop_wait_skip(struct stop_wait *wait, uint64_t now_ms);

#endif
