/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PKI_PKI_PEM_H
#define XFRMD_PKI_PKI_PEM_H

#include <stddef.h>
#include <stdint.h>

#include "xfrmd/base/err.h"
#include "xfrmd/pki/pki_cert.h"
#include "xfrmd/pki/pki_key.h"

/*
 * The content of one PEM file, every problem added as `FILE: what` or `FILE: line N: what`.
 * Accepted: CRLF, leading and trailing blanks (pasted YAML), a byte order mark, `#` comments, and
 * explanatory text before the first block (as `openssl ca` writes it). 0, or -EINVAL with problems,
 * or -ENOMEM.
 *
 * pki_pem_certs: one or more certificates and nothing else, added behind those in @certs (which
 * then holds what could be read, also on failure).
 * pki_pem_key: exactly one unencrypted private key.
 * pki_pem_request: exactly one certificate request, as DER that the caller frees.
 */
int pki_pem_certs(const char *file, const char *data, size_t len, struct pki_certs *certs,
                  struct problems *problems);
int pki_pem_key(const char *file, const char *data, size_t len, struct pki_key *ret_key,
                struct problems *problems);
int pki_pem_request(const char *file, const char *data, size_t len, uint8_t **ret_der,
                    size_t *ret_len, struct problems *problems);

/* One block as text, 0 or -ENOMEM; the caller frees, and cleanses when it is a key. */
int pki_pem_format(const char *label, const uint8_t *der, size_t len, char **ret_text);

#endif
