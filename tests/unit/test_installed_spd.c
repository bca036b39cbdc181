/* SPDX-License-Identifier: MIT */
#include "xfrmd/xfrm/installed_spd.h"

#include <string.h>

#include "test.h"
#include "xfrmd/spd/diff.h"

#define FOREIGN_PRIORITY 1000

static struct policy_list have, want, merged;

static void fini(void)
{
	policy_list_fini(&have);
	policy_list_fini(&want);
	policy_list_fini(&merged);
}

/* At one of 256 keys, which sort as their numbers do. */
static struct policy ours(uint8_t key)
{
	struct policy policy = {
		.dir = POLICY_DIR_OUT, .action = POLICY_ACTION_PROTECT, .reqid = 77};

	ck_assert_int_eq(prefix_parse("10.0.0.1", &policy.src, NULL), 0);
	ck_assert_int_eq(prefix_parse("10.1.0.0/24", &policy.dst, NULL), 0);
	policy.dst.addr.bytes[2] = key;
	policy.priority = policy_priority(&policy.dst);
	return policy;
}

static struct policy foreign(uint8_t key)
{
	struct policy policy = ours(key);

	policy.priority = FOREIGN_PRIORITY;
	return policy;
}

static void add(struct policy_list *list, struct policy policy, uint32_t index)
{
	policy.index = index;
	ck_assert_int_eq(policy_list_add(list, &policy), 0);
}

static void merge(void)
{
	ck_assert_int_eq(installed_spd_merge(&have, &want, &merged), 0);
}

static void assert_merged(size_t i, struct policy policy, uint32_t index)
{
	ck_assert_uint_lt(i, merged.count);
	ck_assert_int_eq(policy_compare_key(&merged.items[i], &policy), 0);
	ck_assert(policy_equal(&merged.items[i], &policy));
	ck_assert_uint_eq(merged.items[i].index, index);
}

START_TEST(nothing_and_nothing_is_nothing)
{
	merge();
	ck_assert_uint_eq(merged.count, 0);
}
END_TEST

START_TEST(added_policy_is_there_without_an_index)
{
	add(&want, ours(1), 0);
	merge();
	ck_assert_uint_eq(merged.count, 1);
	assert_merged(0, ours(1), 0);
}
END_TEST

START_TEST(updated_policy_has_the_wanted_content_and_keeps_its_index)
{
	struct policy wanted = ours(1);

	wanted.optional = true;
	add(&have, ours(1), 9);
	add(&want, wanted, 0);
	merge();
	ck_assert_uint_eq(merged.count, 1);
	assert_merged(0, wanted, 9);
}
END_TEST

START_TEST(deleted_policy_is_gone)
{
	add(&have, ours(1), 9);
	add(&have, ours(2), 17);
	add(&want, ours(2), 0);
	merge();
	ck_assert_uint_eq(merged.count, 1);
	assert_merged(0, ours(2), 17);
}
END_TEST

START_TEST(foreign_policies_stay)
{
	add(&have, foreign(1), 9);
	add(&have, ours(2), 17);
	add(&have, foreign(3), 25);
	add(&want, ours(2), 0);
	add(&want, ours(4), 0);
	merge();
	ck_assert_uint_eq(merged.count, 4);
	assert_merged(0, foreign(1), 9);
	assert_merged(1, ours(2), 17);
	assert_merged(2, foreign(3), 25);
	assert_merged(3, ours(4), 0);
}
END_TEST

START_TEST(foreign_policy_keeps_a_wanted_key)
{
	add(&have, foreign(1), 9);
	add(&want, ours(1), 0);
	merge();
	ck_assert_uint_eq(merged.count, 1);
	assert_merged(0, foreign(1), 9);
}
END_TEST

/* Each key: wanted or not; in the kernel none, ours, ours with other content, or foreign. */
START_TEST(what_is_remembered_leaves_nothing_to_do)
{
	struct diff diff;

	for (unsigned key = 0; key < 8; key++) {
		struct policy changed = ours((uint8_t)key);

		changed.action = POLICY_ACTION_BLOCK;
		if (key & 1)
			add(&want, ours((uint8_t)key), 0);
		if (key / 2 == 1)
			add(&have, ours((uint8_t)key), 8 * key + 1);
		if (key / 2 == 2)
			add(&have, changed, 8 * key + 1);
		if (key / 2 == 3)
			add(&have, foreign((uint8_t)key), 8 * key + 1);
	}
	merge();
	ck_assert_int_eq(diff_build(&merged, &want, &diff), 0);
	ck_assert_uint_eq(diff.count, 0);
	ck_assert_uint_eq(diff.conflicts, 1);
	ck_assert_uint_eq(merged.count, 5);
	for (size_t i = 1; i < merged.count; i++)
		ck_assert_int_lt(policy_compare_key(&merged.items[i - 1], &merged.items[i]), 0);
	diff_fini(&diff);
}
END_TEST

START_TEST(policy_of_ours_that_was_moved_out_of_our_band_is_put_right)
{
	struct diff diff;

	add(&merged, ours(1), 9);
	add(&have, foreign(1), 9);
	add(&want, ours(1), 0);
	installed_spd_reclaim(&have, &merged);
	ck_assert(policy_is_ours(&have.items[0]));
	ck_assert_int_eq(diff_build(&have, &want, &diff), 0);
	ck_assert_uint_eq(diff.updates, 1);
	ck_assert_uint_eq(diff.conflicts, 0);
	diff_fini(&diff);
}
END_TEST

START_TEST(foreign_policies_are_not_claimed)
{
	struct policy lower = foreign(2);

	lower.priority--;
	add(&merged, foreign(2), 17);
	add(&have, foreign(1), 9);
	add(&have, lower, 17);
	installed_spd_reclaim(&have, &merged);
	ck_assert_uint_eq(have.items[0].priority, FOREIGN_PRIORITY);
	ck_assert_uint_eq(have.items[1].priority, FOREIGN_PRIORITY - 1);
}
END_TEST

/* With a mark or the like it lives beside ours, and is another's. */
START_TEST(policy_with_an_unsupported_key_is_not_claimed)
{
	struct policy marked = ours(1);

	marked.unsupported = marked.unsupported_key = true;
	add(&merged, ours(1), 9);
	add(&have, marked, 17);
	installed_spd_reclaim(&have, &merged);
	ck_assert_uint_eq(have.items[0].priority, ours(1).priority);
}
END_TEST

START_TEST(policies_of_ours_are_left_as_they_were_read)
{
	struct policy changed = ours(1);

	changed.priority = POLICY_PRIORITY_MIN;
	add(&merged, ours(1), 9);
	add(&have, changed, 9);
	installed_spd_reclaim(&have, &merged);
	ck_assert_uint_eq(have.items[0].priority, POLICY_PRIORITY_MIN);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("installed_spd", &tests);

	tcase_add_checked_fixture(tests, NULL, fini);
	tcase_add_test(tests, nothing_and_nothing_is_nothing);
	tcase_add_test(tests, added_policy_is_there_without_an_index);
	tcase_add_test(tests, updated_policy_has_the_wanted_content_and_keeps_its_index);
	tcase_add_test(tests, deleted_policy_is_gone);
	tcase_add_test(tests, foreign_policies_stay);
	tcase_add_test(tests, foreign_policy_keeps_a_wanted_key);
	tcase_add_test(tests, what_is_remembered_leaves_nothing_to_do);
	tcase_add_test(tests, policy_of_ours_that_was_moved_out_of_our_band_is_put_right);
	tcase_add_test(tests, foreign_policies_are_not_claimed);
	tcase_add_test(tests, policy_with_an_unsupported_key_is_not_claimed);
	tcase_add_test(tests, policies_of_ours_are_left_as_they_were_read);
	return test_run(suite);
}
