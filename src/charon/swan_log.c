/* SPDX-License-Identifier: MIT */
/* Two tables that turn the lines of charon's log (strongSwan 5.9 to 6.1) into reasons and levels. */
#include "xfrmd/charon/swan_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/log.h"
#include "xfrmd/base/str.h"

/* "<NAME|12> " or "<12> "; what follows it, or NULL if it is none. */
static const char *take_ike_sa(const char *text, struct swan_log *log)
{
	size_t len = strcspn(text, ">");
	char ike_sa[sizeof(log->ike_name) + sizeof("|4294967295")];
	char *bar, *id = ike_sa;
	uint64_t number;

	if (text[0] != '<' || text[len] != '>' || text[len + 1] != ' ' || len > sizeof(ike_sa))
		return NULL;
	snprintf(ike_sa, sizeof(ike_sa), "%.*s", (int)len - 1, text + 1);
	bar = strrchr(ike_sa, '|');
	if (bar) {
		*bar = '\0';
		id = bar + 1;
	}
	if (str_parse_u64(id, 1, UINT32_MAX, &number) < 0 ||
	    (bar && bar - ike_sa >= (ptrdiff_t)sizeof(log->ike_name)))
		return NULL;
	log->ike_id = (uint32_t)number;
	if (bar)
		memcpy(log->ike_name, ike_sa, (size_t)(bar - ike_sa) + 1);
	return text + len + 2;
}

int swan_log_parse(const char *line, struct swan_log *ret_log)
{
	struct swan_log log = {0};
	const char *text, *rest;
	char thread[6];
	int len = 0;

	sscanf(line, "%5[0-9][%3[A-Z]]%n", thread, log.group, &len);
	if (!len || line[len] != ' ')
		return -EBADMSG;
	log.thread = (unsigned)strtoul(thread, NULL, 10);
	text = line + len + 1;
	rest = take_ike_sa(text, &log);
	snprintf(log.text, sizeof(log.text), "%s", rest ? rest : text);
	*ret_log = log;
	return 0;
}

/*
 * Beginnings of lines: identities that a peer chooses come later in them. The first match counts.
 * FINAL stands where charon gives up and sends no event: a CHILD_SA that was not made leaves the IKE_SA
 * as it was, and an IKE_SA that never got an answer vanishes. Every other failure ends in an
 * ike-updown event. "signature validation failed, looking for another key" is no reason: charon
 * tries the keys of all certificates with the peer's name, and all hosts have the same one.
 */
static const struct {
	const char *start;
	enum reason reason;
	enum { LINE_HINT, LINE_DETAILED, LINE_FINAL } kind; /* DETAILED: what follows tells more */
} lines[] = {
	{"establishing IKE_SA failed, peer not responding", REASON_NO_RESPONSE, LINE_FINAL},
	{"deleting half open IKE_SA ", REASON_FELL_SILENT, LINE_HINT},
	{"error writing to socket: Network is unreachable", REASON_NO_ROUTE, LINE_HINT},
	{"error writing to socket: ", REASON_NOT_SENT, LINE_DETAILED},
	/* The address was no address: `initiate` itself is refused. */
	{"unable to resolve ", REASON_UNRESOLVED, LINE_FINAL},
	/* of IKE_SA_INIT: cookies, or another group */
	{"giving up after 5 retries", REASON_ASKED_AGAIN, LINE_FINAL},

	/* IKE proposals; the first as initiator, the others as responder. */
	{"received NO_PROPOSAL_CHOSEN notify error", REASON_IKE_PROPOSALS_REFUSED, LINE_HINT},
	{"received proposals unacceptable", REASON_IKE_PROPOSALS_UNACCEPTABLE, LINE_HINT},
	{"no acceptable proposal found", REASON_NO_COMMON_PROPOSAL, LINE_HINT},
	{"received INVALID_SYNTAX notify error", REASON_INVALID_SYNTAX, LINE_HINT},

	/* Certificates: how the peer sees ours, then how we see the peer's. */
	{"received AUTHENTICATION_FAILED notify error", REASON_CERT_REFUSED, LINE_HINT},
	{"no private key found for ", REASON_NO_PRIVATE_KEY, LINE_HINT},
	{"constraint check failed: peer not authenticated by CA ", REASON_UNKNOWN_CA, LINE_HINT},
	{"constraint check failed: ", REASON_CONSTRAINT, LINE_DETAILED},
	/* of the certificate that the line before names */
	{"  issuer is ", REASON_UNKNOWN_CA, LINE_HINT},
	{"  self-signed certificate ", REASON_UNKNOWN_CA, LINE_HINT},
	{"subject certificate invalid (valid from ", REASON_CERT_DATES, LINE_HINT},
	{"issuer certificate invalid (valid from ", REASON_CA_DATES, LINE_HINT},
	{"no trusted ", REASON_UNTRUSTED, LINE_HINT},
	{"certificate was revoked on ", REASON_REVOKED, LINE_HINT},
	{"no matching peer config found", REASON_UNEXPECTED, LINE_HINT},

	/* CHILD_SAs. */
	{"received NO_PROPOSAL_CHOSEN notify, no CHILD_SA built", REASON_ESP_PROPOSALS_REFUSED,
         LINE_FINAL},
	{"received TS_UNACCEPTABLE notify, no CHILD_SA built", REASON_TS_REFUSED, LINE_FINAL},
	{"received NO_ADDITIONAL_SAS notify, no CHILD_SA built", REASON_NO_ADDITIONAL_SAS,
         LINE_FINAL},
	{"IDr payload missing", REASON_NO_CHILD, LINE_HINT},
	{"no acceptable traffic selectors found", REASON_TS_UNACCEPTABLE, LINE_HINT},
	{"traffic selectors ", REASON_TS_UNACCEPTABLE, LINE_HINT},
	{"unable to install ", REASON_KERNEL_SA, LINE_HINT},
	/* of 6.x; of 5.9 "SPIs" */
	{"unable to allocate SPI", REASON_KERNEL_SPI, LINE_HINT},
	/* Follows every CHILD_SA failure, as initiator and as responder. */
	{"failed to establish CHILD_SA, keeping IKE_SA", REASON_NO_CHILD, LINE_FINAL},
	{"not establishing CHILD_SA ", REASON_HAS_CHILD, LINE_FINAL},
};

static bool begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* What stands in a message says it where charon has no other line. */
static enum reason reason_in_message(const char *text)
{
	/* the one who began did not like what we answered, and has the IKE_SA already */
	if (begins_with(text, "parsed INFORMATIONAL request ") && strstr(text, " N(AUTH_FAILED) "))
		return REASON_CERT_REFUSED;
	/* a 6.0 that could not make the CHILD_SA leaves out its identity: who began only misses that */
	if (!begins_with(text, "parsed IKE_AUTH response ") || strstr(text, " IDr "))
		return REASON_NONE;
	if (strstr(text, " N(NO_PROP) "))
		return REASON_ESP_PROPOSALS_REFUSED;
	return strstr(text, " N(TS_UNACCEPT) ") ? REASON_TS_REFUSED : REASON_NONE;
}

bool swan_failure(const char *text, struct failure *ret_failure, bool *ret_final)
{
	struct failure failure = {.reason = reason_in_message(text)};

	if (failure.reason) {
		*ret_failure = failure;
		*ret_final = false;
		return true;
	}
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!begins_with(text, lines[i].start))
			continue;
		failure.reason = lines[i].reason;
		if (lines[i].kind == LINE_DETAILED)
			snprintf(failure.details, sizeof(failure.details), "%s",
			         text + strlen(lines[i].start));
		*ret_failure = failure;
		*ret_final = lines[i].kind == LINE_FINAL;
		return true;
	}
	return false;
}

enum swan_progress swan_progress(const char *text)
{
	if (begins_with(text, "generating IKE_SA_INIT request "))
		return SWAN_PROGRESS_SENT;
	if (begins_with(text, "parsed IKE_SA_INIT response "))
		return SWAN_PROGRESS_ANSWERED;
	return SWAN_PROGRESS_NONE;
}

bool swan_begun(const char *text, struct addr *ret_remote)
{
	char remote[ADDR_TEXT_MAX];
	int len = 0;

	/* "... is initiating an IKE_SA", or, from 6.1 on, "... is initiating IKE_SA NAME[NUMBER]" */
	_Static_assert(ADDR_TEXT_MAX == 46, "width of the format");
	return sscanf(text, "%45s is initiating %n", remote, &len) == 1 && len &&
	       (begins_with(text + len, "an IKE_SA") || begins_with(text + len, "IKE_SA ")) &&
	       addr_parse(remote, ret_remote) == 0;
}

static bool contains_any(const char *text, const char *const *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strstr(text, parts[i]))
			return true;
	}
	return false;
}

bool swan_log_level(const char *line, const struct swan_log *log, int *ret_level)
{
	/* policies are ours, not charon's: acquires and larval SAs find nothing there */
	static const char *const noise[] = {
		"trap not found, unable to acquire reqid",
		"creating acquire job for policy",
		"creating delete job for CHILD_SA",
		"querying policy",
		/* 6.x has no such plug-in, and asks at its start whether the kernel has XFRM interfaces */
		"plugin 'kdf': failed to load",
		"received netlink error: Unknown device type",
		"failed to create XFRM interface",
	};
	static const char *const failure[] = {
		"failed", "unable to", "could not", "error", "invalid", "abort",
	};

	if (contains_any(line, noise, sizeof(noise) / sizeof(noise[0])))
		return false;
	/* Not its log: the C library, a sanitizer, a backtrace. Rare, and worth to be seen. */
	*ret_level = LOG_LEVEL_INFO;
	if (!log)
		return true;
	/*
	 * Only thread 0 runs before there are peers, who could make charon repeat any other line;
	 * failures of peers are told by xfrmd itself.
	 */
	*ret_level = LOG_LEVEL_DEBUG;
	if (strstr(line, "critical signal") ||
	    (!log->thread && strcmp(log->group, "IKE") != 0 && strcmp(log->group, "CHD") != 0 &&
	     contains_any(line, failure, sizeof(failure) / sizeof(failure[0]))))
		*ret_level = LOG_LEVEL_WARNING;
	return true;
}
