/* SPDX-License-Identifier: MIT */
#ifndef PKI_FIXTURE_H
#define PKI_FIXTURE_H

#include <check.h>
#include <dirent.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xfrmd/base/err.h"
#include "xfrmd/pki/pki_cert.h"
#include "xfrmd/pki/pki_key.h"
#include "xfrmd/pki/pki_pem.h"

/* Certificates of any quality, which pki_sign would refuse to make. All valid around NOW. */

#define NOW 1800000000 /* 2027-01-15T08:00:00Z */
#define DAY 86400

static const char ca_constraints[] = "critical,CA:TRUE";
static const char ca_usage[] = "critical,keyCertSign,cRLSign";

struct recipe {
	const char *cn;
	const char *key;         /* "EC" (default), "RSA1024", "RSA2048", "P-192", "DSA" */
	const char *constraints; /* NULL: no such extension; likewise below */
	const char *usage;
	bool identifiers; /* SKI and AKI */
	bool sha1;
	int64_t begin_days, end_days; /* from NOW; both 0: -1 to 100 */
	EVP_PKEY *of;                 /* this key, not a new one */
};

struct made {
	X509 *x509;
	EVP_PKEY *key;
	struct pki_cert cert;
	char *cert_pem;
	char *key_pem;
};

static inline EVP_PKEY *make_key(const char *name)
{
	EVP_PKEY *key;

	if (name && strncmp(name, "RSA", 3) == 0)
		key = EVP_RSA_gen((unsigned)atoi(name + 3));
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", name ? name : "P-256");
	ck_assert_ptr_nonnull(key);
	return key;
}

static inline void add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;

	if (!value)
		return;
	X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
	extension = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	ck_assert_ptr_nonnull(extension);
	ck_assert_int_eq(X509_add_ext(x509, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static inline void fill_text(struct made *made, const char *file)
{
	PKCS8_PRIV_KEY_INFO *pkcs8 = EVP_PKEY2PKCS8(made->key);
	unsigned char *der = NULL;
	struct err err = {0};
	int len;

	len = i2d_X509(made->x509, &der);
	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(pki_cert_decode(der, (size_t)len, file, 0, &made->cert, &err), 0);
	OPENSSL_free(der);
	der = NULL;
	len = i2d_PKCS8_PRIV_KEY_INFO(pkcs8, &der);
	PKCS8_PRIV_KEY_INFO_free(pkcs8);
	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(pki_pem_format("PRIVATE KEY", der, (size_t)len, &made->key_pem), 0);
	OPENSSL_free(der);
	ck_assert_int_eq(
		pki_pem_format("CERTIFICATE", made->cert.der, made->cert.der_len, &made->cert_pem),
		0);
}

/* @issuer NULL: self-signed. The certificate says it stands in `CN.pem`. */
static inline struct made make_cert(const struct recipe *recipe, const struct made *issuer)
{
	struct made made = {.x509 = X509_new(), .key = recipe->of};
	X509 *by = issuer ? issuer->x509 : made.x509;
	bool dated = recipe->begin_days || recipe->end_days;
	static long serial;
	char file[64];

	if (made.key)
		EVP_PKEY_up_ref(made.key);
	else
		made.key = make_key(recipe->key);
	ASN1_INTEGER_set(X509_get_serialNumber(made.x509), ++serial);
	X509_set_version(made.x509, X509_VERSION_3);
	X509_set_pubkey(made.x509, made.key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(made.x509), "CN", MBSTRING_UTF8,
	                           (const unsigned char *)recipe->cn, -1, -1, 0);
	X509_set_issuer_name(made.x509, X509_get_subject_name(by));
	ASN1_TIME_set(X509_getm_notBefore(made.x509),
	              NOW + DAY * (dated ? recipe->begin_days : -1));
	ASN1_TIME_set(X509_getm_notAfter(made.x509), NOW + DAY * (dated ? recipe->end_days : 100));
	add_extension(made.x509, by, NID_basic_constraints, recipe->constraints);
	add_extension(made.x509, by, NID_key_usage, recipe->usage);
	if (recipe->identifiers) {
		add_extension(made.x509, by, NID_subject_key_identifier, "hash");
		add_extension(made.x509, by, NID_authority_key_identifier, "keyid:always");
	}
	ck_assert_int_gt(X509_sign(made.x509, issuer ? issuer->key : made.key,
	                           recipe->sha1 ? EVP_sha1() : EVP_sha256()),
	                 0);
	snprintf(file, sizeof(file), "%s.pem", recipe->cn);
	fill_text(&made, file);
	return made;
}

static inline struct made make_ca(const char *cn)
{
	struct recipe recipe = {
		.cn = cn, .constraints = ca_constraints, .usage = ca_usage, .identifiers = true};

	return make_cert(&recipe, NULL);
}

static inline struct made make_leaf(const char *cn, const struct made *issuer)
{
	struct recipe recipe = {.cn = cn, .identifiers = true};

	return make_cert(&recipe, issuer);
}

static inline void made_fini(struct made *made)
{
	X509_free(made->x509);
	EVP_PKEY_free(made->key);
	pki_cert_fini(&made->cert);
	free(made->cert_pem);
	free(made->key_pem);
}

/* Whether one of the problems contains @part; a failed assertion shows them all. */
static inline void assert_problem(const struct problems *problems, const char *part)
{
	char all[4096] = "";

	for (size_t i = 0; i < problems->count; i++) {
		if (strstr(problems->items[i], part))
			return;
		strncat(all, problems->items[i], sizeof(all) - strlen(all) - 2);
		strcat(all, "\n");
	}
	ck_abort_msg("\"%s\" is missing in:\n%s", part, all);
}

static inline void assert_no_problem(const struct problems *problems)
{
	ck_assert_str_eq(problems->count ? problems->items[0] : "", "");
}

/* Every failed call must have emptied OpenSSL's queue. */
static inline void assert_queue_empty(void)
{
	ck_assert_uint_eq(ERR_peek_error(), 0);
}

/* A temporary directory per test. */
static char test_dir[64];

static inline void make_dir(void)
{
	strcpy(test_dir, "/tmp/xfrmd-pki-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(test_dir));
}

static inline void remove_dir(void)
{
	DIR *dir = opendir(test_dir);
	struct dirent *entry;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	ck_assert_int_eq(rmdir(test_dir), 0);
}

#endif
