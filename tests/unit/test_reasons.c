/* SPDX-License-Identifier: MIT */
/* Words about failures, out of charon's lines as they come. */
#include "xfrmd/charon/reasons.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

#define NOW   1800000000 /* 2027-01-15T08:00:00Z */
#define OURS  "10.0.1.1-10.0.1.2"
#define BEGIN "10.0.1.2 is initiating an IKE_SA"
#define SENT  "sending packet: from 10.0.1.1[500] to 10.0.1.2[500] (80 bytes)"

#define REFUSED "the peer refused our certificate"
#define FOREIGN "the peer's certificate was not issued by any of our CAs: "

static struct reasons reasons;
static struct failed_negotiation told;
static char words[FAILURE_WORDS_MAX]; /* of it */
static struct pki_cert leaf = {
	.subject = (char[]){"CN=me"}, .issuer = (char[]){"CN=fleet"}, .not_after = NOW + 1};
static struct pki_cert ca = {.subject = (char[]){"CN=fleet"}};
static struct pki_bundle own;

static void set_up(void)
{
	reasons = (struct reasons){0};
	own = (struct pki_bundle){.chain = {.items = &leaf, .count = 1},
	                          .cas = {.items = &ca, .count = 1}};
	leaf.not_after = NOW + 1;
}

static int64_t now(void)
{
	return NOW;
}

/* Takes lines of one IKE_SA; those before the last tell nothing. */
static bool take(uint32_t ike_id, const char *name, const char *const *lines)
{
	struct swan_log log = {.ike_id = ike_id};
	bool telling = false;

	snprintf(log.ike_name, sizeof(log.ike_name), "%s", name);
	told = (struct failed_negotiation){0};
	for (size_t i = 0; lines[i]; i++) {
		ck_assert_msg(!telling, "told too early, at: %s", lines[i - 1]);
		snprintf(log.text, sizeof(log.text), "%s", lines[i]);
		telling = reasons_take(&reasons, &log, &own, now, &told);
	}
	failure_words(&told.failure, words);
	return telling;
}

#define TAKE(name, ...) take(7, name, (const char *const[]){__VA_ARGS__, NULL})

/* Takes an alert of the same IKE_SA. */
static bool alert(const char *name, enum swan_alert_kind kind, enum reason reason)
{
	struct swan_alert taken = {.kind = kind, .ike_id = 7};
	bool telling;

	snprintf(taken.ike_name, sizeof(taken.ike_name), "%s", name);
	taken.began = taken.answered = reason;
	ck_assert_int_eq(addr_parse("10.0.1.1", &taken.pair.local), 0);
	ck_assert_int_eq(addr_parse("10.0.1.2", &taken.pair.remote), 0);
	told = (struct failed_negotiation){0};
	telling = reasons_take_alert(&reasons, &taken, &own, NOW, &told);
	failure_words(&told.failure, words);
	return telling;
}

#define LINES_MAX 8
static const struct {
	const char *lines[LINES_MAX];
	const char *words;
} cases[] = {
	{{"no issuer certificate found for \"CN=b\"", "  issuer is \"CN=Other\""},
         FOREIGN "\"CN=b\" is issued by \"CN=Other\", ours: \"CN=fleet\""},
	{{"no issuer certificate found for \"C=CH, O=A, Inc., CN=b\"",
          "  issuer is \"C=CH, O=Plant 7, CN=Other\""},
         FOREIGN "\"CN=b,O=A\\, Inc.,C=CH\" is issued by \"CN=Other,O=Plant 7,C=CH\", "
                 "ours: \"CN=fleet\""},
	{{"no issuer certificate found for \"CN=b\"", "  issuer is \"CN=fleet\""},
         FOREIGN "\"CN=b\" is issued by another \"CN=fleet\" than ours"},
	{{"no issuer certificate found for \"\"",
          "  issuer is \"CN=0123456789 0123456789 0123456789 0123456789 0123456789 012345\""},
         FOREIGN "it is issued by \"CN=0123456789 0123456789 0123456789 0123456789 "
                 "0123456789 01...\", ours: \"CN=fleet\""},
	{{"  using certificate \"CN=b\"", "  using untrusted intermediate certificate \"CN=Mid\"",
          "no issuer certificate found for \"CN=Mid\"", "  issuer is \"CN=Root\""},
         FOREIGN "\"CN=Mid\" is issued by \"CN=Root\", ours: \"CN=fleet\""},
	{{"  using certificate \"CN=b\"", "  self-signed certificate \"CN=b\" is not trusted"},
         FOREIGN "\"CN=b\" is issued by \"CN=b\", ours: \"CN=fleet\""},

	{{"  using certificate \"CN=b\"", "  using trusted ca certificate \"CN=fleet\"",
          "subject certificate invalid (valid from Jan 02 03:04:05 2026 to Jan 15 08:00:00 2027)"},
         "the peer's certificate has expired: \"CN=b\" ended on 2027-01-15T08:00:00Z, or our "
         "clock is wrong"},
	{{"  using certificate \"CN=b\"", "  using trusted ca certificate \"CN=fleet\"",
          "subject certificate invalid (valid from Jan 15 08:00:01 2027 to Dec 31 23:59:59 2099)"},
         "the peer's certificate is not yet valid: \"CN=b\" begins on 2027-01-15T08:00:01Z, or "
         "our clock is wrong"},
	{{"  using certificate \"CN=b\"", "  using trusted ca certificate \"CN=fleet\"",
          "issuer certificate invalid (valid from Jan 02 03:04:05 2026 to Jan 10 03:04:05 2026)"},
         "the CA of the peer's certificate has expired: \"CN=fleet\" ended on "
         "2026-01-10T03:04:05Z, or our clock is wrong"},
	{{"  using certificate \"CN=b\"", "  using untrusted intermediate certificate \"CN=Mid\"",
          "  using trusted ca certificate \"CN=fleet\"",
          "subject certificate invalid (valid from Jan 02 03:04:05 2026 to Jan 10 03:04:05 2026)"},
         "the peer's certificate has expired: \"CN=Mid\" ended on 2026-01-10T03:04:05Z, or our "
         "clock is wrong"},
	/* valid by our clock, or no date at all: the general words */
	{{"subject certificate invalid (valid from Jan 02 03:04:05 2026 to Jan 15 08:00:01 2027)"},
         "the peer's certificate is expired or not yet valid (or our clock is wrong)"},
	{{"subject certificate invalid (valid from --- -- --:--:-- ---- to --- -- --:--:-- ----)"},
         "the peer's certificate is expired or not yet valid (or our clock is wrong)"},
	{{"subject certificate invalid (valid from anF 02 03:04:05 2026 to anF 02 03:04:05 2026)"},
         "the peer's certificate is expired or not yet valid (or our clock is wrong)"},
	{{"subject certificate invalid (valid from "},
         "the peer's certificate is expired or not yet valid (or our clock is wrong)"},

	/* all hosts have one name: ours is tried first, and says nothing about the peer's */
	{{"  using trusted certificate \"CN=me\"", "  using trusted ca certificate \"CN=fleet\"",
          "subject certificate invalid (valid from Jan 02 03:04:05 2026 to Jan 10 03:04:05 2026)",
          "  using certificate \"CN=me\"", "no issuer certificate found for \"CN=me\"",
          "  issuer is \"CN=Other\""},
         FOREIGN "\"CN=me\" is issued by \"CN=Other\", ours: \"CN=fleet\""},
	/* or the very same certificate, then no other is tried */
	{{"  using trusted certificate \"CN=me\"", "  using trusted ca certificate \"CN=fleet\"",
          "subject certificate invalid (valid from Jan 02 03:04:05 2026 to Jan 10 03:04:05 2026)",
          "no trusted RSA public key found for 'CN=me'"},
         "the peer's certificate has expired: \"CN=me\" ended on 2026-01-10T03:04:05Z, or our "
         "clock is wrong"},

	{{"received AUTHENTICATION_FAILED notify error"},
         REFUSED ": it may not have our CA \"CN=fleet\""},
	{{"received 2 cert requests for an unknown ca",
          "received AUTHENTICATION_FAILED notify error"},
         REFUSED ": it does not have our CA \"CN=fleet\""},
	{{"received cert request for \"CN=second\"", "received AUTHENTICATION_FAILED notify error"},
         REFUSED ": it does not have our CA \"CN=fleet\""},
	{{"received cert request for \"CN=fleet\"", "received AUTHENTICATION_FAILED notify error"},
         REFUSED ": it has our CA \"CN=fleet\", so its clock or its log must tell"},

	{{"received proposals: IKE:A/B", "received proposals unacceptable"},
         "we accept none of the peer's IKE proposals: it offers IKE:A/B"},
	{{"received proposals unacceptable"}, "we accept none of the peer's IKE proposals"},
	{{"received NO_PROPOSAL_CHOSEN notify, no CHILD_SA built"},
         "the peer accepts none of our esp_proposals"},
};

START_TEST(reasons_of_ours_are_told_at_once)
{
	const char *lines[LINES_MAX + 1] = {"initiating IKE_SA " OURS "[7] to 10.0.1.2"};
	struct addr remote;

	memcpy(lines + 1, cases[_i].lines, sizeof(cases[_i].lines));
	ck_assert(take(7, OURS, lines));
	ck_assert_str_eq(words, cases[_i].words);
	ck_assert(told.ours);
	ck_assert_int_eq(addr_parse("10.0.1.2", &remote), 0);
	ck_assert(addr_equal(&told.pair.remote, &remote));
}
END_TEST

START_TEST(reasons_of_a_peer_are_told_with_the_answer)
{
	const char *lines[LINES_MAX + 3] = {BEGIN};
	char text[ADDR_TEXT_MAX];
	size_t count = 1;

	for (size_t i = 0; cases[_i].lines[i]; i++)
		lines[count++] = cases[_i].lines[i];
	lines[count++] = SENT;
	ck_assert(take(7, "(unnamed)", lines));
	ck_assert_str_eq(words, cases[_i].words);
	ck_assert(!told.ours);
	ck_assert_str_eq(addr_format(&told.pair.local, text), "10.0.1.1");
	ck_assert_str_eq(addr_format(&told.pair.remote, text), "10.0.1.2");
	ck_assert(!TAKE("xfrmd", SENT));
}
END_TEST

START_TEST(reasons_of_ours_name_an_expired_certificate)
{
	leaf.not_after = NOW;
	ck_assert(TAKE(OURS, BEGIN, "received 1 cert requests for an unknown ca",
	               "received AUTHENTICATION_FAILED notify error"));
	ck_assert_str_eq(words, REFUSED ": it expired on 2027-01-15T08:00:00Z");
}
END_TEST

START_TEST(reasons_know_that_cas_of_a_rotation_have_one_name)
{
	struct pki_cert cas[] = {ca, ca};

	own.cas = (struct pki_certs){.items = cas, .count = 2};
	ck_assert(TAKE(OURS, BEGIN, "received cert request for \"CN=fleet\"",
	               "received AUTHENTICATION_FAILED notify error"));
	ck_assert_str_eq(words, REFUSED ": it may not have our CA \"CN=fleet\"");
	ck_assert(TAKE(OURS, "  issuer is \"CN=Other\""));
	ck_assert_ptr_nonnull(strstr(words, "by \"CN=Other\", ours: \"CN=fleet\""));
	ck_assert_ptr_null(strstr(words, ", \"CN=fleet\""));
}
END_TEST

START_TEST(reasons_show_some_of_many_cas)
{
	struct pki_cert cas[] = {{.subject = (char[]){"CN=1"}},
	                         {.subject = (char[]){"CN=2"}},
	                         {.subject = (char[]){"CN=1"}},
	                         {.subject = (char[]){"CN=3"}},
	                         {.subject = (char[]){"CN=4"}}};

	own.cas = (struct pki_certs){.items = cas, .count = 5};
	ck_assert(TAKE(OURS, BEGIN, "no issuer certificate found for \"CN=b\"",
	               "  issuer is \"CN=O\""));
	ck_assert_str_eq(words, FOREIGN "\"CN=b\" is issued by \"CN=O\", ours: \"CN=1\", "
	                                "\"CN=2\" and 2 more");
}
END_TEST

START_TEST(reasons_of_a_peer_are_the_first_one)
{
	ck_assert(TAKE("xfrmd", BEGIN, "no issuer certificate found for \"CN=b\"",
	               "  issuer is \"CN=Other\"", "no trusted RSA public key found for 'CN=b'",
	               SENT));
	ck_assert_int_eq(strncmp(words, FOREIGN, strlen(FOREIGN)), 0);
}
END_TEST

START_TEST(reasons_may_come_in_another_order)
{
	ck_assert(TAKE("xfrmd", BEGIN, "no trusted RSA public key found for 'CN=b'",
	               "no issuer certificate found for \"CN=b\"", "  issuer is \"CN=Other\"",
	               SENT));
	ck_assert_int_eq(strncmp(words, FOREIGN, strlen(FOREIGN)), 0);
	ck_assert_ptr_nonnull(strstr(words, "CN=Other"));
}
END_TEST

START_TEST(reasons_of_a_peer_end_with_its_success)
{
	ck_assert(!TAKE("xfrmd", BEGIN, "  issuer is \"CN=Other\"",
	                "authentication of 'CN=b' with RSA_EMSA_PKCS1_SHA2_256 successful", SENT));
	ck_assert(TAKE("xfrmd", BEGIN, "  issuer is \"CN=Other\"",
	               "authentication of 'CN=me' (myself) with RSA_EMSA_PKCS1_SHA2_256 successful",
	               SENT));
}
END_TEST

START_TEST(reasons_of_a_peer_may_come_when_it_has_the_sa)
{
	ck_assert(TAKE("xfrmd", BEGIN, SENT, "received 1 cert requests for an unknown ca", SENT,
	               "parsed INFORMATIONAL request 2 [ N(AUTH_FAILED) ]", "IKE_SA deleted",
	               SENT));
	ck_assert_str_eq(words, REFUSED ": it does not have our CA \"CN=fleet\"");
}
END_TEST

START_TEST(reasons_of_a_peer_that_falls_silent_need_no_answer)
{
	ck_assert(TAKE("xfrmd", BEGIN, SENT,
	               "deleting half open IKE_SA with 10.0.1.2 after timeout"));
	ck_assert_str_eq(words, "the peer began to negotiate and fell silent");
	/* whose address nobody knows */
	ck_assert(
		!take(8, "xfrmd", (const char *const[]){"deleting half open IKE_SA with x", NULL}));
}
END_TEST

START_TEST(reasons_of_a_peer_begin_with_it_in_every_version)
{
	ck_assert(!TAKE("xfrmd", BEGIN, "received cert request for \"CN=second\""));
	ck_assert(TAKE("xfrmd", "10.0.1.2 is initiating IKE_SA xfrmd[7]",
	               "received AUTHENTICATION_FAILED notify error", SENT));
	ck_assert_str_eq(words, REFUSED ": it may not have our CA \"CN=fleet\"");
}
END_TEST

/* A 6.0 answers without its certificate when its kernel refuses the SA, and the peer minds that. */
START_TEST(reasons_blame_no_certificate_that_was_not_shown)
{
	ck_assert(TAKE("xfrmd", BEGIN,
	               "unable to install inbound and outbound IPsec SA (SAD) in kernel",
	               "generating IKE_AUTH response 1 [ N(NO_PROP) ]", SENT));
	ck_assert_str_eq(words, "the kernel refused the IPsec SA");
	ck_assert(!TAKE("xfrmd", "parsed INFORMATIONAL request 2 [ N(AUTH_FAILED) ]", SENT));
	ck_assert(TAKE("xfrmd", BEGIN,
	               "unable to install inbound and outbound IPsec SA (SAD) in kernel",
	               "generating IKE_AUTH response 1 [ IDr CERT AUTH N(NO_PROP) ]", SENT));
	ck_assert(TAKE("xfrmd", "parsed INFORMATIONAL request 2 [ N(AUTH_FAILED) ]", SENT));
	ck_assert_int_eq(strncmp(words, REFUSED, strlen(REFUSED)), 0);
}
END_TEST

START_TEST(reasons_of_ours_come_from_the_last_alert)
{
	ck_assert(alert(OURS, SWAN_ALERT_CERTIFICATE, REASON_CERT_DATES));
	ck_assert(told.ours);
	ck_assert(alert(OURS, SWAN_ALERT_CERTIFICATE, REASON_REVOKED));
	ck_assert(alert(OURS, SWAN_ALERT_GENERAL, REASON_UNTRUSTED));
	ck_assert_str_eq(words, "the peer's certificate is revoked");
}
END_TEST

START_TEST(reasons_of_a_peer_come_from_alerts_where_lines_say_nothing)
{
	/* lines are queued: the alert is here before the first of them */
	ck_assert(!alert("xfrmd", SWAN_ALERT_FAILED, REASON_TS_UNACCEPTABLE));
	ck_assert(TAKE("xfrmd", BEGIN, SENT));
	ck_assert_str_eq(words, "the peer asks for traffic that we do not protect");
	ck_assert(!TAKE("xfrmd", SENT));
	/* what follows from it */
	ck_assert(!alert("xfrmd", SWAN_ALERT_GENERAL, REASON_CERT_REFUSED));
	ck_assert(!TAKE("xfrmd", SENT));
}
END_TEST

START_TEST(reasons_in_lines_are_told_instead_of_the_alert)
{
	ck_assert(!alert("xfrmd", SWAN_ALERT_CERTIFICATE, REASON_UNKNOWN_CA));
	ck_assert(!alert("xfrmd", SWAN_ALERT_GENERAL, REASON_UNTRUSTED));
	ck_assert(TAKE("xfrmd", BEGIN, "no issuer certificate found for \"CN=b\"",
	               "  issuer is \"CN=Other\"", SENT));
	ck_assert_int_eq(strncmp(words, FOREIGN, strlen(FOREIGN)), 0);
	ck_assert(!TAKE("xfrmd", SENT));
}
END_TEST

START_TEST(reasons_need_more_than_an_alert_about_a_certificate)
{
	ck_assert(!alert("xfrmd", SWAN_ALERT_CERTIFICATE, REASON_CERT_DATES));
	ck_assert(!TAKE("xfrmd", BEGIN, SENT));
}
END_TEST

START_TEST(reasons_read_addresses_of_both_families)
{
	char text[ADDR_TEXT_MAX];

	ck_assert(TAKE("xfrmd", "received proposals unacceptable", "sending packet: from oops",
	               "sending packet: from 10.0.1.1[500] to somebody[500] (80 bytes)",
	               "sending packet: from fd00::1[4500] to fd00::2[4500] (80 bytes)"));
	ck_assert_str_eq(addr_format(&told.pair.local, text), "fd00::1");
	ck_assert_str_eq(addr_format(&told.pair.remote, text), "fd00::2");
}
END_TEST

START_TEST(reasons_do_not_mix_ike_sas)
{
	ck_assert(!TAKE(OURS, "no issuer certificate found for \"CN=seven\""));
	ck_assert(
		!take(8, OURS,
	              (const char *const[]){"no issuer certificate found for \"CN=eight\"", NULL}));
	ck_assert(!TAKE(OURS, "initiating IKE_SA " OURS "[7] to 10.0.1.2",
	                "no issuer certificate found for \"CN=seven\""));
	ck_assert(take(8, OURS, (const char *const[]){"  issuer is \"CN=O\"", NULL}));
	ck_assert_ptr_nonnull(strstr(words, ": it is issued by"));
	ck_assert(TAKE(OURS, "  issuer is \"CN=O\""));
	ck_assert_ptr_nonnull(strstr(words, "\"CN=seven\""));
}
END_TEST

START_TEST(reasons_forget_the_oldest)
{
	const char *const first[] = {BEGIN, "no issuer certificate found for \"CN=b\"", NULL};
	const char *const last[] = {"  issuer is \"CN=O\"", NULL};

	for (uint32_t id = 1; id <= REASONS_TRAILS + 1; id++)
		ck_assert(!take(id, OURS, first));
	ck_assert(take(2, OURS, last));
	ck_assert_ptr_nonnull(strstr(words, "\"CN=b\""));
	ck_assert(take(1, OURS, last));
	ck_assert_ptr_null(strstr(words, "\"CN=b\""));
}
END_TEST

START_TEST(reasons_without_an_ike_sa_are_told)
{
	const char *const lines[] = {"unable to resolve x, initiate aborted", NULL};

	ck_assert(take(0, OURS, lines));
	ck_assert(told.final);
	ck_assert(!take(0, "", lines));
}
END_TEST

START_TEST(reasons_fit_whatever_the_names)
{
	char lines[4][1000], long_name[300];
	struct pki_cert cas[] = {{.subject = long_name}, ca, {.subject = (char[]){"CN=x"}}};

	memset(long_name, ',', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	own.cas = (struct pki_certs){.items = cas, .count = 3};
	snprintf(lines[0], sizeof(lines[0]), "no issuer certificate found for \"%s\"", long_name);
	snprintf(lines[1], sizeof(lines[1]), "  issuer is \"%s, A=%s", long_name, long_name);
	memset(lines[2], '=', sizeof(lines[2]) - 1);
	memcpy(lines[2], "  issuer is \"A", strlen("  issuer is \"A"));
	lines[2][sizeof(lines[2]) - 1] = '\0';
	ck_assert(TAKE(OURS, BEGIN, lines[0], lines[1]));
	ck_assert_ptr_nonnull(strstr(words, " and 1 more"));
	ck_assert(TAKE(OURS, lines[2]));
	/* more parts than are told apart */
	lines[3][0] = '\0';
	for (size_t i = 0; i < 40; i++)
		strcat(lines[3], "A=b, ");
	snprintf(lines[0], sizeof(lines[0]), "  issuer is \"%s\"", lines[3]);
	ck_assert(TAKE(OURS, lines[0]));
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("reasons", &tcase);

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_loop_test(tcase, reasons_of_ours_are_told_at_once, 0, ROWS(cases));
	tcase_add_loop_test(tcase, reasons_of_a_peer_are_told_with_the_answer, 0, ROWS(cases));
	tcase_add_test(tcase, reasons_of_ours_name_an_expired_certificate);
	tcase_add_test(tcase, reasons_of_a_peer_begin_with_it_in_every_version);
	tcase_add_test(tcase, reasons_blame_no_certificate_that_was_not_shown);
	tcase_add_test(tcase, reasons_of_ours_come_from_the_last_alert);
	tcase_add_test(tcase, reasons_of_a_peer_come_from_alerts_where_lines_say_nothing);
	tcase_add_test(tcase, reasons_in_lines_are_told_instead_of_the_alert);
	tcase_add_test(tcase, reasons_need_more_than_an_alert_about_a_certificate);
	tcase_add_test(tcase, reasons_know_that_cas_of_a_rotation_have_one_name);
	tcase_add_test(tcase, reasons_show_some_of_many_cas);
	tcase_add_test(tcase, reasons_of_a_peer_are_the_first_one);
	tcase_add_test(tcase, reasons_may_come_in_another_order);
	tcase_add_test(tcase, reasons_of_a_peer_end_with_its_success);
	tcase_add_test(tcase, reasons_of_a_peer_may_come_when_it_has_the_sa);
	tcase_add_test(tcase, reasons_of_a_peer_that_falls_silent_need_no_answer);
	tcase_add_test(tcase, reasons_read_addresses_of_both_families);
	tcase_add_test(tcase, reasons_do_not_mix_ike_sas);
	tcase_add_test(tcase, reasons_forget_the_oldest);
	tcase_add_test(tcase, reasons_without_an_ike_sa_are_told);
	tcase_add_test(tcase, reasons_fit_whatever_the_names);
	return test_run(suite);
}
