/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/explain.h"

#include <string.h>

#include "test.h"

static struct addr addr_of(const char *text)
{
	struct addr addr;

	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return addr;
}

static struct policy_row row_of(enum policy_dir dir, const char *src, const char *dst,
                                uint32_t priority)
{
	struct policy_row row = {.policy = {.dir = dir, .priority = priority}};

	ck_assert_int_eq(prefix_parse(src, &row.policy.src, NULL), 0);
	ck_assert_int_eq(prefix_parse(dst, &row.policy.dst, NULL), 0);
	return row;
}

/* The way out from 10.0.1.1 to @remote. */
static struct explain_way way_out(struct policy_row *rows, size_t count, const char *remote)
{
	const struct policy_rows all = {rows, count};
	struct addr local = addr_of("10.0.1.1"), address = addr_of(remote);
	struct explain_way way;

	ck_assert_int_eq(explain_way_build(&all, POLICY_DIR_OUT, &local, &address, &way), 0);
	return way;
}

static uint32_t rule_priority(const struct explain_way *way)
{
	return explain_rule(way) ? explain_rule(way)->priority : 0;
}

START_TEST(lowest_priority_wins_and_beats_the_rest_in_order)
{
	struct policy_row rows[] = {
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.0.0/16", 30116),
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.1.4", 30100),
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.0.0/20", 30112),
		row_of(POLICY_DIR_OUT, "10.0.2.1", "10.0.1.4", 1),
		row_of(POLICY_DIR_IN, "10.0.1.1", "10.0.1.4", 2),
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.1.5", 3),
	};
	struct explain_way way = way_out(rows, 6, "10.0.1.4");

	ck_assert_uint_eq(way.matching.count, 3);
	ck_assert_uint_eq(way.rule, 0);
	ck_assert_uint_eq(rule_priority(&way), 30100);
	ck_assert_uint_eq(way.matching.items[1].policy.priority, 30112);
	ck_assert_uint_eq(way.matching.items[2].policy.priority, 30116);
	explain_way_fini(&way);
}
END_TEST

START_TEST(of_equal_priority_the_older_one_wins)
{
	struct policy_row rows[] = {
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.0.0/16", 5),
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.1.0/24", 5),
	};
	struct explain_way way;

	rows[0].policy.index = 17;
	rows[1].policy.index = 9;
	way = way_out(rows, 2, "10.0.1.4");
	ck_assert_uint_eq(explain_rule(&way)->index, 9);
	explain_way_fini(&way);
}
END_TEST

START_TEST(what_sees_a_part_only_decides_nothing)
{
	struct policy_row rows[] = {
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.0.0/16", 30116),
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.0.0/16", 5),
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.0.0/16", 6),
	};
	struct explain_way way;

	rows[1].policy.proto = IPPROTO_ICMP;
	rows[2].policy.unsupported = rows[2].policy.unsupported_key = true; /* a mark */
	way = way_out(rows, 3, "10.0.1.4");
	ck_assert_uint_eq(way.matching.count, 3);
	ck_assert_uint_eq(way.rule, 2);
	explain_way_fini(&way);
}
END_TEST

START_TEST(what_is_missing_decides_nothing_but_names_the_list_entry)
{
	struct policy_row rows[] = {
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.0.0/20", 30112),
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.0.0/16", 30116),
	};
	struct explain_way way;

	rows[0].drift = DIFF_DRIFT_MISSING;
	way = way_out(rows, 2, "10.0.1.4");
	ck_assert_uint_eq(rule_priority(&way), 30116);
	ck_assert_uint_eq(explain_entry(&way)->priority, 30112);
	explain_way_fini(&way);
}
END_TEST

START_TEST(list_entry_stands_behind_a_known_host_and_not_behind_leftovers)
{
	struct policy_row rows[] = {
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.1.4", 30020),
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.1.0/24", 30108),
		row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.0.0/16", 30116),
	};
	struct explain_way way;

	rows[1].drift = DIFF_DRIFT_UNEXPECTED;
	way = way_out(rows, 3, "10.0.1.4");
	ck_assert_uint_eq(rule_priority(&way), 30020);
	ck_assert_uint_eq(explain_entry(&way)->priority, 30116);
	explain_way_fini(&way);
}
END_TEST

START_TEST(address_of_no_policy_has_no_rule)
{
	struct policy_row row = row_of(POLICY_DIR_OUT, "10.0.1.1", "10.0.0.0/16", 30116);
	struct explain_way way = way_out(&row, 1, "192.0.2.1");

	ck_assert_uint_eq(way.matching.count, 0);
	ck_assert_ptr_null(explain_rule(&way));
	ck_assert_ptr_null(explain_entry(&way));
	explain_way_fini(&way);
	explain_way_fini(NULL);
}
END_TEST

START_TEST(unknown_destination_is_met_by_policies_for_any_only)
{
	struct policy_row rows[] = {
		row_of(POLICY_DIR_FWD, "10.0.0.0/16", "172.17.0.0/16", 5),
		row_of(POLICY_DIR_FWD, "10.0.0.0/20", "0.0.0.0/0", 30112),
	};
	const struct policy_rows all = {rows, 2};
	struct addr from = addr_of("10.0.1.4"), any = addr_of("0.0.0.0");
	struct explain_way way;

	ck_assert_int_eq(explain_way_build(&all, POLICY_DIR_FWD, &from, &any, &way), 0);
	ck_assert_uint_eq(way.matching.count, 1);
	ck_assert_uint_eq(rule_priority(&way), 30112);
	explain_way_fini(&way);
}
END_TEST

static const struct {
	const char *address;
	enum explain_kind kind;
	bool exempt;
} kinds[] = {
	{"10.0.1.2", EXPLAIN_KIND_REMOTE, false},
	{"10.0.1.1", EXPLAIN_KIND_OWN, true},
	{"fd00::1", EXPLAIN_KIND_OWN, false},
	{"127.0.0.1", EXPLAIN_KIND_LOOPBACK, true},
	{"127.255.255.255", EXPLAIN_KIND_LOOPBACK, true},
	{"::1", EXPLAIN_KIND_LOOPBACK, false},
	{"10.0.15.255", EXPLAIN_KIND_BROADCAST, false},
	{"10.0.99.99", EXPLAIN_KIND_BROADCAST, false}, /* as the interface says */
	{"255.255.255.255", EXPLAIN_KIND_BROADCAST, false},
	{"10.0.15.254", EXPLAIN_KIND_REMOTE, false},
	{"10.9.0.1", EXPLAIN_KIND_REMOTE, false},    /* the last of a /31 */
	{"10.9.8.7", EXPLAIN_KIND_BROADCAST, false}, /* what a /31 says */
	{"224.0.0.5", EXPLAIN_KIND_MULTICAST, false},
	{"ff02::1", EXPLAIN_KIND_MULTICAST, false},
	{"0.0.0.0", EXPLAIN_KIND_ANY, true},
	{"::", EXPLAIN_KIND_ANY, false},
};

START_TEST(kinds_of_addresses)
{
	struct local_addr addrs[] = {
		{.addr = addr_of("10.0.1.1"), .broadcast = addr_of("10.0.99.99")},
		{.addr = addr_of("10.9.0.0"), .broadcast = addr_of("10.9.8.7")},
		{.addr = addr_of("fd00::1")},
	};
	struct addr address = addr_of(kinds[_i].address);
	enum explain_kind kind;

	addrs[0].network = prefix_make(&addrs[0].addr, 20);
	addrs[1].network = prefix_make(&addrs[1].addr, 31);
	addrs[2].network = prefix_make(&addrs[2].addr, 64);
	kind = explain_kind_of(&address, addrs, 3);
	ck_assert_int_eq(kind, kinds[_i].kind);
	ck_assert_int_eq(explain_kind_is_exempt(kind, address.family), kinds[_i].exempt);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("explain", &tests);

	tcase_add_test(tests, lowest_priority_wins_and_beats_the_rest_in_order);
	tcase_add_test(tests, of_equal_priority_the_older_one_wins);
	tcase_add_test(tests, what_sees_a_part_only_decides_nothing);
	tcase_add_test(tests, what_is_missing_decides_nothing_but_names_the_list_entry);
	tcase_add_test(tests, list_entry_stands_behind_a_known_host_and_not_behind_leftovers);
	tcase_add_test(tests, address_of_no_policy_has_no_rule);
	tcase_add_test(tests, unknown_destination_is_met_by_policies_for_any_only);
	tcase_add_loop_test(tests, kinds_of_addresses, 0, sizeof(kinds) / sizeof(kinds[0]));
	return test_run(suite);
}
