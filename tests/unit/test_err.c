/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/err.h"

#include <errno.h>
#include <string.h>

#include "test.h"

START_TEST(err_set_fills_the_sentence_and_returns_the_code)
{
	struct err err;

	ck_assert_int_eq(err_set(&err, -ENOENT, "%s: line %d", "a.conf", 3), -ENOENT);
	ck_assert_str_eq(err.text, "a.conf: line 3");
}
END_TEST

START_TEST(err_set_accepts_no_place_for_the_sentence)
{
	ck_assert_int_eq(err_set(NULL, -EINVAL, "nobody reads this"), -EINVAL);
}
END_TEST

START_TEST(err_set_cuts_a_long_sentence)
{
	char longest[2 * sizeof(((struct err *)NULL)->text)];
	struct err err;

	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_int_eq(err_set(&err, -EIO, "%s", longest), -EIO);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
}
END_TEST

START_TEST(problems_keep_every_sentence_in_order)
{
	struct problems problems = {0};

	ck_assert_int_eq(problems_any(&problems), false);
	problems_add(&problems, "first: %d", 1);
	problems_add(&problems, "second: %s", "two");
	ck_assert_int_eq(problems_any(&problems), true);
	ck_assert_uint_eq(problems.count, 2);
	ck_assert_str_eq(problems.items[0], "first: 1");
	ck_assert_str_eq(problems.items[1], "second: two");
	problems_fini(&problems);
}
END_TEST

START_TEST(problems_are_not_cut_however_long)
{
	struct problems problems = {0};

	problems_add(&problems, "%2000s", "end");
	ck_assert_uint_eq(strlen(problems.items[0]), 2000);
	problems_fini(&problems);
}
END_TEST

START_TEST(problems_lost_for_want_of_memory_count_as_problems)
{
	struct problems problems = {.out_of_memory = true};

	ck_assert_int_eq(problems_any(&problems), true);
}
END_TEST

START_TEST(problems_move_behind_a_text)
{
	struct problems from = {0}, to = {0};

	problems_add(&to, "first");
	problems_add(&from, "second");
	problems_move(&from, &to, "key %d: ", 7);
	ck_assert_uint_eq(from.count, 0);
	ck_assert_uint_eq(to.count, 2);
	ck_assert_str_eq(to.items[1], "key 7: second");
	from.out_of_memory = true;
	problems_move(&from, &to, "%s", "");
	ck_assert(to.out_of_memory);
	problems_fini(&to);
}
END_TEST

START_TEST(problems_can_be_used_again_after_fini)
{
	struct problems problems = {.out_of_memory = true};

	problems_fini(NULL);
	problems_fini(&problems);
	ck_assert_int_eq(problems_any(&problems), false);
	problems_add(&problems, "again");
	ck_assert_uint_eq(problems.count, 1);
	problems_fini(&problems);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("err", &tcase);

	tcase_add_test(tcase, err_set_fills_the_sentence_and_returns_the_code);
	tcase_add_test(tcase, err_set_accepts_no_place_for_the_sentence);
	tcase_add_test(tcase, err_set_cuts_a_long_sentence);
	tcase_add_test(tcase, problems_keep_every_sentence_in_order);
	tcase_add_test(tcase, problems_are_not_cut_however_long);
	tcase_add_test(tcase, problems_lost_for_want_of_memory_count_as_problems);
	tcase_add_test(tcase, problems_move_behind_a_text);
	tcase_add_test(tcase, problems_can_be_used_again_after_fini);
	return test_run(suite);
}
