/* SPDX-License-Identifier: MIT */
/* Failing peers in few lines. */
#include "xfrmd/ike/failures.h"

#include <string.h>

#include "test.h"

#define REFUSED   "the peer refused our certificate"
#define ADDED_MAX 16
static struct failure added[ADDED_MAX];

static void add(struct failures *failures, const char *words, uint8_t last)
{
	const struct addr addr = {AF_INET, {10, 0, 1, last}};

	added[last] = failure_of_words(words);
	failures_add(failures, &added[last], &addr);
}

START_TEST(failures_of_one_reason_are_one_line)
{
	struct failures failures = {0};
	struct strlist lines = {0};

	for (uint8_t i = 1; i < 10; i++)
		add(&failures, i == 2 ? "refused" : "silent", i);
	ck_assert_int_eq(failures_tell(&failures, &lines), 0);
	ck_assert_uint_eq(lines.count, 2);
	ck_assert_str_eq(lines.items[0], "peers: silent: 10.0.1.1, 10.0.1.3, 10.0.1.4 and 5 more");
	ck_assert_str_eq(lines.items[1], "peers: refused: 10.0.1.2");
	strlist_fini(&lines);
}
END_TEST

START_TEST(failures_that_differ_in_details_are_told_without)
{
	struct failures failures = {0};
	struct strlist lines = {0};

	add(&failures, REFUSED ": it expired on Monday", 1);
	add(&failures, REFUSED ": it expired on Monday", 2);
	ck_assert_int_eq(failures_tell(&failures, &lines), 0);
	add(&failures, REFUSED ": it expired on Tuesday", 3);
	ck_assert_int_eq(failures_tell(&failures, &lines), 0);
	ck_assert_str_eq(lines.items[0],
	                 "peers: " REFUSED ": it expired on Monday: 10.0.1.1, 10.0.1.2");
	ck_assert_str_eq(lines.items[1], "peers: " REFUSED ": 10.0.1.1, 10.0.1.2, 10.0.1.3");
	strlist_fini(&lines);
}
END_TEST

START_TEST(failures_of_many_reasons_are_few_lines)
{
	static const char *const reasons[] = {"a", "b", "c", "d", "e"};
	struct failures failures = {0};
	struct strlist lines = {0};

	for (uint8_t i = 0; i < 5; i++)
		add(&failures, reasons[i], i);
	ck_assert_int_eq(failures_tell(&failures, &lines), 0);
	ck_assert_uint_eq(lines.count, 4);
	ck_assert_str_eq(lines.items[3], "peers: 2 more fail for other reasons");
	strlist_fini(&lines);
}
END_TEST

START_TEST(failures_of_nobody_are_no_line)
{
	const struct failures failures = {0};
	struct strlist lines = {0};

	ck_assert_int_eq(failures_tell(&failures, &lines), 0);
	ck_assert_uint_eq(lines.count, 0);
}
END_TEST

START_TEST(failures_are_cut_if_their_reason_is_endless)
{
	struct failures failures = {0};
	struct strlist lines = {0};
	char reason[2000];

	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	for (uint8_t i = 0; i < 9; i++)
		add(&failures, reason, i);
	ck_assert_int_eq(failures_tell(&failures, &lines), 0);
	ck_assert_ptr_nonnull(strstr(lines.items[0], "and 6 more"));
	strlist_fini(&lines);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("failures", &tcase);

	tcase_add_test(tcase, failures_of_one_reason_are_one_line);
	tcase_add_test(tcase, failures_that_differ_in_details_are_told_without);
	tcase_add_test(tcase, failures_of_many_reasons_are_few_lines);
	tcase_add_test(tcase, failures_of_nobody_are_no_line);
	tcase_add_test(tcase, failures_are_cut_if_their_reason_is_endless);
	return test_run(suite);
}
