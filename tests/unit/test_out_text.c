/* SPDX-License-Identifier: MIT */
#include "src/xfrmctl/out_text.h"

#include <string.h>

#include "test.h"

#define NOW 1700000000

static void assert_out(struct buf *out, const char *expected)
{
	char *text = buf_take_str(out);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	free(text);
}

static const struct {
	int64_t seconds;
	const char *text;
} durations[] = {
	{-5, "0s"},       {0, "0s"},       {59, "59s"},       {60, "1m00s"},    {192, "3m12s"},
	{3599, "59m59s"}, {3600, "1h00m"}, {86399, "23h59m"}, {86400, "1d00h"}, {694861, "8d01h"},
};

START_TEST(durations_have_two_units)
{
	char text[OUT_TEXT_UNIT_MAX];

	ck_assert_str_eq(out_text_duration(durations[_i].seconds, text), durations[_i].text);
}
END_TEST

static const struct {
	uint64_t bytes;
	const char *text;
} sizes[] = {
	{0, "0 B"},
	{999, "999 B"},
	{1000, "1.0 kB"},
	{1234567, "1.2 MB"},
	{999949, "999.9 kB"},
	{999950, "1.0 MB"},
	{999949999999, "999.9 GB"},
	{UINT64_MAX, "18.4 EB"},
};

START_TEST(bytes_have_decimal_units)
{
	char text[OUT_TEXT_UNIT_MAX];

	ck_assert_str_eq(out_text_bytes(sizes[_i].bytes, text), sizes[_i].text);
}
END_TEST

START_TEST(errors_are_cut_to_fit_a_row)
{
	char text[OUT_TEXT_ERROR_MAX], error[FAILURE_WORDS_MAX];

	ck_assert_str_eq(out_text_error("no \033[2J", text), "no \\x1b[2J");
	memset(error, 'x', sizeof(error));
	error[OUT_TEXT_ERROR_MAX - 1] = '\0';
	ck_assert_str_eq(out_text_error(error, text), error);
	error[OUT_TEXT_ERROR_MAX - 1] = 'x';
	error[sizeof(error) - 1] = '\0';
	out_text_error(error, text);
	ck_assert_uint_eq(strlen(text), OUT_TEXT_ERROR_MAX - 1);
	ck_assert_str_eq(text + OUT_TEXT_ERROR_MAX - 5, "x...");
}
END_TEST

START_TEST(status_of_a_healthy_daemon_fits_one_screen)
{
	char instance[] = "/etc/xfrmd/instance.pem", ca[] = "/etc/xfrmd/ca/\xff.pem";
	char subject[] = "CN=instance", ca_subject[] = "CN=fleet CA\033[2J";
	struct ctl_certificate certificates[] = {
		{instance, "instance", subject, NOW + 86400, 1},
		{ca, "ca", ca_subject, NOW + 86400 * 3000, 3000},
	};
	struct ctl_status status = {
		.ready = true,
		.healthy = true,
		.charon_running = true,
		.charon_pid = 4711,
		.charon_restarts = 2,
		.policies_desired = 10,
		.policies_installed = 10,
		.policies_repaired = 3,
		.peers_up = 4,
		.peers_negotiating = 1,
		.peers_failed = 2,
		.peers_repaired = 5,
		.acquires_received = 100,
		.acquires_deduplicated = 90,
		.acquires_lost = 1,
		.certificates = certificates,
		.certificate_count = 2,
		.reload_time = NOW - 192,
		.reload_ok = true,
		.config_hash = "0123456789abcdef0123",
		.last_added = 10,
		.last_updated = 1,
		.last_deleted = 2,
		.last_apply_us = 4249,
	};
	struct buf out = {0};

	out_text_status(&status, NOW, false, &out);
	assert_out(&out,
	           "xfrmd         ready, healthy\n"
	           "mode          required\n"
	           "charon        running, pid 4711, restarted 2 times\n"
	           "policies      10 of 10 installed, drift 0, repaired 3\n"
	           "last change   10 added, 1 updated, 2 deleted in 4.2 ms\n"
	           "peers         4 up, 1 negotiating, 2 failed, repaired 5\n"
	           "acquires      100 received, 90 deduplicated, 1 lost\n"
	           "certificates      1 days  instance  CN=instance  (/etc/xfrmd/instance.pem)\n"
	           "               3000 days  ca        CN=fleet CA\\x1b[2J  "
	           "(/etc/xfrmd/ca/\\xff.pem)\n"
	           "last reload   3m12s ago, ok\n"
	           "configuration 0123456789ab\n");
}
END_TEST

START_TEST(status_of_a_sick_daemon_names_its_problems)
{
	struct ctl_status status = {.optional = true, .reload_time = NOW};
	struct buf out = {0};

	ck_assert_int_eq(strlist_split(&status.problems, "charon: gone|policies: 2 differ", "|"),
	                 0);
	ck_assert_int_eq(strlist_add(&status.reload_errors, "x.conf: broken"), 0);
	out_text_status(&status, NOW, true, &out);
	assert_out(&out, "xfrmd         \033[33mnot ready\033[0m, \033[31munhealthy\033[0m\n"
	                 "problems      \033[31mcharon: gone\033[0m\n"
	                 "              \033[31mpolicies: 2 differ\033[0m\n"
	                 "mode          optional\n"
	                 "charon        not running, restarted 0 times\n"
	                 "policies      0 of 0 installed, drift 0, repaired 0\n"
	                 "last change   0 added, 0 updated, 0 deleted in 0.0 ms\n"
	                 "peers         0 up, 0 negotiating, 0 failed, repaired 0\n"
	                 "acquires      0 received, 0 deduplicated, 0 lost\n"
	                 "last reload   0s ago, \033[31mfailed\033[0m\n"
	                 "              \033[31mx.conf: broken\033[0m\n");
	strlist_fini(&status.problems);
	strlist_fini(&status.reload_errors);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("out_text", &tests);

	tcase_add_loop_test(tests, durations_have_two_units, 0,
	                    sizeof(durations) / sizeof(durations[0]));
	tcase_add_loop_test(tests, bytes_have_decimal_units, 0, sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_test(tests, errors_are_cut_to_fit_a_row);
	tcase_add_test(tests, status_of_a_healthy_daemon_fits_one_screen);
	tcase_add_test(tests, status_of_a_sick_daemon_names_its_problems);
	return test_run(suite);
}
