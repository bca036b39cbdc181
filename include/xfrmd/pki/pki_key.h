/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PKI_PKI_KEY_H
#define XFRMD_PKI_PKI_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "xfrmd/base/err.h"

enum pki_key_type {
	PKI_KEY_RSA3072,
	PKI_KEY_RSA4096,
	PKI_KEY_EC256,
	PKI_KEY_EC384,
	PKI_KEY_ED25519,
};
/* "rsa3072", "rsa4096", "ec256", "ec384", "ed25519". 0 or -EINVAL. */
int pki_key_type_parse(const char *text, enum pki_key_type *ret_type);

/* One private key. pki_key_fini() cleanses it. */
struct pki_key {
	uint8_t *der; /* PKCS#8 */
	size_t der_len;
	char fingerprint[65]; /* SHA-256 of the public key */
};
/*
 * From exactly @len bytes of unencrypted DER: PKCS#8, PKCS#1 or SEC 1. 0, or -EINVAL and @err
 * (a reason without object), or -ENOMEM.
 */
int pki_key_decode(const uint8_t *der, size_t len, struct pki_key *ret_key, struct err *err);
/* A fresh key; needs the system's random numbers. Negative errno and @err. */
int pki_key_generate(enum pki_key_type type, struct pki_key *ret_key, struct err *err);
void pki_key_fini(struct pki_key *key);

#endif
