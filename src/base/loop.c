/* SPDX-License-Identifier: MIT */
/* The event loop: thin owners around libevent_core, so that the choice stays in one file. */
#include "xfrmd/base/loop.h"
#include "xfrmd/base/clock.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "xfrmd/base/log.h"

struct loop {
	struct event_base *base;
	bool stopped; /* libevent forgets a break that comes before the loop runs */
};

struct loop_fd {
	struct loop *loop;
	struct event *event;
	loop_fd_fn fn;
	void *ctx;
};

struct loop_timer {
	struct event *event;
	uint64_t due_ms; /* as loop_timer_start_at() was told; UINT64_MAX: not by that, or over */
	loop_fn fn;
	void *ctx;
};

struct loop_signal {
	struct event *event;
	loop_fn fn;
	void *ctx;
};

static void library_log(int severity, const char *message)
{
	log_at(severity >= EVENT_LOG_WARN ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, "loop: %s",
	       message);
}

/*
 * Timers by the precise clock at the moment of arming: by default they can be due too early. poll(), since
 * we have a dozen descriptors, and with precise timers epoll makes a system call more each time it waits,
 * and one whenever we begin or end to wait for room to write.
 */
static struct event_base *base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config && event_config_avoid_method(config, "epoll") == 0 &&
	    event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME |
	                                          EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
		base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	return base;
}

int loop_new(struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	event_set_log_callback(library_log);
	loop->base = base_new();
	if (!loop->base) {
		free(loop);
		return -EIO;
	}
	*ret_loop = loop;
	return 0;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	event_base_free(loop->base);
	free(loop);
}

int loop_run(struct loop *loop)
{
	int result = 0;

	if (!loop->stopped)
		result = event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
	loop->stopped = false;
	return result < 0 ? -EIO : 0;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
	event_base_loopbreak(loop->base);
}

static void fd_ready(int fd, short what, void *arg)
{
	struct loop_fd *watch = arg;

	(void)fd;
	watch->fn(watch->ctx,
	          (what & EV_READ ? LOOP_READ : 0) | (what & EV_WRITE ? LOOP_WRITE : 0));
}

static short fd_flags(unsigned events)
{
	return (short)(EV_PERSIST | (events & LOOP_READ ? EV_READ : 0) |
	               (events & LOOP_WRITE ? EV_WRITE : 0));
}

int loop_fd_new(struct loop *loop, int fd, unsigned events, loop_fd_fn fn, void *ctx,
                struct loop_fd **ret_watch)
{
	struct loop_fd *watch;

	/* poll() would refuse it in each turn */
	if (fcntl(fd, F_GETFD) < 0)
		return -errno;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return -ENOMEM;
	*watch = (struct loop_fd){.loop = loop, .fn = fn, .ctx = ctx};
	watch->event = event_new(loop->base, fd, fd_flags(events), fd_ready, watch);
	if (!watch->event || (events && event_add(watch->event, NULL) < 0)) {
		loop_fd_free(watch);
		return -ENOMEM;
	}
	*ret_watch = watch;
	return 0;
}

int loop_fd_set(struct loop_fd *watch, unsigned events)
{
	int fd = event_get_fd(watch->event);

	event_del(watch->event);
	if (!events)
		return 0;
	if (event_assign(watch->event, watch->loop->base, fd, fd_flags(events), fd_ready, watch) <
	            0 ||
	    event_add(watch->event, NULL) < 0)
		return -EIO;
	return 0;
}

void loop_fd_free(struct loop_fd *watch)
{
	if (!watch)
		return;
	if (watch->event)
		event_free(watch->event);
	free(watch);
}

static void timer_due(int fd, short what, void *arg)
{
	struct loop_timer *timer = arg;

	(void)fd;
	(void)what;
	timer->due_ms = UINT64_MAX;
	timer->fn(timer->ctx);
}

int loop_timer_new(struct loop *loop, loop_fn fn, void *ctx, struct loop_timer **ret_timer)
{
	struct loop_timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return -ENOMEM;
	*timer = (struct loop_timer){.due_ms = UINT64_MAX, .fn = fn, .ctx = ctx};
	timer->event = evtimer_new(loop->base, timer_due, timer);
	if (!timer->event) {
		free(timer);
		return -ENOMEM;
	}
	*ret_timer = timer;
	return 0;
}

void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms)
{
	struct timeval delay = {.tv_sec = (time_t)(delay_ms / 1000),
	                        .tv_usec = (suseconds_t)(delay_ms % 1000 * 1000)};

	timer->due_ms = UINT64_MAX;
	if (evtimer_add(timer->event, &delay) < 0)
		log_error("loop: timer: out of memory");
}

void loop_timer_start_at(struct loop_timer *timer, uint64_t due_ms)
{
	uint64_t now_ms;

	if (due_ms == UINT64_MAX) {
		loop_timer_stop(timer);
		return;
	}
	if (due_ms == timer->due_ms)
		return;
	now_ms = clock_now_ms();
	loop_timer_start(timer, due_ms > now_ms ? due_ms - now_ms : 0);
	timer->due_ms = due_ms;
}

void loop_timer_stop(struct loop_timer *timer)
{
	timer->due_ms = UINT64_MAX;
	evtimer_del(timer->event);
}

void loop_timer_free(struct loop_timer *timer)
{
	if (!timer)
		return;
	event_free(timer->event);
	free(timer);
}

static void signal_caught(int fd, short what, void *arg)
{
	struct loop_signal *watch = arg;

	(void)fd;
	(void)what;
	watch->fn(watch->ctx);
}

int loop_signal_new(struct loop *loop, int signal_number, loop_fn fn, void *ctx,
                    struct loop_signal **ret_signal)
{
	struct loop_signal *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	*watch = (struct loop_signal){.fn = fn, .ctx = ctx};
	watch->event = evsignal_new(loop->base, signal_number, signal_caught, watch);
	if (!watch->event || evsignal_add(watch->event, NULL) < 0) {
		loop_signal_free(watch);
		return -ENOMEM;
	}
	*ret_signal = watch;
	return 0;
}

void loop_signal_free(struct loop_signal *watch)
{
	if (!watch)
		return;
	if (watch->event)
		event_free(watch->event);
	free(watch);
}
