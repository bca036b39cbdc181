/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_IKE_REASON_H
#define XFRMD_IKE_REASON_H

#include <stdbool.h>

/*
 * Why a negotiation failed: a value, which becomes words only where somebody reads it, and is found
 * again from the words of a document. Pure.
 */
enum reason {
	REASON_NONE, /* it did not fail */

	/* silence */
	REASON_NO_RESPONSE,
	REASON_FELL_SILENT,
	REASON_NO_ROUTE,
	REASON_NOT_SENT,
	REASON_UNRESOLVED,
	REASON_ASKED_AGAIN,

	/* proposals: REFUSED is what the peer does, UNACCEPTABLE what we find */
	REASON_IKE_PROPOSALS_REFUSED,
	REASON_IKE_PROPOSALS_UNACCEPTABLE,
	REASON_NO_COMMON_PROPOSAL,
	REASON_ESP_PROPOSALS_REFUSED,
	REASON_INVALID_SYNTAX,

	/* certificates: ours as the peer sees it, then those of the peer and of its CA */
	REASON_CERT_REFUSED,
	REASON_NO_PRIVATE_KEY,
	REASON_UNKNOWN_CA,
	REASON_CONSTRAINT,
	REASON_CERT_DATES,
	REASON_CERT_EXPIRED,
	REASON_CERT_EARLY,
	REASON_CA_DATES,
	REASON_CA_EXPIRED,
	REASON_CA_EARLY,
	REASON_UNTRUSTED,
	REASON_REVOKED,
	REASON_UNEXPECTED,

	/* CHILD_SAs */
	REASON_TS_REFUSED,
	REASON_TS_UNACCEPTABLE,
	REASON_NO_ADDITIONAL_SAS,
	REASON_KERNEL_SA,
	REASON_KERNEL_SPI,
	REASON_NO_CHILD,
	REASON_HAS_CHILD,

	/* CHILD_SAs that the kernel would find for packets that they do not fit */
	REASON_TUNNEL_MODE,
	REASON_BEET_MODE,
	REASON_UNKNOWN_MODE,
	REASON_IPCOMP,
	REASON_NARROW_SELECTORS,

	/* the IKE_SA, and charon's own ends */
	REASON_CLOSED,
	REASON_NO_RESULT,
	REASON_UNTOLD,
	REASON_UNKNOWN_COMMAND,
	REASON_MALFORMED_REPLY,
	REASON_OTHER, /* all its words are details */
};
#define REASON_COUNT (REASON_OTHER + 1)

/* Static, the same for all peers that it is wrong with; empty: of NONE and OTHER. */
const char *reason_words(enum reason reason);
/* The peer has not said anything, or not in the end. */
bool reason_is_silence(enum reason reason);

/* Sizes; what is longer is cut. */
#define FAILURE_DETAILS_MAX 320
#define FAILURE_WORDS_MAX   384

struct failure {
	enum reason reason;
	char details[FAILURE_DETAILS_MAX]; /* names and dates of this peer; may be empty */
};

/* The words, and behind ": " the details; empty without a failure. Returns @text. */
const char *failure_words(const struct failure *failure, char text[FAILURE_WORDS_MAX]);
/* The other way: failure_words() of it is @words again. */
struct failure failure_of_words(const char *words);
/* The same is wrong, whatever the details. */
bool failure_alike(const struct failure *a, const struct failure *b);
bool failure_equal(const struct failure *a, const struct failure *b);
/* Whether it takes the place of @first, which was told before: causes are told before their
 * consequences, but two lines of charon may come in the other order, since its threads send them. */
bool failure_replaces(const struct failure *failure, const struct failure *first);

#endif
