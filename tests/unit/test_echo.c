/* SPDX-License-Identifier: MIT */
/* Echo requests, and their answers. */
#include "xfrmd/net/echo.h"

#include <netinet/in.h>
#include <string.h>

#include "test.h"

static uint16_t sum_of(const uint8_t *message, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? message[i] : (uint32_t)message[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

START_TEST(echo_has_a_right_checksum_at_any_length)
{
	uint8_t message[200];

	for (size_t len = ECHO_HEADER_LEN; len <= sizeof(message); len++) {
		echo_build(AF_INET, 0xfedc, 0x0102, message, len);
		ck_assert_uint_eq(sum_of(message, len), 0xffff);
	}
	ck_assert_uint_eq(message[0], 8);
	ck_assert_uint_eq(message[4] << 8 | message[5], 0xfedc);
	ck_assert_uint_eq(message[6] << 8 | message[7], 0x0102);
}
END_TEST

START_TEST(echo_of_ipv6_leaves_the_checksum_to_the_kernel)
{
	uint8_t message[40];

	echo_build(AF_INET6, 0xfedc, 1, message, sizeof(message));
	ck_assert_uint_eq(message[0], 128);
	ck_assert_uint_eq(message[2] | message[3], 0);
}
END_TEST

START_TEST(echo_answer_is_known_by_type_and_id)
{
	const uint8_t four[] = {0x46, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0,    0, 0, 0, 0,
	                        0,    0, 0, 0, 1, 1, 1, 1, 0, 0, 0xaa, 0xbb, 5, 6, 0, 9};
	const uint8_t six[] = {129, 0, 1, 2, 5, 6, 1, 2};
	uint8_t other[sizeof(six)];
	uint16_t sequence;

	ck_assert(echo_is_answer(AF_INET, four, sizeof(four), 0x0506, &sequence));
	ck_assert_uint_eq(sequence, 9);
	ck_assert(echo_is_answer(AF_INET6, six, sizeof(six), 0x0506, &sequence));
	ck_assert_uint_eq(sequence, 0x0102);
	ck_assert(!echo_is_answer(AF_INET6, six, sizeof(six), 0x0507, &sequence));
	for (size_t len = 0; len < sizeof(six); len++)
		ck_assert(!echo_is_answer(AF_INET6, six, len, 0x0506, &sequence));
	for (size_t len = 0; len < sizeof(four); len++)
		ck_assert(!echo_is_answer(AF_INET, four, len, 0x0506, &sequence));
	for (size_t i = 0; i < 2; i++) {
		memcpy(other, six, sizeof(six));
		other[i]--;
		ck_assert(!echo_is_answer(AF_INET6, other, sizeof(other), 0x0506, &sequence));
	}
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("echo", &tcase);

	tcase_add_test(tcase, echo_has_a_right_checksum_at_any_length);
	tcase_add_test(tcase, echo_of_ipv6_leaves_the_checksum_to_the_kernel);
	tcase_add_test(tcase, echo_answer_is_known_by_type_and_id);
	return test_run(suite);
}
