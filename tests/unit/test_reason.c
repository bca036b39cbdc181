/* SPDX-License-Identifier: MIT */
/* Reasons of failures, as values and as words. */
#include "xfrmd/ike/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "xfrmd/base/file.h"

static void assert_round_trip(const struct failure *failure, const char *expected)
{
	char words[FAILURE_WORDS_MAX];
	struct failure again;

	ck_assert_str_eq(failure_words(failure, words), expected);
	again = failure_of_words(words);
	ck_assert_int_eq(again.reason, failure->reason);
	ck_assert_str_eq(again.details, failure->details);
}

START_TEST(reason_words_say_one_thing)
{
	const char *words = reason_words((enum reason)_i);

	ck_assert_uint_gt(strlen(words), 0);
	/* details come behind it */
	ck_assert_ptr_null(strstr(words, ": "));
	for (enum reason other = REASON_NONE; other < (enum reason)_i; other++)
		ck_assert_str_ne(words, reason_words(other));
}
END_TEST

START_TEST(reason_is_found_by_its_words)
{
	struct failure failure = {.reason = (enum reason)_i};
	char expected[FAILURE_WORDS_MAX];

	assert_round_trip(&failure, reason_words((enum reason)_i));
	strcpy(failure.details, "\"CN=a\" ended: or not");
	snprintf(expected, sizeof(expected), "%s: \"CN=a\" ended: or not",
	         reason_words((enum reason)_i));
	assert_round_trip(&failure, expected);
}
END_TEST

START_TEST(reason_is_explained_in_the_manual)
{
	char path[4096], item[256], *text;
	struct err err = {0};
	size_t len;

	snprintf(path, sizeof(path), "%s/../../src/man/xfrmd-troubleshooting.7",
	         getenv("TEST_DATA"));
	ck_assert_msg(file_read(path, 1024 * 1024, &text, &len, &err) == 0, "%s", err.text);
	snprintf(item, sizeof(item), "\n.It Qq \"%s\"\n", reason_words((enum reason)_i));
	ck_assert_msg(strstr(text, item) != NULL, "missing: %s", item);
	free(text);
}
END_TEST

static const struct {
	const char *words;
	struct failure failure;
} texts[] = {
	{"", {REASON_NONE, ""}},
	{"something new: and more", {REASON_OTHER, "something new: and more"}},
	{"no response", {REASON_OTHER, "no response"}},
	{"no response from the peers", {REASON_OTHER, "no response from the peers"}},
	{"no response from the peer: ", {REASON_OTHER, "no response from the peer: "}},
	{": tunnel mode", {REASON_OTHER, ": tunnel mode"}},
	{"tunnel mode: x: y", {REASON_TUNNEL_MODE, "x: y"}},
};

START_TEST(reason_of_any_words_loses_none)
{
	struct failure failure = failure_of_words(texts[_i].words);

	ck_assert_int_eq(failure.reason, texts[_i].failure.reason);
	ck_assert_str_eq(failure.details, texts[_i].failure.details);
	assert_round_trip(&failure, texts[_i].words);
}
END_TEST

START_TEST(reason_of_long_words_is_cut)
{
	char words[2 * FAILURE_WORDS_MAX];
	struct failure failure;

	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	failure = failure_of_words(words);
	ck_assert_uint_eq(strlen(failure.details), FAILURE_DETAILS_MAX - 1);
}
END_TEST

START_TEST(reason_decides_which_failures_are_alike)
{
	const struct failure revoked = {.reason = REASON_REVOKED}, detailed = {REASON_REVOKED, "a"},
			     other = {REASON_OTHER, "a"}, another = {REASON_OTHER, "b"};

	ck_assert(failure_alike(&revoked, &detailed));
	ck_assert(!failure_equal(&revoked, &detailed));
	ck_assert(!failure_alike(&detailed, &other));
	ck_assert(!failure_alike(&other, &another));
	ck_assert(failure_alike(&other, &other));
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("reason", &tcase);

	tcase_add_loop_test(tcase, reason_words_say_one_thing, REASON_NONE + 1, REASON_OTHER);
	tcase_add_loop_test(tcase, reason_is_found_by_its_words, REASON_NONE + 1, REASON_OTHER);
	tcase_add_loop_test(tcase, reason_is_explained_in_the_manual, REASON_NONE + 1,
	                    REASON_OTHER);
	tcase_add_loop_test(tcase, reason_of_any_words_loses_none, 0,
	                    sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(tcase, reason_of_long_words_is_cut);
	tcase_add_test(tcase, reason_decides_which_failures_are_alike);
	return test_run(suite);
}
