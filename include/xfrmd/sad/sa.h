/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SAD_SA_H
#define XFRMD_SAD_SA_H

#include "xfrmd/net/pair.h"

/*
 * One entry of the kernel's SAD, as far as it matters to us and without its keys. A value type. What
 * there is to ask about it is asked here: whether it is ours, which way it goes, between whom. Pure.
 */
struct sa {
	struct addr src, dst;
	uint32_t spi; /* host byte order */
	uint32_t reqid;
	uint8_t proto; /* IPPROTO_ESP, ... */
	uint8_t mode;  /* XFRM_MODE_TRANSPORT, ... */
	uint64_t bytes, packets;
	int64_t installed, used; /* epoch seconds, 0: none */
	int64_t rekey, expiry;   /* likewise: soft and hard expiry */
	char algorithm[64];      /* "rfc4106(gcm(aes))-160", "cbc(aes)-128/hmac(sha256)-128" */
};

/* ESP with an SPI that is not reserved, as IKE negotiates it, whoever did. */
bool sa_is_negotiated(const struct sa *sa);
/* Likewise, with @reqid, which marks ours. */
bool sa_is_ours(const struct sa *sa, uint32_t reqid);
/* False: its SPI is taken, and the negotiation is under way. */
bool sa_has_keys(const struct sa *sa);
/* A larval SA that the kernel made for an acquire of a policy with @reqid. */
bool sa_is_larval(const struct sa *sa, uint32_t reqid);

/* Between whom, if it goes out from this host or comes in. */
struct pair sa_pair(const struct sa *sa, bool outbound);
/* The way round in which @knows the pair, outbound first. False: in neither. */
bool sa_find_pair(const struct sa *sa, bool (*knows)(void *ctx, const struct pair *pair), void *ctx,
                  struct pair *ret_pair, bool *ret_outbound);
/* Whether it is between the two, that way. */
bool sa_goes(const struct sa *sa, const struct pair *pair, bool outbound);

/* What the kernel finds an ESP SA by, all else zero. */
struct sa sa_key(const struct pair *pair, bool outbound, uint32_t spi);

#endif
