/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PKI_PKI_LOAD_H
#define XFRMD_PKI_PKI_LOAD_H

#include <stdint.h>

#include "xfrmd/base/err.h"
#include "xfrmd/base/str.h"
#include "xfrmd/pki/pki_cert.h"
#include "xfrmd/pki/pki_key.h"

/* src/pki is the only user of OpenSSL; its types never leave it. */

/* Bound on one PEM file: some 300 certificates. */
#define PKI_FILE_MAX (1024u * 1024)

/* Everything that charon gets. */
struct pki_bundle {
	struct pki_certs chain; /* instance certificate first, then intermediates */
	struct pki_certs cas;   /* without duplicates, sorted by fingerprint */
	struct pki_key key;
};
void pki_bundle_fini(struct pki_bundle *bundle);

/*
 * What pki_load() checks of what it has read, or of what was read from elsewhere; @key_file is the
 * key's name in messages. A CA that is there twice is removed. 0, whatever problems were added, or
 * -ENOMEM.
 */
int pki_check_bundle(const char *key_file, struct pki_bundle *bundle, int64_t now,
                     struct problems *problems);

/*
 * Loads and checks certificate (chain), key and CAs (files or directories of *.pem, *.crt) as of
 * @now (epoch seconds): readable, PEM, key private, unencrypted and of the certificate; signed by
 * a listed CA, through the chain; within its dates; CAs are CAs with the right to sign; weak keys
 * (RSA below 2048 bits) and signatures (MD5, SHA-1). Each problem is added as `file: object: what`.
 * 0, or -EINVAL with problems (the bundle is then empty), or -ENOMEM.
 */
int pki_load(const char *cert_file, const char *key_file, const struct strlist *ca_paths,
             int64_t now, struct pki_bundle *ret_bundle, struct problems *problems);

/*
 * Whether others than root and we decide what these files hold, judged by their owners and modes and
 * those of their folders (trust.h); of the key itself pki_load() tells. To a directory of CAs nobody
 * else may add one. Each problem is added to one of the three lists, which may be the same; a file
 * may be NULL. 0 or -ENOMEM.
 */
int pki_trust(const char *cert_file, const char *key_file, const struct strlist *ca_paths,
              struct problems *cert_problems, struct problems *key_problems,
              struct problems *ca_problems);

/*
 * Reads certificates without judging them: a file, or the *.pem and *.crt files of a directory in
 * the order of their names. They are added behind those in @certs. 0, -EINVAL or -ENOMEM.
 */
int pki_load_certs(const char *path, struct pki_certs *certs, struct problems *problems);
/* Reads a file with one private key: private, unencrypted, PEM. 0, -EINVAL or -ENOMEM. */
int pki_load_key(const char *path, struct pki_key *ret_key, struct problems *problems);

#endif
