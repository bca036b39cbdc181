/* SPDX-License-Identifier: MIT */
/* Proposals against the lists of three charons: only the parts that matter. */
#include "xfrmd/charon/swan_algorithms.h"

#include <errno.h>
#include <string.h>

#include "test.h"
#include "xfrmd/base/buf.h"
#include "xfrmd/charon/vici_msg.h"

#define HYBRID "aes256gcm16-prfsha384-x25519-ke1_mlkem768"

enum charon {
	CHARON_5_9_8,
	CHARON_6_0_1,
	CHARON_6_1_0,
};

static struct swan_algorithms listed_by(enum charon charon)
{
	static const char *const sections[] = {"dh", "ke", "ke"};
	struct swan_algorithms algorithms;
	struct buf buf = {0};

	vici_section_start(&buf, "prf");
	vici_text(&buf, "PRF_HMAC_SHA2_384", "openssl");
	vici_section_end(&buf);
	vici_section_start(&buf, sections[charon]);
	vici_text(&buf, "CURVE_25519", "openssl");
	if (charon == CHARON_6_1_0)
		vici_text(&buf, "ML_KEM_768", "openssl");
	vici_section_end(&buf);
	ck_assert_int_eq(swan_algorithms_read(buf.data, buf.len, &algorithms), 0);
	ck_assert_int_eq(swan_algorithms_read(buf.data, buf.len - 1, &algorithms), -EBADMSG);
	buf_fini(&buf);
	return algorithms;
}

static const struct {
	enum charon charon;
	const char *proposal;
	const char *words; /* NULL: it can */
} cases[] = {
	{CHARON_5_9_8, "aes128-sha256-modp2048", NULL},
	{CHARON_5_9_8, "aes128-sha256-x25519-ke1_ecp384",
         "this charon cannot do ke1_ecp384, found \"aes128-sha256-x25519-ke1_ecp384\", expected "
         "strongSwan 6.0 or later"},
	{CHARON_5_9_8, HYBRID,
         "this charon cannot do ke1_mlkem768, found \"" HYBRID
         "\", expected strongSwan 6.0.2 or later with OpenSSL 3.5 or later"},
	{CHARON_6_0_1, "aes128-sha256-x25519-ke1_ecp384", NULL},
	{CHARON_6_0_1, HYBRID,
         "this charon cannot do ke1_mlkem768, found \"" HYBRID
         "\", expected strongSwan 6.0.2 or later with OpenSSL 3.5 or later"},
	{CHARON_6_0_1, "aes128-sha256-mlkem768",
         "this charon cannot do mlkem768, found \"aes128-sha256-mlkem768\", expected strongSwan "
         "6.0.2 or later with OpenSSL 3.5 or later"},
	{CHARON_6_1_0, HYBRID, NULL},
	{CHARON_6_1_0, "aes128-sha256-mlkem768", NULL},
	{CHARON_6_1_0, "aes128-sha256-mlkem1024",
         "this charon cannot do mlkem1024, found \"aes128-sha256-mlkem1024\", expected "
         "strongSwan 6.0.2 or later with OpenSSL 3.5 or later"},
};

START_TEST(proposals_need_what_charon_lists)
{
	const struct swan_algorithms algorithms = listed_by(cases[_i].charon);
	struct strlist proposals = {0};
	struct err err = {0};

	ck_assert_int_eq(strlist_add(&proposals, "aes128-sha256-modp2048"), 0);
	ck_assert_int_eq(strlist_add(&proposals, cases[_i].proposal), 0);
	ck_assert_int_eq(swan_algorithms_check(&algorithms, &proposals, &err),
	                 cases[_i].words ? -EOPNOTSUPP : 0);
	ck_assert_str_eq(err.text, cases[_i].words ? cases[_i].words : "");
	strlist_fini(&proposals);
}
END_TEST

START_TEST(a_charon_that_was_not_asked_has_everything)
{
	const struct swan_algorithms algorithms = {0};
	struct strlist proposals = {0};

	ck_assert_int_eq(strlist_add(&proposals, HYBRID), 0);
	ck_assert_int_eq(swan_algorithms_check(&algorithms, &proposals, NULL), 0);
	strlist_fini(&proposals);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("swan_algorithms", &tcase);

	tcase_add_loop_test(tcase, proposals_need_what_charon_lists, 0,
	                    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, a_charon_that_was_not_asked_has_everything);
	return test_run(suite);
}
