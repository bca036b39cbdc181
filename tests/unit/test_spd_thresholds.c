/* SPDX-License-Identifier: MIT */
#include "xfrmd/conf/spd_thresholds.h"

#include <stdio.h>

#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *what;
	struct {
		uint8_t family, len;
		unsigned count;
	} protect[3], allow[2];
	struct spd_thresholds wanted;
} threshold_cases[] = {
	{"nothing", {{0}}, {{0}}, {{32, 32}, {128, 128}}},
	{"as few as the tree takes", {{AF_INET, 24, 500}}, {{0}}, {{32, 32}, {128, 128}}},
	{"one more", {{AF_INET, 24, 501}}, {{0}}, {{0, 24}, {128, 128}}},
	{"both lists count", {{AF_INET, 24, 300}}, {{AF_INET, 24, 300}}, {{0, 24}, {128, 128}}},
	{"a family does not count for the other",
         {{AF_INET, 24, 400}, {AF_INET6, 64, 400}},
         {{0}},
         {{32, 32}, {128, 128}}},
	{"IPv6", {{AF_INET6, 64, 501}}, {{0}}, {{32, 32}, {0, 64}}},
	{"both families", {{AF_INET, 26, 2000}, {AF_INET6, 96, 2000}}, {{0}}, {{0, 26}, {0, 96}}},
	{"hosts", {{AF_INET, 32, 2000}, {AF_INET6, 128, 2000}}, {{0}}, {{0, 32}, {0, 128}}},
	{"a few are too short",
         {{AF_INET, 27, 2000}, {AF_INET, 24, 250}},
         {{AF_INET, 16, 250}},
         {{0, 27}, {128, 128}}},
	{"too many would be too short",
         {{AF_INET, 28, 2000}, {AF_INET, 25, 501}},
         {{0}},
         {{0, 25}, {128, 128}}},
	{"never shorter than a link",
         {{AF_INET, 20, 2000}, {AF_INET6, 48, 2000}},
         {{0}},
         {{0, 24}, {0, 64}}},
};

/* Only their lengths matter. */
static void fill(struct prefixset *set, uint8_t family, uint8_t len, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct prefix prefix = {.addr = {.family = family}, .len = len};

		ck_assert_int_eq(prefixset_add(set, &prefix), 0);
	}
}

START_TEST(spd_thresholds_fit_the_prefixes)
{
	const struct spd_thresholds *wanted = &threshold_cases[_i].wanted;
	struct spd_thresholds chosen;
	struct conf conf = {0};

	for (size_t i = 0; i < COUNT(threshold_cases[_i].protect); i++)
		fill(&conf.protect, threshold_cases[_i].protect[i].family,
		     threshold_cases[_i].protect[i].len, threshold_cases[_i].protect[i].count);
	for (size_t i = 0; i < COUNT(threshold_cases[_i].allow); i++)
		fill(&conf.allow, threshold_cases[_i].allow[i].family,
		     threshold_cases[_i].allow[i].len, threshold_cases[_i].allow[i].count);
	chosen = spd_thresholds_choose(&conf);
	ck_assert_msg(spd_thresholds_equal(&chosen, wanted), "%s: %u %u, %u %u",
	              threshold_cases[_i].what, chosen.ipv4.local, chosen.ipv4.remote,
	              chosen.ipv6.local, chosen.ipv6.remote);
	prefixset_fini(&conf.protect);
	prefixset_fini(&conf.allow);
}
END_TEST

START_TEST(spd_thresholds_lower_takes_the_smaller_of_each_two)
{
	static const struct spd_thresholds a = {{0, 27}, {128, 128}}, b = {{32, 24}, {0, 64}},
					   wanted = {{0, 24}, {0, 64}};
	struct spd_thresholds lower = spd_thresholds_lower(&a, &b);

	ck_assert(spd_thresholds_equal(&lower, &wanted));
	lower = spd_thresholds_lower(&b, &a);
	ck_assert(spd_thresholds_equal(&lower, &wanted));
	ck_assert(!spd_thresholds_equal(&a, &b));
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("spd_thresholds", &tests);

	tcase_add_loop_test(tests, spd_thresholds_fit_the_prefixes, 0, COUNT(threshold_cases));
	tcase_add_test(tests, spd_thresholds_lower_takes_the_smaller_of_each_two);
	return test_run(suite);
}
