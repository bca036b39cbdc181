/* SPDX-License-Identifier: MIT */
/* The event `alert`, as charon 6.1.0 builds it. */
#include "xfrmd/charon/swan_alert.h"

#include <errno.h>
#include <sys/socket.h>

#include "test.h"
#include "xfrmd/charon/vici_msg.h"

#define NAME "10.0.1.1-10.0.1.2"

/* With @type, and of an IKE_SA whose peer is @remote (NULL: of none). */
static int read_alert(const char *type, const char *id, const char *remote, size_t cut,
                      struct swan_alert *ret_alert)
{
	struct buf buf = {0};
	int error;

	vici_text(&buf, "type", type);
	if (remote) {
		vici_section_start(&buf, "ike-sa");
		vici_section_start(&buf, NAME);
		vici_text(&buf, "uniqueid", id);
		vici_text(&buf, "state", "CONNECTING");
		vici_text(&buf, "local-host", "10.0.1.1");
		vici_text(&buf, "remote-host", remote);
		vici_section_end(&buf);
		vici_section_end(&buf);
	}
	error = swan_event_alert(buf.data, buf.len - cut, ret_alert);
	buf_fini(&buf);
	return error;
}

static const struct {
	const char *type;
	enum swan_alert_kind kind;
	enum reason began, answered;
} cases[] = {
	{"peer-init-unreachable", SWAN_ALERT_FAILED, REASON_NO_RESPONSE, REASON_NO_RESPONSE},
	{"proposal-mismatch-ike", SWAN_ALERT_FAILED, REASON_IKE_PROPOSALS_REFUSED,
         REASON_IKE_PROPOSALS_UNACCEPTABLE},
	{"local-auth-failed", SWAN_ALERT_GENERAL, REASON_CERT_REFUSED, REASON_CERT_REFUSED},
	{"peer-auth-failed", SWAN_ALERT_GENERAL, REASON_UNTRUSTED, REASON_UNTRUSTED},
	{"cert-revoked", SWAN_ALERT_CERTIFICATE, REASON_REVOKED, REASON_REVOKED},
	{"cert-expired", SWAN_ALERT_CERTIFICATE, REASON_CERT_DATES, REASON_CERT_DATES},
	{"ts-mismatch", SWAN_ALERT_FAILED, REASON_TS_REFUSED, REASON_TS_UNACCEPTABLE},
	{"keep-on-child-sa-failure", SWAN_ALERT_GENERAL, REASON_NO_CHILD, REASON_NO_CHILD},
};

START_TEST(alerts_mean_reasons)
{
	struct swan_alert alert;
	char text[ADDR_TEXT_MAX];

	ck_assert_int_eq(read_alert(cases[_i].type, "7", "10.0.1.2", 0, &alert), 0);
	ck_assert_int_eq(alert.kind, cases[_i].kind);
	ck_assert_int_eq(alert.began, cases[_i].began);
	ck_assert_int_eq(alert.answered, cases[_i].answered);
	ck_assert_str_eq(alert.ike_name, NAME);
	ck_assert_uint_eq(alert.ike_id, 7);
	ck_assert_str_eq(addr_format(&alert.pair.local, text), "10.0.1.1");
	ck_assert_str_eq(addr_format(&alert.pair.remote, text), "10.0.1.2");
}
END_TEST

START_TEST(alerts_of_what_goes_on_are_none)
{
	static const char *const types[] = {
		"retransmit-send", "retransmit-send-timeout", "cert-validation-failed",
		"unique-keep", "a-type-that-is-longer-than-any-of-those-which-are-known"};
	struct swan_alert alert;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		ck_assert_int_eq(read_alert(types[i], "7", "10.0.1.2", 0, &alert), -ENOENT);
	ck_assert_int_eq(read_alert("peer-auth-failed", "7", NULL, 0, &alert), -ENOENT);
}
END_TEST

START_TEST(alerts_may_know_no_address)
{
	struct swan_alert alert;

	ck_assert_int_eq(read_alert("peer-auth-failed", "7", "%any", 0, &alert), 0);
	ck_assert_uint_eq(alert.pair.remote.family, AF_UNSPEC);
}
END_TEST

START_TEST(alerts_that_are_malformed_are_refused)
{
	struct swan_alert alert;

	ck_assert_int_eq(read_alert("peer-auth-failed", "0", "10.0.1.2", 0, &alert), -EBADMSG);
	ck_assert_int_eq(read_alert("peer-auth-failed", "x", "10.0.1.2", 0, &alert), -EBADMSG);
	ck_assert_int_eq(read_alert("peer-auth-failed", "7", "10.0.1.2", 3, &alert), -EBADMSG);
	ck_assert_int_eq(swan_event_alert(NULL, 0, &alert), -EBADMSG);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("swan_alert", &tcase);

	tcase_add_loop_test(tcase, alerts_mean_reasons, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, alerts_of_what_goes_on_are_none);
	tcase_add_test(tcase, alerts_may_know_no_address);
	tcase_add_test(tcase, alerts_that_are_malformed_are_refused);
	return test_run(suite);
}
