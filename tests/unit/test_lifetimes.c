/* SPDX-License-Identifier: MIT */
#include "xfrmd/ike/lifetimes.h"

#include "test.h"

static const uint32_t rekey_times_s[] = {1, 5, 60, 599, 600, 3600, 14400, 86400, 30 * 86400};

/* Whoever renews, at whatever time of his choice, does so before the next one. */
START_TEST(lifetimes_are_in_order)
{
	struct lifetimes lifetimes = lifetimes_of(rekey_times_s[_i]);

	ck_assert_uint_eq(lifetimes.renew_s, rekey_times_s[_i]);
	ck_assert_uint_lt(lifetimes.early_s, lifetimes.renew_s);
	ck_assert_uint_ge(lifetimes.late_s, lifetimes.renew_s + 10);
	ck_assert_uint_ge(lifetimes.rekey_s - lifetimes.rekey_spread_s,
	                  lifetimes.late_s + lifetimes.late_spread_s + 10);
	ck_assert_uint_ge(lifetimes.life_s, lifetimes.rekey_s + 20);
}
END_TEST

START_TEST(lifetimes_may_be_off)
{
	struct lifetimes lifetimes = lifetimes_of(0);

	ck_assert_uint_eq(lifetimes.renew_s, 0);
	ck_assert_uint_eq(lifetimes.rekey_s, 0);
	ck_assert_uint_eq(lifetimes.life_s, 0);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("lifetimes", &tcase);

	tcase_add_loop_test(tcase, lifetimes_are_in_order, 0,
	                    sizeof(rekey_times_s) / sizeof(rekey_times_s[0]));
	tcase_add_test(tcase, lifetimes_may_be_off);
	return test_run(suite);
}
