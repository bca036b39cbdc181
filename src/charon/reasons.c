/* SPDX-License-Identifier: MIT */
/*
 * The lines of charon (5.9 to 6.1) around a failure: what certificate it looked at, whose signature it
 * missed, which CAs the peer asked for. Facts of one IKE_SA come in order and before what follows
 * from them. Names of certificates are chosen by peers: they are cut, and decide nothing but words.
 *
 * Newer charons send alerts as well, at once, while they queue lines: an alert comes before the words of
 * what it is about. Words say more, so it counts when none have come until the end.
 */
#include "xfrmd/charon/reasons.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "xfrmd/charon/swan_conf.h"

#define LINE_SIZE     sizeof(((struct swan_log *)NULL)->text)
/* Commas may be doubled. */
#define NAME_SIZE     (2 * LINE_SIZE)
#define RDNS_MAX      16
#define OWN_SHOWN_MAX 2

/* Text behind @start, or NULL when @text does not begin so. */
static const char *behind(const char *text, const char *start)
{
	size_t len = strlen(start);

	return strncmp(text, start, len) == 0 ? text + len : NULL;
}

static bool starts_rdn(const char *text)
{
	size_t len = strspn(text,
	                    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.");

	return len > 0 && text[len] == '=';
}

/* The next `, KEY=`, or NULL. */
static const char *next_rdn(const char *rdn)
{
	const char *at = strstr(rdn, ", ");

	while (at && !starts_rdn(at + 2))
		at = strstr(at + 2, ", ");
	return at ? at + 2 : NULL;
}

/* "C=CH, O=Plant 7, CN=a" to the order and the spelling of pki_cert: "CN=a,O=Plant 7,C=CH". */
static void to_rfc2253(const char *dn, char *ret_name, size_t size)
{
	const char *starts[RDNS_MAX + 1];
	size_t count = 0, used = 0;

	for (const char *rdn = dn; rdn && count < RDNS_MAX; rdn = next_rdn(rdn))
		starts[count++] = rdn;
	starts[count] = dn + strlen(dn) + 2;
	for (size_t i = count; i-- > 0;) {
		if (i + 1 < count && used + 1 < size)
			ret_name[used++] = ',';
		for (const char *at = starts[i]; at < starts[i + 1] - 2 && used + 2 < size; at++) {
			if (*at == ',')
				ret_name[used++] = '\\';
			ret_name[used++] = *at;
		}
	}
	ret_name[used] = '\0';
}

static void cut(const char *name, char ret_name[REASONS_NAME_MAX])
{
	if ((size_t)snprintf(ret_name, REASONS_NAME_MAX, "%s", name) >= REASONS_NAME_MAX)
		memcpy(ret_name + REASONS_NAME_MAX - 4, "...", 4);
}

/* What follows is a name in quotes, and maybe more. */
static void take_name(const char *quoted, char *ret_name, size_t size)
{
	char dn[LINE_SIZE];
	char *end;

	snprintf(dn, sizeof(dn), "%s", quoted);
	end = strrchr(dn, '"');
	if (end)
		*end = '\0';
	to_rfc2253(dn, ret_name, size);
}

static void take_cut_name(const char *quoted, char ret_name[REASONS_NAME_MAX])
{
	char name[NAME_SIZE];

	take_name(quoted, name, sizeof(name));
	cut(name, ret_name);
}

/* The CA that our chain leads to. */
static const char *own_root(const struct pki_bundle *own)
{
	return own->chain.items[own->chain.count - 1].issuer;
}

/* CAs of this name: those of a rotation have the same. */
static size_t count_cas(const struct pki_cert *cas, size_t count, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += strcmp(cas[i].subject, name) == 0;
	return found;
}

static size_t count_own(const struct pki_bundle *own, const char *name)
{
	return count_cas(own->cas.items, own->cas.count, name);
}

/* Facts. */

static struct reason_trail *find(struct reasons *reasons, uint32_t ike_id)
{
	for (size_t i = 0; ike_id && i < REASONS_TRAILS; i++)
		if (reasons->trails[i].ike_id == ike_id)
			return &reasons->trails[i];
	return NULL;
}

static struct reason_trail *start(struct reasons *reasons, uint32_t ike_id)
{
	struct reason_trail *trail = find(reasons, ike_id);
	bool known = trail;

	if (!known) {
		trail = &reasons->trails[reasons->next];
		reasons->next = (reasons->next + 1) % REASONS_TRAILS;
	}
	*trail = (struct reason_trail){.ike_id = ike_id,
	                               .alert = known ? trail->alert : (struct failure){0},
	                               .alerted = known && trail->alerted};
	return trail;
}

static bool begins(const char *text)
{
	struct addr remote;

	return behind(text, "initiating IKE_SA ") || swan_begun(text, &remote);
}

static void note_chain(struct reason_trail *trail, const char *text)
{
	static const char *const issuers[] = {
		"  using trusted ca certificate \"",
		"  using trusted intermediate ca certificate \"",
		"  using untrusted intermediate certificate \"",
	};
	const char *ours = behind(text, "  using trusted certificate \"");
	const char *leaf = ours ? ours : behind(text, "  using certificate \"");
	const char *name;

	if (leaf) {
		trail->own = ours;
		trail->issuer[0] = '\0';
		take_cut_name(leaf, trail->subject);
	}
	for (size_t i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
		name = behind(text, issuers[i]);
		if (!name)
			continue;
		if (trail->issuer[0])
			memcpy(trail->subject, trail->issuer, sizeof(trail->subject));
		take_cut_name(name, trail->issuer);
	}
	name = behind(text, "no issuer certificate found for \"");
	if (name)
		take_cut_name(name, trail->subject);
}

static void note_request(struct reason_trail *trail, const char *text, const struct pki_bundle *own)
{
	const char *quoted = behind(text, "received cert request for \"");
	char name[NAME_SIZE];

	if (quoted) {
		take_name(quoted, name, sizeof(name));
		trail->asked++;
		trail->asked_own += strcmp(name, own_root(own)) == 0;
	} else if (behind(text, "received ") && strstr(text, " cert requests for an unknown ca")) {
		trail->asked++;
	}
}

/* "10.0.1.1[500] to 10.0.1.2[500] (80 bytes)" */
static void note_addresses(struct reason_trail *trail, const char *text)
{
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];
	struct pair pair;

	_Static_assert(ADDR_TEXT_MAX == 46, "widths of the format");
	if (sscanf(text, "%45[^[][%*[0-9]] to %45[^[]", from, to) != 2 ||
	    addr_parse(from, &pair.local) < 0 || addr_parse(to, &pair.remote) < 0)
		return;
	trail->pair = pair;
}

static void note(struct reason_trail *trail, const char *text, const struct pki_bundle *own)
{
	const char *sent = behind(text, "sending packet: from ");
	const char *offered = behind(text, "received proposals: ");

	note_chain(trail, text);
	note_request(trail, text, own);
	if (sent)
		note_addresses(trail, sent);
	if (offered)
		snprintf(trail->offered, sizeof(trail->offered), "%s", offered);
	if (behind(text, "generating IKE_AUTH response "))
		trail->nameless = !strstr(text, " IDr ");
	/* of several certificates with the peer's name one was right */
	if (behind(text, "authentication of '") && strstr(text, " successful") &&
	    !strstr(text, "' (myself) with "))
		trail->hint = (struct failure){0};
}

/* Details. */

static void __attribute__((format(printf, 2, 3)))
say(struct failure *failure, const char *format, ...)
{
	size_t len = strlen(failure->details);
	va_list args;

	va_start(args, format);
	vsnprintf(failure->details + len, sizeof(failure->details) - len, format, args);
	va_end(args);
}

/* Of an IKE_SA that began unseen the names are not known. */
static void say_name(struct failure *failure, const char *name)
{
	if (*name)
		say(failure, "\"%s\"", name);
	else
		say(failure, "it");
}

static void say_own_cas(struct failure *failure, const struct pki_bundle *own)
{
	char name[REASONS_NAME_MAX];
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < own->cas.count; i++) {
		if (count_cas(own->cas.items, i, own->cas.items[i].subject))
			continue;
		cut(own->cas.items[i].subject, name);
		if (shown == OWN_SHOWN_MAX)
			left++;
		else
			say(failure, "%s\"%s\"", shown++ ? ", " : ", ours: ", name);
	}
	if (left)
		say(failure, " and %zu more", left);
}

/* The signature of trail->subject is by nobody that we trust. */
static void say_issuer(struct failure *failure, const struct reason_trail *trail,
                       const char *quoted, const struct pki_bundle *own)
{
	char name[NAME_SIZE], shown[REASONS_NAME_MAX];

	take_name(quoted, name, sizeof(name));
	cut(name, shown);
	say_name(failure, trail->subject);
	if (count_own(own, name)) {
		say(failure, " is issued by another \"%s\" than ours", shown);
		return;
	}
	say(failure, " is issued by \"%s\"", shown);
	say_own_cas(failure, own);
}

static int parse_date(const char *text, int64_t *ret_time)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char month[4] = "";
	struct tm tm = {0};
	const char *found;

	if (sscanf(text, "%3s %2d %2d:%2d:%2d %4d", month, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
	           &tm.tm_sec, &tm.tm_year) != 6)
		return -1;
	found = strstr(months, month);
	if (!found || strlen(month) != 3 || (found - months) % 3)
		return -1;
	tm.tm_mon = (int)(found - months) / 3;
	tm.tm_year -= 1900;
	*ret_time = timegm(&tm);
	return 0;
}

/* "... invalid (valid from Nov 22 07:00:00 2026 to Nov 22 08:00:00 2026)" */
static void say_dates(struct failure *failure, enum reason early, enum reason expired,
                      const char *name, const char *text, int64_t now)
{
	const char *from = strstr(text, "(valid from "), *to = from ? strstr(from, " to ") : NULL;
	char date[PKI_TIME_TEXT_MAX];
	int64_t begin, end;

	if (!to || parse_date(from + strlen("(valid from "), &begin) < 0 ||
	    parse_date(to + strlen(" to "), &end) < 0 || (now >= begin && now < end))
		return;
	failure->reason = now < begin ? early : expired;
	say_name(failure, name);
	say(failure, " %s on %s, or our clock is wrong", now < begin ? "begins" : "ended",
	    pki_time_format(now < begin ? begin : end, date));
}

/* The peer tells nothing, but for the CAs whose certificates it asked for before. */
static void say_refusal(struct failure *failure, const struct reason_trail *trail,
                        const struct pki_bundle *own, int64_t now)
{
	const struct pki_cert *cert = &own->chain.items[0];
	char date[PKI_TIME_TEXT_MAX], root[REASONS_NAME_MAX];

	cut(own_root(own), root);
	if (cert->not_after <= now)
		say(failure, "it expired on %s", pki_time_format(cert->not_after, date));
	else if (trail && trail->asked && !trail->asked_own)
		say(failure, "it does not have our CA \"%s\"", root);
	else if (trail && trail->asked && trail->asked_own >= count_own(own, own_root(own)))
		say(failure, "it has our CA \"%s\", so its clock or its log must tell", root);
	else
		say(failure, "it may not have our CA \"%s\"", root);
}

/* @failure is the general one; what is known makes it exact. */
static void explain(struct failure *failure, const struct reason_trail *trail, const char *text,
                    const struct pki_bundle *own, int64_t now)
{
	const char *quoted = behind(text, "  issuer is \"");

	if (failure->reason == REASON_CERT_REFUSED)
		say_refusal(failure, trail, own, now);
	if (!trail)
		return;
	if (!quoted)
		quoted = behind(text, "  self-signed certificate \"");
	if (quoted)
		say_issuer(failure, trail, quoted, own);
	else if (failure->reason == REASON_CERT_DATES)
		say_dates(failure, REASON_CERT_EARLY, REASON_CERT_EXPIRED, trail->subject, text,
		          now);
	else if (failure->reason == REASON_CA_DATES)
		say_dates(failure, REASON_CA_EARLY, REASON_CA_EXPIRED, trail->issuer, text, now);
	else if (failure->reason == REASON_UNTRUSTED && trail->spare.reason)
		*failure = trail->spare;
	else if (failure->reason == REASON_IKE_PROPOSALS_UNACCEPTABLE && trail->offered[0])
		say(failure, "it offers %s", trail->offered);
}

/* Of one certificate, while others may be tried. */
static bool is_about_chain(const char *text)
{
	return behind(text, "  issuer is ") || behind(text, "  self-signed certificate ") ||
	       behind(text, "subject certificate invalid") ||
	       behind(text, "issuer certificate invalid");
}

/* What is known of a negotiation that the peer began. */
static bool tell_hint(struct reason_trail *trail, struct failed_negotiation *failed)
{
	const struct failure *failure = trail->hint.reason ? &trail->hint : &trail->alert;

	if ((!trail->hint.reason && !trail->alerted) || trail->pair.remote.family == AF_UNSPEC)
		return false;
	failed->pair = trail->pair;
	failed->failure = *failure;
	trail->hint = trail->alert = (struct failure){0};
	trail->alerted = false;
	trail->told = true;
	return true;
}

/* A 6.0 that could not make the CHILD_SA answers without its identity, which the peer then refuses. */
static bool is_echo(const struct reason_trail *trail, const char *text)
{
	return trail && trail->nameless && behind(text, "parsed INFORMATIONAL request ");
}

/* It has failed when that is what charon has answered. */
static bool is_answer(const char *text)
{
	return behind(text, "sending packet: from ") || behind(text, "deleting half open ");
}

bool reasons_take(struct reasons *reasons, const struct swan_log *line,
                  const struct pki_bundle *own, int64_t (*now)(void),
                  struct failed_negotiation *ret_failed)
{
	struct reason_trail *trail = begins(line->text) && line->ike_id
	                                     ? start(reasons, line->ike_id)
	                                     : find(reasons, line->ike_id);
	struct failed_negotiation failed = {0};
	bool fails = !is_echo(trail, line->text) &&
	             swan_failure(line->text, &failed.failure, &failed.final);

	failed.ours = !swan_conf_parse_peer_name(line->ike_name, &failed.pair);
	if (fails && !trail && line->ike_id)
		trail = start(reasons, line->ike_id);
	if (trail)
		note(trail, line->text, own);
	if (fails) {
		explain(&failed.failure, trail, line->text, own, now());
		if (trail && trail->own && is_about_chain(line->text)) {
			trail->spare = failed.failure;
			return false;
		}
		if (trail && !failed.ours && failure_replaces(&failed.failure, &trail->hint))
			trail->hint = failed.failure;
	}
	if (failed.ours ? !fails : !trail || !is_answer(line->text) || !tell_hint(trail, &failed))
		return false;
	*ret_failed = failed;
	return true;
}

bool reasons_take_alert(struct reasons *reasons, const struct swan_alert *alert,
                        const struct pki_bundle *own, int64_t now,
                        struct failed_negotiation *ret_failed)
{
	struct reason_trail *trail = find(reasons, alert->ike_id);
	struct failed_negotiation failed = {0};

	failed.ours = !swan_conf_parse_peer_name(alert->ike_name, &failed.pair);
	failed.failure.reason = failed.ours ? alert->began : alert->answered;
	if (!trail)
		trail = start(reasons, alert->ike_id);
	explain(&failed.failure, trail, "", own, now);
	*ret_failed = failed;
	/* our own certificate, which has the same name, is tried before the peer's: the last one counts */
	if (!trail->told && (!trail->alert.reason || alert->kind != SWAN_ALERT_GENERAL))
		trail->alert = failed.failure;
	ret_failed->failure = trail->alert;
	trail->alerted |= !trail->told && !failed.ours && alert->kind != SWAN_ALERT_CERTIFICATE;
	return failed.ours;
}
