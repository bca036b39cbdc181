/* SPDX-License-Identifier: MIT */
/* The start is over when charon has its credentials: who waits for us is told then, and not before. */
#include "xfrmd/xfrmd/readiness.h"

#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/notify.h"
#include "xfrmd/base/run_dir.h"

struct readiness {
	struct loop_timer *timer;
	struct loop_timer *watchdog_timer;
	bool reached, failed;
};

static void on_timeout(void *ctx)
{
	struct daemon *daemon = ctx;
	const char *problem = negotiator_problem(daemon->negotiator);
	pid_t impostor = charon_impostor(daemon->charon);

	if (impostor)
		log_error("charon: pid %d answers at its VICI socket, expected pid %d",
		          (int)impostor, (int)charon_pid(daemon->charon));
	log_error("start: charon was not ready within %u s (prestart_timeout)%s%s; policies stay",
	          daemon->settings.conf.prestart_timeout_s, *problem ? ": " : "", problem);
	if (!charon_adopted(daemon->charon))
		charon_kill(daemon->charon);
	daemon->parts.readiness->failed = true;
	loop_stop(daemon->loop);
}

static void on_watchdog(void *ctx)
{
	struct daemon *daemon = ctx;

	notify_send("WATCHDOG=1");
	loop_timer_start(daemon->parts.readiness->watchdog_timer, notify_watchdog_ms());
}

void readiness_expect(struct daemon *daemon)
{
	struct readiness *readiness = daemon->parts.readiness;

	loop_timer_start(readiness->timer,
	                 (uint64_t)daemon->settings.conf.prestart_timeout_s * 1000);
	if (notify_watchdog_ms())
		loop_timer_start(readiness->watchdog_timer, notify_watchdog_ms());
}

void readiness_reached(struct daemon *daemon)
{
	struct readiness *readiness = daemon->parts.readiness;
	struct err err;

	if (readiness->reached)
		return;
	readiness->reached = true;
	loop_timer_stop(readiness->timer);
	if (run_dir_write_pid(daemon->run_dir, &err) < 0)
		log_error("%s", err.text);
	notify_send("READY=1\nMAINPID=%d\nSTATUS=protecting %zu prefixes", (int)getpid(),
	            daemon->settings.conf.protect.count);
	if (daemon->ready_fd >= 0) {
		if (write(daemon->ready_fd, "", 1) < 0)
			log_warning("start: the starting process is gone");
		close(steal_fd(&daemon->ready_fd));
	}
	log_notice("ready: policies=%zu", installed_spd_want(daemon->spd)->count);
}

bool readiness_is_reached(const struct daemon *daemon)
{
	return daemon->parts.readiness->reached;
}

bool readiness_failed(const struct daemon *daemon)
{
	return daemon->parts.readiness->failed;
}

const struct part readiness_part = {
	PART(readiness), .timers = {{on_timeout, offsetof(struct readiness, timer)},
                                    {on_watchdog, offsetof(struct readiness, watchdog_timer)}}};
