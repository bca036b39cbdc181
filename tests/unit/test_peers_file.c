/* SPDX-License-Identifier: MIT */
#include "xfrmd/ike/peers_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

#define HEADER "# xfrmd peers 1\n"

static struct peers_file file;
static size_t broken;

static int parse(const char *text)
{
	peers_file_fini(&file);
	return peers_file_parse(text, strlen(text), &file, &broken);
}

static void tear_down(void)
{
	peers_file_fini(&file);
}

START_TEST(peers_file_reads_what_it_wrote)
{
	const char *text = HEADER "10.0.1.1 10.0.1.2\nfd00::1 fd00::2\n10.0.1.1 10.0.1.3\n";
	char *again;

	ck_assert_int_eq(parse(text), 0);
	ck_assert_uint_eq(file.count, 3);
	ck_assert_uint_eq(broken, 0);
	again = peers_file_format(&file);
	ck_assert_str_eq(again, text);
	free(again);
}
END_TEST

START_TEST(peers_file_without_peers_is_its_first_line)
{
	char *text = peers_file_format(&file);

	ck_assert_str_eq(text, HEADER);
	ck_assert_int_eq(parse(text), 0);
	ck_assert_uint_eq(file.count, 0);
	free(text);
}
END_TEST

START_TEST(peers_file_takes_a_last_line_without_end_and_skips_comments)
{
	ck_assert_int_eq(parse(HEADER "\n# 10.0.1.1 10.0.1.2\n10.0.1.1 10.0.1.4"), 0);
	ck_assert_uint_eq(file.count, 1);
	ck_assert_uint_eq(broken, 0);
	ck_assert_uint_eq(file.items[0].remote.bytes[3], 4);
}
END_TEST

static const char *const broken_lines[] = {
	"10.0.1.1",
	"10.0.1.1 ",
	" 10.0.1.2",
	"10.0.1.1  10.0.1.2",
	"10.0.1.1 10.0.1.2 ",
	"10.0.1.1 10.0.1.2 10.0.1.3",
	"10.0.1.1\t10.0.1.2",
	"10.0.1.1 fd00::2",
	"10.0.1.1 10.0.1.256",
	"10.0.1.1 10.0.1.2\r",
	"a.example b.example",
	"10.0.1.1 11111111111111111111111111111111111111111111111111111111111111111111111111111111",
};

START_TEST(peers_file_leaves_out_and_counts_a_broken_line)
{
	char text[512];

	snprintf(text, sizeof(text), HEADER "10.0.1.1 10.0.1.2\n%s\n10.0.1.1 10.0.1.3\n",
	         broken_lines[_i]);
	ck_assert_int_eq(parse(text), 0);
	ck_assert_uint_eq(file.count, 2);
	ck_assert_uint_eq(broken, 1);
}
END_TEST

START_TEST(peers_file_with_a_nul_is_broken_there_only)
{
	static const char text[] = HEADER "10.0.1.1 10.0.1.2\0\n10.0.1.1 10.0.1.3\n";

	ck_assert_int_eq(peers_file_parse(text, sizeof(text) - 1, &file, &broken), 0);
	ck_assert_uint_eq(file.count, 1);
	ck_assert_uint_eq(broken, 1);
}
END_TEST

START_TEST(peers_file_of_another_kind_is_refused)
{
	static const char *const texts[] = {"", "# xfrmd peers 1", "# xfrmd peers 2\n",
	                                    "10.0.1.1 10.0.1.2\n", "# xfrmd peers 10\n"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_int_eq(parse(texts[i]), -EPROTO);
}
END_TEST

START_TEST(peers_file_is_bounded)
{
	struct pair pair;
	char *text;

	ck_assert_int_eq(addr_parse("fd00:1111:2222:3333:4444:5555:6666:7777", &pair.local), 0);
	pair.remote = pair.local;
	for (unsigned i = 0; i < PEERS_FILE_PAIRS_MAX + 10; i++) {
		pair.remote.bytes[14] = (uint8_t)(0x80 | i >> 8);
		pair.remote.bytes[15] = (uint8_t)i;
		ck_assert_int_eq(peers_file_add(&file, &pair), 0);
	}
	ck_assert_uint_eq(file.count, PEERS_FILE_PAIRS_MAX);
	ck_assert_uint_eq(file.items[0].remote.bytes[15], 0);
	text = peers_file_format(&file);
	ck_assert_uint_lt(strlen(text), PEERS_FILE_BYTES_MAX);
	free(text);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("peers_file", &tcase);

	tcase_add_checked_fixture(tcase, NULL, tear_down);
	tcase_add_test(tcase, peers_file_reads_what_it_wrote);
	tcase_add_test(tcase, peers_file_without_peers_is_its_first_line);
	tcase_add_test(tcase, peers_file_takes_a_last_line_without_end_and_skips_comments);
	tcase_add_loop_test(tcase, peers_file_leaves_out_and_counts_a_broken_line, 0,
	                    sizeof(broken_lines) / sizeof(broken_lines[0]));
	tcase_add_test(tcase, peers_file_with_a_nul_is_broken_there_only);
	tcase_add_test(tcase, peers_file_of_another_kind_is_refused);
	tcase_add_test(tcase, peers_file_is_bounded);
	return test_run(suite);
}
