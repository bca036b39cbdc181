/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/foreign.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "test.h"
#include "xfrmd/spd/plan.h"

#define REQID 77

static struct conf conf;
static struct local_addr addr;
static struct policy_list have, want, found;

static struct prefix prefix(const char *text)
{
	struct prefix parsed;

	ck_assert_int_eq(prefix_parse(text, &parsed, NULL), 0);
	return parsed;
}

static void add(struct prefixset *set, const char *text)
{
	struct prefix parsed = prefix(text);

	ck_assert_int_eq(prefixset_add(set, &parsed), 0);
	prefixset_seal(set);
}

/* 10.0.1.1 protects 10.0.0.0/16 but for 10.0.9.0/24, in which 10.0.9.9 is protected. */
static void setup(void)
{
	struct plan_input input = {.addrs = &addr, .addr_count = 1};

	conf = (struct conf){.reqid = REQID};
	add(&conf.protect, "10.0.0.0/16");
	add(&conf.protect, "10.0.9.9/32");
	add(&conf.protect, "fd00::/8");
	add(&conf.allow, "10.0.9.0/24");
	addr = (struct local_addr){.ifname = "eth0", .global = true, .network = prefix("10.0.1.1")};
	ck_assert_int_eq(addr_parse("10.0.1.1", &addr.addr), 0);
	ck_assert_int_eq(plan_build(&conf, &input, &want), 0);
	for (size_t i = 0; i < want.count; i++)
		ck_assert_int_eq(policy_list_add(&have, &want.items[i]), 0);
}

static void teardown(void)
{
	policy_list_fini(&have);
	policy_list_fini(&want);
	policy_list_fini(&found);
	prefixset_fini(&conf.protect);
	prefixset_fini(&conf.allow);
}

static struct policy foreign(enum policy_dir dir, const char *src, const char *dst,
                             uint32_t priority)
{
	return (struct policy){.dir = dir,
	                       .src = prefix(src),
	                       .dst = prefix(dst),
	                       .action = POLICY_ACTION_ALLOW,
	                       .priority = priority};
}

static size_t count_found(const struct policy *policy)
{
	ck_assert_int_eq(policy_list_add(&have, policy), 0);
	policy_list_sort_key(&have);
	policy_list_fini(&found);
	ck_assert_int_eq(foreign_find(&have, &want, &conf, &addr, 1, &found), 0);
	return found.count;
}

START_TEST(our_own_policies_are_not_foreign)
{
	ck_assert_int_eq(foreign_find(&have, &want, &conf, &addr, 1, &found), 0);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

static const struct {
	enum policy_dir dir;
	const char *src, *dst;
	uint32_t priority;
	bool forwarded;
	bool defeats;
} cases[] = {
	/* the prefix, part of it, more than it */
	{POLICY_DIR_OUT, "10.0.1.1", "10.0.0.0/15", 100, false, true},
	{POLICY_DIR_OUT, "10.0.1.1", "10.0.7.0/24", 0, false, true},
	{POLICY_DIR_OUT, "0.0.0.0/0", "0.0.0.0/0", 29999, false, true},
	{POLICY_DIR_OUT, "10.0.1.0/24", "10.0.200.7", 100, false, true},
	/* others' addresses, others' traffic */
	{POLICY_DIR_OUT, "10.0.1.2", "10.0.0.0/16", 100, false, false},
	{POLICY_DIR_OUT, "10.0.1.1", "10.1.0.0/16", 100, false, false},
	{POLICY_DIR_OUT, "172.17.0.0/16", "10.0.0.0/16", 100, false, false},
	/* what is not protected, even inside of what is */
	{POLICY_DIR_OUT, "10.0.1.1", "10.0.9.0/24", 5, false, true}, /* 10.0.9.9 is in it */
	{POLICY_DIR_OUT, "10.0.1.1", "10.0.9.0/29", 5, false, false},
	{POLICY_DIR_OUT, "10.0.1.1", "10.0.9.9", 5, false, true},
	/* decides after ours */
	{POLICY_DIR_OUT, "10.0.1.1", "10.0.7.0/24", 31000, false, false},
	/* in */
	{POLICY_DIR_IN, "10.0.7.0/24", "10.0.1.1", 100, false, true},
	{POLICY_DIR_IN, "0.0.0.0/0", "0.0.0.0/0", 100, false, true},
	{POLICY_DIR_IN, "10.0.7.0/24", "10.0.1.2", 100, false, false},
	{POLICY_DIR_IN, "10.0.1.1", "10.0.7.0/24", 100, false, false},
	{POLICY_DIR_IN, "10.1.0.0/16", "10.0.1.1", 100, false, false},
	/* forwarded */
	{POLICY_DIR_FWD, "10.0.7.0/24", "172.17.0.0/16", 100, true, true},
	{POLICY_DIR_FWD, "10.0.7.0/24", "172.17.0.0/16", 100, false, false},
	{POLICY_DIR_FWD, "172.17.0.0/16", "10.0.7.0/24", 100, true, false},
	/* the other family; this host has no such address */
	{POLICY_DIR_OUT, "::/0", "::/0", 100, false, false},
	/* holds the selector of one of ours, whatever its priority */
	{POLICY_DIR_OUT, "10.0.1.1", "10.0.0.0/16", 40000, false, true},
	{POLICY_DIR_IN, "10.0.9.0/24", "10.0.1.1", 40000, false, true},
};

START_TEST(a_foreign_policy_is_told_exactly_if_it_defeats_one_of_ours)
{
	struct policy policy = foreign(cases[_i].dir, cases[_i].src, cases[_i].dst,
	                               cases[_i].priority);
	char text[POLICY_TEXT_MAX];

	conf.protect_forwarded = cases[_i].forwarded;
	ck_assert_msg(count_found(&policy) == (cases[_i].defeats ? 1 : 0), "%s",
	              policy_format(&policy, text));
	if (cases[_i].defeats)
		ck_assert_int_eq(policy_equal(&found.items[0], &policy), true);
}
END_TEST

START_TEST(the_bypass_of_the_ike_ports_is_no_trouble)
{
	struct policy policy = foreign(POLICY_DIR_OUT, "0.0.0.0/0", "0.0.0.0/0", 32);

	policy.proto = IPPROTO_UDP;
	policy.unsupported = policy.unsupported_key = true;
	ck_assert_uint_eq(count_found(&policy), 0);
	policy.priority = 33;
	policy.index = 1;
	ck_assert_uint_eq(count_found(&policy), 1);
}
END_TEST

START_TEST(policies_of_xfrm_interfaces_are_no_trouble_but_marked_ones_are)
{
	struct policy policy = foreign(POLICY_DIR_OUT, "0.0.0.0/0", "0.0.0.0/0", 30500);

	policy.unsupported = policy.unsupported_key = policy.interface = true;
	ck_assert_uint_eq(count_found(&policy), 0);
	policy.interface = false;
	policy.index = 1;
	ck_assert_uint_eq(count_found(&policy), 1);
}
END_TEST

START_TEST(addresses_that_were_not_chosen_do_not_count)
{
	struct policy policy = foreign(POLICY_DIR_OUT, "0.0.0.0/0", "0.0.0.0/0", 100);

	addr.global = false;
	ck_assert_uint_eq(count_found(&policy), 0);
}
END_TEST

START_TEST(many_foreign_policies_beside_many_of_ours_are_looked_at_quickly)
{
	char text[PREFIX_TEXT_MAX];

	for (unsigned i = 0; i < 30000; i++) {
		struct policy policy;

		snprintf(text, sizeof(text), "11.%u.%u.0/24", i / 250, i % 250);
		policy = foreign(POLICY_DIR_OUT, "10.0.1.1", text, i < 1000 ? 100 : 30108);
		policy.action = POLICY_ACTION_PROTECT;
		ck_assert_int_eq(policy_list_add(&have, &policy), 0);
		if (i >= 500)
			ck_assert_int_eq(prefixset_add(&conf.protect, &policy.dst), 0);
	}
	policy_list_sort_key(&have);
	prefixset_seal(&conf.protect);
	/* a search by brute force would take minutes here */
	for (int i = 0; i < 20; i++) {
		policy_list_fini(&found);
		ck_assert_int_eq(foreign_find(&have, &want, &conf, &addr, 1, &found), 0);
	}
	ck_assert_uint_eq(found.count, 500);
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite = test_suite("foreign", &test_case);

	tcase_add_checked_fixture(test_case, setup, teardown);
	tcase_add_test(test_case, our_own_policies_are_not_foreign);
	tcase_add_loop_test(test_case, a_foreign_policy_is_told_exactly_if_it_defeats_one_of_ours,
	                    0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(test_case, the_bypass_of_the_ike_ports_is_no_trouble);
	tcase_add_test(test_case, policies_of_xfrm_interfaces_are_no_trouble_but_marked_ones_are);
	tcase_add_test(test_case, addresses_that_were_not_chosen_do_not_count);
	tcase_add_test(test_case, many_foreign_policies_beside_many_of_ours_are_looked_at_quickly);
	return test_run(suite);
}
