/* SPDX-License-Identifier: MIT */
/*
 * Makes certificates as values: two fixed profiles (CA, instance) that pass strict verification in
 * OpenSSL and work in strongSwan. Touches no file; the caller has checked the CA.
 */
#include "xfrmd/pki/pki_sign.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "xfrmd/pki/pki_ossl.h"

#define DAY_S   86400
#define CN_MAX  64 /* ub-common-name, RFC 5280 appendix A.1 */
#define DNS_MAX 253

struct extension {
	int nid;
	const char *value;
};

static const struct extension ca_profile[] = {
	{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
	{NID_key_usage, "critical,keyCertSign,cRLSign"},
	{NID_subject_key_identifier, "hash"},
	{NID_authority_key_identifier, "keyid:always"},
	{0},
};

static const struct extension instance_profile[] = {
	{NID_basic_constraints, "critical,CA:FALSE"},
	{NID_key_usage, "critical,digitalSignature"},
	{NID_ext_key_usage, "serverAuth,clientAuth"},
	{NID_subject_key_identifier, "hash"},
	{NID_authority_key_identifier, "keyid,issuer"},
	{0},
};

static int fail(struct err *err, const char *what)
{
	char text[128];

	snprintf(text, sizeof(text), "cannot make the certificate: %s", what);
	return pki_ossl_fail(err, -EIO, text);
}

static bool is_dns_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len = strlen(text), label = 0;
	const char *top = strrchr(text, '.');

	/* a top level without any letter is a mistyped address */
	if (len > DNS_MAX || !strpbrk(top ? top : text, letters))
		return false;
	if (strncmp(text, "*.", 2) == 0)
		text += 2;
	for (; *text; text++) {
		bool letter = strchr(letters, *text) || (*text >= '0' && *text <= '9');

		if (*text == '.' && !label)
			return false;
		if (*text != '.' && *text != '-' && *text != '_' && !letter)
			return false;
		label = *text == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return label > 0;
}

static int add_san(GENERAL_NAMES *names, const char *text, struct err *err)
{
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(text);
	int type = address ? GEN_IPADD : GEN_DNS;
	GENERAL_NAME *name;

	ASN1_OCTET_STRING_free(address);
	ERR_clear_error();
	if (type == GEN_DNS && !is_dns_name(text))
		return err_set(
			err, -EINVAL,
			"subject alternative name \"%s\": neither a DNS name nor an IP address",
			text);
	name = a2i_GENERAL_NAME(NULL, NULL, NULL, type, text, 0);
	if (!name || !sk_GENERAL_NAME_push(names, name)) {
		GENERAL_NAME_free(name);
		ERR_clear_error();
		return err_set(err, -ENOMEM, "out of memory");
	}
	return 0;
}

static int set_sans(X509 *x509, const struct strlist *sans, struct err *err)
{
	GENERAL_NAMES *names;
	int r = 0;

	if (!sans || !sans->count)
		return 0;
	names = GENERAL_NAMES_new();
	if (!names)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < sans->count; i++)
		r = add_san(names, sans->items[i], err);
	if (r == 0 && X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0) != 1)
		r = fail(err, "subject alternative names");
	GENERAL_NAMES_free(names);
	return r;
}

static int set_serial(X509 *x509, struct err *err)
{
	unsigned char bytes[16];
	BIGNUM *number;
	bool done;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return fail(err, "random serial number");
	/* positive, and always of full length */
	bytes[0] = (bytes[0] & 0x7f) | 0x40;
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509));
	BN_free(number);
	return done ? 0 : fail(err, "serial number");
}

static int set_dates(X509 *x509, const struct pki_subject *subject, const struct pki_cert *ca,
                     struct err *err)
{
	int64_t end = subject->now + (int64_t)subject->days * DAY_S;

	if (ca && ca->not_after < end)
		end = ca->not_after;
	if (!ASN1_TIME_set(X509_getm_notBefore(x509),
	                   (time_t)(subject->now - PKI_CLOCK_TOLERANCE_S)) ||
	    !ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)end))
		return fail(err, "dates");
	return 0;
}

static int set_subject(X509 *x509, const char *cn, struct err *err)
{
	X509_NAME *name = X509_get_subject_name(x509);

	for (const char *byte = cn; *byte; byte++)
		if ((unsigned char)*byte < 0x20 || *byte == 0x7f)
			return err_set(err, -EINVAL, "common name: holds a control character");
	if (!*cn || !X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
	                                        (const unsigned char *)cn, -1, -1, 0)) {
		ERR_clear_error();
		return err_set(err, -EINVAL,
		               "common name \"%s\": expected 1 to %d characters of UTF-8", cn,
		               CN_MAX);
	}
	return 0;
}

static int copy_names(X509 *x509, const struct pki_cert *like, struct err *err)
{
	_cleanup_(cleanup_x509) X509 *old = pki_cert_x509(like);
	GENERAL_NAMES *sans;
	bool done;

	if (!old || !X509_set_subject_name(x509, X509_get_subject_name(old)))
		return fail(err, "subject");
	sans = X509_get_ext_d2i(old, NID_subject_alt_name, NULL, NULL);
	done = !sans || X509_add1_ext_i2d(x509, NID_subject_alt_name, sans, 0, 0) == 1;
	GENERAL_NAMES_free(sans);
	return done ? 0 : fail(err, "subject alternative names");
}

static int set_names(X509 *x509, const struct pki_subject *subject, struct err *err)
{
	int r;

	if (subject->like)
		return copy_names(x509, subject->like, err);
	r = set_subject(x509, subject->cn, err);
	return r < 0 ? r : set_sans(x509, subject->sans, err);
}

static int set_extensions(X509 *x509, X509 *issuer, const struct extension *profile,
                          struct err *err)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
	for (; profile->value; profile++) {
		X509_EXTENSION *extension;
		bool done;

		extension = X509V3_EXT_nconf_nid(NULL, &ctx, profile->nid, profile->value);
		done = extension && X509_add_ext(x509, extension, -1);
		X509_EXTENSION_free(extension);
		if (!done)
			return fail(err, OBJ_nid2sn(profile->nid));
	}
	return 0;
}

static int sign(X509 *x509, EVP_PKEY *key, const char *file, struct pki_cert *ret_cert,
                struct err *err)
{
	unsigned char *der = NULL;
	int len, r;

	if (!X509_sign(x509, key, pki_ossl_own_digest(key) ? NULL : EVP_sha256()))
		return fail(err, "signature");
	len = i2d_X509(x509, &der);
	if (len < 0)
		return fail(err, "encoding");
	r = pki_cert_decode(der, (size_t)len, file, 0, ret_cert, err);
	OPENSSL_free(der);
	return r;
}

/* @ca is NULL for a certificate that signs itself with @ca_key. */
static int make(const struct pki_subject *subject, EVP_PKEY *public, const struct pki_cert *ca,
                EVP_PKEY *ca_key, const char *file, struct pki_cert *ret_cert, struct err *err)
{
	_cleanup_(cleanup_x509) X509 *x509 = X509_new(), *ca_x509 = ca ? pki_cert_x509(ca) : NULL;
	X509 *issuer = ca ? ca_x509 : x509;
	int r;

	if (!x509 || !issuer || !X509_set_version(x509, X509_VERSION_3) ||
	    !X509_set_pubkey(x509, public))
		return fail(err, "public key");
	r = set_names(x509, subject, err);
	if (r == 0)
		r = set_serial(x509, err);
	if (r == 0)
		r = set_dates(x509, subject, ca, err);
	if (r == 0 && !X509_set_issuer_name(x509, X509_get_subject_name(issuer)))
		r = fail(err, "issuer");
	if (r == 0)
		r = set_extensions(x509, issuer, ca ? instance_profile : ca_profile, err);
	return r < 0 ? r : sign(x509, ca_key, file, ret_cert, err);
}

int pki_sign_ca(const struct pki_subject *subject, const struct pki_key *key, const char *file,
                struct pki_cert *ret_cert, struct err *err)
{
	_cleanup_(cleanup_pkey) EVP_PKEY *pkey = pki_key_pkey(key);

	if (!pkey)
		return fail(err, "key");
	return make(subject, pkey, NULL, pkey, file, ret_cert, err);
}

int pki_sign_instance(const struct pki_subject *subject, const struct pki_key *key,
                      const struct pki_cert *ca, const struct pki_key *ca_key, const char *file,
                      struct pki_cert *ret_cert, struct err *err)
{
	_cleanup_(cleanup_pkey) EVP_PKEY *pkey = pki_key_pkey(key), *ca_pkey = pki_key_pkey(ca_key);

	if (!pkey || !ca_pkey)
		return fail(err, "key");
	return make(subject, pkey, ca, ca_pkey, file, ret_cert, err);
}

int pki_sign_request(const struct pki_subject *subject, const uint8_t *der, size_t len,
                     const struct pki_cert *ca, const struct pki_key *ca_key, const char *file,
                     struct pki_cert *ret_cert, struct err *err)
{
	_cleanup_(cleanup_pkey) EVP_PKEY *ca_pkey = pki_key_pkey(ca_key);
	_cleanup_(cleanup_x509_req) X509_REQ *request = NULL;
	const unsigned char *at = der;
	EVP_PKEY *public;

	if (!ca_pkey)
		return fail(err, "key");
	request = d2i_X509_REQ(NULL, &at, (long)len);
	public = request ? X509_REQ_get0_pubkey(request) : NULL;
	if (!public || at != der + len)
		return pki_ossl_fail(err, -EINVAL, "not a certificate request");
	if (X509_REQ_verify(request, public) != 1) {
		ERR_clear_error();
		return err_set(err, -EINVAL,
		               "damaged certificate request: its signature is not from its key");
	}
	return make(subject, public, ca, ca_pkey, file, ret_cert, err);
}
