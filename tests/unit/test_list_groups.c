/* SPDX-License-Identifier: MIT */
#include "src/xfrmctl/list_groups.h"

#include "test.h"

static struct policy_row row_of(enum policy_dir dir, enum policy_action action, const char *src,
                                const char *dst, uint32_t priority)
{
	struct policy_row row = {.policy = {.dir = dir, .action = action, .priority = priority}};

	ck_assert_int_eq(prefix_parse(src, &row.policy.src, NULL), 0);
	ck_assert_int_eq(prefix_parse(dst, &row.policy.dst, NULL), 0);
	return row;
}

static struct list_groups groups_of(struct policy_row *rows, size_t count)
{
	const struct policy_rows all = {rows, count};
	struct list_groups groups;

	ck_assert_int_eq(list_groups_build(&all, &groups), 0);
	return groups;
}

START_TEST(policies_of_one_list_entry_are_one_group)
{
	struct policy_row rows[] = {
		row_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.1.1", "10.0.0.0/20", 30112),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_ALLOW, "10.0.1.1", "10.0.1.4", 30100),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.2.1", "10.0.0.0/20", 30112),
		row_of(POLICY_DIR_IN, POLICY_ACTION_PROTECT, "10.0.0.0/20", "10.0.1.1", 30112),
		row_of(POLICY_DIR_FWD, POLICY_ACTION_PROTECT, "10.0.0.0/20", "0.0.0.0/0", 30112),
	};
	struct list_groups groups = groups_of(rows, 5);

	ck_assert_uint_eq(groups.count, 2);
	ck_assert_uint_eq(groups.items[0].priority, 30100);
	ck_assert_int_eq(groups.items[0].action, POLICY_ACTION_ALLOW);
	ck_assert_uint_eq(groups.items[1].out, 2);
	ck_assert_uint_eq(groups.items[1].in, 1);
	ck_assert_uint_eq(groups.items[1].forward, 1);
	ck_assert_uint_eq(groups.items[1].drift, 0);
	ck_assert_uint_eq(groups.single_count, 0);
	list_groups_fini(&groups);
	ck_assert_ptr_null(groups.items);
}
END_TEST

START_TEST(levels_are_told_apart)
{
	struct policy_row rows[] = {
		row_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.1.1", "10.0.0.0/20", 30112),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.2.1", "10.0.0.0/20", 30112),
	};
	struct list_groups groups;

	rows[1].policy.optional = true;
	rows[1].drift = DIFF_DRIFT_CHANGED;
	groups = groups_of(rows, 2);
	ck_assert_uint_eq(groups.count, 2);
	ck_assert(!groups.items[0].optional);
	ck_assert(groups.items[1].optional);
	list_groups_fini(&groups);
}
END_TEST

START_TEST(drift_and_others_show_one_by_one)
{
	struct policy_row rows[] = {
		row_of(POLICY_DIR_OUT, POLICY_ACTION_ALLOW, "10.0.1.1", "10.0.0.0/20", 5),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.1.1", "10.0.0.0/20", 30112),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.2.1", "10.0.0.0/20", 30112),
	};
	struct list_groups groups;

	rows[1].drift = DIFF_DRIFT_MISSING;
	groups = groups_of(rows, 3);
	ck_assert_uint_eq(groups.count, 1);
	ck_assert_uint_eq(groups.items[0].out, 1);
	ck_assert_uint_eq(groups.items[0].drift, 1);
	ck_assert_uint_eq(groups.single_count, 2);
	ck_assert_ptr_eq(groups.single[0], &rows[0]);
	ck_assert_ptr_eq(groups.single[1], &rows[1]);
	list_groups_fini(&groups);
}
END_TEST

START_TEST(what_is_no_list_entry_is_counted)
{
	struct policy_row rows[] = {
		row_of(POLICY_DIR_OUT, POLICY_ACTION_BLOCK, "10.0.1.1", "10.0.15.255", 30010),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_ALLOW, "::/0", "fd00::1", 30010),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_ALLOW, "::/0", "::/0", 30010),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.1.1", "10.0.1.2", 30020),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.1.1", "10.0.1.3", 30020),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_BLOCK, "10.0.1.1", "10.0.1.9", 30020),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_BLOCK, "0.0.0.0/0", "10.0.0.0/20", 30712),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.1.1", "10.0.1.7", 30020),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.1.1", "10.0.1.8", 30020),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.1.1", "10.0.1.10", 30020),
	};
	struct list_groups groups;

	rows[2].policy.proto = IPPROTO_ICMPV6;
	rows[3].policy.spi = 0xc0000001;
	rows[7].policy.spi = 1;
	rows[7].drift = DIFF_DRIFT_MISSING;
	rows[8].policy.spi = 1;
	rows[9].policy.spi = SPI_RESERVED_MAX;
	groups = groups_of(rows, 10);
	ck_assert_uint_eq(groups.count, 0);
	ck_assert_uint_eq(groups.broadcast, 1);
	ck_assert_uint_eq(groups.own, 1);
	ck_assert_uint_eq(groups.neighbour, 1);
	ck_assert_uint_eq(groups.pinned, 1);
	ck_assert_uint_eq(groups.held, 2);
	ck_assert_uint_eq(groups.unpinned, 1);
	ck_assert_uint_eq(groups.blocked, 1);
	ck_assert_uint_eq(groups.fallback, 1);
	ck_assert_uint_eq(groups.single_count, 1);
	list_groups_fini(&groups);
	list_groups_fini(NULL);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("list_groups", &tests);

	tcase_add_test(tests, policies_of_one_list_entry_are_one_group);
	tcase_add_test(tests, levels_are_told_apart);
	tcase_add_test(tests, drift_and_others_show_one_by_one);
	tcase_add_test(tests, what_is_no_list_entry_is_counted);
	return test_run(suite);
}
