/* SPDX-License-Identifier: MIT */
/*
 * One X.509 certificate, from DER to a plain value that needs no OpenSSL to be read, compared or
 * printed. Names come out with every byte outside printable ASCII escaped, so that a hostile
 * certificate cannot write to the terminal or forge a log line. Says nothing about trust.
 */
#include "xfrmd/pki/pki_cert.h"

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xfrmd/base/array.h"
#include "xfrmd/pki/pki_ossl.h"

#define DAY_S 86400

int pki_sha256(const void *data, size_t len, char ret_hex[65])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	if (!SHA256(data, len, digest)) {
		ERR_clear_error();
		return -ENOMEM;
	}
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", digest[i]);
	return 0;
}

const char *pki_time_format(int64_t time, char text[PKI_TIME_TEXT_MAX])
{
	time_t seconds = (time_t)time;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) ||
	    !strftime(text, PKI_TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(text, PKI_TIME_TEXT_MAX, "%lld", (long long)time);
	return text;
}

const char *pki_cert_label(const struct pki_cert *cert, char *text, size_t size)
{
	if (cert->number)
		snprintf(text, size, "%s: certificate %u", cert->file, cert->number);
	else
		snprintf(text, size, "%s", cert->file);
	return text;
}

int64_t pki_cert_days_left(const struct pki_cert *cert, int64_t now)
{
	int64_t seconds = cert->not_after - now;

	return seconds >= 0 ? seconds / DAY_S : -((-seconds + DAY_S - 1) / DAY_S);
}

/* The content of a memory BIO as an owned string of printable ASCII. NULL when out of memory. */
static char *take_text(BIO *bio)
{
	char *data, *text;
	long len;

	len = BIO_get_mem_data(bio, &data);
	if (len < 0)
		return NULL;
	text = malloc((size_t)len + 1);
	if (!text)
		return NULL;
	for (long i = 0; i < len; i++)
		text[i] = data[i] >= 0x20 && data[i] <= 0x7e ? data[i] : '?';
	text[len] = '\0';
	return text;
}

static char *name_text(const X509_NAME *name)
{
	_cleanup_(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());

	if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
		return NULL;
	return take_text(bio);
}

static char *serial_text(const ASN1_INTEGER *serial)
{
	char *text = malloc(2 * (size_t)serial->length + 1);

	if (!text)
		return NULL;
	text[0] = '\0';
	for (int i = 0; i < serial->length; i++)
		snprintf(text + 2 * i, 3, "%02x", serial->data[i]);
	return text;
}

static char *key_text(X509 *x509)
{
	EVP_PKEY *key = X509_get0_pubkey(x509);
	const char *name = key ? EVP_PKEY_get0_type_name(key) : NULL;
	char group[64], text[96];

	if (!name) {
		snprintf(text, sizeof(text), "unknown");
	} else if (EVP_PKEY_is_a(key, "EC") &&
	           EVP_PKEY_get_group_name(key, group, sizeof(group), NULL)) {
		const char *nist = EC_curve_nid2nist(OBJ_sn2nid(group));

		snprintf(text, sizeof(text), "EC %s", nist ? nist : group);
	} else if (EVP_PKEY_is_a(key, "RSA")) {
		snprintf(text, sizeof(text), "RSA %d", EVP_PKEY_get_bits(key));
	} else {
		snprintf(text, sizeof(text), "%s", name);
	}
	return strdup(text);
}

static int read_sans(X509 *x509, struct strlist *sans)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	int r = 0;

	for (int i = 0; r == 0 && i < sk_GENERAL_NAME_num(names); i++) {
		_cleanup_(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
		_cleanup_(cleanup_free) char *text = NULL;

		if (bio && GENERAL_NAME_print(bio, sk_GENERAL_NAME_value(names, i)))
			text = take_text(bio);
		r = text ? strlist_add(sans, text) : -ENOMEM;
	}
	GENERAL_NAMES_free(names);
	return r;
}

static int read_time(const ASN1_TIME *time, int64_t *ret_time)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(time, &tm))
		return -EINVAL;
	*ret_time = timegm(&tm);
	return 0;
}

static int read_fields(X509 *x509, struct pki_cert *cert)
{
	cert->subject = name_text(X509_get_subject_name(x509));
	cert->issuer = name_text(X509_get_issuer_name(x509));
	cert->serial = serial_text(X509_get0_serialNumber(x509));
	cert->key = key_text(x509);
	cert->signature = strdup(OBJ_nid2ln(X509_get_signature_nid(x509)));
	if (!cert->subject || !cert->issuer || !cert->serial || !cert->key || !cert->signature)
		return -ENOMEM;
	cert->is_ca = X509_get_extension_flags(x509) & EXFLAG_CA;
	cert->self_signed = X509_self_signed(x509, 1) == 1;
	return read_sans(x509, &cert->sans);
}

int pki_cert_decode(const uint8_t *der, size_t len, const char *file, unsigned number,
                    struct pki_cert *ret_cert, struct err *err)
{
	_cleanup_(cleanup_x509) X509 *x509 = NULL;
	struct pki_cert cert = {.number = number};
	const unsigned char *at = der;
	int r;

	x509 = d2i_X509(NULL, &at, (long)len);
	if (!x509)
		return pki_ossl_fail(err, -EINVAL, "not an X.509 certificate");
	if (at != der + len)
		return err_set(err, -EINVAL, "%zu bytes behind the end of the certificate",
		               (size_t)(der + len - at));
	if (read_time(X509_get0_notBefore(x509), &cert.not_before) < 0 ||
	    read_time(X509_get0_notAfter(x509), &cert.not_after) < 0) {
		ERR_clear_error();
		return err_set(err, -EINVAL, "malformed date of validity");
	}
	r = read_fields(x509, &cert);
	/* details that could not be read, such as an unknown kind of key, are no error here */
	ERR_clear_error();
	cert.file = strdup(file);
	cert.der = malloc(len);
	if (r == 0)
		r = cert.file && cert.der ? pki_sha256(der, len, cert.fingerprint) : -ENOMEM;
	if (r < 0) {
		pki_cert_fini(&cert);
		return err_set(err, r, "out of memory");
	}
	memcpy(cert.der, der, len);
	cert.der_len = len;
	*ret_cert = cert;
	return 0;
}

void pki_cert_fini(struct pki_cert *cert)
{
	if (!cert)
		return;
	free(cert->file);
	free(cert->subject);
	free(cert->issuer);
	free(cert->serial);
	free(cert->key);
	free(cert->signature);
	strlist_fini(&cert->sans);
	free(cert->der);
	*cert = (struct pki_cert){0};
}

int pki_certs_add(struct pki_certs *certs, struct pki_cert *cert)
{
	if (array_grow(&certs->items, certs->count, sizeof(*cert)) < 0)
		return -ENOMEM;
	certs->items[certs->count++] = *cert;
	*cert = (struct pki_cert){0};
	return 0;
}

bool pki_certs_has(const struct pki_certs *certs, const struct pki_cert *cert)
{
	for (size_t i = 0; i < certs->count; i++)
		if (strcmp(certs->items[i].fingerprint, cert->fingerprint) == 0)
			return true;
	return false;
}

void pki_certs_fini(struct pki_certs *certs)
{
	if (!certs)
		return;
	for (size_t i = 0; i < certs->count; i++)
		pki_cert_fini(&certs->items[i]);
	free(certs->items);
	*certs = (struct pki_certs){0};
}
