/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "xfrmd/conf/proposal.h"

static const struct {
	enum proposal_kind kind;
	const char *text;
} good[] = {
	{PROPOSAL_IKE, "aes128-sha256-modp2048"},
	{PROPOSAL_IKE, "aes256-sha512-ecp384"},
	{PROPOSAL_IKE, "aes128-aes256-sha256-sha384-modp3072-x25519"},
	{PROPOSAL_IKE, "aes128gcm16-prfsha256-x25519"},
	{PROPOSAL_IKE, "aes128gcm16-sha256-modp2048"},
	{PROPOSAL_IKE, "aes256ccm128-prfsha384-curve25519"},
	{PROPOSAL_IKE, "chacha20poly1305-prfsha256-x25519"},
	{PROPOSAL_IKE, "aes256ctr-sha1-modp2048"},
	{PROPOSAL_IKE, "aes256gcm16-prfsha384-x25519-ke1_mlkem768"},
	{PROPOSAL_IKE, "aes256gcm16-prfsha384-x25519-ke1_mlkem1024-ke2_ecp384"},
	{PROPOSAL_IKE, "aes128-sha256-mlkem768"},
	{PROPOSAL_ESP, "aes128gcm16"},
	{PROPOSAL_ESP, "aes256gcm"},
	{PROPOSAL_ESP, "aes128ccm8"},
	{PROPOSAL_ESP, "aes128-sha256"},
	{PROPOSAL_ESP, "aes128-sha256_96"},
	{PROPOSAL_ESP, "aes128-aesxcbc-modp2048-esn"},
	{PROPOSAL_ESP, "aes128gcm16-x25519-none-esn-noesn"},
};

START_TEST(proposal_check_accepts_what_charon_can_do)
{
	struct err err = {0};

	ck_assert_msg(proposal_check(good[_i].kind, good[_i].text, &err) == 0, "%s: %s",
	              good[_i].text, err.text);
}
END_TEST

static const struct {
	enum proposal_kind kind;
	const char *text;
	const char *reason;
} bad[] = {
	{PROPOSAL_IKE, "", "empty algorithm"},
	{PROPOSAL_IKE, "-aes128-sha256-modp2048", "empty algorithm"},
	{PROPOSAL_IKE, "aes128--sha256-modp2048", "empty algorithm"},
	{PROPOSAL_IKE, "aes128-sha256-modp2048-", "empty algorithm"},
	{PROPOSAL_IKE, "default", "unknown algorithm \"default\""},
	{PROPOSAL_IKE, "AES128-SHA256-MODP2048", "unknown algorithm \"AES128\""},
	{PROPOSAL_IKE, "aes128 -sha256-modp2048", "unknown algorithm \"aes128 \""},
	{PROPOSAL_IKE, "aes128\x1b[2J-sha256", "unknown algorithm \"aes128\\x1b[2J\""},
	{PROPOSAL_IKE, "aes128-sha256-ke1_mlkem768", "no key exchange group"},
	{PROPOSAL_IKE, "aes128-sha256-x25519-ke8_mlkem768", "unknown algorithm \"ke8_mlkem768\""},
	{PROPOSAL_IKE, "aes128-sha256-x25519-ke1_aes128", "unknown algorithm \"ke1_aes128\""},
	{PROPOSAL_IKE, "aes128-sha256-x25519-ke1_modp1024", "ke1_modp1024 is weak"},
	{PROPOSAL_IKE, "aes128-sha256-x25519-ke1_", "unknown algorithm \"ke1_\""},
	{PROPOSAL_ESP, "aes128gcm16-x25519-ke1_mlkem768", "ke1_mlkem768 is not for ESP"},
	{PROPOSAL_ESP, "aes128gcm16-mlkem768", "mlkem768 is not for ESP"},
	{PROPOSAL_IKE, "sha256-modp2048", "no encryption algorithm"},
	{PROPOSAL_IKE, "aes128-modp2048", "no integrity algorithm"},
	{PROPOSAL_IKE, "aes128-prfsha256-modp2048", "no integrity algorithm"},
	{PROPOSAL_IKE, "aes128-sha256", "no key exchange group"},
	{PROPOSAL_IKE, "aes128gcm16-modp2048", "no pseudo-random function"},
	{PROPOSAL_IKE, "aes128-aes128gcm16-sha256-modp2048", "AEAD and other encryption"},
	{PROPOSAL_IKE, "aes128-sha256-modp1024", "modp1024 is weak"},
	{PROPOSAL_IKE, "aes128-sha256-modp1536", "modp1536 is weak"},
	{PROPOSAL_IKE, "aes128-sha256-modpnull", "modpnull is weak"},
	{PROPOSAL_IKE, "aes128-md5-modp2048", "md5 is weak"},
	{PROPOSAL_IKE, "aes128gcm16-prfmd5-modp2048", "prfmd5 is weak"},
	{PROPOSAL_IKE, "des-sha256-modp2048", "des is weak"},
	{PROPOSAL_IKE, "3des-sha256-modp2048", "3des is weak"},
	{PROPOSAL_IKE, "aes128-sha256-none", "none is not for IKE"},
	{PROPOSAL_IKE, "aes128-sha256-modp2048-esn", "esn is not for IKE"},
	{PROPOSAL_IKE, "aes128-aesxcbc-modp2048", "aesxcbc is not for IKE"},
	{PROPOSAL_ESP, "null-sha256", "null is weak (no encryption)"},
	{PROPOSAL_ESP, "aes128gmac", "aes128gmac is weak (no encryption)"},
	{PROPOSAL_ESP, "aes128", "no integrity algorithm"},
	{PROPOSAL_ESP, "sha256", "no encryption algorithm"},
	{PROPOSAL_ESP, "aes128gcm16-prfsha256", "prfsha256 is not for ESP"},
	{PROPOSAL_ESP, "aes128gcm13", "unknown algorithm \"aes128gcm13\""},
	{PROPOSAL_ESP, "aes128gc", "unknown algorithm \"aes128gc\""},
	{PROPOSAL_ESP, "aes512gcm16", "unknown algorithm \"aes512gcm16\""},
	{PROPOSAL_ESP, "aes128gcm16!", "unknown algorithm \"aes128gcm16!\""},
};

START_TEST(proposal_check_says_what_is_wrong)
{
	struct err err = {0};

	ck_assert_int_eq(proposal_check(bad[_i].kind, bad[_i].text, &err), -EINVAL);
	ck_assert_msg(strncmp(err.text, bad[_i].reason, strlen(bad[_i].reason)) == 0, "%s",
	              err.text);
	ck_assert_ptr_nonnull(strstr(err.text, "found \""));
	ck_assert_ptr_nonnull(strstr(err.text, "expected such as "));
}
END_TEST

START_TEST(proposal_check_survives_long_text)
{
	char text[5000];
	struct err err;

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(proposal_check(PROPOSAL_ESP, text, &err), -EINVAL);
	ck_assert_int_eq(proposal_check(PROPOSAL_ESP, text, NULL), -EINVAL);
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite = test_suite("proposal", &test_case);

	tcase_add_loop_test(test_case, proposal_check_accepts_what_charon_can_do, 0,
	                    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(test_case, proposal_check_says_what_is_wrong, 0,
	                    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(test_case, proposal_check_survives_long_text);
	return test_run(suite);
}
