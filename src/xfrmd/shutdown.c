/* SPDX-License-Identifier: MIT */
/*
 * `xfrmctl shutdown`, the gentle end. First all goes on while the jobs of stop_wait_for end, since
 * they may need their peers for that; then the peers get DELETEs, charon ends, and stop_action
 * decides about the policies. Nothing turns it back. All who ask meanwhile are answered at the end.
 */
#include "xfrmd/xfrmd/shutdown.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "xfrmd/base/array.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/notify.h"
#include "xfrmd/xfrmd/policies.h"
#include "xfrmd/xfrmd/recent_peers.h"
#include "xfrmd/xfrmd/stop_jobs.h"
#include "xfrmd/xfrmd/sysctls.h"

/* How long it waits for the peers' answers to our DELETEs: one retransmission and a half. */
#define SHUTDOWN_TERMINATE_MS 2000
#define SHUTDOWN_POLL_MS      200

struct shutdown {
	struct ctl_request **requests;
	size_t request_count;
	struct loop_timer *poll_timer;
	bool under_way;
	bool waiting; /* for jobs; else the end has begun */
	bool skipped;
	struct stop_wait wait;
	struct stop_jobs awaited; /* as last seen */
	struct strlist changes;
};

static void __attribute__((format(printf, 2, 3)))
note(struct shutdown *shutdown, const char *format, ...)
{
	char text[STOP_TEXT_MAX + 128];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)strlist_add(&shutdown->changes, text);
	log_notice("shutdown: %s", text);
}

/* Takes what ctl_proto_result() needs from both lists. */
static void answer_all(struct shutdown *shutdown, const struct strlist *errors)
{
	for (size_t i = 0; i < shutdown->request_count; i++)
		ctl_request_reply(shutdown->requests[i],
		                  ctl_proto_result(!errors->count, &shutdown->changes, errors));
	shutdown->request_count = 0;
}

/* All DELETEs are answered, or the time for that is over. */
static void finish(void *ctx)
{
	struct daemon *daemon = ctx;
	struct shutdown *shutdown = daemon->parts.shutdown;
	_cleanup_(strlist_fini) struct strlist errors = {0};

	charon_kill(daemon->charon);
	/* charon tells of an SA's end before it deletes it */
	installed_spd_delete_sas(daemon->spd, daemon->settings.conf.reqid);
	note(shutdown, "charon and its SAs: ended");
	if (daemon->settings.conf.stop_clear || policies_flushed(daemon))
		policies_remove_all(daemon, &shutdown->changes, &errors);
	else
		note(shutdown, "policies: stay in the kernel, protected traffic is blocked "
		               "(stop_action = block)");
	log_notice("shutdown: done");
	answer_all(shutdown, &errors);
	loop_stop(daemon->loop);
}

bool shutdown_finish(struct daemon *daemon)
{
	struct shutdown *shutdown = daemon->parts.shutdown;

	if (!shutdown->under_way || shutdown->waiting)
		return false;
	note(shutdown, "peers: not waited for any longer (signal)");
	finish(daemon);
	return true;
}

static void end(struct daemon *daemon)
{
	daemon->parts.shutdown->waiting = false;
	/* only now: systemd counts TimeoutStopSec= from here */
	notify_send("STOPPING=1");
	sysctls_stop_holding();
	recent_peers_freeze(daemon);
	negotiator_terminate_all(daemon->negotiator, SHUTDOWN_TERMINATE_MS, finish, daemon);
}

static void look_for_jobs(struct daemon *daemon)
{
	const pid_t own[] = {getpid(), charon_pid(daemon->charon)};
	struct shutdown *shutdown = daemon->parts.shutdown;
	struct stop_jobs jobs = {0};

	/* out of memory: those of the last time, until the timeout */
	if (stop_jobs_read(&daemon->settings.conf.stop_wait_for, &jobs) < 0)
		return;
	stop_jobs_keep_awaited(&jobs, own, sizeof(own) / sizeof(own[0]));
	stop_jobs_fini(&shutdown->awaited);
	shutdown->awaited = jobs;
}

static void tell(const struct stop_wait *wait, uint64_t now_ms)
{
	unsigned left_s = (unsigned)((wait->end_ms - now_ms + 999) / 1000);

	log_notice("shutdown: waiting up to %u s for jobs that still run: %s", left_s, wait->text);
	notify_send("STATUS=shutdown: waiting for %s", wait->text);
}

static void on_poll(void *ctx)
{
	struct daemon *daemon = ctx;
	struct shutdown *shutdown = daemon->parts.shutdown;
	struct stop_wait *wait = &shutdown->wait;
	uint64_t now_ms = clock_now_ms();

	look_for_jobs(daemon);
	switch (stop_wait_step(wait, &shutdown->awaited, now_ms)) {
	case STOP_STEP_TELL:
		tell(wait, now_ms);
		loop_timer_start(shutdown->poll_timer, SHUTDOWN_POLL_MS);
		return;
	case STOP_STEP_WAIT:
		loop_timer_start(shutdown->poll_timer, SHUTDOWN_POLL_MS);
		return;
	case STOP_STEP_DONE:
		if (daemon->settings.conf.stop_wait_for.count)
			note(shutdown, "jobs: none runs, waited %.1f s",
			     (double)(now_ms - wait->begin_ms) / 1000);
		break;
	case STOP_STEP_TIMED_OUT:
		note(shutdown, "jobs: not waited for any longer (%s): %s",
		     shutdown->skipped ? "--now" : "stop_timeout", wait->text);
		break;
	}
	end(daemon);
}

static void begin(struct shutdown *shutdown, uint32_t timeout_s)
{
	log_notice("shutdown: asked for by xfrmctl");
	shutdown->under_way = true;
	shutdown->waiting = true;
	stop_wait_begin(&shutdown->wait, clock_now_ms(), timeout_s);
	loop_timer_start(shutdown->poll_timer, 0);
}

void shutdown_ask(struct daemon *daemon, struct ctl_request *request, bool now)
{
	struct shutdown *shutdown = daemon->parts.shutdown;

	if (!shutdown->under_way)
		begin(shutdown, daemon->settings.conf.stop_timeout_s);
	if (array_grow(&shutdown->requests, shutdown->request_count, sizeof(request)) < 0)
		ctl_request_reply(request, NULL);
	else
		shutdown->requests[shutdown->request_count++] = request;
	if (!now || !shutdown->waiting)
		return;
	shutdown->skipped = true;
	stop_wait_skip(&shutdown->wait, clock_now_ms());
	loop_timer_start(shutdown->poll_timer, 0);
}

bool shutdown_is_under_way(const struct daemon *daemon)
{
	return daemon->parts.shutdown->under_way;
}

void shutdown_status(const struct daemon *daemon, struct ctl_status *status)
{
	const struct shutdown *shutdown = daemon->parts.shutdown;

	status->stopping = shutdown->under_way;
	if (!shutdown->waiting)
		return;
	status->stopping_ends = clock_epoch_of(shutdown->wait.end_ms);
	for (size_t i = 0; i < shutdown->awaited.count; i++) {
		const struct stop_job *job = &shutdown->awaited.items[i];

		strlist_addf(&status->stopping_jobs, "%s (pid %d)", job->path, (int)job->pid);
	}
}

static void close_part(struct daemon *daemon)
{
	struct shutdown *shutdown = daemon->parts.shutdown;
	_cleanup_(strlist_fini) struct strlist errors = {0};

	strlist_addf(&errors, "shutdown: a signal ended xfrmd before, the protection goes on");
	answer_all(shutdown, &errors);
	strlist_fini(&shutdown->changes);
	stop_jobs_fini(&shutdown->awaited);
	free(shutdown->requests);
}

const struct part shutdown_part = {PART(shutdown), .close = close_part,
                                   .timers = {{on_poll, offsetof(struct shutdown, poll_timer)}}};
