/* SPDX-License-Identifier: MIT */
/* The search for what a path carries, over paths that lose what is too large, and some by
 * chance. */
#include "xfrmd/net/path_mtu.h"

#include <stdlib.h>

#include "test.h"

/* Returns the rounds. @luck: of 100 packets so many arrive, whatever their size. */
static unsigned search_path(struct path_mtu *search, unsigned top, unsigned carries, int luck)
{
	unsigned rounds = 0;

	path_mtu_begin(search, top);
	for (;;) {
		unsigned sizes[PATH_MTU_SIZES];
		bool answered[PATH_MTU_SIZES];
		size_t count = path_mtu_sizes(search, sizes);

		if (!count)
			return rounds;
		ck_assert_uint_lt(rounds++, 10);
		ck_assert_uint_le(count, PATH_MTU_SIZES);
		for (size_t i = 0; i < count; i++) {
			ck_assert_uint_le(sizes[i], top);
			ck_assert_msg(!i || sizes[i] > sizes[i - 1], "%u", sizes[i]);
			answered[i] = sizes[i] <= carries && rand() % 100 < luck;
		}
		path_mtu_judge(search, sizes, answered, count);
	}
}

START_TEST(path_mtu_finds_the_byte)
{
	static const unsigned tops[] = {89, 90, 105, 120, 1280, 1466, 8966, 65535};
	struct path_mtu search;

	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		for (unsigned carries = PATH_MTU_LEAST; carries < tops[i];
		     carries += 1 + tops[i] / 1000) {
			ck_assert_uint_le(search_path(&search, tops[i], carries, 100), 6);
			ck_assert_uint_eq(search.pass, carries);
			ck_assert_uint_eq(search.fail, carries + 1);
			ck_assert(path_mtu_vanish(&search));
		}
		ck_assert_uint_eq(search_path(&search, tops[i], tops[i], 100), 1);
		ck_assert_uint_eq(search.pass, tops[i]);
		ck_assert(!path_mtu_vanish(&search));
	}
}
END_TEST

START_TEST(path_mtu_says_nothing_of_who_is_silent)
{
	struct path_mtu search;

	ck_assert_uint_eq(search_path(&search, 1466, 0, 100), 1);
	ck_assert_uint_eq(search.pass, 0);
	ck_assert(!path_mtu_vanish(&search));
	ck_assert_uint_eq(search_path(&search, 60, 60, 100), 0);
	ck_assert(!path_mtu_vanish(&search));
}
END_TEST

START_TEST(path_mtu_takes_no_chance_loss_for_a_fault)
{
	int wrong = 0;

	srand(7);
	for (int i = 0; i < 1000; i++) {
		struct path_mtu search;

		search_path(&search, 1466, 1466, 98);
		wrong += path_mtu_vanish(&search);
	}
	ck_assert_int_le(wrong, 2);
}
END_TEST

START_TEST(path_mtu_of_link_leaves_what_passes)
{
	struct path_mtu search;

	search_path(&search, 1466, 1366, 100);
	ck_assert_uint_eq(path_mtu_of_link(&search, 1500), 1400);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("path_mtu", &tcase);

	tcase_add_test(tcase, path_mtu_finds_the_byte);
	tcase_add_test(tcase, path_mtu_says_nothing_of_who_is_silent);
	tcase_add_test(tcase, path_mtu_takes_no_chance_loss_for_a_fault);
	tcase_add_test(tcase, path_mtu_of_link_leaves_what_passes);
	return test_run(suite);
}
