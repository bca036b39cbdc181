/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/policy.h"

#include <string.h>

#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct prefix prefix(const char *text)
{
	struct prefix parsed;

	ck_assert_int_eq(prefix_parse(text, &parsed, NULL), 0);
	return parsed;
}

static struct policy policy(enum policy_dir dir, const char *src, const char *dst)
{
	return (struct policy){
		.dir = dir,
		.src = prefix(src),
		.dst = prefix(dst),
		.action = POLICY_ACTION_PROTECT,
		.priority = POLICY_PRIORITY_SUBNET,
		.reqid = 77,
	};
}

START_TEST(policy_stays_compact)
{
	ck_assert_uint_lt(sizeof(struct policy), 80);
}
END_TEST

static const struct {
	const char *peers;
	uint32_t priority;
} priority_cases[] = {
	{"10.0.0.1/32", 30100}, {"10.0.0.0/20", 30112}, {"0.0.0.0/0", 30132},
	{"fd00::1/128", 30100}, {"fd00::/64", 30164},   {"::/0", 30228},
};

START_TEST(longer_prefix_has_a_lower_priority_number_inside_our_band)
{
	struct prefix peers = prefix(priority_cases[_i].peers);
	struct policy made = policy(POLICY_DIR_OUT, "10.0.0.1", "10.0.0.2");

	ck_assert_uint_eq(policy_priority(&peers), priority_cases[_i].priority);
	made.priority = policy_priority(&peers);
	ck_assert_int_eq(policy_is_ours(&made), true);
}
END_TEST

START_TEST(policy_is_ours_by_band_and_kind_of_selector)
{
	struct policy made = policy(POLICY_DIR_OUT, "10.0.0.1", "10.0.0.2");

	made.priority = POLICY_PRIORITY_MIN - 1;
	ck_assert_int_eq(policy_is_ours(&made), false);
	made.priority = POLICY_PRIORITY_MIN;
	ck_assert_int_eq(policy_is_ours(&made), true);
	made.priority = POLICY_PRIORITY_MAX;
	ck_assert_int_eq(policy_is_ours(&made), true);
	made.priority = POLICY_PRIORITY_MAX + 1;
	ck_assert_int_eq(policy_is_ours(&made), false);
	made.priority = POLICY_PRIORITY_MIN;
	made.unsupported = true;
	ck_assert_int_eq(policy_is_ours(&made), true);
	made.unsupported_key = true;
	ck_assert_int_eq(policy_is_ours(&made), false);
}
END_TEST

START_TEST(key_is_direction_and_selector_only)
{
	struct policy a = policy(POLICY_DIR_OUT, "10.0.0.1", "10.0.0.0/24");
	struct policy b = a;

	b.action = POLICY_ACTION_BLOCK;
	b.optional = true;
	b.priority++;
	b.reqid++;
	b.spi++;
	b.index++;
	b.unsupported = true;
	ck_assert_int_eq(policy_compare_key(&a, &b), 0);
}
END_TEST

START_TEST(every_part_of_the_key_counts)
{
	const struct policy a = policy(POLICY_DIR_OUT, "10.0.0.1", "10.0.0.0/24");
	struct policy others[] = {a, a, a, a, a, a};

	others[0].dir = POLICY_DIR_IN;
	others[1].src = prefix("10.0.0.2");
	others[2].dst = prefix("10.0.0.0/25");
	others[3].proto = 58;
	others[4].icmp_type = 135;
	others[5].unsupported_key = true;
	for (size_t i = 0; i < COUNT(others); i++) {
		ck_assert_int_ne(policy_compare_key(&a, &others[i]), 0);
		ck_assert_int_eq(policy_compare_key(&a, &others[i]) < 0,
		                 policy_compare_key(&others[i], &a) > 0);
	}
}
END_TEST

START_TEST(unsupported_keys_differ_by_index)
{
	struct policy a = policy(POLICY_DIR_OUT, "10.0.0.1", "10.0.0.0/24");
	struct policy b;

	a.unsupported_key = true;
	a.index = 9;
	b = a;
	b.index = 17;
	ck_assert_int_lt(policy_compare_key(&a, &b), 0);
}
END_TEST

START_TEST(equal_compares_content_without_the_index)
{
	const struct policy a = policy(POLICY_DIR_OUT, "10.0.0.1", "10.0.0.0/24");
	struct policy same = a, others[] = {a, a, a, a, a, a};

	same.index = 99;
	ck_assert_int_eq(policy_equal(&a, &same), true);
	others[0].action = POLICY_ACTION_ALLOW;
	others[1].optional = true;
	others[2].priority++;
	others[3].reqid++;
	others[4].spi++;
	others[5].unsupported = true;
	for (size_t i = 0; i < COUNT(others); i++)
		ck_assert_int_eq(policy_equal(&a, &others[i]), false);
}
END_TEST

START_TEST(match_looks_at_direction_source_and_destination)
{
	struct policy made = policy(POLICY_DIR_OUT, "10.0.0.1", "10.0.0.0/24");
	struct addr self = prefix("10.0.0.1").addr, peer = prefix("10.0.0.9").addr;
	struct addr far = prefix("10.0.1.9").addr, other = prefix("fd00::1").addr;

	ck_assert_int_eq(policy_matches(&made, POLICY_DIR_OUT, &self, &peer), true);
	ck_assert_int_eq(policy_matches(&made, POLICY_DIR_IN, &self, &peer), false);
	ck_assert_int_eq(policy_matches(&made, POLICY_DIR_OUT, &peer, &peer), false);
	ck_assert_int_eq(policy_matches(&made, POLICY_DIR_OUT, &self, &far), false);
	ck_assert_int_eq(policy_matches(&made, POLICY_DIR_OUT, &self, &other), false);
}
END_TEST

START_TEST(format_says_what_a_log_needs)
{
	struct policy made = policy(POLICY_DIR_OUT, "10.0.1.1", "10.0.0.0/20");
	struct policy typed = policy(POLICY_DIR_IN, "::/0", "::/0");
	char text[POLICY_TEXT_MAX];

	made.priority = 30112;
	ck_assert_str_eq(policy_format(&made, text),
	                 "out protect 10.0.1.1/32 -> 10.0.0.0/20 priority 30112 required");
	made.optional = true;
	made.spi = 0xc0000001;
	ck_assert_str_eq(policy_format(&made, text), "out protect 10.0.1.1/32 -> 10.0.0.0/20 "
	                                             "priority 30112 optional spi 0xc0000001");
	made.spi = SPI_RESERVED_MAX;
	ck_assert_str_eq(policy_format(&made, text), "out protect 10.0.1.1/32 -> 10.0.0.0/20 "
	                                             "priority 30112 optional, waits");
	typed.action = POLICY_ACTION_ALLOW;
	typed.proto = IPPROTO_ICMPV6;
	typed.icmp_type = 135;
	ck_assert_str_eq(policy_format(&typed, text),
	                 "in allow ::/0 -> ::/0 icmpv6 type 135 priority 30100");
	typed.dir = POLICY_DIR_FWD;
	typed.action = POLICY_ACTION_BLOCK;
	typed.proto = 17;
	typed.unsupported = true;
	ck_assert_str_eq(policy_format(&typed, text),
	                 "fwd block ::/0 -> ::/0 protocol 17 priority 30100 unsupported");
}
END_TEST

START_TEST(longest_text_fits)
{
	const char *address = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
	struct policy made = policy(POLICY_DIR_OUT, address, address);
	char text[POLICY_TEXT_MAX];

	made.proto = 255;
	made.priority = UINT32_MAX;
	made.spi = UINT32_MAX;
	made.unsupported = true;
	policy_format(&made, text);
	ck_assert_str_eq(text + strlen(text) - strlen(" unsupported"), " unsupported");
}
END_TEST

START_TEST(list_sorts_by_key_and_finds)
{
	struct policy_list list = {0};
	struct policy key;

	for (unsigned i = 0; i < 1000; i++) {
		struct policy made = policy(POLICY_DIR_OUT, "10.0.0.1", "10.0.0.0/8");

		made.dst.addr.bytes[2] = (uint8_t)(i * 7 % 1000 / 256);
		made.dst.addr.bytes[3] = (uint8_t)(i * 7 % 1000);
		made.dst.len = 32;
		ck_assert_int_eq(policy_list_add(&list, &made), 0);
	}
	policy_list_sort_key(&list);
	for (size_t i = 1; i < list.count; i++)
		ck_assert_int_lt(policy_compare_key(&list.items[i - 1], &list.items[i]), 0);
	for (size_t i = 0; i < list.count; i++)
		ck_assert_ptr_eq(policy_list_find(&list, &list.items[i]), &list.items[i]);
	key = policy(POLICY_DIR_IN, "10.0.0.1", "10.0.0.0/8");
	ck_assert_ptr_null(policy_list_find(&list, &key));
	policy_list_fini(&list);
	ck_assert_ptr_null(policy_list_find(&list, &key));
	policy_list_fini(NULL);
}
END_TEST

START_TEST(order_of_decision_is_direction_then_priority)
{
	struct policy first = policy(POLICY_DIR_OUT, "10.0.0.9", "10.0.0.0/24");
	struct policy second = policy(POLICY_DIR_OUT, "10.0.0.1", "10.0.0.0/16");
	struct policy third = policy(POLICY_DIR_IN, "10.0.0.0/24", "10.0.0.9");

	second.priority++;
	third.priority = 0;
	ck_assert_int_lt(policy_compare_order(&first, &second), 0);
	ck_assert_int_lt(policy_compare_order(&second, &third), 0);
	ck_assert_int_gt(policy_compare_order(&third, &first), 0);
	ck_assert_int_eq(policy_compare_order(&first, &first), 0);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("policy", &tests);

	tcase_add_test(tests, policy_stays_compact);
	tcase_add_loop_test(tests, longer_prefix_has_a_lower_priority_number_inside_our_band, 0,
	                    COUNT(priority_cases));
	tcase_add_test(tests, policy_is_ours_by_band_and_kind_of_selector);
	tcase_add_test(tests, key_is_direction_and_selector_only);
	tcase_add_test(tests, every_part_of_the_key_counts);
	tcase_add_test(tests, unsupported_keys_differ_by_index);
	tcase_add_test(tests, equal_compares_content_without_the_index);
	tcase_add_test(tests, match_looks_at_direction_source_and_destination);
	tcase_add_test(tests, format_says_what_a_log_needs);
	tcase_add_test(tests, longest_text_fits);
	tcase_add_test(tests, list_sorts_by_key_and_finds);
	tcase_add_test(tests, order_of_decision_is_direction_then_priority);
	return test_run(suite);
}
