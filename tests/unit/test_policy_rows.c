/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/policy_rows.h"

#include "test.h"

static void add(struct policy_list *list, const char *dst, uint32_t priority)
{
	struct policy policy = {.priority = priority};

	ck_assert_int_eq(prefix_parse("10.0.1.1", &policy.src, NULL), 0);
	ck_assert_int_eq(prefix_parse(dst, &policy.dst, NULL), 0);
	ck_assert_int_eq(policy_list_add(list, &policy), 0);
	policy_list_sort_key(list);
}

static void fill(struct policy_list *have, struct policy_list *want)
{
	add(have, "10.0.0.0/16", 30116);
	add(want, "10.0.0.0/16", 30116);
	add(have, "10.0.0.0/20", 30999); /* changed */
	add(want, "10.0.0.0/20", 30112);
	add(have, "10.0.0.0/24", 30108); /* unexpected */
	add(want, "10.0.0.0/28", 30104); /* missing */
	add(have, "10.0.0.0/12", 7);     /* foreign */
}

START_TEST(rows_are_in_the_order_of_decision_with_drift)
{
	static const struct {
		uint32_t priority;
		enum diff_drift drift;
	} expected[] = {
		{7, DIFF_DRIFT_NONE},           {30104, DIFF_DRIFT_MISSING},
		{30108, DIFF_DRIFT_UNEXPECTED}, {30116, DIFF_DRIFT_NONE},
		{30999, DIFF_DRIFT_CHANGED},
	};
	struct policy_list have = {0}, want = {0};
	struct policy_rows rows;

	fill(&have, &want);
	ck_assert_int_eq(policy_rows_build(&have, &want, &rows), 0);
	ck_assert_uint_eq(rows.count, 5);
	for (size_t i = 0; i < rows.count; i++) {
		ck_assert_uint_eq(rows.items[i].policy.priority, expected[i].priority);
		ck_assert_int_eq(rows.items[i].drift, expected[i].drift);
	}
	policy_rows_fini(&rows);
	ck_assert_ptr_null(rows.items);
	policy_list_fini(&have);
	policy_list_fini(&want);
}
END_TEST

START_TEST(without_the_desired_ones_nothing_has_drift)
{
	struct policy_list have = {0}, want = {0};
	struct policy_rows rows;

	fill(&have, &want);
	ck_assert_int_eq(policy_rows_build(&have, NULL, &rows), 0);
	ck_assert_uint_eq(rows.count, 4);
	for (size_t i = 0; i < rows.count; i++)
		ck_assert_int_eq(rows.items[i].drift, DIFF_DRIFT_NONE);
	policy_rows_fini(&rows);
	policy_list_fini(&have);
	policy_list_fini(&want);
}
END_TEST

START_TEST(nothing_makes_no_rows)
{
	const struct policy_list none = {0};
	struct policy_rows rows;

	ck_assert_int_eq(policy_rows_build(&none, &none, &rows), 0);
	ck_assert_uint_eq(rows.count, 0);
	policy_rows_fini(&rows);
	policy_rows_fini(NULL);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("policy_rows", &tests);

	tcase_add_test(tests, rows_are_in_the_order_of_decision_with_drift);
	tcase_add_test(tests, without_the_desired_ones_nothing_has_drift);
	tcase_add_test(tests, nothing_makes_no_rows);
	return test_run(suite);
}
