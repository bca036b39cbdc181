/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/wire.h"

#include <errno.h>

#include "test.h"

static const uint8_t input[] = {0x01, 0x02, 0x03, 0x84, 0x05, 0x06, 0x07, 'a', 'b'};

START_TEST(numbers_are_read_in_network_order)
{
	struct wire wire;

	wire_init(&wire, input, sizeof(input));
	ck_assert_uint_eq(wire_u8(&wire), 0x01);
	ck_assert_uint_eq(wire_be16(&wire), 0x0203);
	ck_assert_uint_eq(wire_be32(&wire), 0x84050607);
	ck_assert_uint_eq(wire_left(&wire), 2);
	ck_assert_mem_eq(wire_bytes(&wire, 2), "ab", 2);
	ck_assert_uint_eq(wire_left(&wire), 0);
	ck_assert_int_eq(wire.error, 0);
}
END_TEST

START_TEST(bytes_are_borrowed_from_the_input)
{
	struct wire wire;

	wire_init(&wire, input, sizeof(input));
	ck_assert_ptr_eq(wire_bytes(&wire, 3), input);
	ck_assert_ptr_eq(wire_bytes(&wire, 0), input + 3);
}
END_TEST

/* The record of the first test, cut at every length. */
START_TEST(a_truncated_record_is_an_error)
{
	struct wire wire;

	wire_init(&wire, input, (size_t)_i);
	wire_u8(&wire);
	wire_be16(&wire);
	wire_be32(&wire);
	ck_assert_ptr_null(wire_bytes(&wire, 2));
	ck_assert_int_eq(wire.error, -EBADMSG);
}
END_TEST

START_TEST(after_an_error_every_read_yields_nothing)
{
	struct wire wire;

	wire_init(&wire, input, 3);
	ck_assert_uint_eq(wire_be32(&wire), 0);
	ck_assert_int_eq(wire.error, -EBADMSG);
	ck_assert_uint_eq(wire_left(&wire), 0);
	ck_assert_uint_eq(wire_u8(&wire), 0);
	ck_assert_uint_eq(wire_be16(&wire), 0);
	ck_assert_ptr_null(wire_bytes(&wire, 0));
}
END_TEST

START_TEST(an_impossible_length_is_an_error)
{
	struct wire wire;

	wire_init(&wire, input, sizeof(input));
	wire_u8(&wire);
	ck_assert_ptr_null(wire_bytes(&wire, SIZE_MAX));
	ck_assert_int_eq(wire.error, -EBADMSG);
}
END_TEST

START_TEST(an_empty_input_has_zero_bytes_to_read)
{
	struct wire wire;

	wire_init(&wire, NULL, 0);
	ck_assert_uint_eq(wire_left(&wire), 0);
	ck_assert_ptr_nonnull(wire_bytes(&wire, 0));
	ck_assert_int_eq(wire.error, 0);
	ck_assert_uint_eq(wire_u8(&wire), 0);
	ck_assert_int_eq(wire.error, -EBADMSG);
}
END_TEST

START_TEST(fail_keeps_an_earlier_error)
{
	struct wire wire;

	wire_init(&wire, input, sizeof(input));
	wire_fail(&wire);
	ck_assert_int_eq(wire.error, -EBADMSG);
	wire.error = -ERANGE;
	wire_fail(&wire);
	ck_assert_int_eq(wire.error, -ERANGE);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("wire", &tcase);

	tcase_add_test(tcase, numbers_are_read_in_network_order);
	tcase_add_test(tcase, bytes_are_borrowed_from_the_input);
	tcase_add_loop_test(tcase, a_truncated_record_is_an_error, 0, (int)sizeof(input));
	tcase_add_test(tcase, after_an_error_every_read_yields_nothing);
	tcase_add_test(tcase, an_impossible_length_is_an_error);
	tcase_add_test(tcase, an_empty_input_has_zero_bytes_to_read);
	tcase_add_test(tcase, fail_keeps_an_earlier_error);
	return test_run(suite);
}
