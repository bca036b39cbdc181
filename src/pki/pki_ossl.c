/* SPDX-License-Identifier: MIT */
/*
 * The one place that reads OpenSSL's error queue. Whoever sees an OpenSSL call fail asks here for
 * the reason, and so leaves the queue empty for the next caller.
 */
#include "xfrmd/pki/pki_ossl.h"

#include "xfrmd/pki/pki_cert.h"
#include "xfrmd/pki/pki_key.h"

int pki_ossl_fail(struct err *err, int code, const char *what)
{
	unsigned long error = ERR_get_error();
	const char *reason = error ? ERR_reason_error_string(error) : NULL;

	ERR_clear_error();
	return err_set(err, code, "%s: %s", what, reason ? reason : "OpenSSL gives no reason");
}

X509 *pki_cert_x509(const struct pki_cert *cert)
{
	const unsigned char *at = cert->der;

	return d2i_X509(NULL, &at, (long)cert->der_len);
}

EVP_PKEY *pki_key_pkey(const struct pki_key *key)
{
	const unsigned char *at = key->der;
	EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &at, (long)key->der_len);

	if (pkey)
		ERR_clear_error();
	return pkey;
}

bool pki_ossl_own_digest(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448");
}
