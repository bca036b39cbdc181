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

struct swan_log {
	char group[8]; /* "IKE", "CFG", ... */
	int level;
	char ike_name[256]; /* connection, or empty */
	uint32_t ike_id;    /* 0: none */
	char text[512];     /* cut; what is not printable ASCII is replaced */
};
int swan_event_log(const void *message, size_t len, struct swan_log *ret_log);

/*
 * Whether a line of charon's log says why a negotiation fails; *ret_final: it has failed, and no
 * updown event follows. charon goes from the cause to its consequences: of the lines about one
 * attempt the first says the most, also when a final one comes behind it. Pure.
 */
bool swan_failure(const char *text, struct failure *ret_failure, bool *ret_final);
/* What a log line says about how far a negotiation that we began has got. Pure. */
enum swan_progress {
	SWAN_PROGRESS_NONE,     /* nothing */
	SWAN_PROGRESS_SENT,     /* its first message goes out */
	SWAN_PROGRESS_ANSWERED, /* the peer's first message is here */
};
enum swan_progress swan_progress(const char *text);

/*
 * How much a line of charon's own log ("05[IKE] text") matters: false drops noise that our way of
 * using charon makes ('trap not found', 'creating acquire job', ...). @ret_level gets an enum
 * log_level: warning for failures at start and crashes, info for what is no log line, else debug.
 */
bool swan_log_level(const char *line, int *ret_level);

#endif
