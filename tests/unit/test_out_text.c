/* SPDX-License-Identifier: MIT */
#include "src/xfrmctl/out_text.h"

#include <string.h>

#include "test.h"

#define NOW 1700000000

static struct addr addr_of(const char *text)
{
	struct addr addr;

	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return addr;
}

static struct ctl_policy_row row_of(enum policy_dir dir, enum policy_action action, const char *src,
                                    const char *dst, uint32_t priority)
{
	struct ctl_policy_row row = {0};

	row.policy.dir = dir;
	row.policy.action = action;
	ck_assert_int_eq(prefix_parse(src, &row.policy.src, NULL), 0);
	ck_assert_int_eq(prefix_parse(dst, &row.policy.dst, NULL), 0);
	row.policy.priority = priority;
	return row;
}

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

START_TEST(list_is_aligned_and_shows_drift)
{
	struct ctl_policy_row rows[] = {
		row_of(POLICY_DIR_OUT, POLICY_ACTION_ALLOW, "10.0.1.1", "10.9.0.0/16", 5),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_ALLOW, "::/0", "::/0", 30010),
		row_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "fd00:1234:5678:9abc::1", "fd00::/8",
	               30220),
		row_of(POLICY_DIR_IN, POLICY_ACTION_PROTECT, "10.0.0.0/20", "10.0.1.1", 30112),
		row_of(POLICY_DIR_FWD, POLICY_ACTION_BLOCK, "10.0.0.0/20", "0.0.0.0/0", 30112),
	};
	struct buf out = {0};

	rows[0].policy.proto = IPPROTO_TCP;
	rows[0].policy.exotic_key = true;
	rows[1].policy.proto = IPPROTO_ICMPV6;
	rows[1].policy.icmp_type = 135;
	rows[2].drift = DIFF_DRIFT_MISSING;
	rows[3].policy.optional = true;
	rows[3].drift = DIFF_DRIFT_CHANGED;
	rows[4].policy.proto = 132;
	rows[4].drift = DIFF_DRIFT_UNEXPECTED;
	out_text_list(rows, 5, false, &out);
	assert_out(&out, "DIRECTION  ACTION   SOURCE                      DESTINATION"
	                 "             PRIORITY  LEVEL     OWNER  DRIFT\n"
	                 "out        allow    10.0.1.1/32                 10.9.0.0/16 tcp +"
	                 "              5  -         other\n"
	                 "out        allow    ::/0                        ::/0 icmpv6 type 135"
	                 "       30010  -         xfrmd\n"
	                 "out        protect  fd00:1234:5678:9abc::1/128  fd00::/8"
	                 "                   30220  required  xfrmd  missing\n"
	                 "in         protect  10.0.0.0/20                 10.0.1.1/32"
	                 "                30112  optional  xfrmd  changed\n"
	                 "fwd        block    10.0.0.0/20                 0.0.0.0/0 protocol 132"
	                 "     30112  -         xfrmd  unexpected\n");
}
END_TEST

START_TEST(list_of_nothing_is_its_head)
{
	struct buf out = {0};

	out_text_list(NULL, 0, false, &out);
	assert_out(&out, "DIRECTION  ACTION  SOURCE  DESTINATION  PRIORITY  LEVEL  OWNER  DRIFT\n");
}
END_TEST

START_TEST(colours_do_not_count_as_width)
{
	struct ctl_policy_row row = row_of(POLICY_DIR_OUT, POLICY_ACTION_ALLOW, "10.0.1.1",
	                                   "10.9.0.0/16", 5);
	struct buf out = {0};

	out_text_list(&row, 1, true, &out);
	assert_out(&out,
	           "\033[1mDIRECTION\033[0m  \033[1mACTION\033[0m  \033[1mSOURCE\033[0m       "
	           "\033[1mDESTINATION\033[0m  \033[1mPRIORITY\033[0m  \033[1mLEVEL\033[0m  "
	           "\033[1mOWNER\033[0m  \033[1mDRIFT\033[0m\n"
	           "out        \033[33mallow\033[0m   10.0.1.1/32  10.9.0.0/16         5  -      "
	           "other\n");
}
END_TEST

START_TEST(peers_and_their_sas_are_two_tables)
{
	struct ctl_sa sas[] = {
		{.spi_in = 0xc1a2b3c4,
	         .spi_out = 1,
	         .algorithm = "rfc4106(gcm(aes))-160",
	         .bytes_in = 1234567,
	         .bytes_out = 2,
	         .packets_in = 1000,
	         .packets_out = 1,
	         .installed = NOW - 192,
	         .rekey = NOW + 3600},
		{.spi_out = 0xffffffff, .algorithm = "gone"},
	};
	struct ctl_peer items[] = {
		{.local = addr_of("10.0.1.1"),
	         .address = addr_of("10.0.1.2"),
	         .state = "up",
	         .since = NOW - 192,
	         .sas = sas,
	         .sa_count = 2},
		{.local = addr_of("fd00:1234:5678:9abc::1"),
	         .address = addr_of("fd00::2"),
	         .state = "failed",
	         .since = NOW - 12,
	         .last_error = "no answer\n",
	         .next_retry = NOW + 4},
	};
	struct ctl_peers peers = {items, 2};
	struct buf out = {0};

	out_text_peers(&peers, NOW, false, &out);
	assert_out(&out,
	           "PEER      LOCAL                   STATE     FOR  RETRY  LAST ERROR\n"
	           "10.0.1.2  10.0.1.1                up      3m12s      -\n"
	           "fd00::2   fd00:1234:5678:9abc::1  failed    12s  in 4s  no answer\\x0a\n"
	           "\n"
	           "PEER      SPI IN    SPI OUT   ALGORITHM              RECEIVED  PACKETS  SENT"
	           "  PACKETS    AGE     REKEY\n"
	           "10.0.1.2  c1a2b3c4  00000001  rfc4106(gcm(aes))-160    1.2 MB     1000   2 B"
	           "        1  3m12s  in 1h00m\n"
	           "10.0.1.2  none      ffffffff  gone                        0 B        0   0 B"
	           "        0      -     never\n");
}
END_TEST

START_TEST(peers_without_sas_are_one_table)
{
	struct ctl_peer item = {.address = addr_of("10.0.1.2"), .state = "idle", .since = NOW};
	struct ctl_peers peers = {&item, 1};
	struct buf out = {0};

	out_text_peers(&peers, NOW, false, &out);
	assert_out(&out, "PEER      LOCAL  STATE  FOR  RETRY  LAST ERROR\n"
	                 "10.0.1.2  -      idle    0s      -\n");
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("out_text", &tests);

	tcase_add_loop_test(tests, durations_have_two_units, 0,
	                    sizeof(durations) / sizeof(durations[0]));
	tcase_add_loop_test(tests, bytes_have_decimal_units, 0, sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_test(tests, status_of_a_healthy_daemon_fits_one_screen);
	tcase_add_test(tests, status_of_a_sick_daemon_names_its_problems);
	tcase_add_test(tests, list_is_aligned_and_shows_drift);
	tcase_add_test(tests, list_of_nothing_is_its_head);
	tcase_add_test(tests, colours_do_not_count_as_width);
	tcase_add_test(tests, peers_and_their_sas_are_two_tables);
	tcase_add_test(tests, peers_without_sas_are_one_table);
	return test_run(suite);
}
