/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/first_contacts.h"

#include "test.h"

#define NOW 1000000u

static struct first_contacts *first_contacts;
static struct addr local;

static void set_up(void)
{
	ck_assert_int_eq(addr_parse("10.0.0.1", &local), 0);
	ck_assert_int_eq(first_contacts_new(&first_contacts), 0);
}

static void tear_down(void)
{
	first_contacts_free(first_contacts);
}

static bool admit(size_t number, uint64_t now_ms)
{
	struct pair pair = {.local = local, .remote = {.family = AF_INET, .bytes = {10}}};
	uint8_t *bytes = pair.remote.bytes;

	bytes[1] = (uint8_t)(number >> 16);
	bytes[2] = (uint8_t)(number >> 8);
	bytes[3] = (uint8_t)number;
	return first_contacts_admit(first_contacts, &pair, now_ms) != FIRST_CONTACT_NOT_YET;
}

static size_t admit_many(size_t first, size_t count, uint64_t now_ms)
{
	size_t admitted = 0;

	for (size_t i = 0; i < count; i++)
		admitted += admit(first + i, now_ms);
	return admitted;
}

START_TEST(first_contacts_come_at_once_and_then_one_by_one)
{
	ck_assert_uint_eq(admit_many(0, 5000, NOW), FIRST_CONTACTS_AT_ONCE);
	ck_assert_uint_eq(admit_many(5000, 1000, NOW + 1000), FIRST_CONTACTS_PER_SECOND);
	ck_assert_uint_eq(admit_many(6000, 1000, NOW + 1001), 0);
	/* after a pause as many as at first, and not more */
	ck_assert_uint_eq(admit_many(10000, 5000, NOW + 1000000), FIRST_CONTACTS_AT_ONCE);
}
END_TEST

START_TEST(first_contacts_who_ask_again_are_let_in)
{
	ck_assert_uint_eq(admit_many(0, 5000, NOW), FIRST_CONTACTS_AT_ONCE);
	ck_assert(!admit(7777, NOW + 1));
	ck_assert(!admit(7778, NOW + 1));
	ck_assert(admit(7777, NOW + 2));
	ck_assert(admit(7777, NOW + 3));
	/* and cost nobody else his turn */
	ck_assert_uint_eq(admit_many(8000, 1000, NOW + 1000), FIRST_CONTACTS_PER_SECOND);
}
END_TEST

/* Of a second ask some 20,000 others later most are known still. */
START_TEST(first_contacts_are_remembered_for_a_while)
{
	size_t known = 0;

	admit_many(0, FIRST_CONTACTS_AT_ONCE, NOW);
	ck_assert_uint_eq(admit_many(100000, 100, NOW), 0);
	ck_assert_uint_eq(admit_many(200000, 20000, NOW), 0);
	known = admit_many(100000, 100, NOW);
	ck_assert_uint_ge(known, 50);
	ck_assert_uint_le(known, 100);
}
END_TEST

START_TEST(first_contacts_differ_in_both_addresses)
{
	struct pair pair = {.local = local, .remote = {.family = AF_INET, .bytes = {10, 0, 30, 1}}};
	struct pair other = pair;

	admit_many(0, FIRST_CONTACTS_AT_ONCE, NOW);
	ck_assert_int_eq(addr_parse("10.0.0.2", &other.local), 0);
	ck_assert_int_eq(first_contacts_admit(first_contacts, &pair, NOW), FIRST_CONTACT_NOT_YET);
	ck_assert_int_eq(first_contacts_admit(first_contacts, &other, NOW), FIRST_CONTACT_NOT_YET);
	ck_assert_int_eq(first_contacts_admit(first_contacts, &pair, NOW), FIRST_CONTACT_AGAIN);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("first_contacts", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, first_contacts_come_at_once_and_then_one_by_one);
	tcase_add_test(tcase, first_contacts_who_ask_again_are_let_in);
	tcase_add_test(tcase, first_contacts_are_remembered_for_a_while);
	tcase_add_test(tcase, first_contacts_differ_in_both_addresses);
	return test_run(suite);
}
