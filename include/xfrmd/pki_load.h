/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PKI_LOAD_H
#define XFRMD_PKI_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xfrmd/err.h"
#include "xfrmd/str.h"

/* src/pki is the only user of OpenSSL; its types never leave it. */

/* Bound on one PEM file: some 300 certificates. */
#define PKI_FILE_MAX (1024u * 1024)

/* One certificate. Owned strings; DER for charon. */
struct pki_cert {
	char *file;
	char *subject; /* RFC 2253 one line, most specific first */
	char *issuer;
	char *serial; /* lower-case hexadecimal */
	char fingerprint[65]; /* SHA-256 of the DER, lower-case hexadecimal */
	int64_t not_before, not_after; /* epoch seconds */
	bool is_ca;
	uint8_t *der;
	size_t der_len;
};

struct pki_certs {
	struct pki_cert *items;
	size_t count;
};

/* Everything that charon gets. */
struct pki_bundle {
	struct pki_certs chain; /* instance certificate first, then intermediates */
	struct pki_certs cas;   /* without duplicates, sorted by fingerprint */
	uint8_t *key_der;       /* PKCS#8, cleansed before free */
	size_t key_der_len;
	char key_fingerprint[65]; /* SHA-256 of the public key */
};
void pki_bundle_fini(struct pki_bundle *bundle);
bool pki_bundle_equal(const struct pki_bundle *a, const struct pki_bundle *b);

/*
 * Loads and checks certificate (chain), key and CAs (files or directories of *.pem, *.crt) as of
 * @now (epoch seconds): readable, PEM, key private, unencrypted and of the certificate; signed by
 * a listed CA, through the chain; within its dates; CAs are CAs with the right to sign; weak keys
 * (RSA below 2048 bits) and signatures (MD5, SHA-1). Each problem is added as `file: object: what`.
 * 0, or -EINVAL with problems (the bundle is then empty), or -ENOMEM.
 */
int pki_load(const char *cert_file, const char *key_file, const struct strlist *ca_paths,
	     int64_t now, struct pki_bundle *ret_bundle, struct problems *problems);

/* SHA-256 in lower-case hexadecimal. */
void pki_sha256(const void *data, size_t len, char ret_hex[65]);

#endif
