/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_REASONS_H
#define XFRMD_CHARON_REASONS_H

#include "xfrmd/charon/swan_alert.h"
#include "xfrmd/charon/swan_log.h"
#include "xfrmd/pki/pki_load.h"

/*
 * Why negotiations fail: charon's log lines, and its alerts where it has them, gathered for each IKE_SA,
 * and explained with what we know of our own certificates. Pure. Zero state: fresh.
 *
 * Names are spelled as pki_cert has them. Dates take charon to print
 * UTC, as xfrmd starts it.
 */

/* Longest name of a certificate that is shown; of longer ones the beginning. */
#define REASONS_NAME_MAX 64
/* IKE_SAs of which something is remembered; when more negotiate at once, the oldest say less. */
#define REASONS_TRAILS   64

/* What charon has told of one IKE_SA. */
struct reason_trail {
	uint32_t ike_id;                /* 0: unused */
	struct pair pair;               /* AF_UNSPEC: nothing was sent yet */
	char subject[REASONS_NAME_MAX]; /* the certificate that is being checked */
	char issuer[REASONS_NAME_MAX];  /* whose signature it has; empty: not found yet */
	bool own;             /* it is ours: hosts may have the same name, then it is tried first */
	char offered[160];    /* proposals of the peer */
	unsigned asked;       /* for certificates of how many CAs, at least */
	unsigned asked_own;   /* of these, those with the name of our CA */
	struct failure spare; /* what is wrong with ours, when no other is tried */
	struct failure hint;  /* begun by the peer: why it is failing */
	bool nameless;        /* we answered without our identity */
	struct failure alert; /* begun by the peer: the same, by an alert */
	bool alerted;         /* it has failed indeed */
	bool told;
};

struct reasons {
	struct reason_trail trails[REASONS_TRAILS];
	size_t next;
};

struct failed_negotiation {
	struct failure failure;
	bool final;       /* no event follows: swan_failure() */
	bool ours;        /* we began it */
	struct pair pair; /* its two ends */
};

/*
 * Takes one line. True: there is something to tell. Of negotiations that we began that is each line
 * with a reason, in charon's order; of those that a peer began the first reason, once, when charon
 * has answered that it failed. @own: what charon has from us; @now: epoch seconds, asked only of a line
 * with a reason, which most have not.
 */
bool reasons_take(struct reasons *reasons, const struct swan_log *line,
                  const struct pki_bundle *own, int64_t (*now)(void),
                  struct failed_negotiation *ret_failed);
/* Takes one alert. True: it is about a negotiation that we began, and tells why it will have failed if
 * no line does. */
bool reasons_take_alert(struct reasons *reasons, const struct swan_alert *alert,
                        const struct pki_bundle *own, int64_t now,
                        struct failed_negotiation *ret_failed);

#endif
