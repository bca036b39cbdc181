/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/array.h"

#include <stdint.h>

#include "test.h"

START_TEST(array_grows_by_one_and_keeps_what_it_has)
{
	unsigned *items = NULL;

	for (unsigned i = 0; i < 1000; i++) {
		ck_assert_int_eq(array_grow(&items, i, sizeof(*items)), 0);
		items[i] = i;
	}
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_uint_eq(items[i], i);
	free(items);
}
END_TEST

START_TEST(array_that_cannot_grow_stays_as_it_was)
{
	unsigned *items = NULL;

	ck_assert_int_eq(array_grow(&items, 0, sizeof(*items)), 0);
	ck_assert_int_lt(array_grow(&items, 1, SIZE_MAX / 2), 0);
	ck_assert_ptr_nonnull(items);
	free(items);
}
END_TEST

static int compare(const void *item, const void *key)
{
	const unsigned *a = item, *b = key;

	return (*a > *b) - (*a < *b);
}

START_TEST(array_lower_bound_is_the_first_that_is_not_below)
{
	static const unsigned items[] = {2, 4, 4, 4, 9};

	for (unsigned key = 0; key < 12; key++) {
		for (size_t count = 0; count <= 5; count++) {
			size_t expected = 0;

			while (expected < count && items[expected] < key)
				expected++;
			ck_assert_uint_eq(
				array_lower_bound(items, count, sizeof(items[0]), &key, compare),
				expected);
		}
	}
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("array", &tcase);

	tcase_add_test(tcase, array_grows_by_one_and_keeps_what_it_has);
	tcase_add_test(tcase, array_that_cannot_grow_stays_as_it_was);
	tcase_add_test(tcase, array_lower_bound_is_the_first_that_is_not_below);
	return test_run(suite);
}
