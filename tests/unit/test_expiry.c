/* SPDX-License-Identifier: MIT */
/* The end of a certificate: thresholds. */
#include "xfrmd/conf/expiry.h"

#include "test.h"

#define NOW 1800000000 /* 2027-01-15T08:00:00Z */
#define DAY 86400

static const struct {
	int64_t left_s;
	enum expiry expiry;
} thresholds[] = {
	{30 * DAY, EXPIRY_FAR},     {30 * DAY - 1, EXPIRY_INFO},
	{14 * DAY, EXPIRY_INFO},    {14 * DAY - 1, EXPIRY_WARNING},
	{7 * DAY, EXPIRY_WARNING},  {7 * DAY - 1, EXPIRY_ERROR},
	{3 * DAY, EXPIRY_ERROR},    {3 * DAY - 1, EXPIRY_CRITICAL},
	{1, EXPIRY_CRITICAL},       {0, EXPIRY_OVER},
	{-1000 * DAY, EXPIRY_OVER},
};

START_TEST(expiry_of_comes_nearer_in_whole_days)
{
	static const struct conf conf = {
		.info_days = 30, .warn_days = 14, .error_days = 7, .critical_days = 3};

	ck_assert_int_eq(expiry_of(&conf, NOW + thresholds[_i].left_s, NOW), thresholds[_i].expiry);
}
END_TEST

START_TEST(expiry_of_knows_no_threshold_of_0_days)
{
	static const struct conf conf = {0};

	ck_assert_int_eq(expiry_of(&conf, NOW + 1, NOW), EXPIRY_FAR);
	ck_assert_int_eq(expiry_of(&conf, NOW, NOW), EXPIRY_OVER);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("expiry", &tcase);

	tcase_add_loop_test(tcase, expiry_of_comes_nearer_in_whole_days, 0, ROWS(thresholds));
	tcase_add_test(tcase, expiry_of_knows_no_threshold_of_0_days);
	return test_run(suite);
}
