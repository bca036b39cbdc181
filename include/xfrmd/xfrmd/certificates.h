/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_CERTIFICATES_H
#define XFRMD_XFRMD_CERTIFICATES_H

#include "xfrmd/xfrmd/parts.h"

/* Expiry of certificates: ours, the CAs', and those of peers, which are learned from charon. */
extern const struct part certificates_part;
/* Logs now and once a day. @daemon: a struct daemon, so that this may be a callback. */
void certificates_log(void *daemon);
void certificates_on_peer_up(struct daemon *daemon);
/* A negotiator_callbacks one. */
void certificates_on_cert(void *ctx, const void *der, size_t len);

/* Every certificate that matters, from 0 on; NULL: there are no more. *ret_role: "instance", "ca",
 * "peer". */
const struct pki_cert *certificates_at(const struct daemon *daemon, size_t i,
                                       const char **ret_role);

#endif
