/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/gather.h"

#include "test.h"

#define NOW 1000000u

static struct gather gather;

static void setup(void)
{
	gather = (struct gather){0};
}

/* Lets time pass as a timer would; returns how many lines there were until @end_ms. */
static unsigned lines_until(uint64_t end_ms)
{
	uint64_t over_ms;
	unsigned lines = 0;

	while (gather_due_ms(&gather) <= end_ms) {
		ck_assert_int_eq(gather_tell(&gather, gather_due_ms(&gather), &over_ms), true);
		lines++;
	}
	return lines;
}

START_TEST(gather_has_nothing_to_tell_at_first)
{
	uint64_t over_ms;

	ck_assert_uint_eq(gather_due_ms(&gather), UINT64_MAX);
	ck_assert_int_eq(gather_tell(&gather, NOW, &over_ms), false);
	ck_assert_int_eq(gather_is_many(&gather, NOW), false);
}
END_TEST

START_TEST(gather_tells_the_first_ones_almost_at_once)
{
	uint64_t over_ms = 1;

	for (unsigned i = 0; i < GATHER_LINES; i++) {
		uint64_t now_ms = NOW + i * 100;

		gather_add(&gather, now_ms);
		ck_assert_uint_eq(gather_due_ms(&gather), now_ms + GATHER_DELAY_MS);
		ck_assert_int_eq(gather_tell(&gather, now_ms, &over_ms), false);
		ck_assert_int_eq(gather_tell(&gather, now_ms + GATHER_DELAY_MS, &over_ms), true);
		ck_assert_uint_eq(over_ms, 0);
	}
}
END_TEST

START_TEST(gather_makes_one_line_of_what_comes_together)
{
	for (unsigned i = 0; i < 1000; i++)
		gather_add(&gather, NOW + i / 200);
	ck_assert_uint_eq(lines_until(NOW + 1000000), 1);
	ck_assert_int_eq(gather_is_many(&gather, NOW + 10), false);
}
END_TEST

START_TEST(gather_tells_the_rest_at_the_end_of_the_interval)
{
	uint64_t over_ms;

	for (unsigned i = 0; i < 200; i++) {
		gather_add(&gather, NOW + i * 20);
		(void)gather_tell(&gather, NOW + i * 20 + 10, &over_ms);
	}
	ck_assert_int_eq(gather_is_many(&gather, NOW + 4000), true);
	ck_assert_int_eq(gather_is_many(&gather, NOW + 3980 + GATHER_INTERVAL_MS), false);
	ck_assert_uint_eq(gather.untold, 200 - GATHER_LINES);
	ck_assert_uint_eq(gather_due_ms(&gather), NOW + GATHER_INTERVAL_MS);
	ck_assert_int_eq(gather_tell(&gather, NOW + GATHER_INTERVAL_MS, &over_ms), true);
	ck_assert_uint_eq(over_ms, GATHER_INTERVAL_MS);
	ck_assert_uint_eq(gather_due_ms(&gather), UINT64_MAX);
}
END_TEST

START_TEST(gather_tells_of_what_goes_on_for_a_day_in_few_lines)
{
	uint64_t day_ms = 24 * 3600 * 1000;
	unsigned lines = 0;

	for (uint64_t ms = 0; ms < day_ms; ms += 100) {
		gather_add(&gather, NOW + ms);
		lines += lines_until(NOW + ms + 100);
	}
	ck_assert_uint_gt(lines, 100);
	ck_assert_uint_lt(lines, 200);
}
END_TEST

START_TEST(gather_begins_anew_after_an_interval_without_anything)
{
	uint64_t later_ms;

	for (unsigned i = 0; i < 2000; i++) {
		gather_add(&gather, NOW + i * 10);
		lines_until(NOW + i * 10);
	}
	lines_until(NOW + 1000000);
	later_ms = NOW + 2000000;
	ck_assert_int_eq(gather_is_many(&gather, later_ms), false);
	gather_add(&gather, later_ms);
	ck_assert_uint_eq(gather_due_ms(&gather), later_ms + GATHER_DELAY_MS);
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite = test_suite("gather", &test_case);

	tcase_add_checked_fixture(test_case, setup, NULL);
	tcase_add_test(test_case, gather_has_nothing_to_tell_at_first);
	tcase_add_test(test_case, gather_tells_the_first_ones_almost_at_once);
	tcase_add_test(test_case, gather_makes_one_line_of_what_comes_together);
	tcase_add_test(test_case, gather_tells_the_rest_at_the_end_of_the_interval);
	tcase_add_test(test_case, gather_tells_of_what_goes_on_for_a_day_in_few_lines);
	tcase_add_test(test_case, gather_begins_anew_after_an_interval_without_anything);
	return test_run(suite);
}
