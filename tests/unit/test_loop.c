/* SPDX-License-Identifier: MIT */
/* Real pipes, timers and signals; a guard timer ends a loop that would never stop. */
#include "xfrmd/base/clock.h"
#include "xfrmd/base/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#define GUARD_MS 5000

static struct loop *loop;
static struct loop_timer *guard;
static bool guard_fired;

static void on_guard(void *ctx)
{
	(void)ctx;
	guard_fired = true;
	loop_stop(loop);
}

static void create_loop(void)
{
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(loop_timer_new(loop, on_guard, NULL, &guard), 0);
	guard_fired = false;
}

static void free_loop(void)
{
	loop_timer_free(guard);
	loop_free(loop);
}

static void run(void)
{
	loop_timer_start(guard, GUARD_MS);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_eq(guard_fired, false);
}

static void on_stop(void *ctx)
{
	(void)ctx;
	loop_stop(loop);
}

static void run_for(uint64_t ms)
{
	struct loop_timer *end;

	ck_assert_int_eq(loop_timer_new(loop, on_stop, NULL, &end), 0);
	loop_timer_start(end, ms);
	run();
	loop_timer_free(end);
}

/* One watched end: what its callback saw, and what it shall do. */
struct end {
	int fd;
	struct loop_fd *watch;
	struct loop_fd *victim; /* freed by the callback, if any */
	unsigned calls;
	unsigned ready;
	bool drain, free_own, stop;
};

static void on_ready(void *ctx, unsigned ready)
{
	struct end *end = ctx;
	char byte;

	end->calls++;
	end->ready = ready;
	if (end->drain)
		ck_assert_int_eq(read(end->fd, &byte, 1), 1);
	if (end->victim) {
		loop_fd_free(end->victim);
		end->victim = NULL;
	}
	if (end->free_own) {
		loop_fd_free(end->watch);
		end->watch = NULL;
	}
	if (end->stop)
		loop_stop(loop);
}

static void open_pipe(int fds[2])
{
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
}

static void close_both(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static void watch_end(struct end *end, int fd, unsigned events)
{
	end->fd = fd;
	ck_assert_int_eq(loop_fd_new(loop, fd, events, on_ready, end, &end->watch), 0);
}

START_TEST(a_readable_pipe_is_reported_until_it_is_drained)
{
	struct end end = {.drain = true};
	int fds[2];

	open_pipe(fds);
	watch_end(&end, fds[0], LOOP_READ);
	ck_assert_int_eq(write(fds[1], "abc", 3), 3);
	while (end.calls < 3)
		run_for(20);
	run_for(20);
	ck_assert_uint_eq(end.calls, 3);
	ck_assert_uint_eq(end.ready, LOOP_READ);
	loop_fd_free(end.watch);
	close_both(fds);
}
END_TEST

START_TEST(a_writable_pipe_is_reported)
{
	struct end end = {.stop = true};
	int fds[2];

	open_pipe(fds);
	watch_end(&end, fds[1], LOOP_WRITE);
	run();
	ck_assert_uint_eq(end.ready, LOOP_WRITE);
	loop_fd_free(end.watch);
	close_both(fds);
}
END_TEST

START_TEST(one_watch_reports_both_directions)
{
	struct end end = {.stop = true};
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_eq(write(fds[1], "a", 1), 1);
	watch_end(&end, fds[0], LOOP_READ | LOOP_WRITE);
	run();
	ck_assert_uint_eq(end.ready, LOOP_READ | LOOP_WRITE);
	loop_fd_free(end.watch);
	close_both(fds);
}
END_TEST

static const unsigned watched[] = {LOOP_READ, LOOP_WRITE, LOOP_READ | LOOP_WRITE};

START_TEST(hang_up_shows_as_all_that_is_watched_for)
{
	struct end end = {.stop = true};
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	close(fds[1]);
	watch_end(&end, fds[0], watched[_i]);
	run();
	ck_assert_uint_eq(end.ready, watched[_i]);
	loop_fd_free(end.watch);
	close(fds[0]);
}
END_TEST

START_TEST(error_shows_as_all_that_is_watched_for)
{
	struct end end = {.stop = true};
	int fds[2];

	/* a pipe without reader is in error at its writing end */
	open_pipe(fds);
	close(fds[0]);
	watch_end(&end, fds[1], watched[_i]);
	run();
	ck_assert_uint_eq(end.ready, watched[_i]);
	loop_fd_free(end.watch);
	close(fds[1]);
}
END_TEST

START_TEST(a_paused_watch_is_silent_until_it_is_set_again)
{
	struct end end = {.stop = true};
	int fds[2];

	open_pipe(fds);
	ck_assert_int_eq(write(fds[1], "a", 1), 1);
	watch_end(&end, fds[0], 0);
	run_for(10);
	ck_assert_uint_eq(end.calls, 0);
	ck_assert_int_eq(loop_fd_set(end.watch, LOOP_READ), 0);
	run();
	ck_assert_uint_eq(end.calls, 1);
	ck_assert_int_eq(loop_fd_set(end.watch, 0), 0);
	run_for(10);
	ck_assert_uint_eq(end.calls, 1);
	loop_fd_free(end.watch);
	close_both(fds);
}
END_TEST

static void on_ready_switch(void *ctx, unsigned ready)
{
	struct end *end = ctx;

	end->calls++;
	if (end->calls == 1) {
		ck_assert_uint_eq(ready, LOOP_WRITE);
		ck_assert_int_eq(loop_fd_set(end->watch, LOOP_READ), 0);
		return;
	}
	ck_assert_uint_eq(ready, LOOP_READ);
	loop_stop(loop);
}

START_TEST(a_watch_can_be_set_inside_its_own_callback)
{
	struct end end = {0};
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_eq(write(fds[1], "a", 1), 1);
	ck_assert_int_eq(loop_fd_new(loop, fds[0], LOOP_WRITE, on_ready_switch, &end, &end.watch),
	                 0);
	run();
	ck_assert_uint_eq(end.calls, 2);
	loop_fd_free(end.watch);
	close_both(fds);
}
END_TEST

START_TEST(a_watch_can_be_freed_inside_its_own_callback)
{
	struct end end = {.free_own = true};
	int fds[2];

	open_pipe(fds);
	ck_assert_int_eq(write(fds[1], "a", 1), 1);
	watch_end(&end, fds[0], LOOP_READ);
	run_for(20);
	ck_assert_uint_eq(end.calls, 1);
	ck_assert_ptr_null(end.watch);
	close_both(fds);
}
END_TEST

/* Both pipes are readable in the same turn; whichever is served first frees the other. */
START_TEST(a_watch_freed_by_another_in_the_same_turn_is_not_called)
{
	struct end ends[2] = {{.drain = true}, {.drain = true}};
	int fds[2][2];

	for (int i = 0; i < 2; i++) {
		open_pipe(fds[i]);
		ck_assert_int_eq(write(fds[i][1], "a", 1), 1);
		watch_end(&ends[i], fds[i][0], LOOP_READ);
	}
	for (int i = 0; i < 2; i++)
		ends[i].victim = ends[!i].watch;
	run_for(20);
	ck_assert_uint_eq(ends[0].calls + ends[1].calls, 1);
	loop_fd_free(ends[ends[0].calls ? 0 : 1].watch);
	for (int i = 0; i < 2; i++)
		close_both(fds[i]);
}
END_TEST

START_TEST(a_watch_on_a_bad_fd_is_refused)
{
	struct loop_fd *watch = NULL;
	struct end end = {0};

	ck_assert_int_lt(loop_fd_new(loop, 1000000, LOOP_READ, on_ready, &end, &watch), 0);
	ck_assert_ptr_null(watch);
}
END_TEST

struct tick {
	struct loop_timer *timer;
	unsigned calls, wanted;
	uint64_t due_ms, early_ms;
};

static void on_tick(void *ctx)
{
	struct tick *tick = ctx;
	uint64_t now_ms = clock_now_ms();

	if (now_ms < tick->due_ms)
		tick->early_ms = tick->due_ms - now_ms;
	tick->calls++;
	if (tick->calls == tick->wanted)
		loop_stop(loop);
}

START_TEST(a_timer_fires_once)
{
	struct tick tick = {0};

	ck_assert_int_eq(loop_timer_new(loop, on_tick, &tick, &tick.timer), 0);
	run_for(5);
	ck_assert_uint_eq(tick.calls, 0);
	loop_timer_start(tick.timer, 0);
	run_for(20);
	ck_assert_uint_eq(tick.calls, 1);
	loop_timer_free(tick.timer);
}
END_TEST

START_TEST(a_stopped_timer_does_not_fire)
{
	struct tick tick = {0};

	ck_assert_int_eq(loop_timer_new(loop, on_tick, &tick, &tick.timer), 0);
	loop_timer_start(tick.timer, 1);
	loop_timer_stop(tick.timer);
	loop_timer_stop(tick.timer);
	run_for(20);
	ck_assert_uint_eq(tick.calls, 0);
	loop_timer_free(tick.timer);
}
END_TEST

START_TEST(starting_a_timer_again_moves_it)
{
	struct tick sooner = {.wanted = 1}, later = {0};

	ck_assert_int_eq(loop_timer_new(loop, on_tick, &sooner, &sooner.timer), 0);
	ck_assert_int_eq(loop_timer_new(loop, on_tick, &later, &later.timer), 0);
	loop_timer_start(sooner.timer, GUARD_MS * 2);
	loop_timer_start(sooner.timer, 20);
	loop_timer_start(later.timer, 1);
	loop_timer_start(later.timer, GUARD_MS * 2);
	run();
	ck_assert_uint_eq(sooner.calls, 1);
	ck_assert_uint_eq(later.calls, 0);
	loop_timer_free(sooner.timer);
	loop_timer_free(later.timer);
}
END_TEST

static void block_ms(long ms)
{
	struct timespec time = {.tv_nsec = ms * 1000000};

	nanosleep(&time, NULL);
}

/* Works for a while before it arms itself again, as a netlink dump does. */
static void on_slow_tick(void *ctx)
{
	struct tick *tick = ctx;

	on_tick(tick);
	block_ms(5);
	tick->due_ms = clock_now_ms() + 7;
	loop_timer_start(tick->timer, 7);
}

static void on_busy_tick(void *ctx)
{
	struct tick *tick = ctx;

	loop_timer_start(tick->timer, 1);
}

START_TEST(a_timer_is_never_early)
{
	struct tick slow = {.wanted = 10}, busy = {0};

	ck_assert_int_eq(loop_timer_new(loop, on_slow_tick, &slow, &slow.timer), 0);
	ck_assert_int_eq(loop_timer_new(loop, on_busy_tick, &busy, &busy.timer), 0);
	loop_timer_start(slow.timer, 0);
	loop_timer_start(busy.timer, 0);
	run();
	ck_assert_uint_eq(slow.early_ms, 0);
	loop_timer_free(slow.timer);
	loop_timer_free(busy.timer);
}
END_TEST

static void on_tick_free(void *ctx)
{
	struct tick *tick = ctx;

	tick->calls++;
	loop_timer_free(tick->timer);
	tick->timer = NULL;
}

START_TEST(a_timer_can_be_freed_inside_its_own_callback)
{
	struct tick tick = {0};

	ck_assert_int_eq(loop_timer_new(loop, on_tick_free, &tick, &tick.timer), 0);
	loop_timer_start(tick.timer, 0);
	run_for(20);
	ck_assert_uint_eq(tick.calls, 1);
	ck_assert_ptr_null(tick.timer);
}
END_TEST

struct caught {
	struct loop_signal *watch;
	unsigned calls;
};

static void on_signal(void *ctx)
{
	struct caught *caught = ctx;

	caught->calls++;
	loop_stop(loop);
}

static void on_signal_free(void *ctx)
{
	struct caught *caught = ctx;

	on_signal(ctx);
	loop_signal_free(caught->watch);
	caught->watch = NULL;
}

START_TEST(a_signal_is_delivered_from_the_loop)
{
	struct caught caught = {0};

	ck_assert_int_eq(loop_signal_new(loop, SIGUSR1, on_signal, &caught, &caught.watch), 0);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	ck_assert_uint_eq(caught.calls, 0);
	run();
	ck_assert_uint_eq(caught.calls, 1);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	run();
	ck_assert_uint_eq(caught.calls, 2);
	loop_signal_free(caught.watch);
}
END_TEST

START_TEST(a_signal_watch_can_be_freed_inside_its_own_callback)
{
	struct sigaction action;
	struct caught caught = {0};

	ck_assert_int_eq(loop_signal_new(loop, SIGUSR1, on_signal_free, &caught, &caught.watch), 0);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	run();
	ck_assert_uint_eq(caught.calls, 1);
	ck_assert_int_eq(sigaction(SIGUSR1, NULL, &action), 0);
	ck_assert_int_eq(action.sa_handler == SIG_DFL, true);
}
END_TEST

START_TEST(two_signals_reach_their_own_callbacks)
{
	struct caught first = {0}, second = {0};

	ck_assert_int_eq(loop_signal_new(loop, SIGUSR1, on_signal, &first, &first.watch), 0);
	ck_assert_int_eq(loop_signal_new(loop, SIGUSR2, on_signal, &second, &second.watch), 0);
	ck_assert_int_eq(raise(SIGUSR2), 0);
	run();
	ck_assert_uint_eq(first.calls, 0);
	ck_assert_uint_eq(second.calls, 1);
	loop_signal_free(first.watch);
	loop_signal_free(second.watch);
}
END_TEST

START_TEST(a_stop_before_the_run_is_kept_for_one_run)
{
	struct tick tick = {.wanted = 1};

	ck_assert_int_eq(loop_timer_new(loop, on_tick, &tick, &tick.timer), 0);
	loop_timer_start(tick.timer, 0);
	loop_stop(loop);
	run();
	ck_assert_uint_eq(tick.calls, 0);
	run();
	ck_assert_uint_eq(tick.calls, 1);
	loop_timer_free(tick.timer);
}
END_TEST

START_TEST(an_idle_loop_runs_until_it_is_stopped)
{
	uint64_t start_ms = clock_now_ms();

	run_for(30);
	ck_assert_uint_ge(clock_now_ms() - start_ms, 30);
}
END_TEST

START_TEST(the_epoch_clock_is_the_wall_clock)
{
	int64_t before = time(NULL), now = clock_now_epoch();

	ck_assert_int_ge(now, before);
	ck_assert_int_le(now, time(NULL));
}
END_TEST

START_TEST(a_moment_has_one_time_of_the_epoch)
{
	struct timespec now;
	uint64_t second_ms;

	clock_gettime(CLOCK_REALTIME, &now);
	second_ms = clock_now_ms() - (uint64_t)now.tv_nsec / 1000000;
	for (uint64_t ms = 100; ms < 1000; ms += 100) {
		ck_assert_int_eq(clock_epoch_of(second_ms + ms), now.tv_sec);
		ck_assert_int_eq(clock_epoch_of(second_ms + ms - 1000), now.tv_sec - 1);
		ck_assert_int_eq(clock_epoch_of(second_ms + ms + 1000), now.tv_sec + 1);
	}
}
END_TEST

START_TEST(nothing_can_be_freed)
{
	loop_fd_free(NULL);
	loop_timer_free(NULL);
	loop_signal_free(NULL);
	loop_free(NULL);
}
END_TEST

static void add_watch_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_readable_pipe_is_reported_until_it_is_drained);
	tcase_add_test(tcase, a_writable_pipe_is_reported);
	tcase_add_test(tcase, one_watch_reports_both_directions);
	tcase_add_loop_test(tcase, hang_up_shows_as_all_that_is_watched_for, 0, 3);
	tcase_add_loop_test(tcase, error_shows_as_all_that_is_watched_for, 0, 3);
	tcase_add_test(tcase, a_paused_watch_is_silent_until_it_is_set_again);
	tcase_add_test(tcase, a_watch_can_be_set_inside_its_own_callback);
	tcase_add_test(tcase, a_watch_can_be_freed_inside_its_own_callback);
	tcase_add_test(tcase, a_watch_freed_by_another_in_the_same_turn_is_not_called);
	tcase_add_test(tcase, a_watch_on_a_bad_fd_is_refused);
}

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("loop", &tcase);

	tcase_add_checked_fixture(tcase, create_loop, free_loop);
	add_watch_tests(tcase);
	tcase_add_test(tcase, a_timer_fires_once);
	tcase_add_test(tcase, a_stopped_timer_does_not_fire);
	tcase_add_test(tcase, starting_a_timer_again_moves_it);
	tcase_add_test(tcase, a_timer_is_never_early);
	tcase_add_test(tcase, a_timer_can_be_freed_inside_its_own_callback);
	tcase_add_test(tcase, a_signal_is_delivered_from_the_loop);
	tcase_add_test(tcase, a_signal_watch_can_be_freed_inside_its_own_callback);
	tcase_add_test(tcase, two_signals_reach_their_own_callbacks);
	tcase_add_test(tcase, a_stop_before_the_run_is_kept_for_one_run);
	tcase_add_test(tcase, an_idle_loop_runs_until_it_is_stopped);
	tcase_add_test(tcase, the_epoch_clock_is_the_wall_clock);
	tcase_add_test(tcase, a_moment_has_one_time_of_the_epoch);
	tcase_add_test(tcase, nothing_can_be_freed);
	return test_run(suite);
}
