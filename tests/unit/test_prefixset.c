/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "xfrmd/net/prefixset.h"

static struct prefix parse(const char *text)
{
	struct prefix prefix;

	ck_assert_int_eq(prefix_parse(text, &prefix, NULL), 0);
	return prefix;
}

static void add(struct prefixset *set, const char *text)
{
	struct prefix prefix = parse(text);

	ck_assert_int_eq(prefixset_add(set, &prefix), 0);
}

static const char *longest(const struct prefixset *set, const char *text)
{
	static char found_text[PREFIX_TEXT_MAX];
	const struct prefix *found;
	struct addr addr;

	ck_assert_int_eq(addr_parse(text, &addr), 0);
	found = prefixset_longest(set, &addr);
	return found ? prefix_format(found, found_text) : "none";
}

START_TEST(prefixset_seal_sorts_and_removes_duplicates)
{
	static const char *const sorted[] = {"10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "::/0"};
	struct prefixset set = {0};
	char text[PREFIX_TEXT_MAX];

	add(&set, "10.1.0.0/16");
	add(&set, "::/0");
	add(&set, "10.0.0.0/8");
	add(&set, "10.1.2.3/16");
	add(&set, "10.0.0.0/16");
	add(&set, "10.1.0.0/16");
	ck_assert_uint_eq(prefixset_seal(&set), 2);
	ck_assert_uint_eq(set.count, 4);
	for (size_t i = 0; i < set.count; i++)
		ck_assert_str_eq(prefix_format(&set.items[i], text), sorted[i]);
	ck_assert_uint_eq(prefixset_seal(&set), 0);
	prefixset_fini(&set);
}
END_TEST

START_TEST(prefixset_empty_has_nothing)
{
	struct prefix any = prefix_any(AF_INET);
	struct prefixset set = {0};

	ck_assert_uint_eq(prefixset_seal(&set), 0);
	ck_assert_int_eq(prefixset_has(&set, &any), false);
	ck_assert_int_eq(prefixset_has_family(&set, AF_INET), false);
	ck_assert_str_eq(longest(&set, "10.0.0.1"), "none");
	prefixset_fini(&set);
	prefixset_fini(NULL);
}
END_TEST

START_TEST(prefixset_longest_finds_the_most_specific_member)
{
	struct prefixset set = {0};

	add(&set, "10.0.0.0/8");
	add(&set, "10.1.0.0/16");
	add(&set, "10.1.2.0/24");
	add(&set, "10.1.2.3/32");
	add(&set, "fd00::/8");
	add(&set, "fd00:1::/32");
	prefixset_seal(&set);
	ck_assert_str_eq(longest(&set, "10.1.2.3"), "10.1.2.3/32");
	ck_assert_str_eq(longest(&set, "10.1.2.4"), "10.1.2.0/24");
	ck_assert_str_eq(longest(&set, "10.1.3.3"), "10.1.0.0/16");
	ck_assert_str_eq(longest(&set, "10.255.0.1"), "10.0.0.0/8");
	ck_assert_str_eq(longest(&set, "11.0.0.1"), "none");
	ck_assert_str_eq(longest(&set, "0.0.0.0"), "none");
	ck_assert_str_eq(longest(&set, "fd00:1::9"), "fd00:1::/32");
	ck_assert_str_eq(longest(&set, "fdff::9"), "fd00::/8");
	ck_assert_str_eq(longest(&set, "fe80::1"), "none");
	prefixset_fini(&set);
}
END_TEST

START_TEST(prefixset_longest_falls_back_to_the_default_prefix)
{
	struct prefixset set = {0};
	struct addr none = {0};

	add(&set, "0.0.0.0/0");
	add(&set, "::/0");
	add(&set, "192.0.2.0/24");
	prefixset_seal(&set);
	ck_assert_str_eq(longest(&set, "1.2.3.4"), "0.0.0.0/0");
	ck_assert_str_eq(longest(&set, "192.0.2.4"), "192.0.2.0/24");
	ck_assert_str_eq(longest(&set, "::1"), "::/0");
	ck_assert_ptr_null(prefixset_longest(&set, &none));
	prefixset_fini(&set);
}
END_TEST

START_TEST(prefixset_has_family_looks_at_every_member)
{
	struct prefixset set = {0};

	add(&set, "::/0");
	prefixset_seal(&set);
	ck_assert_int_eq(prefixset_has_family(&set, AF_INET), false);
	ck_assert_int_eq(prefixset_has_family(&set, AF_INET6), true);
	add(&set, "10.0.0.0/8");
	prefixset_seal(&set);
	ck_assert_int_eq(prefixset_has_family(&set, AF_INET), true);
	ck_assert_int_eq(prefixset_has_family(&set, AF_INET6), true);
	prefixset_fini(&set);
	add(&set, "10.0.0.0/8");
	prefixset_seal(&set);
	ck_assert_int_eq(prefixset_has_family(&set, AF_INET), true);
	ck_assert_int_eq(prefixset_has_family(&set, AF_INET6), false);
	prefixset_fini(&set);
}
END_TEST

/* The definition, without any cleverness. */
static const struct prefix *longest_by_scan(const struct prefixset *set, const struct addr *addr)
{
	const struct prefix *best = NULL;

	for (size_t i = 0; i < set->count; i++) {
		const struct prefix *item = &set->items[i];

		if (prefix_contains(item, addr) && (!best || item->len > best->len))
			best = item;
	}
	return best;
}

/* Few distinct bits, so that prefixes nest and addresses hit. */
static struct addr random_addr(unsigned *seed)
{
	struct addr addr = {.family = rand_r(seed) % 2 ? AF_INET : AF_INET6};

	for (size_t i = 0; i < addr_len(&addr); i += 3)
		addr.bytes[i] = (uint8_t)(rand_r(seed) & 0x81);
	return addr;
}

static struct prefix random_prefix(unsigned *seed)
{
	struct addr addr = random_addr(seed);

	return prefix_make(&addr, (uint8_t)(rand_r(seed) % (addr_bits(&addr) + 1)));
}

START_TEST(prefixset_longest_agrees_with_a_plain_scan)
{
	const char *wanted = getenv("TEST_SEED");
	unsigned seed = wanted ? (unsigned)strtoul(wanted, NULL, 10) : (unsigned)time(NULL);

	for (int round = 0; round < 200; round++) {
		unsigned round_seed = seed + (unsigned)round, state = round_seed;
		int members = rand_r(&state) % 60;
		struct prefixset set = {0};

		for (int i = 0; i < members; i++) {
			struct prefix prefix = random_prefix(&state);

			ck_assert_int_eq(prefixset_add(&set, &prefix), 0);
		}
		prefixset_seal(&set);
		for (int i = 0; i < 100; i++) {
			struct addr addr = random_addr(&state);

			ck_assert_msg(prefixset_longest(&set, &addr) ==
			                      longest_by_scan(&set, &addr),
			              "TEST_SEED=%u", round_seed);
		}
		prefixset_fini(&set);
	}
}
END_TEST

static bool agrees_with_scan(const struct prefixset *set, const struct prefix *prefix)
{
	const struct prefix *covering = prefixset_covering(set, prefix);
	const struct prefix *inside = prefixset_inside(set, prefix);
	const struct prefix *best = NULL, *any = NULL;

	for (size_t i = 0; i < set->count; i++) {
		const struct prefix *item = &set->items[i];

		if (prefix_covers(item, prefix) && (!best || item->len > best->len))
			best = item;
		if (prefix_covers(prefix, item) && !any)
			any = item;
	}
	return covering == best && inside == any;
}

START_TEST(prefixset_covering_and_inside_agree_with_a_plain_scan)
{
	const char *wanted = getenv("TEST_SEED");
	unsigned seed = wanted ? (unsigned)strtoul(wanted, NULL, 10) : (unsigned)time(NULL);

	for (int round = 0; round < 200; round++) {
		unsigned round_seed = seed + (unsigned)round, state = round_seed;
		int members = rand_r(&state) % 60;
		struct prefixset set = {0};
		struct prefix prefix;

		for (int i = 0; i < members; i++) {
			prefix = random_prefix(&state);
			ck_assert_int_eq(prefixset_add(&set, &prefix), 0);
		}
		prefixset_seal(&set);
		for (int i = 0; i < 100; i++) {
			prefix = random_prefix(&state);
			ck_assert_msg(agrees_with_scan(&set, &prefix), "TEST_SEED=%u", round_seed);
		}
		prefixset_fini(&set);
	}
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite = test_suite("prefixset", &test_case);

	tcase_add_test(test_case, prefixset_seal_sorts_and_removes_duplicates);
	tcase_add_test(test_case, prefixset_empty_has_nothing);
	tcase_add_test(test_case, prefixset_longest_finds_the_most_specific_member);
	tcase_add_test(test_case, prefixset_longest_falls_back_to_the_default_prefix);
	tcase_add_test(test_case, prefixset_has_family_looks_at_every_member);
	tcase_add_test(test_case, prefixset_longest_agrees_with_a_plain_scan);
	tcase_add_test(test_case, prefixset_covering_and_inside_agree_with_a_plain_scan);
	return test_run(suite);
}
