/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/array.h"

#include <errno.h>
#include <stdint.h>

#include "test.h"

/* Read by AddressSanitizer: a list without room is one of the cases. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static int *list;

static void fini(void)
{
	free(list);
	list = NULL;
}

static void add_up_to(size_t from, size_t count)
{
	for (size_t i = from; i < count; i++) {
		ck_assert_int_eq(array_grow(&list, i, sizeof(*list)), 0);
		list[i] = (int)i;
	}
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(list[i], (int)i);
}

START_TEST(list_grows_from_nothing_and_keeps_its_items)
{
	add_up_to(0, 1000);
}
END_TEST

START_TEST(list_that_shrank_grows_again)
{
	for (size_t kept = 0; kept < 70; kept++) {
		add_up_to(kept, 70);
		add_up_to(kept / 2, 130);
	}
}
END_TEST

START_TEST(list_without_room_stays_as_it_was)
{
	add_up_to(0, 4);
	ck_assert_int_eq(array_grow(&list, 4, SIZE_MAX / 2), -ENOMEM);
	add_up_to(4, 5);
}
END_TEST

static int compare(const void *item, const void *key)
{
	const int *a = item, *b = key;

	return (*a > *b) - (*a < *b);
}

START_TEST(lower_bound_is_the_first_that_is_not_below)
{
	static const int items[] = {2, 4, 4, 4, 9};

	for (int key = 0; key < 12; key++) {
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
	TCase *tests;
	Suite *suite = test_suite("array", &tests);

	tcase_add_checked_fixture(tests, NULL, fini);
	tcase_add_test(tests, list_grows_from_nothing_and_keeps_its_items);
	tcase_add_test(tests, list_that_shrank_grows_again);
	tcase_add_test(tests, list_without_room_stays_as_it_was);
	tcase_add_test(tests, lower_bound_is_the_first_that_is_not_below);
	return test_run(suite);
}
