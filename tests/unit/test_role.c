/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/role.h"

#include "test.h"

static const struct {
	enum policy_dir dir;
	enum policy_action action;
	const char *src, *dst;
	uint32_t priority;
	uint8_t proto;
	bool unsupported_key;
	enum role role;
} roles[] = {
	{POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.1.1", "10.0.0.0/20", 30112, 0, false,
         ROLE_SUBNET},
	{POLICY_DIR_IN, POLICY_ACTION_ALLOW, "10.0.1.4", "10.0.1.1", 30100, 0, false, ROLE_SUBNET},
	{POLICY_DIR_FWD, POLICY_ACTION_PROTECT, "fd00::/8", "::/0", 30220, 0, false, ROLE_SUBNET},
	{POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.1.1", "10.0.1.2", 30020, 0, false,
         ROLE_KNOWN_HOST},
	{POLICY_DIR_OUT, POLICY_ACTION_BLOCK, "10.0.1.1", "10.0.1.2", 30020, 0, false,
         ROLE_KNOWN_HOST},
	{POLICY_DIR_OUT, POLICY_ACTION_BLOCK, "10.0.1.1", "10.0.15.255", 30010, 0, false,
         ROLE_BROADCAST},
	{POLICY_DIR_OUT, POLICY_ACTION_BLOCK, "10.0.1.1", "224.0.0.0/4", 30128, 0, false,
         ROLE_MULTICAST},
	{POLICY_DIR_OUT, POLICY_ACTION_ALLOW, "10.0.1.1", "224.0.0.0/4", 30128, 0, false,
         ROLE_SUBNET},
	{POLICY_DIR_IN, POLICY_ACTION_ALLOW, "fd00::1", "::/0", 30012, 0, false, ROLE_OWN},
	/* the rank that they had once */
	{POLICY_DIR_IN, POLICY_ACTION_ALLOW, "fd00::1", "::/0", 30010, 0, false, ROLE_OWN},
	{POLICY_DIR_IN, POLICY_ACTION_BLOCK, "fd00::1", "ff00::/8", 30011, 0, false, ROLE_FALLBACK},
	{POLICY_DIR_OUT, POLICY_ACTION_ALLOW, "::/0", "::/0", 30010, IPPROTO_ICMPV6, false,
         ROLE_NEIGHBOUR},
	{POLICY_DIR_OUT, POLICY_ACTION_BLOCK, "0.0.0.0/0", "10.0.0.0/20", 30712, 0, false,
         ROLE_FALLBACK},
	{POLICY_DIR_OUT, POLICY_ACTION_ALLOW, "10.0.1.1", "10.0.0.0/20", 5, 0, false, ROLE_FOREIGN},
	/* somebody else's in our band */
	{POLICY_DIR_OUT, POLICY_ACTION_ALLOW, "10.0.1.1", "10.0.0.0/20", 30112, IPPROTO_TCP, true,
         ROLE_FOREIGN},
};

START_TEST(policies_are_recognised_by_rank_and_shape)
{
	struct policy policy = {
		.dir = roles[_i].dir,
		.action = roles[_i].action,
		.priority = roles[_i].priority,
		.proto = roles[_i].proto,
		.unsupported = roles[_i].unsupported_key,
		.unsupported_key = roles[_i].unsupported_key,
	};

	ck_assert_int_eq(prefix_parse(roles[_i].src, &policy.src, NULL), 0);
	ck_assert_int_eq(prefix_parse(roles[_i].dst, &policy.dst, NULL), 0);
	ck_assert_int_eq(role_of(&policy), roles[_i].role);
	ck_assert_ptr_eq(role_remote(&policy),
	                 policy.dir == POLICY_DIR_OUT ? &policy.dst : &policy.src);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("role", &tests);

	tcase_add_loop_test(tests, policies_are_recognised_by_rank_and_shape, 0,
	                    sizeof(roles) / sizeof(roles[0]));
	return test_run(suite);
}
