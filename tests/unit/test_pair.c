/* SPDX-License-Identifier: MIT */
#include "xfrmd/net/pair.h"

#include "test.h"

static struct pair make_pair(const char *local, const char *remote)
{
	struct pair pair;

	ck_assert_int_eq(addr_parse(local, &pair.local), 0);
	ck_assert_int_eq(addr_parse(remote, &pair.remote), 0);
	return pair;
}

START_TEST(pairs_are_in_order_of_the_remote_and_then_the_local_address)
{
	const struct pair pairs[] = {
		make_pair("10.0.0.9", "10.0.1.1"), make_pair("10.0.0.1", "10.0.1.2"),
		make_pair("10.0.0.2", "10.0.1.2"), make_pair("fd00::1", "fd00::2")};

	for (int i = 0; i < 4; i++) {
		for (int n = 0; n < 4; n++) {
			int order = pair_compare(&pairs[i], &pairs[n]);

			ck_assert_int_eq((order > 0) - (order < 0), (i > n) - (i < n));
			ck_assert_int_eq(pair_compare_items(&pairs[i], &pairs[n]), order);
			ck_assert_int_eq(pair_equal(&pairs[i], &pairs[n]), i == n);
		}
	}
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("pair", &tcase);

	tcase_add_test(tcase, pairs_are_in_order_of_the_remote_and_then_the_local_address);
	return test_run(suite);
}
