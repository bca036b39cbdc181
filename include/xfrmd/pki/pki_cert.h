/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PKI_PKI_CERT_H
#define XFRMD_PKI_PKI_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xfrmd/base/err.h"
#include "xfrmd/base/str.h"

/* One certificate as a plain value. Owned strings, all printable ASCII; DER for charon. */
struct pki_cert {
	char *file;
	unsigned number; /* position in its file from 1, or 0 when it is the only one */
	char *subject;   /* RFC 2253 one line, most specific first */
	char *issuer;
	char *serial;                  /* lower-case hexadecimal */
	char fingerprint[65];          /* SHA-256 of the DER, lower-case hexadecimal */
	int64_t not_before, not_after; /* epoch seconds */
	bool is_ca;
	bool self_signed;
	char *key;           /* "RSA 3072", "EC P-256", "ED25519" */
	char *signature;     /* "sha256WithRSAEncryption" */
	struct strlist sans; /* "DNS:a.example", "IP:10.0.0.1" */
	uint8_t *der;
	size_t der_len;
};
/*
 * From exactly @len bytes of DER. @file and @number say where it stands. 0, or -EINVAL and @err
 * (a reason without object), or -ENOMEM.
 */
int pki_cert_decode(const uint8_t *der, size_t len, const char *file, unsigned number,
                    struct pki_cert *ret_cert, struct err *err);
void pki_cert_fini(struct pki_cert *cert);

struct pki_certs {
	struct pki_cert *items;
	size_t count;
};
/* Moves the content of @cert to the end of the list. On -ENOMEM the caller still owns it. */
int pki_certs_add(struct pki_certs *certs, struct pki_cert *cert);
/* Whether a certificate with the same fingerprint is in the list. */
bool pki_certs_has(const struct pki_certs *certs, const struct pki_cert *cert);
void pki_certs_fini(struct pki_certs *certs);

/* `FILE`, or `FILE: certificate N` when the file holds several. Returns @text. */
const char *pki_cert_label(const struct pki_cert *cert, char *text, size_t size);
/* Whole days until the end of validity, rounded down; negative when that has passed. */
int64_t pki_cert_days_left(const struct pki_cert *cert, int64_t now);

#define PKI_TIME_TEXT_MAX 32
/* "2027-01-31T09:00:00Z". Returns @text. */
const char *pki_time_format(int64_t time, char text[PKI_TIME_TEXT_MAX]);

/* SHA-256 in lower-case hexadecimal. 0 or -ENOMEM. */
int pki_sha256(const void *data, size_t len, char ret_hex[65]);

#endif
