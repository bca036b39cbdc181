/* SPDX-License-Identifier: MIT */
#include "xfrmd/ike/reason.h"

#include <stdio.h>
#include <string.h>

/* None has a ": " in it. The manual xfrmd-troubleshooting has them letter by letter. */
static const char *const reasons[] = {
	[REASON_NONE] = "",

	[REASON_NO_RESPONSE] = "no response from the peer",
	[REASON_FELL_SILENT] = "the peer began to negotiate and fell silent",
	[REASON_NO_ROUTE] = "no route to the peer",
	[REASON_NOT_SENT] = "error writing to socket",
	[REASON_UNRESOLVED] = "the peer's address cannot be resolved",
	[REASON_ASKED_AGAIN] = "the peer answers every first message by asking for another",

	[REASON_IKE_PROPOSALS_REFUSED] =
		"the peer accepts none of our ike_proposals, or is starting or shutting down",
	[REASON_IKE_PROPOSALS_UNACCEPTABLE] = "we accept none of the peer's IKE proposals",
	[REASON_NO_COMMON_PROPOSAL] = "no common proposal with the peer",
	[REASON_ESP_PROPOSALS_REFUSED] = "the peer accepts none of our esp_proposals",
	[REASON_INVALID_SYNTAX] = "the peer cannot read our messages",

	[REASON_CERT_REFUSED] = "the peer refused our certificate",
	[REASON_NO_PRIVATE_KEY] = "no private key for our certificate",
	[REASON_UNKNOWN_CA] = "the peer's certificate was not issued by any of our CAs",
	[REASON_CONSTRAINT] = "constraint check failed",
	[REASON_CERT_DATES] =
		"the peer's certificate is expired or not yet valid (or our clock is wrong)",
	[REASON_CERT_EXPIRED] = "the peer's certificate has expired",
	[REASON_CERT_EARLY] = "the peer's certificate is not yet valid",
	[REASON_CA_DATES] = ("the CA of the peer's certificate is expired or not yet valid (or our "
                             "clock is wrong)"),
	[REASON_CA_EXPIRED] = "the CA of the peer's certificate has expired",
	[REASON_CA_EARLY] = "the CA of the peer's certificate is not yet valid",
	[REASON_UNTRUSTED] = "we do not trust the peer's certificate",
	[REASON_REVOKED] = "the peer's certificate is revoked",
	[REASON_UNEXPECTED] = "the peer is none that we expect",

	[REASON_TS_REFUSED] = "the peer does not want IPsec between these two addresses",
	[REASON_TS_UNACCEPTABLE] = "the peer asks for traffic that we do not protect",
	[REASON_NO_ADDITIONAL_SAS] = "the peer accepts no further IPsec SA",
	[REASON_KERNEL_SA] = "the kernel refused the IPsec SA",
	[REASON_KERNEL_SPI] = "the kernel gave no SPI",
	[REASON_NO_CHILD] = "no IPsec SA could be agreed on",
	[REASON_HAS_CHILD] = "charon has an IPsec SA with this peer",

	[REASON_TUNNEL_MODE] = "tunnel mode",
	[REASON_BEET_MODE] = "BEET mode",
	[REASON_UNKNOWN_MODE] = "not transport mode",
	[REASON_IPCOMP] = "IP compression",
	[REASON_NARROW_SELECTORS] = "selectors of one protocol or port",

	[REASON_CLOSED] = "the IKE_SA was closed",
	[REASON_NO_RESULT] = "no result within 30 s",
	[REASON_UNTOLD] = "no reason given",
	[REASON_UNKNOWN_COMMAND] = "charon does not know the command",
	[REASON_MALFORMED_REPLY] = "malformed reply",
	[REASON_OTHER] = "",
};

const char *reason_words(enum reason reason)
{
	return reasons[reason];
}

const char *failure_words(const struct failure *failure, char text[FAILURE_WORDS_MAX])
{
	const char *words = reason_words(failure->reason);

	snprintf(text, FAILURE_WORDS_MAX, "%s%s%s", words, *words && *failure->details ? ": " : "",
	         failure->details);
	return text;
}

bool reason_is_silence(enum reason reason)
{
	return reason >= REASON_NO_RESPONSE && reason <= REASON_UNRESOLVED;
}

struct failure failure_of_words(const char *words)
{
	struct failure failure = {.reason = *words ? REASON_OTHER : REASON_NONE};
	const char *colon = strstr(words, ": "), *details = words;
	size_t len = colon && colon[2] ? (size_t)(colon - words) : strlen(words);

	for (enum reason i = REASON_NONE + 1; i < REASON_OTHER; i++) {
		if (strlen(reasons[i]) != len || memcmp(words, reasons[i], len) != 0)
			continue;
		failure.reason = i;
		details = words[len] ? words + len + 2 : "";
	}
	snprintf(failure.details, sizeof(failure.details), "%s", details);
	return failure;
}

bool failure_alike(const struct failure *a, const struct failure *b)
{
	return a->reason == b->reason && (a->reason != REASON_OTHER || failure_equal(a, b));
}

bool failure_equal(const struct failure *a, const struct failure *b)
{
	return a->reason == b->reason && strcmp(a->details, b->details) == 0;
}

/* What that a certificate is not trusted is a consequence of. */
static bool is_about_certificate(enum reason reason)
{
	return reason >= REASON_UNKNOWN_CA && reason <= REASON_REVOKED &&
	       reason != REASON_UNTRUSTED;
}

bool failure_replaces(const struct failure *failure, const struct failure *first)
{
	return !first->reason ||
	       (first->reason == REASON_UNTRUSTED && is_about_certificate(failure->reason));
}
