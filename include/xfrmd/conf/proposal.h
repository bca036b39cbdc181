/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CONF_PROPOSAL_H
#define XFRMD_CONF_PROPOSAL_H

#include <stddef.h>

#include "xfrmd/base/err.h"

enum proposal_kind {
	PROPOSAL_IKE,
	PROPOSAL_ESP,
};

/*
 * Checks one proposal in strongSwan's notation ("aes128-sha256-modp2048", "aes128gcm16") before
 * charon sees it: known algorithm keywords, an encryption, integrity unless AEAD, for IKE also a
 * PRF (given, or implied by the integrity algorithm) and a key exchange group, to which further ones
 * may come ("ke1_mlkem768"). Which of the rarer ones a charon can do only that charon knows. Null encryption,
 * DES, MD5 and groups below 2048 bits are refused as weak. 0, or -EINVAL and @err, whose sentence
 * says what was found and what is expected.
 */
int proposal_check(enum proposal_kind kind, const char *text, struct err *err);

/* The length of the "ke1_" (to 7) by which a keyword names a further key exchange, or 0. */
size_t proposal_further_prefix(const char *keyword);

#endif
