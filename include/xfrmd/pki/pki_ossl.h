/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PKI_PKI_OSSL_H
#define XFRMD_PKI_PKI_OSSL_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/err.h"

struct pki_cert;
struct pki_key;

/* For src/pki only: where OpenSSL's own error world ends, and scope-bound release of its
 * objects. */

/*
 * Fails with "@what: REASON": the first, so the deepest, reason in OpenSSL's error queue, in words; the
 * queue is empty afterwards.
 */
int pki_ossl_fail(struct err *err, int code, const char *what);
/* What was decoded before, for OpenSSL. The caller frees; NULL: it cannot, for lack of memory. */
X509 *pki_cert_x509(const struct pki_cert *cert);
EVP_PKEY *pki_key_pkey(const struct pki_key *key);
/* Whether signatures of the key choose their digest themselves. */
bool pki_ossl_own_digest(const EVP_PKEY *key);

static inline void cleanup_bio(BIO **bio)
{
	BIO_free_all(*bio);
}

static inline void cleanup_pkey(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static inline void cleanup_x509(X509 **cert)
{
	X509_free(*cert);
}

static inline void cleanup_x509_req(X509_REQ **request)
{
	X509_REQ_free(*request);
}

#endif
