/* SPDX-License-Identifier: MIT */
/* What xfrmpki's certificates contain, and what cannot be put into one. */
#include "xfrmd/pki/pki_sign.h"

#include <errno.h>

#include "pki_fixture.h"
#include "test.h"
#include "xfrmd/pki/pki_check.h"

static struct pki_key ca_key, key;
static struct pki_cert ca;
static struct err err;

static void setup(void)
{
	struct pki_subject subject = {.cn = "test ca", .days = 365, .now = NOW};

	ck_assert_int_eq(pki_key_generate(PKI_KEY_EC256, &ca_key, &err), 0);
	ck_assert_int_eq(pki_key_generate(PKI_KEY_EC256, &key, &err), 0);
	ck_assert_int_eq(pki_sign_ca(&subject, &ca_key, "ca.pem", &ca, &err), 0);
}

static void teardown(void)
{
	pki_cert_fini(&ca);
	pki_key_fini(&key);
	pki_key_fini(&ca_key);
}

static X509 *decode(const struct pki_cert *cert)
{
	const unsigned char *at = cert->der;

	return d2i_X509(NULL, &at, (long)cert->der_len);
}

START_TEST(pki_sign_ca_makes_a_ca_for_hosts_only)
{
	X509 *x509 = decode(&ca);
	struct problems problems = {0};

	ck_assert_str_eq(ca.subject, "CN=test ca");
	ck_assert_str_eq(ca.issuer, "CN=test ca");
	ck_assert_str_eq(ca.signature, "ecdsa-with-SHA256");
	ck_assert_int_eq(ca.is_ca, true);
	ck_assert_int_eq(ca.self_signed, true);
	ck_assert_uint_eq(strlen(ca.serial), 32);
	ck_assert_int_eq(ca.not_before, NOW - PKI_CLOCK_TOLERANCE_S);
	ck_assert_int_eq(ca.not_after, NOW + 365 * DAY);
	ck_assert_int_eq(X509_get_pathlen(x509), 0);
	ck_assert_uint_eq(X509_get_key_usage(x509), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	ck_assert_int_eq(ASN1_OCTET_STRING_cmp(X509_get0_subject_key_id(x509),
	                                       X509_get0_authority_key_id(x509)),
	                 0);
	ck_assert_int_eq(pki_check_ca(&ca, NOW, &problems), 0);
	assert_no_problem(&problems);
	X509_free(x509);
}
END_TEST

START_TEST(pki_sign_instance_makes_a_certificate_that_is_trusted)
{
	struct strlist sans = {0};
	struct pki_subject subject = {.cn = "host a", .sans = &sans, .days = 30, .now = NOW};
	struct pki_certs chain = {NULL, 1}, cas = {&ca, 1};
	struct problems problems = {0};
	struct pki_cert cert;
	X509 *x509;

	ck_assert_int_eq(strlist_split(&sans, "a.example *.b.example 10.0.0.1 fd00::1", " "), 0);
	ck_assert_int_eq(pki_sign_instance(&subject, &key, &ca, &ca_key, "i.pem", &cert, &err), 0);
	chain.items = &cert;
	ck_assert_int_eq(pki_check_chain(&chain, &cas, NOW, &problems), 0);
	ck_assert_int_eq(pki_check_key(&chain, &key, "i.key", &problems), 0);
	assert_no_problem(&problems);
	x509 = decode(&cert);
	ck_assert_uint_eq(X509_get_key_usage(x509), KU_DIGITAL_SIGNATURE);
	ck_assert_uint_eq(X509_get_extended_key_usage(x509), XKU_SSL_SERVER | XKU_SSL_CLIENT);
	ck_assert_ptr_nonnull(X509_get0_subject_key_id(x509));
	ck_assert_ptr_nonnull(X509_get0_authority_key_id(x509));
	X509_free(x509);
	ck_assert_int_eq(cert.is_ca, false);
	ck_assert_int_eq(cert.not_after, NOW + 30 * DAY);
	ck_assert_uint_eq(cert.sans.count, 4);
	ck_assert_str_eq(cert.sans.items[0], "DNS:a.example");
	ck_assert_str_eq(cert.sans.items[1], "DNS:*.b.example");
	ck_assert_str_eq(cert.sans.items[2], "IP Address:10.0.0.1");
	ck_assert_str_eq(cert.sans.items[3], "IP Address:FD00:0:0:0:0:0:0:1");
	assert_queue_empty();
	pki_cert_fini(&cert);
	strlist_fini(&sans);
}
END_TEST

START_TEST(pki_sign_instance_ends_with_its_ca)
{
	struct pki_subject subject = {.cn = "host", .days = 3650, .now = NOW};
	struct pki_cert cert;

	ck_assert_int_eq(pki_sign_instance(&subject, &key, &ca, &ca_key, "i.pem", &cert, &err), 0);
	ck_assert_int_eq(cert.not_after, ca.not_after);
	pki_cert_fini(&cert);
}
END_TEST

START_TEST(pki_sign_gives_every_certificate_its_own_serial)
{
	struct pki_subject subject = {.cn = "host", .days = 1, .now = NOW};
	struct pki_cert a, b;

	ck_assert_int_eq(pki_sign_instance(&subject, &key, &ca, &ca_key, "i", &a, &err), 0);
	ck_assert_int_eq(pki_sign_instance(&subject, &key, &ca, &ca_key, "i", &b, &err), 0);
	ck_assert_str_ne(a.serial, b.serial);
	ck_assert_uint_eq(strlen(a.serial), 32);
	pki_cert_fini(&a);
	pki_cert_fini(&b);
}
END_TEST

START_TEST(pki_sign_accepts_names_in_utf8)
{
	struct pki_subject subject = {.cn = "h\xc3\xb6st", .days = 1, .now = NOW};
	struct pki_cert cert;

	ck_assert_int_eq(pki_sign_instance(&subject, &key, &ca, &ca_key, "i", &cert, &err), 0);
	ck_assert_str_eq(cert.subject, "CN=h\\C3\\B6st");
	pki_cert_fini(&cert);
}
END_TEST

static const char *const bad_names[] = {
	"",
	"a\nb",
	"\xff\xfe",
	"12345678901234567890123456789012345678901234567890123456789012345",
};

START_TEST(pki_sign_refuses_bad_common_names)
{
	struct pki_subject subject = {.cn = bad_names[_i], .days = 1, .now = NOW};
	struct pki_cert cert;

	ck_assert_int_eq(pki_sign_instance(&subject, &key, &ca, &ca_key, "i", &cert, &err),
	                 -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "common name"));
	assert_queue_empty();
}
END_TEST

static const char *const bad_sans[] = {
	"10.0.0.300",
	"10.0.0.0/8",
	"10.0.0.1,DNS:evil",
	"a..b",
	".a",
	"a.",
	"*",
	"a b",
	"fd00::1::2",
	"h\xc3\xb6st",
	"*.",
	"a.*.b",
	"",
	"a123456789012345678901234567890123456789012345678901234567890123.example",
};

START_TEST(pki_sign_refuses_bad_alternative_names)
{
	struct strlist sans = {0};
	struct pki_subject subject = {.cn = "host", .sans = &sans, .days = 1, .now = NOW};
	struct pki_cert cert;

	ck_assert_int_eq(strlist_add(&sans, "ok.example"), 0);
	ck_assert_int_eq(strlist_add(&sans, bad_sans[_i]), 0);
	ck_assert_int_eq(pki_sign_instance(&subject, &key, &ca, &ca_key, "i", &cert, &err),
	                 -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "neither a DNS name nor an IP address"));
	assert_queue_empty();
	strlist_fini(&sans);
}
END_TEST

static const char *const key_texts[] = {"RSA 3072", "RSA 4096", "EC P-256", "EC P-384", "ED25519"};
static const char *const key_names[] = {"rsa3072", "rsa4096", "ec256", "ec384", "ed25519"};

START_TEST(pki_sign_works_with_every_type_of_key)
{
	struct pki_subject subject = {.cn = "ca", .days = 1, .now = NOW};
	struct problems problems = {0};
	enum pki_key_type type;
	struct pki_key own;
	struct pki_cert cert;

	ck_assert_int_eq(pki_key_type_parse(key_names[_i], &type), 0);
	ck_assert_int_eq(pki_key_generate(type, &own, &err), 0);
	ck_assert_int_eq(pki_sign_ca(&subject, &own, "ca.pem", &cert, &err), 0);
	ck_assert_str_eq(cert.key, key_texts[_i]);
	ck_assert_int_eq(pki_check_ca(&cert, NOW, &problems), 0);
	assert_no_problem(&problems);
	pki_cert_fini(&cert);
	pki_key_fini(&own);
}
END_TEST

START_TEST(pki_key_type_parse_refuses_others)
{
	enum pki_key_type type;

	ck_assert_int_eq(pki_key_type_parse("rsa1024", &type), -EINVAL);
	ck_assert_int_eq(pki_key_type_parse("", &type), -EINVAL);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("pki_sign", &tcase);

	tcase_add_checked_fixture(tcase, setup, teardown);
	/* primes of RSA 4096 can take long under valgrind */
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, pki_sign_ca_makes_a_ca_for_hosts_only);
	tcase_add_test(tcase, pki_sign_instance_makes_a_certificate_that_is_trusted);
	tcase_add_test(tcase, pki_sign_instance_ends_with_its_ca);
	tcase_add_test(tcase, pki_sign_gives_every_certificate_its_own_serial);
	tcase_add_test(tcase, pki_sign_accepts_names_in_utf8);
	tcase_add_loop_test(tcase, pki_sign_refuses_bad_common_names, 0, ROWS(bad_names));
	tcase_add_loop_test(tcase, pki_sign_refuses_bad_alternative_names, 0, ROWS(bad_sans));
	tcase_add_loop_test(tcase, pki_sign_works_with_every_type_of_key, 0, ROWS(key_names));
	tcase_add_test(tcase, pki_key_type_parse_refuses_others);
	return test_run(suite);
}
