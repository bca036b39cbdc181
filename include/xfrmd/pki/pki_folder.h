/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PKI_PKI_FOLDER_H
#define XFRMD_PKI_PKI_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "xfrmd/base/err.h"
#include "xfrmd/pki/pki_cert.h"
#include "xfrmd/pki/pki_key.h"

/* A certificate folder: NAME.pem beside NAME.key (0600), with the names ca and instance. */

/* The paths of one certificate and its key. */
struct pki_pair {
	char *cert;
	char *key;
};
int pki_pair_init(struct pki_pair *pair, const char *dir, const char *name, struct err *err);
void pki_pair_fini(struct pki_pair *pair);
/* 0, or -EEXIST and @err naming the key or certificate that is there; @key false: certificate
 * only. */
int pki_pair_check_absent(const struct pki_pair *pair, bool key, struct err *err);
/* Each file as a whole, the key first, so that a certificate never waits for its key. */
int pki_pair_write(const struct pki_pair *pair, const struct pki_key *key,
                   const struct pki_certs *certs, struct err *err);
int pki_key_write(const char *path, const struct pki_key *key, struct err *err);
/* All of @certs into one file. */
int pki_certs_write(const char *path, const struct pki_certs *certs, struct err *err);

/* 0, or negative errno and @err when @dir is no directory. */
int pki_folder_check(const char *dir, struct err *err);

/* A CA that can sign. */
struct pki_authority {
	struct pki_certs certs; /* all that the certificate file holds */
	size_t index;           /* the one of the key */
	struct pki_key key;
};
/*
 * Reads both files; the certificate that belongs to the key must be fit to sign as of @now.
 * Negative errno and @err.
 */
int pki_authority_load(const char *cert_file, const char *key_file, int64_t now,
                       struct pki_authority *ret_authority, struct err *err);
void pki_authority_fini(struct pki_authority *authority);

/* Index of the first of @certs that @key belongs to; 0, -ENOMEM, or -EINVAL and a problem: to none. */
int pki_find_authority(const struct pki_certs *certs, const struct pki_key *key,
                       const char *cert_file, const char *key_file, size_t *ret_index,
                       struct problems *problems);

/* The first of @problems as @err, which are released; returns @code. */
int pki_first_problem(int code, struct problems *problems, struct err *err);

#endif
