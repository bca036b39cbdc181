/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PKI_PKI_CHECK_H
#define XFRMD_PKI_PKI_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "xfrmd/base/err.h"
#include "xfrmd/pki/pki_cert.h"
#include "xfrmd/pki/pki_key.h"

/*
 * Pure checks of parsed certificates as of @now (epoch seconds). Each problem is one sentence:
 * `FILE: what is wrong: what was found, expected what`.
 */

/* As a CA: CA:TRUE, the right to sign, dates, strength of key and signature. 0 or -ENOMEM. */
int pki_check_ca(const struct pki_cert *ca, int64_t now, struct problems *problems);

/*
 * As the certificate of a host, with the intermediates behind it: dates, strength, key usage, the
 * order of the chain, and that it leads through valid signatures to a self-signed one of @cas.
 * 0 or -ENOMEM.
 */
int pki_check_chain(const struct pki_certs *chain, const struct pki_certs *cas, int64_t now,
                    struct problems *problems);

/* Index of the first of @certs that @key belongs to, or their number. 0 or -ENOMEM. */
int pki_find_owner(const struct pki_certs *certs, const struct pki_key *key, size_t *ret_index);
/* That @key, read from @key_file, belongs to the first of @chain. 0 or -ENOMEM. */
int pki_check_key(const struct pki_certs *chain, const struct pki_key *key, const char *key_file,
                  struct problems *problems);

/*
 * The certificate among @candidates whose name is the issuer of @cert and whose key made its
 * signature, the self-signed one when several did; NULL when there is none. *ret_named tells
 * whether one has the name at least. 0 or -ENOMEM.
 */
int pki_find_signer(const struct pki_cert *cert, const struct pki_certs *candidates,
                    const struct pki_cert **ret_signer, bool *ret_named);

#endif
