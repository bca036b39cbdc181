/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/histogram.h"

#include "test.h"

START_TEST(bounds_grow)
{
	for (int i = 1; i < HISTOGRAM_BOUNDS; i++)
		ck_assert_uint_gt(histogram_bounds_ms[i], histogram_bounds_ms[i - 1]);
}
END_TEST

START_TEST(a_bound_belongs_to_its_bucket)
{
	struct histogram histogram = {0};

	histogram_add(&histogram, 0);
	histogram_add(&histogram, 5);
	histogram_add(&histogram, 6);
	histogram_add(&histogram, 30000);
	histogram_add(&histogram, 30001);
	ck_assert_uint_eq(histogram.buckets[0], 2);
	ck_assert_uint_eq(histogram.buckets[1], 1);
	ck_assert_uint_eq(histogram.buckets[HISTOGRAM_BOUNDS - 1], 1);
	ck_assert_uint_eq(histogram.buckets[HISTOGRAM_BOUNDS], 1);
	ck_assert_uint_eq(histogram.count, 5);
	ck_assert_uint_eq(histogram.sum_ms, 60012);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("histogram", &tcase);

	tcase_add_test(tcase, bounds_grow);
	tcase_add_test(tcase, a_bound_belongs_to_its_bucket);
	return test_run(suite);
}
