/* SPDX-License-Identifier: MIT */
/* PEM text of every quality: what is accepted, and the sentence for what is not. */
#include "xfrmd/pki/pki_pem.h"

#include <errno.h>

#include "pki_fixture.h"
#include "test.h"
#include "xfrmd/base/buf.h"

static struct made ca, leaf;

static void setup(void)
{
	ca = make_ca("ca");
	leaf = make_leaf("leaf", &ca);
}

static void teardown(void)
{
	made_fini(&ca);
	made_fini(&leaf);
}

/*
 * A pattern to text: C and D are the two certificates, K and L their keys, everything between
 * quotes is literal (a newline follows), `>` indents and `<` turns line ends to CRLF from there on.
 */
static char *compose(const char *pattern)
{
	struct buf out = {0};
	bool indent = false, crlf = false;
	char *text;

	while (*pattern) {
		const char *part = "", *end;
		char literal[128];

		switch (*pattern) {
		case 'C':
			part = ca.cert_pem;
			break;
		case 'D':
			part = leaf.cert_pem;
			break;
		case 'K':
			part = ca.key_pem;
			break;
		case 'L':
			part = leaf.key_pem;
			break;
		case '>':
			indent = true;
			break;
		case '<':
			crlf = true;
			break;
		case '\'':
			end = strchr(pattern + 1, '\'');
			snprintf(literal, sizeof(literal), "%.*s\n", (int)(end - pattern - 1),
			         pattern + 1);
			part = literal;
			pattern = end;
			break;
		}
		pattern++;
		for (bool fresh = true; *part; part++) {
			if (fresh && indent)
				buf_str(&out, "    ");
			fresh = *part == '\n';
			if (fresh && crlf)
				buf_u8(&out, '\r');
			buf_u8(&out, (uint8_t)*part);
		}
	}
	buf_str(&out, "");
	text = out.len ? buf_take_str(&out) : strdup("");
	ck_assert_ptr_nonnull(text);
	return text;
}

struct accepted {
	const char *pattern;
	size_t count;
};

static const struct accepted accepted_certs[] = {
	{"C", 1},
	{"CD", 2},
	{"<CD", 2},
	{">CD", 2},
	{"><CD", 2},
	{"''C''''D''", 2},
	{"'\xef\xbb\xbf'C", 1},
	{"'# site A'C'# site B'D", 2},
	{"'Certificate:''    Data:''        Version: 3 (0x2)'C", 1},
};

START_TEST(pki_pem_accepts_certificates)
{
	const struct accepted *row = &accepted_certs[_i];
	struct problems problems = {0};
	struct pki_certs certs = {0};
	char *text = compose(row->pattern);

	ck_assert_int_eq(pki_pem_certs("f.pem", text, strlen(text), &certs, &problems), 0);
	assert_no_problem(&problems);
	ck_assert_uint_eq(certs.count, row->count);
	ck_assert_str_eq(certs.items[0].fingerprint, ca.cert.fingerprint);
	ck_assert_str_eq(certs.items[0].file, "f.pem");
	ck_assert_uint_eq(certs.items[0].number, row->count > 1 ? 1 : 0);
	pki_certs_fini(&certs);
	free(text);
}
END_TEST

struct refused {
	const char *pattern;
	const char *problem;
};

static const struct refused refused_certs[] = {
	{"", "f.pem: is empty, expected a certificate in PEM form"},
	{"'  '''", "f.pem: is empty"},
	{"'hello'", "f.pem: holds no PEM block, expected a certificate in PEM form"},
	{"'\xff\xfe-'", "f.pem: is UTF-16 text, expected a certificate in PEM form"},
	{"'\xef\xbb\xbf'", "f.pem: is empty"},
	{"C'garbage'D", "f.pem: line 11: text between PEM blocks"},
	{"C'garbage'", "f.pem: line 11: text between PEM blocks"},
	{"CK", "f.pem: line 11: holds a private key, expected certificates only"},
	{"K", "f.pem: line 1: holds a private key"},
	{"C'-----BEGIN CERTIFICATE-----'", "f.pem: line 11: BEGIN CERTIFICATE without its END"},
	{"'-----BEGIN CERTIFICATE-----'C", "f.pem: line 2: BEGIN CERTIFICATE before the END"},
	{"C'-----END CERTIFICATE-----'", "f.pem: line 11: END CERTIFICATE without its BEGIN"},
	{"C'----BEGIN CERTIFICATE-----''MIIB''-----END CERTIFICATE-----'",
         "f.pem: line 11: damaged BEGIN or END line"},
	{"'----BEGIN CERTIFICATE-----'C", "f.pem: line 1: damaged BEGIN or END line"},
	{"'-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n'",
         "f.pem: line 1: damaged BEGIN or END line"},
	{"'-----BEGIN CERTIFICATE-----''MIIB''-----END X509 CRL-----'",
         "f.pem: line 3: END X509 CRL, expected END CERTIFICATE as in line 1"},
	{"'-----BEGIN CERTIFICATE-----''-----END CERTIFICATE-----'",
         "f.pem: damaged text behind line 1, expected base64"},
	{"'-----BEGIN CERTIFICATE-----''MII*''-----END CERTIFICATE-----'",
         "f.pem: damaged text behind line 1, expected base64"},
	{"'-----BEGIN CERTIFICATE-----''MIIB=''-----END CERTIFICATE-----'",
         "f.pem: damaged text behind line 1, expected base64"},
	{"'-----BEGIN CERTIFICATE-----''====''-----END CERTIFICATE-----'",
         "f.pem: damaged text behind line 1, expected base64"},
	{"'-----BEGIN CERTIFICATE-----''MIIB''-----END CERTIFICATE-----'",
         "f.pem: not an X.509 certificate: "},
	{"C'-----BEGIN CERTIFICATE-----''MIIB''-----END CERTIFICATE-----'",
         "f.pem: certificate 2: not an X.509 certificate: "},
	{"'-----BEGIN X509 CRL-----''MIIB''-----END X509 CRL-----'",
         "f.pem: line 1: holds a X509 CRL, expected a CERTIFICATE"},
	{"'-----BEGIN CERTIFICATE REQUEST-----''MIIB''-----END CERTIFICATE REQUEST-----'",
         "f.pem: line 1: holds a CERTIFICATE REQUEST, expected a CERTIFICATE"},
};

START_TEST(pki_pem_refuses_certificates_with_a_reason)
{
	const struct refused *row = &refused_certs[_i];
	struct problems problems = {0};
	struct pki_certs certs = {0};
	char *text = compose(row->pattern);

	ck_assert_int_eq(pki_pem_certs("f.pem", text, strlen(text), &certs, &problems), -EINVAL);
	assert_problem(&problems, row->problem);
	assert_queue_empty();
	pki_certs_fini(&certs);
	problems_fini(&problems);
	free(text);
}
END_TEST

START_TEST(pki_pem_reports_every_problem_of_a_file)
{
	struct problems problems = {0};
	struct pki_certs certs = {0};
	char *text = compose("C'garbage'K'-----BEGIN CERTIFICATE-----''MIIB'"
	                     "'-----END CERTIFICATE-----'");

	ck_assert_int_eq(pki_pem_certs("f.pem", text, strlen(text), &certs, &problems), -EINVAL);
	ck_assert_uint_eq(problems.count, 3);
	ck_assert_uint_eq(certs.count, 1);
	pki_certs_fini(&certs);
	problems_fini(&problems);
	free(text);
}
END_TEST

START_TEST(pki_pem_names_der)
{
	struct problems problems = {0};
	struct pki_certs certs = {0};

	ck_assert_int_eq(
		pki_pem_certs("f.der", (char *)ca.cert.der, ca.cert.der_len, &certs, &problems),
		-EINVAL);
	assert_problem(&problems,
	               "f.der: is binary (DER or PKCS#12), expected a certificate in PEM");
	pki_certs_fini(&certs);
	problems_fini(&problems);
}
END_TEST

START_TEST(pki_pem_bounds_the_number_of_blocks)
{
	static const char block[] = "-----BEGIN X-----\n-----END X-----\n";
	struct problems problems = {0};
	struct pki_certs certs = {0};
	struct buf text = {0};

	for (int i = 0; i < 600; i++)
		buf_str(&text, block);
	ck_assert_int_eq(pki_pem_certs("f", (char *)text.data, text.len, &certs, &problems),
	                 -EINVAL);
	assert_problem(&problems, "f: more than 512 PEM blocks");
	pki_certs_fini(&certs);
	problems_fini(&problems);
	buf_fini(&text);
}
END_TEST

START_TEST(pki_pem_survives_every_truncation)
{
	char *text = compose("CL");

	for (size_t len = 0; text[len]; len++) {
		struct problems problems = {0};
		struct pki_certs certs = {0};
		struct pki_key key = {0};
		/* on the heap, so that a read behind the end is seen */
		char *part = malloc(len + 1);

		memcpy(part, text, len);
		part = realloc(part, len ? len : 1);
		pki_pem_certs("f", part, len, &certs, &problems);
		ck_assert_int_eq(pki_pem_key("f", part, len, &key, &problems), -EINVAL);
		assert_queue_empty();
		pki_certs_fini(&certs);
		problems_fini(&problems);
		free(part);
	}
	free(text);
}
END_TEST

static const char ec_parameters_and_key[] =
	"'-----BEGIN EC PARAMETERS-----''BggqhkjOPQMBBw==''-----END EC PARAMETERS-----'K";

static const char *const accepted_keys[] = {"K", ">K", "<K", "'# the key'K", ec_parameters_and_key};

START_TEST(pki_pem_accepts_a_key)
{
	struct problems problems = {0};
	struct pki_key key = {0};
	char *text = compose(accepted_keys[_i]);

	ck_assert_int_eq(pki_pem_key("f.key", text, strlen(text), &key, &problems), 0);
	assert_no_problem(&problems);
	ck_assert_uint_eq(strlen(key.fingerprint), 64);
	pki_key_fini(&key);
	free(text);
}
END_TEST

static const struct refused refused_keys[] = {
	{"", "f.key: is empty, expected a private key in PEM form"},
	{"'hello'", "f.key: holds no PEM block, expected a private key"},
	{"KL", "f.key: holds 2 private keys, expected one"},
	{"C", "f.key: line 1: holds a CERTIFICATE, expected a private key only"},
	{"KC", "f.key: line 6: holds a CERTIFICATE, expected a private key only"},
	{"'-----BEGIN PRIVATE KEY-----''MIIB''-----END PRIVATE KEY-----'",
         "f.key: not a private key: "},
	{"'-----BEGIN PRIVATE KEY-----''*''-----END PRIVATE KEY-----'",
         "f.key: damaged text behind line 1, expected base64"},
	{"'-----BEGIN ENCRYPTED PRIVATE KEY-----''MIIB''-----END ENCRYPTED PRIVATE KEY-----'",
         "f.key: private key is encrypted, expected one without passphrase"},
	{"'-----BEGIN RSA PRIVATE KEY-----''Proc-Type: 4,ENCRYPTED''DEK-Info: AES-128-CBC,00'''"
         "'MIIB''-----END RSA PRIVATE KEY-----'",
         "f.key: private key is encrypted, expected one without passphrase"},
	{"'-----BEGIN OPENSSH PRIVATE KEY-----''MIIB''-----END OPENSSH PRIVATE KEY-----'",
         "f.key: private key in the form of OpenSSH, expected PKCS#8"},
	{"'-----BEGIN PUBLIC KEY-----''MIIB''-----END PUBLIC KEY-----'",
         "f.key: line 1: holds a PUBLIC KEY, expected a private key only"},
	{"'-----BEGIN EC PARAMETERS-----''BggqhkjOPQMBBw==''-----END EC PARAMETERS-----'",
         "f.key: holds no private key"},
	{"K'garbage'", "f.key: line 6: text between PEM blocks"},
};

START_TEST(pki_pem_refuses_a_key_with_a_reason)
{
	const struct refused *row = &refused_keys[_i];
	struct problems problems = {0};
	struct pki_key key = {0};
	char *text = compose(row->pattern);

	ck_assert_int_eq(pki_pem_key("f.key", text, strlen(text), &key, &problems), -EINVAL);
	assert_problem(&problems, row->problem);
	ck_assert_ptr_null(key.der);
	assert_queue_empty();
	problems_fini(&problems);
	free(text);
}
END_TEST

static const struct refused refused_requests[] = {
	{"", "f.csr: is empty, expected a certificate request in PEM form"},
	{"C", "f.csr: holds 1 PEM blocks, the first is a CERTIFICATE, expected one"},
	{"'-----BEGIN CERTIFICATE REQUEST-----''MIIB''-----END CERTIFICATE REQUEST-----'C",
         "f.csr: holds 2 PEM blocks"},
	{"'-----BEGIN CERTIFICATE REQUEST-----''*''-----END CERTIFICATE REQUEST-----'",
         "f.csr: damaged text behind line 1, expected base64"},
};

START_TEST(pki_pem_refuses_a_request_with_a_reason)
{
	const struct refused *row = &refused_requests[_i];
	struct problems problems = {0};
	char *text = compose(row->pattern);
	uint8_t *der = NULL;
	size_t len;

	ck_assert_int_eq(pki_pem_request("f.csr", text, strlen(text), &der, &len, &problems),
	                 -EINVAL);
	assert_problem(&problems, row->problem);
	ck_assert_ptr_null(der);
	problems_fini(&problems);
	free(text);
}
END_TEST

START_TEST(pki_pem_reads_traditional_keys)
{
	static const char *const types[] = {"P-256", "RSA2048"};
	static const char *const labels[] = {"EC PRIVATE KEY", "RSA PRIVATE KEY"};

	for (size_t i = 0; i < 2; i++) {
		EVP_PKEY *pkey = make_key(types[i]);
		struct problems problems = {0};
		struct pki_key key = {0};
		unsigned char *der = NULL;
		char *text;
		int len = i2d_PrivateKey(pkey, &der);

		ck_assert_int_eq(pki_pem_format(labels[i], der, (size_t)len, &text), 0);
		ck_assert_int_eq(pki_pem_key("f", text, strlen(text), &key, &problems), 0);
		assert_no_problem(&problems);
		pki_key_fini(&key);
		free(text);
		OPENSSL_free(der);
		EVP_PKEY_free(pkey);
	}
}
END_TEST

START_TEST(pki_pem_refuses_a_key_that_is_damaged_within)
{
	static const size_t scalar_at = 7;
	EVP_PKEY *pkey = make_key("P-256");
	struct problems problems = {0};
	struct pki_key key = {0};
	unsigned char *der = NULL;
	char *text;
	int len = i2d_PrivateKey(pkey, &der);

	/* no longer the scalar of the public point behind it */
	der[scalar_at + 10] ^= 1;
	ck_assert_int_eq(pki_pem_format("EC PRIVATE KEY", der, (size_t)len, &text), 0);
	ck_assert_int_eq(pki_pem_key("f", text, strlen(text), &key, &problems), -EINVAL);
	assert_problem(&problems, "f: damaged private key: ");
	ck_assert_ptr_null(key.der);
	assert_queue_empty();
	problems_fini(&problems);
	free(text);
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("pki_pem", &tcase);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, pki_pem_accepts_certificates, 0, ROWS(accepted_certs));
	tcase_add_loop_test(tcase, pki_pem_refuses_certificates_with_a_reason, 0,
	                    ROWS(refused_certs));
	tcase_add_test(tcase, pki_pem_reports_every_problem_of_a_file);
	tcase_add_test(tcase, pki_pem_names_der);
	tcase_add_test(tcase, pki_pem_bounds_the_number_of_blocks);
	tcase_add_test(tcase, pki_pem_survives_every_truncation);
	tcase_add_loop_test(tcase, pki_pem_accepts_a_key, 0, ROWS(accepted_keys));
	tcase_add_loop_test(tcase, pki_pem_refuses_a_key_with_a_reason, 0, ROWS(refused_keys));
	tcase_add_loop_test(tcase, pki_pem_refuses_a_request_with_a_reason, 0,
	                    ROWS(refused_requests));
	tcase_add_test(tcase, pki_pem_reads_traditional_keys);
	tcase_add_test(tcase, pki_pem_refuses_a_key_that_is_damaged_within);
	return test_run(suite);
}
