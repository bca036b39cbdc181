/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/repeats.h"

#include <stdio.h>

#include "test.h"

#define UP     "peer: 10.0.0.2: negotiating -> up: SA established"
#define DOWN   "peer: 10.0.0.2: up -> idle: last SA closed"
#define FAILED "peer: 10.0.0.2: negotiating -> failed: no response"
#define OTHER  "peer: 10.0.0.3: negotiating -> failed: no response"
#define ENDED  "charon: ended: killed by signal 9"

static struct repeats repeats;

static void teardown(void)
{
	repeats_fini(&repeats);
}

static bool notice(const char *line, uint64_t now_ms)
{
	return repeats_take(&repeats, LOG_LEVEL_NOTICE, line, now_ms);
}

static void assert_told(const char *line, uint64_t times, uint64_t over_ms, uint64_t now_ms)
{
	struct repeats_sum sum;

	ck_assert(repeats_tell(&repeats, now_ms, &sum));
	ck_assert_str_eq(sum.line, line);
	ck_assert_uint_eq(sum.times, times);
	ck_assert_uint_eq(sum.over_ms, over_ms);
}

static void assert_nothing_told(uint64_t now_ms)
{
	struct repeats_sum sum;

	ck_assert(!repeats_tell(&repeats, now_ms, &sum));
}

START_TEST(a_line_that_comes_again_is_counted_and_told_within_a_minute)
{
	ck_assert(notice(FAILED, 1000));
	ck_assert_uint_eq(repeats_due_ms(&repeats), UINT64_MAX);
	ck_assert(!notice(FAILED, 2000));
	ck_assert(!notice(FAILED, 4000));
	ck_assert_uint_eq(repeats_due_ms(&repeats), 61000);
	assert_nothing_told(60999);
	assert_told(FAILED, 2, 60000, 61000);
	assert_nothing_told(61000);
	ck_assert_uint_eq(repeats_due_ms(&repeats), UINT64_MAX);
}
END_TEST

START_TEST(what_goes_on_is_told_more_and_more_rarely)
{
	uint64_t now_ms = 0, interval_ms = REPEATS_INTERVAL_MS;

	ck_assert(notice(FAILED, now_ms));
	for (int i = 0; i < 10; i++) {
		ck_assert(!notice(FAILED, now_ms + 1));
		ck_assert_uint_eq(repeats_due_ms(&repeats), now_ms + interval_ms);
		now_ms += interval_ms;
		assert_told(FAILED, 1, interval_ms, now_ms);
		interval_ms *= 2;
		if (interval_ms > REPEATS_INTERVAL_MAX_MS)
			interval_ms = REPEATS_INTERVAL_MAX_MS;
	}
}
END_TEST

START_TEST(after_a_silent_interval_a_line_is_news)
{
	ck_assert(notice(FAILED, 0));
	ck_assert(notice(FAILED, REPEATS_INTERVAL_MS));
	ck_assert(!notice(FAILED, REPEATS_INTERVAL_MS + 1));
	assert_told(FAILED, 1, REPEATS_INTERVAL_MS, 2 * REPEATS_INTERVAL_MS);
	ck_assert(notice(FAILED, 4 * REPEATS_INTERVAL_MS));
}
END_TEST

START_TEST(another_line_about_the_object_is_preceded_by_the_sum)
{
	ck_assert(notice(FAILED, 0));
	ck_assert(!notice(FAILED, 1000));
	ck_assert(notice(UP, 3000));
	assert_told(FAILED, 1, 3000, 3000);
	assert_nothing_told(3000);
	ck_assert_uint_eq(repeats_due_ms(&repeats), UINT64_MAX);
}
END_TEST

START_TEST(lines_about_other_objects_change_nothing)
{
	ck_assert(notice(FAILED, 0));
	ck_assert(notice(OTHER, 1));
	ck_assert(!notice(FAILED, 2));
	ck_assert(!notice(OTHER, 3));
	ck_assert(notice("peer: 10.0.0.20: negotiating -> up: SA established", 4));
	assert_nothing_told(4);
	assert_told(FAILED, 1, REPEATS_INTERVAL_MS, REPEATS_INTERVAL_MS);
	assert_told(OTHER, 1, REPEATS_INTERVAL_MS, REPEATS_INTERVAL_MS + 1);
}
END_TEST

START_TEST(one_that_goes_up_and_down_is_shown_three_times)
{
	unsigned shown = 0;

	for (uint64_t now_ms = 0; now_ms < 20000; now_ms += 1000) {
		shown += notice(UP, now_ms);
		shown += notice(DOWN, now_ms + 500);
	}
	ck_assert_uint_eq(shown, 2 * REPEATS_SHOWN);
	assert_nothing_told(20000);
	assert_told(UP, 17, 58000, 60000);
	assert_told(DOWN, 17, 58000, 60500);
}
END_TEST

START_TEST(a_line_about_the_area_is_about_each_object_of_it)
{
	ck_assert(repeats_take(&repeats, LOG_LEVEL_NOTICE, ENDED, 0));
	ck_assert(notice("charon: started pid=7", 1));
	ck_assert(repeats_take(&repeats, LOG_LEVEL_NOTICE, ENDED, 2));
}
END_TEST

START_TEST(words_are_no_object)
{
	ck_assert(notice("spd: a foreign policy defeats ours: any", 0));
	ck_assert(notice("spd: a foreign policy no longer defeats ours: any", 1));
	ck_assert(notice("spd: a foreign policy defeats ours: any", 2));
}
END_TEST

START_TEST(warnings_and_errors_are_shown_three_times)
{
	const enum log_level level = _i ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING;

	for (unsigned i = 0; i < 10; i++)
		ck_assert_int_eq(repeats_take(&repeats, level, ENDED, i), i < REPEATS_SHOWN);
	/* the same text at another level is another line */
	ck_assert(notice(ENDED, 10));
}
END_TEST

START_TEST(lines_without_form_are_their_own_object)
{
	ck_assert(notice("something", 0));
	ck_assert(notice("some: thing", 1));
	ck_assert(notice("", 3));
	ck_assert(!notice("", 4));
}
END_TEST

START_TEST(flush_makes_all_sums_due)
{
	ck_assert(notice(FAILED, 0));
	ck_assert(!notice(FAILED, 1));
	ck_assert(notice(OTHER, 2));
	repeats_flush(&repeats);
	assert_told(FAILED, 1, 5, 5);
	assert_nothing_told(5);
}
END_TEST

START_TEST(of_too_many_lines_none_is_lost)
{
	char line[64];

	for (unsigned i = 0; i < REPEATS_MAX + 10; i++) {
		snprintf(line, sizeof(line), "peer: 10.0.0.%u: negotiating -> failed", i);
		ck_assert(notice(line, i));
	}
	ck_assert(notice(line, 2000)); /* not remembered */
	snprintf(line, sizeof(line), "peer: 10.0.0.%u: negotiating -> failed", 7);
	ck_assert(!notice(line, 2001));
	/* the old ones make room */
	ck_assert(notice(UP, 2 * REPEATS_INTERVAL_MS));
	ck_assert(!notice(UP, 2 * REPEATS_INTERVAL_MS + 1));
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("repeats", &tcase);

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, a_line_that_comes_again_is_counted_and_told_within_a_minute);
	tcase_add_test(tcase, what_goes_on_is_told_more_and_more_rarely);
	tcase_add_test(tcase, after_a_silent_interval_a_line_is_news);
	tcase_add_test(tcase, another_line_about_the_object_is_preceded_by_the_sum);
	tcase_add_test(tcase, lines_about_other_objects_change_nothing);
	tcase_add_test(tcase, one_that_goes_up_and_down_is_shown_three_times);
	tcase_add_test(tcase, a_line_about_the_area_is_about_each_object_of_it);
	tcase_add_test(tcase, words_are_no_object);
	tcase_add_loop_test(tcase, warnings_and_errors_are_shown_three_times, 0, 2);
	tcase_add_test(tcase, lines_without_form_are_their_own_object);
	tcase_add_test(tcase, flush_makes_all_sums_due);
	tcase_add_test(tcase, of_too_many_lines_none_is_lost);
	return test_run(suite);
}
