/* SPDX-License-Identifier: MIT */
#include "xfrmd/strangers.h"

#include "test.h"

#define NOW 1000000u

static struct strangers *strangers;
static struct addr local;

static void set_up(void)
{
	ck_assert_int_eq(addr_parse("10.0.0.1", &local), 0);
	ck_assert_int_eq(strangers_new(&strangers), 0);
}

static void tear_down(void)
{
	strangers_free(strangers);
}

static bool admit(size_t number, uint64_t now_ms)
{
	struct addr remote = {.family = AF_INET, .bytes = {10}};

	remote.bytes[1] = (uint8_t)(number >> 16);
	remote.bytes[2] = (uint8_t)(number >> 8);
	remote.bytes[3] = (uint8_t)number;
	return strangers_admit(strangers, &local, &remote, now_ms) != STRANGER_NOT_YET;
}

static size_t admit_many(size_t first, size_t count, uint64_t now_ms)
{
	size_t admitted = 0;

	for (size_t i = 0; i < count; i++)
		admitted += admit(first + i, now_ms);
	return admitted;
}

START_TEST(strangers_come_at_once_and_then_one_by_one)
{
	ck_assert_uint_eq(admit_many(0, 5000, NOW), STRANGERS_AT_ONCE);
	ck_assert_uint_eq(admit_many(5000, 1000, NOW + 1000), STRANGERS_PER_SECOND);
	ck_assert_uint_eq(admit_many(6000, 1000, NOW + 1001), 0);
	/* after a pause as many as at first, and not more */
	ck_assert_uint_eq(admit_many(10000, 5000, NOW + 1000000), STRANGERS_AT_ONCE);
}
END_TEST

START_TEST(strangers_who_ask_again_are_let_in)
{
	ck_assert_uint_eq(admit_many(0, 5000, NOW), STRANGERS_AT_ONCE);
	ck_assert(!admit(7777, NOW + 1));
	ck_assert(!admit(7778, NOW + 1));
	ck_assert(admit(7777, NOW + 2));
	ck_assert(admit(7777, NOW + 3));
	/* and cost nobody else his turn */
	ck_assert_uint_eq(admit_many(8000, 1000, NOW + 1000), STRANGERS_PER_SECOND);
}
END_TEST

/* Of a second ask some 20,000 others later most are known still. */
START_TEST(strangers_are_remembered_for_a_while)
{
	size_t known = 0;

	admit_many(0, STRANGERS_AT_ONCE, NOW);
	ck_assert_uint_eq(admit_many(100000, 100, NOW), 0);
	ck_assert_uint_eq(admit_many(200000, 20000, NOW), 0);
	known = admit_many(100000, 100, NOW);
	ck_assert_uint_ge(known, 50);
	ck_assert_uint_le(known, 100);
}
END_TEST

START_TEST(strangers_differ_in_both_addresses)
{
	struct addr other, remote = {.family = AF_INET, .bytes = {10, 0, 30, 1}};

	admit_many(0, STRANGERS_AT_ONCE, NOW);
	ck_assert_int_eq(addr_parse("10.0.0.2", &other), 0);
	ck_assert_int_eq(strangers_admit(strangers, &local, &remote, NOW), STRANGER_NOT_YET);
	ck_assert_int_eq(strangers_admit(strangers, &other, &remote, NOW), STRANGER_NOT_YET);
	ck_assert_int_eq(strangers_admit(strangers, &local, &remote, NOW), STRANGER_AGAIN);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("strangers", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, strangers_come_at_once_and_then_one_by_one);
	tcase_add_test(tcase, strangers_who_ask_again_are_let_in);
	tcase_add_test(tcase, strangers_are_remembered_for_a_while);
	tcase_add_test(tcase, strangers_differ_in_both_addresses);
	return test_run(suite);
}
