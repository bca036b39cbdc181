/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PKI_PKI_ISSUE_H
#define XFRMD_PKI_PKI_ISSUE_H

#include <stdbool.h>
#include <stdint.h>

#include "xfrmd/base/err.h"
#include "xfrmd/base/str.h"
#include "xfrmd/pki/pki_key.h"

struct pki_issue {
	const char *dir; /* existing directory */
	const char *cn;
	struct strlist sans; /* DNS names and IP addresses */
	enum pki_key_type key_type;
	uint32_t days;
	bool force;      /* overwrite */
	const char *csr; /* pki_make_instance: file with a request to sign, NULL for a new key */
	int64_t now;
};
/*
 * Makes ca.key (0600) and ca.pem in the directory: self-signed, CA:TRUE, keyCertSign and cRLSign,
 * SHA-256, random 128-bit serial. Nothing is overwritten without force; files appear whole or not
 * at all, the key first. Negative errno and @err.
 */
int pki_make_ca(const struct pki_issue *issue, struct err *err);
/*
 * Makes instance.key (0600) and instance.pem, signed by ca.pem/ca.key of the same directory:
 * digitalSignature, serverAuth and clientAuth, the SANs. When ca.pem holds several certificates,
 * as in a rotation, the one of ca.key signs. With a request only instance.pem is made.
 */
int pki_make_instance(const struct pki_issue *issue, struct err *err);

#endif
