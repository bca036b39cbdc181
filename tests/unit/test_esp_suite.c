/* SPDX-License-Identifier: MIT */
#include "xfrmd/doctor/esp_suite.h"

#include <netinet/in.h>

#include "test.h"

static const struct {
	const char *proposal;
	const char *cipher, *integrity; /* of the first suite */
	unsigned key_bits, icv_bits;
	size_t count;
	unsigned mtu4, mtu6, mtu4_udp; /* through 1500 */
} suites_of[] = {
	{"aes128gcm16", "rfc4106(gcm(aes))", "", 160, 128, 1, 1466, 1466, 1458},
	{"aes256gcm8", "rfc4106(gcm(aes))", "", 288, 64, 1, 1474, 1474, 1466},
	{"aes256gcm", "rfc4106(gcm(aes))", "", 288, 128, 1, 1466, 1466, 1458},
	{"aes192ccm96", "rfc4309(ccm(aes))", "", 216, 96, 1, 1470, 1470, 1462},
	{"chacha20poly1305-modp2048", "rfc7539esp(chacha20,poly1305)", "", 288, 128, 1, 1466, 1466,
         1458},
	{"aes128-sha256", "cbc(aes)", "hmac(sha256)", 128, 128, 1, 1458, 1446, 1442},
	{"aes256-sha1", "cbc(aes)", "hmac(sha1)", 256, 96, 1, 1458, 1462, 1442},
	{"aes256-sha512-ecp384", "cbc(aes)", "hmac(sha512)", 256, 256, 1, 1442, 1430, 1426},
	{"aes128ctr-sha256", "rfc3686(ctr(aes))", "hmac(sha256)", 160, 128, 1, 1466, 1466, 1458},
	{"camellia256-aesxcbc-noesn", "cbc(camellia)", "xcbc(aes)", 256, 96, 1, 1458, 1462, 1442},
	{"aes128-aes256-sha256-sha1", "cbc(aes)", "hmac(sha256)", 128, 128, 4, 1458, 1446, 1442},
	{"aes128gcm16-aes128gcm8", "rfc4106(gcm(aes))", "", 160, 128, 2, 1466, 1466, 1458},
};

START_TEST(esp_suite_is_what_the_kernel_knows_and_computes)
{
	struct esp_suite suites[ESP_SUITES_MAX];
	size_t count = esp_suites_of(suites_of[_i].proposal, suites);

	ck_assert_uint_eq(count, suites_of[_i].count);
	ck_assert_str_eq(suites[0].cipher, suites_of[_i].cipher);
	ck_assert_str_eq(suites[0].integrity, suites_of[_i].integrity);
	ck_assert_uint_eq(suites[0].cipher_key_bits, suites_of[_i].key_bits);
	ck_assert_uint_eq(suites[0].icv_bits, suites_of[_i].icv_bits);
	ck_assert_uint_eq(esp_suite_mtu(&suites[0], AF_INET, false, 1500), suites_of[_i].mtu4);
	ck_assert_uint_eq(esp_suite_mtu(&suites[0], AF_INET6, false, 1500), suites_of[_i].mtu6);
	ck_assert_uint_eq(esp_suite_mtu(&suites[0], AF_INET, true, 1500), suites_of[_i].mtu4_udp);
}
END_TEST

static const char *const nothing[] = {"",       "-",           "modp2048",    "sha256",
                                      "aes128", "aes128gcm17", "aes512gcm16", "aes128xts"};

START_TEST(esp_suite_of_what_is_unknown_is_none)
{
	struct esp_suite suites[ESP_SUITES_MAX];

	ck_assert_uint_eq(esp_suites_of(nothing[_i], suites), 0);
}
END_TEST

START_TEST(esp_suites_are_bounded)
{
	struct esp_suite suites[ESP_SUITES_MAX];

	ck_assert_uint_eq(esp_suites_of("aes128-aes192-aes256-camellia128-camellia192-camellia256-"
	                                "sha1-sha256-sha384-sha512-aesxcbc-aescmac-sha1_160",
	                                suites),
	                  ESP_SUITES_MAX);
}
END_TEST

START_TEST(esp_suite_leaves_nothing_of_a_tiny_mtu)
{
	struct esp_suite suites[ESP_SUITES_MAX];

	ck_assert_uint_eq(esp_suites_of("aes128gcm16", suites), 1);
	ck_assert_uint_eq(esp_suite_mtu(&suites[0], AF_INET, false, 55), 0);
	ck_assert_uint_eq(esp_suite_mtu(&suites[0], AF_INET, false, 56), 22);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("esp_suite", &tcase);

	tcase_add_loop_test(tcase, esp_suite_is_what_the_kernel_knows_and_computes, 0,
	                    sizeof(suites_of) / sizeof(suites_of[0]));
	tcase_add_loop_test(tcase, esp_suite_of_what_is_unknown_is_none, 0,
	                    sizeof(nothing) / sizeof(nothing[0]));
	tcase_add_test(tcase, esp_suites_are_bounded);
	tcase_add_test(tcase, esp_suite_leaves_nothing_of_a_tiny_mtu);
	return test_run(suite);
}
