/* SPDX-License-Identifier: MIT */
/* One certificate as a value: fields, labels, days, hostile names, damaged DER. */
#include "xfrmd/pki/pki_cert.h"

#include <errno.h>

#include "pki_fixture.h"
#include "test.h"

START_TEST(pki_cert_decode_fills_every_field)
{
	struct recipe recipe = {.cn = "a, b", .key = "RSA2048", .constraints = ca_constraints};
	struct made made = make_cert(&recipe, NULL);

	ck_assert_str_eq(made.cert.file, "a, b.pem");
	ck_assert_str_eq(made.cert.subject, "CN=a\\, b");
	ck_assert_str_eq(made.cert.issuer, "CN=a\\, b");
	ck_assert_str_eq(made.cert.key, "RSA 2048");
	ck_assert_str_eq(made.cert.signature, "sha256WithRSAEncryption");
	ck_assert_int_eq(made.cert.not_before, NOW - DAY);
	ck_assert_int_eq(made.cert.not_after, NOW + 100 * DAY);
	ck_assert_int_eq(made.cert.is_ca, true);
	ck_assert_int_eq(made.cert.self_signed, true);
	ck_assert_uint_eq(made.cert.sans.count, 0);
	ck_assert_uint_eq(strlen(made.cert.fingerprint), 64);
	made_fini(&made);
}
END_TEST

START_TEST(pki_cert_decode_escapes_hostile_names)
{
	struct recipe recipe = {.cn = "a\n\x1b[31m\xc3\xb6"};
	struct made made = make_cert(&recipe, NULL);

	ck_assert_str_eq(made.cert.subject, "CN=a\\0A\\1B[31m\\C3\\B6");
	made_fini(&made);
}
END_TEST

START_TEST(pki_cert_decode_refuses_damaged_der)
{
	struct made made = make_ca("ca");
	struct pki_cert cert;
	struct err err = {0};
	uint8_t *longer = malloc(made.cert.der_len + 1);

	memcpy(longer, made.cert.der, made.cert.der_len);
	longer[made.cert.der_len] = 0;
	ck_assert_int_eq(pki_cert_decode(longer, made.cert.der_len + 1, "f", 0, &cert, &err),
	                 -EINVAL);
	ck_assert_str_eq(err.text, "1 bytes behind the end of the certificate");
	for (size_t len = 0; len < made.cert.der_len; len++) {
		longer = realloc(longer, len ? len : 1);
		memcpy(longer, made.cert.der, len);
		ck_assert_int_eq(pki_cert_decode(longer, len, "f", 0, &cert, &err), -EINVAL);
		assert_queue_empty();
	}
	free(longer);
	made_fini(&made);
}
END_TEST

START_TEST(pki_cert_label_numbers_only_several)
{
	struct pki_cert cert = {.file = (char[]){"f.pem"}};
	char text[64];

	ck_assert_str_eq(pki_cert_label(&cert, text, sizeof(text)), "f.pem");
	cert.number = 2;
	ck_assert_str_eq(pki_cert_label(&cert, text, sizeof(text)), "f.pem: certificate 2");
}
END_TEST

START_TEST(pki_cert_days_left_rounds_down)
{
	struct pki_cert cert = {.not_after = NOW};

	ck_assert_int_eq(pki_cert_days_left(&cert, NOW), 0);
	ck_assert_int_eq(pki_cert_days_left(&cert, NOW - DAY + 1), 0);
	ck_assert_int_eq(pki_cert_days_left(&cert, NOW - DAY), 1);
	ck_assert_int_eq(pki_cert_days_left(&cert, NOW + 1), -1);
	ck_assert_int_eq(pki_cert_days_left(&cert, NOW + DAY), -1);
	ck_assert_int_eq(pki_cert_days_left(&cert, NOW + DAY + 1), -2);
}
END_TEST

START_TEST(pki_time_format_is_iso_8601)
{
	char text[PKI_TIME_TEXT_MAX];

	ck_assert_str_eq(pki_time_format(0, text), "1970-01-01T00:00:00Z");
	ck_assert_str_eq(pki_time_format(NOW, text), "2027-01-15T08:00:00Z");
	ck_assert_str_eq(pki_time_format(253402300799, text), "9999-12-31T23:59:59Z");
}
END_TEST

START_TEST(pki_sha256_matches_the_standard)
{
	char hex[65];

	/* FIPS 180-4 example */
	ck_assert_int_eq(pki_sha256("abc", 3, hex), 0);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("pki_cert", &tcase);

	tcase_add_test(tcase, pki_cert_decode_fills_every_field);
	tcase_add_test(tcase, pki_cert_decode_escapes_hostile_names);
	tcase_add_test(tcase, pki_cert_decode_refuses_damaged_der);
	tcase_add_test(tcase, pki_cert_label_numbers_only_several);
	tcase_add_test(tcase, pki_cert_days_left_rounds_down);
	tcase_add_test(tcase, pki_time_format_is_iso_8601);
	tcase_add_test(tcase, pki_sha256_matches_the_standard);
	return test_run(suite);
}
