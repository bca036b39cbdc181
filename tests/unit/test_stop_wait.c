/* SPDX-License-Identifier: MIT */
/* Which jobs a shutdown waits for, how long, and what it says. */
#include "xfrmd/xfrmd/stop_wait.h"

#include <string.h>

#include "test.h"

#define WRITTEN 1800000000

static const struct {
	const char *what;
	struct stop_job job;
	bool awaited;
} cases[] = {
	{"runs", {NULL, 12, true, WRITTEN - 1, WRITTEN}, true},
	{"runs since long before", {NULL, 12, true, 1000, WRITTEN}, true},
	{"started when it was written", {NULL, 12, true, WRITTEN, WRITTEN}, true},
	{"clock was set a little", {NULL, 12, true, WRITTEN + STOP_REUSE_S, WRITTEN}, true},
	{"pid is another's now", {NULL, 12, true, WRITTEN + STOP_REUSE_S + 1, WRITTEN}, false},
	{"has ended", {NULL, 12, false, 0, WRITTEN}, false},
	{"no pid in it", {NULL, 0, false, 0, WRITTEN}, false},
	{"ours", {NULL, 100, true, WRITTEN, WRITTEN}, false},
	{"charon's", {NULL, 101, true, WRITTEN, WRITTEN}, false},
};

/* Adds a copy of @job with a path. */
static void add(struct stop_jobs *jobs, const struct stop_job *job, const char *path)
{
	jobs->items = realloc(jobs->items, (jobs->count + 1) * sizeof(*jobs->items));
	ck_assert_ptr_nonnull(jobs->items);
	jobs->items[jobs->count] = *job;
	jobs->items[jobs->count++].path = strdup(path);
}

START_TEST(stop_jobs_are_awaited_if_they_run)
{
	/* without a charon its pid is 0, like that of a file without one */
	const pid_t own[] = {100, _i % 2 ? 101 : 0, 101};
	struct stop_jobs jobs = {0};

	add(&jobs, &cases[_i].job, "/run/a.pid");
	stop_jobs_keep_awaited(&jobs, own, 3);
	ck_assert_msg(jobs.count == cases[_i].awaited, "%s", cases[_i].what);
	stop_jobs_fini(&jobs);
}
END_TEST

static const struct stop_job job = {NULL, 12, true, WRITTEN, WRITTEN};

START_TEST(stop_wait_is_over_when_nobody_is_left)
{
	struct stop_jobs jobs = {0}, none = {0};
	struct stop_wait wait;

	add(&jobs, &job, "/run/a.pid");
	stop_wait_begin(&wait, 1000, 30);
	ck_assert_int_eq(stop_wait_step(&wait, &jobs, 1000), STOP_STEP_TELL);
	ck_assert_str_eq(wait.text, "/run/a.pid (pid 12)");
	ck_assert_int_eq(stop_wait_step(&wait, &jobs, 1200), STOP_STEP_WAIT);
	ck_assert_int_eq(stop_wait_step(&wait, &none, 1400), STOP_STEP_DONE);
	stop_jobs_fini(&jobs);
}
END_TEST

START_TEST(stop_wait_tells_each_change_but_not_all_the_time)
{
	struct stop_jobs jobs = {0};
	struct stop_wait wait;

	add(&jobs, &job, "/run/a.pid");
	stop_wait_begin(&wait, 1000, 30);
	ck_assert_int_eq(stop_wait_step(&wait, &jobs, 1000), STOP_STEP_TELL);
	ck_assert_int_eq(stop_wait_step(&wait, &jobs, 1000 + STOP_TELL_MS), STOP_STEP_WAIT);
	add(&jobs, &job, "/run/b\n.pid");
	ck_assert_int_eq(stop_wait_step(&wait, &jobs, 1000 + STOP_TELL_MS), STOP_STEP_TELL);
	ck_assert_str_eq(wait.text, "/run/a.pid (pid 12), /run/b\\x0a.pid (pid 12)");
	add(&jobs, &job, "/run/c.pid");
	ck_assert_int_eq(stop_wait_step(&wait, &jobs, 2 * STOP_TELL_MS), STOP_STEP_WAIT);
	ck_assert_int_eq(stop_wait_step(&wait, &jobs, 1000 + 2 * STOP_TELL_MS), STOP_STEP_TELL);
	stop_jobs_fini(&jobs);
}
END_TEST

START_TEST(stop_wait_ends_with_the_timeout)
{
	struct stop_jobs jobs = {0};
	struct stop_wait wait;

	add(&jobs, &job, "/run/a.pid");
	stop_wait_begin(&wait, 1000, 2);
	ck_assert_int_eq(stop_wait_step(&wait, &jobs, 2999), STOP_STEP_TELL);
	ck_assert_int_eq(stop_wait_step(&wait, &jobs, 3000), STOP_STEP_TIMED_OUT);
	stop_wait_begin(&wait, 1000, 0);
	ck_assert_int_eq(stop_wait_step(&wait, &jobs, 1000), STOP_STEP_TIMED_OUT);
	stop_jobs_fini(&jobs);
}
END_TEST

START_TEST(stop_wait_can_be_skipped)
{
	struct stop_jobs jobs = {0};
	struct stop_wait wait;

	add(&jobs, &job, "/run/a.pid");
	stop_wait_begin(&wait, 1000, 3600);
	stop_wait_skip(&wait, 1500);
	ck_assert_int_eq(stop_wait_step(&wait, &jobs, 1500), STOP_STEP_TIMED_OUT);
	stop_wait_skip(&wait, 9000);
	ck_assert_uint_eq(wait.end_ms, 1500);
	stop_jobs_fini(&jobs);
}
END_TEST

START_TEST(stop_wait_names_a_few_and_counts_the_rest)
{
	struct stop_jobs jobs = {0};
	struct stop_wait wait;
	char path[300];

	for (int i = 0; i < STOP_SHOWN_MAX + 2; i++)
		add(&jobs, &job, "/r.pid");
	stop_wait_begin(&wait, 0, 30);
	ck_assert_int_eq(stop_wait_step(&wait, &jobs, 0), STOP_STEP_TELL);
	ck_assert_str_eq(wait.text,
	                 "/r.pid (pid 12), /r.pid (pid 12), /r.pid (pid 12), /r.pid (pid 12), "
	                 "/r.pid (pid 12) and 2 more");
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	for (int i = 0; i < STOP_SHOWN_MAX; i++) {
		free(jobs.items[i].path);
		jobs.items[i].path = strdup(path);
	}
	stop_wait_step(&wait, &jobs, 1);
	ck_assert_uint_eq(strlen(wait.text), STOP_TEXT_MAX - 1);
	stop_jobs_fini(&jobs);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("stop_wait", &tcase);

	tcase_add_loop_test(tcase, stop_jobs_are_awaited_if_they_run, 0,
	                    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tcase, stop_wait_is_over_when_nobody_is_left);
	tcase_add_test(tcase, stop_wait_tells_each_change_but_not_all_the_time);
	tcase_add_test(tcase, stop_wait_ends_with_the_timeout);
	tcase_add_test(tcase, stop_wait_can_be_skipped);
	tcase_add_test(tcase, stop_wait_names_a_few_and_counts_the_rest);
	return test_run(suite);
}
