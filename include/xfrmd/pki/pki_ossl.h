/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PKI_PKI_OSSL_H
#define XFRMD_PKI_PKI_OSSL_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stddef.h>

#include "xfrmd/base/cleanup.h"

/* For src/pki only: where OpenSSL's own error world ends, and scope-bound release of its
 * objects. */

/*
 * The first, so the deepest, reason in OpenSSL's error queue, in words; the queue is empty
 * afterwards. Returns @text.
 */
const char *pki_ossl_reason(char *text, size_t size);

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
