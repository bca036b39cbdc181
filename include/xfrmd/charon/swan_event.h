/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_SWAN_EVENT_H
#define XFRMD_CHARON_SWAN_EVENT_H

#include "xfrmd/ike/reason.h"
#include "xfrmd/net/pair.h"

/*
 * What charon's VICI events say, as values. Pure: message bytes in, struct out; -EBADMSG when the
 * message is malformed or a field that we need is missing.
 */
struct swan_child {
	uint32_t id;              /* uniqueid of the CHILD_SA */
	bool installed;           /* INSTALLED or REKEYING; then both SPIs are there */
	uint32_t spi_in, spi_out; /* host byte order */
	uint32_t age_s;           /* since it was installed */
	enum reason unlike;       /* why it is none of those that we negotiate, or NONE */
};

#define SWAN_CHILDREN_MAX 16
struct swan_ike {
	char name[256];   /* of the connection */
	uint32_t id;      /* uniqueid of the IKE_SA */
	struct pair pair; /* AF_UNSPEC: not known yet */
	bool established; /* and not replaced or being deleted */
	bool asked;       /* child-updown: by us, whoever began the IKE_SA */
	struct swan_child children[SWAN_CHILDREN_MAX]; /* those beyond are left out */
	size_t child_count;
};

/* ike-updown and child-updown, where @ret_up (NULL: not wanted) tells which way; list-sa, which
 * has no direction. */
int swan_event_sa(const void *message, size_t len, bool *ret_up, struct swan_ike *ret_ike);

/* child-rekey: the CHILD_SA ids of one IKE_SA. */
struct swan_child_rekey {
	struct pair pair;
	uint32_t ike_id;
	uint32_t old_child_id, new_child_id;
	uint32_t new_spi_in, new_spi_out; /* host byte order */
	bool asked;                       /* by us, whoever began the IKE_SA */
	enum reason new_unlike;           /* as of a swan_child */
};
int swan_event_child_rekey(const void *message, size_t len, struct swan_child_rekey *ret_rekey);
/* ike-rekey: the IKE_SA ids. */
int swan_event_ike_rekey(const void *message, size_t len, uint32_t *ret_old_id,
                         uint32_t *ret_new_id);

/* list-cert: the DER of one X.509 certificate, borrowed from the message. -ENOENT: something
 * else. */
int swan_event_cert(const void *message, size_t len, const void **ret_der, size_t *ret_len);

#endif
