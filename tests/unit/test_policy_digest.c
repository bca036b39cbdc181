/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/policy_digest.h"

#include "test.h"

static struct policy subnet(const char *dst)
{
	struct policy policy = {.dir = POLICY_DIR_OUT, .priority = 30108, .reqid = 7};

	ck_assert_int_eq(prefix_parse("10.0.1.1", &policy.src, NULL), 0);
	ck_assert_int_eq(prefix_parse(dst, &policy.dst, NULL), 0);
	return policy;
}

static uint64_t digest_of_two(const struct policy *second)
{
	struct policy items[] = {subnet("10.0.2.0/24"), *second};

	return policy_digest(&(struct policy_list){.items = items, .count = 2});
}

static void change(struct policy *policy, int which)
{
	switch (which) {
	case 0:
		policy->src.addr.bytes[3] ^= 1;
		break;
	case 1:
		policy->dst.len--;
		break;
	case 2:
		policy->dir = POLICY_DIR_IN;
		break;
	case 3:
		policy->action = POLICY_ACTION_BLOCK;
		break;
	case 4:
		policy->proto = 58;
		break;
	case 5:
		policy->icmp_type = 133;
		break;
	case 6:
		policy->optional = true;
		break;
	case 7:
		policy->unsupported = true;
		break;
	case 8:
		policy->priority++;
		break;
	case 9:
		policy->reqid++;
		break;
	default:
		policy->spi = 1;
	}
}

START_TEST(what_is_compared_counts)
{
	struct policy policy = subnet("10.0.3.0/24"), other = policy;

	change(&other, _i);
	ck_assert(!policy_equal(&policy, &other));
	ck_assert(digest_of_two(&policy) != digest_of_two(&other));
}
END_TEST

START_TEST(what_the_kernel_adds_does_not_count)
{
	struct policy policy = subnet("10.0.3.0/24"), other = policy;

	other.index = 8;
	other.used = 9;
	ck_assert(digest_of_two(&policy) == digest_of_two(&other));
}
END_TEST

START_TEST(those_of_others_do_not_count)
{
	struct policy items[] = {subnet("10.0.2.0/24"), subnet("10.0.3.0/24"),
	                         subnet("10.0.4.0/24")};

	items[1].priority = 1;
	items[2].unsupported_key = true;
	ck_assert(policy_digest(&(struct policy_list){.items = items, .count = 3}) ==
	          policy_digest(&(struct policy_list){.items = items, .count = 1}));
	ck_assert(policy_digest(&(struct policy_list){.items = items, .count = 1}) !=
	          policy_digest(&(struct policy_list){0}));
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("policy_digest", &tests);

	tcase_add_loop_test(tests, what_is_compared_counts, 0, 11);
	tcase_add_test(tests, what_the_kernel_adds_does_not_count);
	tcase_add_test(tests, those_of_others_do_not_count);
	return test_run(suite);
}
