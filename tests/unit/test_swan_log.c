/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/swan_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "xfrmd/base/log.h"

static const struct {
	const char *line;
	const char *name;
	uint32_t id;
	const char *text; /* NULL: it is no line of the log */
} line_cases[] = {
	{"05[IKE] <10.0.1.1-10.0.1.2|12> establishing IKE_SA failed", "10.0.1.1-10.0.1.2", 12,
         "establishing IKE_SA failed"},
	{"16[NET] <fd00::1-fd00::2|4294967295> x", "fd00::1-fd00::2", 4294967295, "x"},
	{"100[ENC] <3> parsed IKE_SA_INIT request 0 [ SA ]", "", 3,
         "parsed IKE_SA_INIT request 0 [ SA ]"},
	{"00[CFG] loaded 0 entries", "", 0, "loaded 0 entries"},
	/* how far the chain of certificates is, is seen by the blanks */
	{"05[CFG] <a|1>   using certificate \"CN=a\"", "a", 1, "  using certificate \"CN=a\""},
	{"05[CFG]   using certificate", "", 0, "  using certificate"},
	{"05[IKE] <a|1> ", "a", 1, ""},
	{"05[IKE] ", "", 0, ""},
	/* no IKE_SA, so it is text */
	{"05[IKE] <a|0> x", "", 0, "<a|0> x"},
	{"05[IKE] <a|x> x", "", 0, "<a|x> x"},
	{"05[IKE] <a|1>x", "", 0, "<a|1>x"},
	{"05[IKE] <a|1", "", 0, "<a|1"},
	{"05[IKE] <|7> x", "", 7, "x"},
	{"05[IKE]", "", 0, NULL},
	{"05[IK", "", 0, NULL},
	{"[IKE] x", "", 0, NULL},
	{"05[ike] x", "", 0, NULL},
	{"free(): invalid pointer", "", 0, NULL},
	{"", "", 0, NULL},
};

START_TEST(lines_have_ike_sa_and_text)
{
	struct swan_log log;
	int error = swan_log_parse(line_cases[_i].line, &log);

	ck_assert_int_eq(error, line_cases[_i].text ? 0 : -EBADMSG);
	if (error)
		return;
	ck_assert_uint_eq(log.thread, (unsigned)atoi(line_cases[_i].line));
	ck_assert_int_eq(strncmp(log.group, strchr(line_cases[_i].line, '[') + 1, 3), 0);
	ck_assert_str_eq(log.ike_name, line_cases[_i].name);
	ck_assert_uint_eq(log.ike_id, line_cases[_i].id);
	ck_assert_str_eq(log.text, line_cases[_i].text);
}
END_TEST

START_TEST(long_lines_are_cut)
{
	char line[1200] = "05[IKE] ";
	struct swan_log log;

	memset(line + 8, 'x', sizeof(line) - 9);
	ck_assert_int_eq(swan_log_parse(line, &log), 0);
	ck_assert_uint_eq(strlen(log.text), sizeof(log.text) - 1);
	/* a name that is too long is none */
	line[8] = '<';
	memcpy(line + 8 + sizeof(log.ike_name) + 1, "|1> y", 6);
	ck_assert_int_eq(swan_log_parse(line, &log), 0);
	ck_assert_uint_eq(log.ike_id, 0);
	memcpy(line + 8 + sizeof(log.ike_name), "|1> y", 6);
	ck_assert_int_eq(swan_log_parse(line, &log), 0);
	ck_assert_uint_eq(log.ike_id, 1);
	ck_assert_str_eq(log.text, "y");
}
END_TEST

/* In which versions charon writes a line so. */
enum {
	IN_5_9_8 = 1 << 0,
	IN_6_0_1 = 1 << 1,
	IN_6_1_0 = 1 << 2,
	IN_6 = IN_6_0_1 | IN_6_1_0,
	IN_ALL = IN_5_9_8 | IN_6,
};

static const struct {
	const char *line;
	unsigned versions;
	bool final;
	enum reason reason;  /* REASON_NONE: it is none */
	const char *details; /* or NULL */
} reason_cases[] = {
	/* also of a liveness check; a negotiation that fails has a line of its own */
	{"giving up after 2 retransmits", IN_ALL, false, REASON_NONE, NULL},
	{"establishing IKE_SA failed, peer not responding", IN_ALL, true, REASON_NO_RESPONSE, NULL},
	{"deleting half open IKE_SA with 10.0.1.2 after timeout", IN_5_9_8 | IN_6_0_1, false,
         REASON_FELL_SILENT, NULL},
	{"deleting half open IKE_SA xfrmd[7] with 10.0.1.2 after timeout", IN_6_1_0, false,
         REASON_FELL_SILENT, NULL},
	{"error writing to socket: Network is unreachable", IN_ALL, false, REASON_NO_ROUTE, NULL},
	{"error writing to socket: Operation not permitted", IN_ALL, false, REASON_NOT_SENT,
         "Operation not permitted"},
	{"giving up after 5 retries", IN_ALL, true, REASON_ASKED_AGAIN, NULL},
	{"unable to resolve no.such.host, initiate aborted", IN_ALL, true, REASON_UNRESOLVED, NULL},

	{"received NO_PROPOSAL_CHOSEN notify error", IN_ALL, false, REASON_IKE_PROPOSALS_REFUSED,
         NULL},
	{"received proposals unacceptable", IN_ALL, false, REASON_IKE_PROPOSALS_UNACCEPTABLE, NULL},
	{"no acceptable proposal found", IN_ALL, false, REASON_NO_COMMON_PROPOSAL, NULL},
	{"received INVALID_SYNTAX notify error", IN_ALL, false, REASON_INVALID_SYNTAX, NULL},

	{"received AUTHENTICATION_FAILED notify error", IN_ALL, false, REASON_CERT_REFUSED, NULL},
	{"parsed INFORMATIONAL request 2 [ N(AUTH_FAILED) ]", IN_ALL, false, REASON_CERT_REFUSED,
         NULL},
	{"parsed INFORMATIONAL request 2 [ D ]", IN_ALL, false, REASON_NONE, NULL},
	{"no private key found for 'CN=nokey'", IN_ALL, false, REASON_NO_PRIVATE_KEY, NULL},
	{"constraint check failed: peer not authenticated by CA 'CN=evilca'", IN_ALL, false,
         REASON_UNKNOWN_CA, NULL},
	{"no issuer certificate found for \"CN=instance\"", IN_ALL, false, REASON_NONE, NULL},
	{"  issuer is \"CN=other\"", IN_ALL, false, REASON_UNKNOWN_CA, NULL},
	{"  self-signed certificate \"CN=other\" is not trusted", IN_ALL, false, REASON_UNKNOWN_CA,
         NULL},
	{"constraint check failed: identity 'a' required, not matched by 'b'", IN_5_9_8, false,
         REASON_CONSTRAINT, "identity 'a' required, not matched by 'b'"},
	{"constraint check failed: identity '10.0.1.2' (ID_IPV4_ADDR) required, not matched by 'b' "
         "(ID_FQDN)",
         IN_6, false, REASON_CONSTRAINT,
         "identity '10.0.1.2' (ID_IPV4_ADDR) required, not matched by 'b' (ID_FQDN)"},
	{"subject certificate invalid (valid from Nov 22 02:09:44 2026 to Nov 21 02:09:44 2026)",
         IN_ALL, false, REASON_CERT_DATES, NULL},
	{"issuer certificate invalid (valid from Nov 22 02:09:44 2026 to Nov 21 02:09:44 2026)",
         IN_ALL, false, REASON_CA_DATES, NULL},
	{"no trusted RSA public key found for 'CN=evil'", IN_ALL, false, REASON_UNTRUSTED, NULL},
	{"certificate was revoked on Nov 22 02:09:44 UTC 2026, reason: unspecified", IN_ALL, false,
         REASON_REVOKED, NULL},
	{"no matching peer config found", IN_ALL, false, REASON_UNEXPECTED, NULL},

	{"received NO_PROPOSAL_CHOSEN notify, no CHILD_SA built", IN_ALL, true,
         REASON_ESP_PROPOSALS_REFUSED, NULL},
	{"received TS_UNACCEPTABLE notify, no CHILD_SA built", IN_ALL, true, REASON_TS_REFUSED,
         NULL},
	{"received NO_ADDITIONAL_SAS notify, no CHILD_SA built", IN_ALL, true,
         REASON_NO_ADDITIONAL_SAS, NULL},
	/* the answer of a 6.0 whose kernel refuses the SA, and what any of them says behind it */
	{"parsed IKE_AUTH response 1 [ N(NO_PROP) ]", IN_ALL, false, REASON_ESP_PROPOSALS_REFUSED,
         NULL},
	{"parsed IKE_AUTH response 1 [ N(TS_UNACCEPT) ]", IN_ALL, false, REASON_TS_REFUSED, NULL},
	{"IDr payload missing", IN_ALL, false, REASON_NO_CHILD, NULL},
	/* that of a 5.9, which has lines of its own behind it */
	{"parsed IKE_AUTH response 1 [ IDr CERT AUTH N(NO_PROP) ]", IN_ALL, false, REASON_NONE,
         NULL},
	{"parsed IKE_AUTH response 1 [ N(AUTH_FAILED) ]", IN_ALL, false, REASON_NONE, NULL},
	{"no acceptable traffic selectors found", IN_ALL, false, REASON_TS_UNACCEPTABLE, NULL},
	{"traffic selectors 10.0.1.1/32 === 10.0.1.2/32 unacceptable", IN_ALL, false,
         REASON_TS_UNACCEPTABLE, NULL},
	{"unable to install inbound and outbound IPsec SA (SAD) in kernel", IN_ALL, false,
         REASON_KERNEL_SA, NULL},
	{"unable to allocate SPIs from kernel", IN_5_9_8, false, REASON_KERNEL_SPI, NULL},
	{"unable to allocate SPI from kernel", IN_6, false, REASON_KERNEL_SPI, NULL},
	{"failed to establish CHILD_SA, keeping IKE_SA", IN_ALL, true, REASON_NO_CHILD, NULL},
	{"not establishing CHILD_SA c{3} due to existing duplicate {1} with SPIs cb26b1db_i "
         "c29e1e2e_o and TS 10.0.1.1/32 === 10.0.1.2/32",
         IN_ALL, true, REASON_HAS_CHILD, NULL},

	/* not failures, or said better by the line before */
	{"selected peer config 'c' unacceptable: constraint checking failed", IN_ALL, false,
         REASON_NONE, NULL},
	{"establishing CHILD_SA c{9}", IN_ALL, false, REASON_NONE, NULL},
	{"IKE_SA c[9] established between 10.0.1.1[CN=a]...10.0.1.2[CN=b]", IN_ALL, false,
         REASON_NONE, NULL},
	{"retransmit 1 of request with message ID 0", IN_ALL, false, REASON_NONE, NULL},
	{"", IN_ALL, false, REASON_NONE, NULL},
	/* a name that the peer chose decides nothing */
	{"received end entity cert \"CN=giving up after \"", IN_ALL, false, REASON_NONE, NULL},
};
#define REASON_CASES (sizeof(reason_cases) / sizeof(reason_cases[0]))

START_TEST(log_lines_become_failures)
{
	const char *details = reason_cases[_i].details;
	struct failure failure;
	bool final;

	ck_assert_int_eq(swan_failure(reason_cases[_i].line, &failure, &final),
	                 reason_cases[_i].reason != REASON_NONE);
	if (!reason_cases[_i].reason)
		return;
	ck_assert_int_eq(final, reason_cases[_i].final);
	ck_assert_int_eq(failure.reason, reason_cases[_i].reason);
	ck_assert_str_eq(failure.details, details ? details : "");
}
END_TEST

START_TEST(reasons_have_words_of_every_version)
{
	unsigned versions[REASON_COUNT] = {0};

	for (size_t i = 0; i < REASON_CASES; i++)
		versions[reason_cases[i].reason] |= reason_cases[i].versions;
	for (enum reason i = 0; i < REASON_COUNT; i++)
		ck_assert_msg(!versions[i] || versions[i] == IN_ALL, "%s", reason_words(i));
}
END_TEST

static const struct {
	const char *line;
	int level; /* -1: dropped */
} level_cases[] = {
	{"05[CFG] trap not found, unable to acquire reqid 77", -1},
	{"05[KNL] creating acquire job for policy 10.0.1.1/32 === 10.0.1.2/32 with reqid {77}", -1},
	{"05[KNL] creating delete job for CHILD_SA ESP/0x00000000/10.0.1.2", -1},
	{"05[KNL] querying policy 10.0.1.1/32 === 10.0.1.2/32 out failed, not found", -1},
	{"00[LIB] plugin 'kdf': failed to load - "
         "/usr/lib/ipsec/plugins/libstrongswan-kdf.so not found and no plugin file available",
         -1},
	{"00[KNL] received netlink error: Unknown device type (95)", -1},
	{"00[KNL] failed to create XFRM interface 'xfrmi-test-99aabb'", -1},
	{"00[KNL] unable to create netlink event socket: Protocol not supported (93)",
         LOG_LEVEL_WARNING},
	{"00[DMN] starting charon-systemd", LOG_LEVEL_DEBUG},
	{"05[KNL] received netlink error: No such file or directory (2)", LOG_LEVEL_DEBUG},
	{"00[LIB] plugin 'nosuch': failed to load - no plugin file available", LOG_LEVEL_WARNING},
	{"00[NET] binding socket 'unix:///x.vici' failed: No such file or directory",
         LOG_LEVEL_WARNING},
	{"00[NET] unable to bind socket: Address already in use", LOG_LEVEL_WARNING},
	{"00[CFG] syntax error, unexpected end of file", LOG_LEVEL_WARNING},
	{"00[LIB] loaded plugins: charon-systemd random nonce", LOG_LEVEL_DEBUG},
	{"00[IKE] deleting failed", LOG_LEVEL_DEBUG},
	{"07[LIB] building CRED_CERTIFICATE - X509 failed, tried 4 builders", LOG_LEVEL_DEBUG},
	{"05[IKE] establishing IKE_SA failed, peer not responding", LOG_LEVEL_DEBUG},
	{"05[DMN] killing ourself, received critical signal", LOG_LEVEL_WARNING},
	{"free(): invalid pointer", LOG_LEVEL_INFO},
	{"", LOG_LEVEL_INFO},
};

START_TEST(log_lines_have_levels)
{
	const char *line = level_cases[_i].line;
	struct swan_log log;
	bool parsed = swan_log_parse(line, &log) == 0;
	int level = -1;
	bool kept = swan_log_level(line, parsed ? &log : NULL, &level);

	ck_assert_int_eq(kept, level_cases[_i].level >= 0);
	ck_assert_int_eq(level, level_cases[_i].level);
}
END_TEST

START_TEST(swan_progress_is_told_of_what_we_began)
{
	ck_assert_int_eq(swan_progress("generating IKE_SA_INIT request 0 [ SA KE No ]"),
	                 SWAN_PROGRESS_SENT);
	ck_assert_int_eq(swan_progress("parsed IKE_SA_INIT response 0 [ SA KE No ]"),
	                 SWAN_PROGRESS_ANSWERED);
	ck_assert_int_eq(swan_progress("parsed IKE_SA_INIT request 0 [ SA KE No ]"),
	                 SWAN_PROGRESS_NONE);
	ck_assert_int_eq(swan_progress("generating IKE_SA_INIT response 0 [ SA KE No ]"),
	                 SWAN_PROGRESS_NONE);
	ck_assert_int_eq(swan_progress(""), SWAN_PROGRESS_NONE);
}
END_TEST

START_TEST(swan_begun_tells_who_begins)
{
	struct addr remote;
	char text[ADDR_TEXT_MAX];

	ck_assert(swan_begun("10.0.1.2 is initiating an IKE_SA", &remote));
	ck_assert_str_eq(addr_format(&remote, text), "10.0.1.2");
	ck_assert(swan_begun("fd00::2 is initiating IKE_SA xfrmd[7]", &remote));
	ck_assert_str_eq(addr_format(&remote, text), "fd00::2");
	ck_assert(!swan_begun("initiating IKE_SA 10.0.1.1-10.0.1.2[7] to 10.0.1.2", &remote));
	ck_assert(!swan_begun("10.0.1.2 is initiating a Main Mode IKE_SA", &remote));
	ck_assert(!swan_begun("x is initiating an IKE_SA", &remote));
	ck_assert(!swan_begun("", &remote));
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("swan_log", &tcase);

	tcase_add_loop_test(tcase, lines_have_ike_sa_and_text, 0,
	                    (int)(sizeof(line_cases) / sizeof(line_cases[0])));
	tcase_add_test(tcase, long_lines_are_cut);
	tcase_add_loop_test(tcase, log_lines_become_failures, 0, REASON_CASES);
	tcase_add_test(tcase, reasons_have_words_of_every_version);
	tcase_add_loop_test(tcase, log_lines_have_levels, 0,
	                    (int)(sizeof(level_cases) / sizeof(level_cases[0])));
	tcase_add_test(tcase, swan_progress_is_told_of_what_we_began);
	tcase_add_test(tcase, swan_begun_tells_who_begins);
	return test_run(suite);
}
