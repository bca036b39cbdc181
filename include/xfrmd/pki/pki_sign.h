/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PKI_PKI_SIGN_H
#define XFRMD_PKI_PKI_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "xfrmd/base/err.h"
#include "xfrmd/base/str.h"
#include "xfrmd/pki/pki_cert.h"
#include "xfrmd/pki/pki_key.h"

/* Certificates begin this long before they are made: hosts whose clock is a little behind. */
#define PKI_CLOCK_TOLERANCE_S 300

/* What a new certificate says. */
struct pki_subject {
	const char *cn;              /* 1 to 64 characters of UTF-8 */
	const struct strlist *sans;  /* DNS names and IP addresses; NULL for none */
	const struct pki_cert *like; /* not NULL: names as in this one, instead of both above */
	uint32_t days;
	int64_t now;
};

/*
 * New certificates as values, nothing is written; @file is the name they will have. SHA-256 (but
 * for Ed25519), random 128-bit serial, SKI and AKI. Negative errno and @err.
 *
 * pki_sign_ca: self-signed, CA:TRUE, path length 0 (it signs hosts, never another CA, so a stolen
 * instance key can never become one), keyCertSign and cRLSign.
 * pki_sign_instance: digitalSignature, serverAuth and clientAuth, the SANs; ends with its CA when
 * that comes first.
 * pki_sign_request: the same, for the public key of a PKCS#10 request (@der), whose signature
 * proves that somebody has the private key. Only the key is taken from it, none of its names.
 */
int pki_sign_ca(const struct pki_subject *subject, const struct pki_key *key, const char *file,
                struct pki_cert *ret_cert, struct err *err);
int pki_sign_instance(const struct pki_subject *subject, const struct pki_key *key,
                      const struct pki_cert *ca, const struct pki_key *ca_key, const char *file,
                      struct pki_cert *ret_cert, struct err *err);
int pki_sign_request(const struct pki_subject *subject, const uint8_t *der, size_t len,
                     const struct pki_cert *ca, const struct pki_key *ca_key, const char *file,
                     struct pki_cert *ret_cert, struct err *err);

#endif
