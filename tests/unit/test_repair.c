/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/repair.h"

#include "test.h"

#define NOW 1000000u

static struct repair repair;

static void setup(void)
{
	repair = (struct repair){0};
}

/* Somebody touches every @period_ms, a repair takes @took_ms: how many run, and the longest
 * wait. */
static unsigned fight(uint64_t period_ms, uint64_t took_ms, uint64_t length_ms,
                      uint64_t *ret_longest_ms)
{
	uint64_t touched_ms = 0, free_ms = 0, longest_ms = 0;
	unsigned repairs = 0;

	for (uint64_t now_ms = NOW; now_ms < NOW + length_ms; now_ms++) {
		bool was_touched = repair.touched;

		if ((now_ms - NOW) % period_ms == 0) {
			repair_touched(&repair);
			if (!was_touched)
				touched_ms = now_ms;
		}
		if (now_ms < free_ms || now_ms < repair_due_ms(&repair))
			continue;
		if (now_ms - touched_ms > longest_ms)
			longest_ms = now_ms - touched_ms;
		repairs++;
		free_ms = now_ms + took_ms;
		repair_done(&repair, took_ms, false, free_ms);
	}
	*ret_longest_ms = longest_ms;
	return repairs;
}

START_TEST(repair_is_due_when_touched_and_not_otherwise)
{
	ck_assert_uint_eq(repair_due_ms(&repair), UINT64_MAX);
	repair_touched(&repair);
	ck_assert_uint_le(repair_due_ms(&repair), NOW);
	repair_done(&repair, 1, false, NOW);
	ck_assert_uint_eq(repair_due_ms(&repair), UINT64_MAX);
}
END_TEST

START_TEST(repair_pauses_grow_while_somebody_fights_and_begin_anew_after_quiet)
{
	static const uint64_t pauses_ms[] = {10, 20, 40, 50, 50, 50};
	uint64_t now_ms = NOW;

	for (size_t i = 0; i < sizeof(pauses_ms) / sizeof(pauses_ms[0]); i++) {
		repair_done(&repair, 1, false, now_ms);
		repair_touched(&repair);
		ck_assert_uint_eq(repair_due_ms(&repair), now_ms + pauses_ms[i]);
		now_ms = repair_due_ms(&repair);
	}
	now_ms += REPAIR_QUIET_MS + 1;
	repair_done(&repair, 1, false, now_ms);
	repair_touched(&repair);
	ck_assert_uint_eq(repair_due_ms(&repair), now_ms + REPAIR_PAUSE_MIN_MS);
}
END_TEST

START_TEST(repair_is_not_put_off_by_more_touches)
{
	uint64_t longest_ms;
	unsigned repairs = fight(1, 0, 10000, &longest_ms);

	ck_assert_uint_ge(repairs, 200);
	ck_assert_uint_le(repairs, 210);
	ck_assert_uint_le(longest_ms, REPAIR_PAUSE_MAX_MS);
}
END_TEST

START_TEST(repair_of_one_who_comes_now_and_then_is_immediate)
{
	uint64_t longest_ms;

	ck_assert_uint_eq(fight(500, 2, 60000, &longest_ms), 120);
	ck_assert_uint_eq(longest_ms, 0);
}
END_TEST

START_TEST(repairs_that_take_long_take_a_tenth_of_the_time)
{
	uint64_t longest_ms;
	unsigned repairs = fight(10, 200, 60000, &longest_ms);

	ck_assert_uint_ge(repairs, 29);
	ck_assert_uint_le(repairs, 31);
	ck_assert_uint_le(longest_ms, 200 + 200 * REPAIR_PAUSE_FACTOR);
}
END_TEST

START_TEST(repair_waits_never_longer_than_a_bound)
{
	repair_done(&repair, 60000, false, NOW);
	repair_touched(&repair);
	ck_assert_uint_eq(repair_due_ms(&repair), NOW + REPAIR_PAUSE_HARD_MS);
}
END_TEST

START_TEST(repair_that_fails_is_tried_again_without_a_touch_and_less_and_less)
{
	uint64_t now_ms = NOW;

	repair_done(&repair, 1, true, now_ms);
	ck_assert_uint_eq(repair_due_ms(&repair), now_ms + REPAIR_PAUSE_MIN_MS);
	for (int i = 0; i < 20; i++) {
		now_ms = repair_due_ms(&repair);
		repair_done(&repair, 1, true, now_ms);
	}
	ck_assert_uint_eq(repair_due_ms(&repair), now_ms + REPAIR_PAUSE_HARD_MS);
	now_ms = repair_due_ms(&repair);
	repair_done(&repair, 1, false, now_ms);
	ck_assert_uint_eq(repair_due_ms(&repair), UINT64_MAX);
	repair_touched(&repair);
	ck_assert_uint_eq(repair_due_ms(&repair), now_ms + REPAIR_PAUSE_MAX_MS);
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite = test_suite("repair", &test_case);

	tcase_add_checked_fixture(test_case, setup, NULL);
	tcase_add_test(test_case, repair_is_due_when_touched_and_not_otherwise);
	tcase_add_test(test_case,
	               repair_pauses_grow_while_somebody_fights_and_begin_anew_after_quiet);
	tcase_add_test(test_case, repair_is_not_put_off_by_more_touches);
	tcase_add_test(test_case, repair_of_one_who_comes_now_and_then_is_immediate);
	tcase_add_test(test_case, repairs_that_take_long_take_a_tenth_of_the_time);
	tcase_add_test(test_case, repair_waits_never_longer_than_a_bound);
	tcase_add_test(test_case,
	               repair_that_fails_is_tried_again_without_a_touch_and_less_and_less);
	return test_run(suite);
}
