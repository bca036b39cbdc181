/* SPDX-License-Identifier: MIT */
#ifndef TEST_H
#define TEST_H

#include <check.h>
#include <stdlib.h>

/* Runs one suite; used as the whole of main() in every unit test. */
static inline int test_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A suite with one test case of the given name; tests are added to *ret_case. */
static inline Suite *test_suite(const char *name, TCase **ret_case)
{
	Suite *suite = suite_create(name);

	*ret_case = tcase_create(name);
	suite_add_tcase(suite, *ret_case);
	return suite;
}

#endif
