/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/proc_text.h"

#include <errno.h>

#include "test.h"

START_TEST(usage_is_read_behind_any_name)
{
	struct proc_usage usage;

	ck_assert_int_eq(proc_usage_parse("29 (char (on) 1) S 1 29 29 0 -1 4194560 1302 0 3 0 41 "
	                                  "17 0 0 20 0 17 0 5034 1411346432 2816 18446744073",
	                                  &usage),
	                 0);
	ck_assert_uint_eq(usage.cpu_ticks, 58);
	ck_assert_uint_eq(usage.memory_pages, 2816);
}
END_TEST

START_TEST(usage_of_another_form_is_refused)
{
	const char *const texts[] = {"", "29", "29 (a) S 1", "29 (a"};
	struct proc_usage usage;

	ck_assert_int_eq(proc_usage_parse(texts[_i], &usage), -EBADMSG);
}
END_TEST

START_TEST(counters_are_read_line_by_line)
{
	const char *text = "XfrmInError             \t0\nnonsense\n\nXfrmInNoStates\t17\nXfrmOut 3";
	char name[PROC_COUNTER_NAME_MAX];
	uint64_t value;

	ck_assert(proc_counter_next(&text, name, &value));
	ck_assert_str_eq(name, "XfrmInError");
	ck_assert_uint_eq(value, 0);
	ck_assert(proc_counter_next(&text, name, &value));
	ck_assert_str_eq(name, "XfrmInNoStates");
	ck_assert_uint_eq(value, 17);
	ck_assert(proc_counter_next(&text, name, &value));
	ck_assert_str_eq(name, "XfrmOut");
	ck_assert_uint_eq(value, 3);
	ck_assert(!proc_counter_next(&text, name, &value));
}
END_TEST

START_TEST(column_is_added_up)
{
	static const char text[] = "entries  allocs table_fulls\n"
				   "00000002 0000000a 000000ff\n"
				   "00000003 00000001\n"
				   "00000004 00000001 00000001\n";
	uint64_t sum;

	ck_assert_int_eq(proc_column_sum(text, "table_fulls", &sum), 0);
	ck_assert_uint_eq(sum, 256);
	ck_assert_int_eq(proc_column_sum(text, "entries", &sum), 0);
	ck_assert_uint_eq(sum, 9);
	ck_assert_int_eq(proc_column_sum(text, "entr", &sum), -EBADMSG);
	ck_assert_int_eq(proc_column_sum("", "entries", &sum), -EBADMSG);
	ck_assert_int_eq(proc_column_sum("entries", "entries", &sum), 0);
	ck_assert_uint_eq(sum, 0);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("proc_text", &tcase);

	tcase_add_test(tcase, usage_is_read_behind_any_name);
	tcase_add_loop_test(tcase, usage_of_another_form_is_refused, 0, 4);
	tcase_add_test(tcase, counters_are_read_line_by_line);
	tcase_add_test(tcase, column_is_added_up);
	return test_run(suite);
}
