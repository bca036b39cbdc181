/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *text;
	uint64_t min, max;
	int result;
	uint64_t value;
} numbers[] = {
	{"0", 0, 10, 0, 0},
	{"10", 0, 10, 0, 10},
	{"010", 0, 10, 0, 10}, /* decimal, not octal */
	{"18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX},
	{"00000000000000000000000000000001", 0, 10, 0, 1},
	{"11", 0, 10, -ERANGE, 0},
	{"4", 5, 10, -ERANGE, 0},
	{"18446744073709551616", 0, UINT64_MAX, -ERANGE, 0},
	{"99999999999999999999999999999999", 0, UINT64_MAX, -ERANGE, 0},
	{"", 0, 10, -EINVAL, 0},
	{"-1", 0, 10, -EINVAL, 0},
	{"+1", 0, 10, -EINVAL, 0},
	{" 1", 0, 10, -EINVAL, 0},
	{"1 ", 0, 10, -EINVAL, 0},
	{"0x1", 0, 10, -EINVAL, 0},
	{"1.0", 0, 10, -EINVAL, 0},
	{"99999999999999999999999999999999x", 0, 10, -EINVAL, 0},
};

START_TEST(decimal_is_what_printf_writes)
{
	static const uint64_t values[] = {0, 9, 10, 255, 1000, UINT32_MAX, UINT64_MAX};
	char text[STR_DECIMAL_MAX], expected[STR_DECIMAL_MAX];

	for (size_t i = 0; i < COUNT(values); i++) {
		char *end = str_decimal(values[i], text);

		snprintf(expected, sizeof(expected), "%" PRIu64, values[i]);
		ck_assert_str_eq(text, expected);
		ck_assert_ptr_eq(end, text + strlen(expected));
	}
}
END_TEST

START_TEST(parse_u64_reads_whole_decimal_numbers_in_range)
{
	uint64_t value = 77;

	ck_assert_int_eq(str_parse_u64(numbers[_i].text, numbers[_i].min, numbers[_i].max, &value),
	                 numbers[_i].result);
	ck_assert_uint_eq(value, numbers[_i].result ? 77 : numbers[_i].value);
}
END_TEST

static const struct {
	const char *text;
	int result;
	bool value;
} bools[] = {
	{"true", 0, true},         {"yes", 0, true},
	{"on", 0, true},           {"1", 0, true},
	{"TRUE", 0, true},         {"Yes", 0, true},
	{"false", 0, false},       {"no", 0, false},
	{"off", 0, false},         {"0", 0, false},
	{"OFF", 0, false},         {"", -EINVAL, false},
	{"2", -EINVAL, false},     {"tru", -EINVAL, false},
	{"true ", -EINVAL, false}, {"enabled", -EINVAL, false},
};

START_TEST(parse_bool_knows_eight_words_in_any_case)
{
	bool value = !bools[_i].value;

	ck_assert_int_eq(str_parse_bool(bools[_i].text, &value), bools[_i].result);
	ck_assert_int_eq(value, bools[_i].result ? !bools[_i].value : bools[_i].value);
}
END_TEST

static const struct {
	const char *text;
	uint64_t max;
	int result;
	uint64_t seconds;
} times[] = {
	{"0", 10, 0, 0},
	{"30", 30, 0, 30},
	{"30s", 30, 0, 30},
	{"5m", 300, 0, 300},
	{"4h", 86400, 0, 14400},
	{"1d", 86400, 0, 86400},
	{"000000000000000000000000000030s", 30, 0, 30},
	{"31", 30, -ERANGE, 0},
	{"2d", 86400, -ERANGE, 0},
	{"18446744073709551615d", UINT64_MAX, -ERANGE, 0},
	{"99999999999999999999999999999999s", UINT64_MAX, -ERANGE, 0},
	{"", 10, -EINVAL, 0},
	{"s", 10, -EINVAL, 0},
	{"30S", 30, -EINVAL, 0},
	{"30 s", 30, -EINVAL, 0},
	{"1w", UINT64_MAX, -EINVAL, 0},
	{"1h30m", UINT64_MAX, -EINVAL, 0},
	{"-5m", UINT64_MAX, -EINVAL, 0},
	{"30ss", 30, -EINVAL, 0},
};

START_TEST(parse_seconds_reads_one_number_with_one_unit)
{
	uint64_t seconds = 77;

	ck_assert_int_eq(str_parse_seconds(times[_i].text, times[_i].max, &seconds),
	                 times[_i].result);
	ck_assert_uint_eq(seconds, times[_i].result ? 77 : times[_i].seconds);
}
END_TEST

START_TEST(index_is_that_of_the_whole_name)
{
	static const char *const names[] = {"up", "upper", NULL};

	ck_assert_int_eq(str_index("up", names), 0);
	ck_assert_int_eq(str_index("upper", names), 1);
	ck_assert_int_eq(str_index("", names), -EINVAL);
	ck_assert_int_eq(str_index("uppe", names), -EINVAL);
	ck_assert_int_eq(str_index("UP", names), -EINVAL);
}
END_TEST

START_TEST(strlist_add_copies_the_text)
{
	struct strlist list = {0};
	char text[] = "abc";

	ck_assert_int_eq(strlist_add(&list, text), 0);
	ck_assert_int_eq(strlist_add_len(&list, text, 2), 0);
	ck_assert_int_eq(strlist_add(&list, ""), 0);
	ck_assert_int_eq(strlist_addf(&list, "%s and %d", "one", 2), 0);
	text[0] = 'x';
	ck_assert_uint_eq(list.count, 4);
	ck_assert_str_eq(list.items[0], "abc");
	ck_assert_str_eq(list.items[1], "ab");
	ck_assert_str_eq(list.items[2], "");
	ck_assert_str_eq(list.items[3], "one and 2");
	strlist_fini(&list);
}
END_TEST

static const struct {
	const char *text;
	size_t count;
	const char *pieces[3];
} splits[] = {
	{"", 0, {NULL}},
	{" , ,", 0, {NULL}},
	{"a", 1, {"a"}},
	{"a,b c", 3, {"a", "b", "c"}},
	{" ,a ,, b, ", 2, {"a", "b"}},
};

START_TEST(strlist_split_skips_empty_pieces)
{
	struct strlist list = {0};

	ck_assert_int_eq(strlist_split(&list, splits[_i].text, ", "), 0);
	ck_assert_uint_eq(list.count, splits[_i].count);
	for (size_t i = 0; i < list.count; i++)
		ck_assert_str_eq(list.items[i], splits[_i].pieces[i]);
	strlist_fini(&list);
}
END_TEST

START_TEST(strlist_split_adds_to_what_is_there)
{
	struct strlist list = {0};

	ck_assert_int_eq(strlist_add(&list, "first"), 0);
	ck_assert_int_eq(strlist_split(&list, "second", ","), 0);
	ck_assert_uint_eq(list.count, 2);
	ck_assert_str_eq(list.items[1], "second");
	strlist_fini(&list);
}
END_TEST

START_TEST(strlist_contains_compares_whole_strings)
{
	struct strlist list = {0};

	ck_assert_int_eq(strlist_contains(&list, "a"), false);
	ck_assert_int_eq(strlist_split(&list, "ab,cd", ","), 0);
	ck_assert_int_eq(strlist_contains(&list, "cd"), true);
	ck_assert_int_eq(strlist_contains(&list, "c"), false);
	ck_assert_int_eq(strlist_contains(&list, "CD"), false);
	strlist_fini(&list);
}
END_TEST

static const struct {
	const char *a, *b;
	bool equal;
} pairs[] = {
	{"", "", true},      {"a,b", "a,b", true}, {"a,b", "b,a", false},
	{"a", "a,b", false}, {"a", "b", false},
};

START_TEST(strlist_equal_minds_order_and_length)
{
	struct strlist a = {0}, b = {0};

	ck_assert_int_eq(strlist_split(&a, pairs[_i].a, ","), 0);
	ck_assert_int_eq(strlist_split(&b, pairs[_i].b, ","), 0);
	ck_assert_int_eq(strlist_equal(&a, &b), pairs[_i].equal);
	strlist_fini(&a);
	strlist_fini(&b);
}
END_TEST

START_TEST(strlist_can_be_used_again_after_fini)
{
	struct strlist list = {0};

	strlist_fini(NULL);
	ck_assert_int_eq(strlist_add(&list, "a"), 0);
	strlist_fini(&list);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_int_eq(strlist_add(&list, "b"), 0);
	ck_assert_str_eq(list.items[0], "b");
	strlist_fini(&list);
}
END_TEST

static const struct {
	const char *text;
	size_t size;
	const char *escaped;
} escapes[] = {
	{"plain text ~", 64, "plain text ~"},
	{"", 64, ""},
	{"a\nb\x1b[31m", 64, "a\\x0ab\\x1b[31m"},
	{"\x7f\xc3\xa9", 64, "\\x7f\\xc3\\xa9"},
	{"C:\\x0a", 64, "C:\\\\x0a"},
	{"abcdef", 4, "abc"},
	{"ab\n", 6, "ab"}, /* an escape is never cut in its middle */
	{"ab\n", 7, "ab\\x0a"},
	{"ab\\", 4, "ab"},
	{"a", 1, ""},
};

START_TEST(escape_leaves_printable_ascii_only)
{
	char out[64];

	ck_assert_ptr_eq(str_escape(escapes[_i].text, out, escapes[_i].size), out);
	ck_assert_str_eq(out, escapes[_i].escaped);
}
END_TEST

START_TEST(escape_writes_nothing_without_room)
{
	char out = 'z';

	str_escape("abc", &out, 0);
	ck_assert_int_eq(out, 'z');
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("str", &tcase);

	tcase_add_test(tcase, decimal_is_what_printf_writes);
	tcase_add_loop_test(tcase, parse_u64_reads_whole_decimal_numbers_in_range, 0,
	                    COUNT(numbers));
	tcase_add_loop_test(tcase, parse_bool_knows_eight_words_in_any_case, 0, COUNT(bools));
	tcase_add_loop_test(tcase, parse_seconds_reads_one_number_with_one_unit, 0, COUNT(times));
	tcase_add_test(tcase, index_is_that_of_the_whole_name);
	tcase_add_test(tcase, strlist_add_copies_the_text);
	tcase_add_loop_test(tcase, strlist_split_skips_empty_pieces, 0, COUNT(splits));
	tcase_add_test(tcase, strlist_split_adds_to_what_is_there);
	tcase_add_test(tcase, strlist_contains_compares_whole_strings);
	tcase_add_loop_test(tcase, strlist_equal_minds_order_and_length, 0, COUNT(pairs));
	tcase_add_test(tcase, strlist_can_be_used_again_after_fini);
	tcase_add_loop_test(tcase, escape_leaves_printable_ascii_only, 0, COUNT(escapes));
	tcase_add_test(tcase, escape_writes_nothing_without_room);
	return test_run(suite);
}
