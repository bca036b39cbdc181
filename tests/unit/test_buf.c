/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/buf.h"

#include <errno.h>
#include <string.h>

#include "test.h"

START_TEST(numbers_are_written_in_network_order)
{
	struct buf buf = {0};

	buf_u8(&buf, 0x01);
	buf_be16(&buf, 0x0203);
	buf_be32(&buf, 0x04050607);
	ck_assert_int_eq(buf.error, 0);
	ck_assert_uint_eq(buf.len, 7);
	ck_assert_mem_eq(buf.data, "\1\2\3\4\5\6\7", 7);
	buf_fini(&buf);
}
END_TEST

START_TEST(text_is_appended_without_its_nul)
{
	struct buf buf = {0};
	char *text;

	buf_str(&buf, "ab");
	buf_str(&buf, "");
	buf_printf(&buf, "%d-%s", 12, "cd");
	buf_append(&buf, "ef", 1);
	buf_append(&buf, NULL, 0);
	ck_assert_uint_eq(buf.len, 8);
	text = buf_take_str(&buf);
	ck_assert_str_eq(text, "ab12-cde");
	free(text);
}
END_TEST

START_TEST(a_buffer_grows_over_many_appends)
{
	struct buf buf = {0};

	for (uint32_t i = 0; i < 10000; i++)
		buf_be32(&buf, i);
	ck_assert_int_eq(buf.error, 0);
	ck_assert_uint_eq(buf.len, 40000);
	for (uint32_t i = 0; i < 10000; i++) {
		const uint8_t want[4] = {0, 0, (uint8_t)(i >> 8), (uint8_t)i};

		ck_assert_mem_eq(buf.data + 4 * i, want, 4);
	}
	buf_fini(&buf);
}
END_TEST

START_TEST(the_limit_can_be_reached_but_not_passed)
{
	struct buf buf = {.limit = 4};

	buf_str(&buf, "abcd");
	ck_assert_int_eq(buf.error, 0);
	buf_u8(&buf, 'e');
	ck_assert_int_eq(buf.error, -EMSGSIZE);
	ck_assert_uint_eq(buf.len, 4);
	buf_fini(&buf);
}
END_TEST

START_TEST(after_an_error_nothing_more_is_added)
{
	struct buf buf = {.limit = 4};

	buf_str(&buf, "abcde");
	ck_assert_int_eq(buf.error, -EMSGSIZE);
	buf_u8(&buf, 'f');
	buf_printf(&buf, "%d", 1);
	ck_assert_int_eq(buf.error, -EMSGSIZE);
	ck_assert_uint_eq(buf.len, 0);
	ck_assert_ptr_null(buf_take_str(&buf));
	/* taken or finished, it starts afresh under the same limit */
	buf_str(&buf, "abcd");
	ck_assert_int_eq(buf.error, 0);
	buf_printf(&buf, "%s", "e");
	ck_assert_int_eq(buf.error, -EMSGSIZE);
	buf_fini(&buf);
}
END_TEST

START_TEST(an_impossible_length_is_an_error)
{
	struct buf buf = {0};

	buf_u8(&buf, 'a');
	buf_append(&buf, "b", SIZE_MAX);
	ck_assert_int_eq(buf.error, -EMSGSIZE);
	buf_fini(&buf);
	buf_append(&buf, "b", SIZE_MAX);
	ck_assert_int_eq(buf.error, -EMSGSIZE);
	buf_fini(&buf);
}
END_TEST

START_TEST(consume_drops_from_the_front)
{
	struct buf buf = {0};

	buf_consume(&buf, 1);
	ck_assert_uint_eq(buf.len, 0);
	buf_str(&buf, "abcd");
	buf_consume(&buf, 0);
	ck_assert_uint_eq(buf.len, 4);
	buf_consume(&buf, 3);
	ck_assert_uint_eq(buf.len, 1);
	ck_assert_mem_eq(buf.data, "d", 1);
	buf_str(&buf, "e");
	ck_assert_mem_eq(buf.data, "de", 2);
	buf_consume(&buf, 100);
	ck_assert_uint_eq(buf.len, 0);
	buf_fini(&buf);
}
END_TEST

START_TEST(take_str_of_an_empty_buffer_is_an_empty_text)
{
	struct buf buf = {0};
	char *text = buf_take_str(&buf);

	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

START_TEST(take_str_leaves_an_empty_buffer)
{
	struct buf buf = {0};
	char *text;

	buf_str(&buf, "abc");
	text = buf_take_str(&buf);
	ck_assert_uint_eq(buf.len, 0);
	ck_assert_ptr_null(buf.data);
	buf_str(&buf, "d");
	ck_assert_str_eq(text, "abc");
	free(text);
	buf_fini(&buf);
	buf_fini(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("buf", &tcase);

	tcase_add_test(tcase, numbers_are_written_in_network_order);
	tcase_add_test(tcase, text_is_appended_without_its_nul);
	tcase_add_test(tcase, a_buffer_grows_over_many_appends);
	tcase_add_test(tcase, the_limit_can_be_reached_but_not_passed);
	tcase_add_test(tcase, after_an_error_nothing_more_is_added);
	tcase_add_test(tcase, an_impossible_length_is_an_error);
	tcase_add_test(tcase, consume_drops_from_the_front);
	tcase_add_test(tcase, take_str_of_an_empty_buffer_is_an_empty_text);
	tcase_add_test(tcase, take_str_leaves_an_empty_buffer);
	return test_run(suite);
}
