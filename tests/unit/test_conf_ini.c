/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/conf/conf_ini.h"
#include "xfrmd/conf/conf_key.h"

/* What every valid file must have, without and with something to protect. */
#define PKI                             \
	"instance_certificate=/c.pem\n" \
	"instance_private_key=/k.pem\n" \
	"ca_certificates=/ca.pem\n"
#define VALID "[ipsec]\nipsec_subnets=10.0.0.0/8\n" PKI

struct fixture {
	struct conf conf;
	struct problems problems;
	int result;
};

static struct fixture fix;

static void setup(void)
{
	fix = (struct fixture){0};
}

static void teardown(void)
{
	conf_fini(&fix.conf);
	problems_fini(&fix.problems);
}

static void parse(const char *text)
{
	teardown();
	fix.result = conf_ini_parse("x.conf", text, strlen(text), &fix.conf, &fix.problems);
}

static void parse_valid(const char *text)
{
	parse(text);
	ck_assert_msg(fix.problems.count == 0, "%s",
	              fix.problems.items ? fix.problems.items[0] : "");
	ck_assert_int_eq(fix.result, 0);
}

/* A subnet file, and a configuration that uses it as @key beside a valid rest. */
static char path[] = "/tmp/test_conf_ini.XXXXXX";

static void parse_with_file(const char *key, const void *data, size_t len)
{
	char text[512];
	struct err err;
	int fd;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(file_write_atomic(path, 0600, data, len, &err), 0);
	snprintf(text, sizeof(text), "[ipsec]\n%s=%s\n%s%s", key, path,
	         strcmp(key, "ipsec_subnets_file") == 0 ? "" : "ipsec_subnets=10.0.0.0/8\n", PKI);
	parse(text);
	unlink(path);
}

static char *read_data(const char *name)
{
	char file[512], *data;
	struct err err;
	size_t len;

	snprintf(file, sizeof(file), "%s/conf/%s", getenv("TEST_DATA"), name);
	ck_assert_msg(file_read(file, 65536, &data, &len, &err) == 0, "%s", err.text);
	return data;
}

START_TEST(conf_ini_reads_the_smallest_file)
{
	parse_valid(VALID);
	ck_assert_uint_eq(fix.conf.protect.count, 1);
	ck_assert_uint_eq(fix.conf.allow.count, 0);
	ck_assert_str_eq(fix.conf.instance_certificate, "/c.pem");
	ck_assert_str_eq(fix.conf.instance_private_key, "/k.pem");
	ck_assert_int_eq(strlist_contains(&fix.conf.ca_certificates, "/ca.pem"), true);
	ck_assert_uint_eq(fix.conf.notes.count, 0);
}
END_TEST

START_TEST(conf_ini_reads_every_key)
{
	_cleanup_(cleanup_free) char *text = read_data("full.conf");
	_cleanup_(cleanup_free) char *expected = read_data("full.canonical");
	_cleanup_(cleanup_free) char *canonical = NULL;

	parse_valid(text);
	canonical = conf_canonical(&fix.conf);
	ck_assert_str_eq(canonical, expected);
}
END_TEST

START_TEST(conf_key_table_is_complete)
{
	for (size_t i = 0; i < CONF_KEY_COUNT; i++) {
		ck_assert_ptr_nonnull(conf_keys[i].name);
		ck_assert(conf_keys[i].read != NULL);
		ck_assert_ptr_eq(conf_key_find(NULL, conf_keys[i].name), &conf_keys[i]);
	}
}
END_TEST

/* The whole problem, or its beginning, of a file that has this one problem. */
static const struct {
	const char *text;
	const char *problem;
} refused[] = {
	/* lines */
	{VALID "foo=1\n", "x.conf: [ipsec] foo: unknown key, found in line 6, expected a key of "},
	{VALID "reqid=1\n", "x.conf: [ipsec] reqid: unknown key, found in line 6, expected it in "
                            "[kernel]"},
	{VALID "f\x1b[1m=1\n", "x.conf: [ipsec] f\\x1b[1m: unknown key"},
	{VALID "[foo]\nbar=1\n",
         "x.conf: [foo]: unknown section, found in line 6, expected [ipsec]"},
	{VALID "[]\n", "x.conf: []: unknown section"},
	{VALID "[a]b]\n", "x.conf: [a]b]: unknown section"},
	{"optional=1\n" VALID, "x.conf: optional: key outside of a section, found in line 1, "
                               "expected below [ipsec]"},
	{VALID "optional=1\n\nOPTIONAL=1\n", "x.conf: [ipsec] optional: duplicate key, found in "
                                             "lines 6 and 8, expected once"},
	{VALID "[log]\n[IPSEC]\nipsec_subnets=10.9.0.0/16\n",
         "x.conf: [ipsec] ipsec_subnets: duplicate key, found in lines 2 and 8"},
	{VALID "nonsense\n", "x.conf: line 6: malformed, found \"nonsense\", expected [section] or "
                             "key = value"},
	{VALID "=1\n", "x.conf: line 6: malformed, found \"=1\""},
	{VALID "[log\n", "x.conf: line 6: malformed"},
	{VALID "[log] # words\n", "x.conf: line 6: malformed"},
	{VALID "no_ipsec_subnets=10.1.0.0/16;10.2.0.0/16\n",
         "x.conf: [ipsec] no_ipsec_subnets: a comment sign inside the value in line 6, found "
         "\"10.1.0.0/16;10.2.0.0/16\""},
	{VALID "no_ipsec_subnets=\"10.1.0.0/16\", \"10.2.0.0/16\"\n",
         "x.conf: [ipsec] no_ipsec_subnets: text behind the closing quote in line 6"},
	{VALID "no_ipsec_subnets='10.1.0.0/16\n",
         "x.conf: [ipsec] no_ipsec_subnets: a quote without its end in line 6"},
	{VALID "optional=true \\\\\n",
         "x.conf: [ipsec] optional: a backslash at the end in line 6"},
	{VALID "optional=true \\\\\n\n[log]\n", "x.conf: [ipsec] optional: a backslash at the end"},
	/* pre-shared keys */
	{VALID "psk=hush\n",
         "x.conf: [ipsec] psk: pre-shared keys are not supported, found in line "
         "6, expected certificates"},
	{VALID "ike_PSK_file=/x\n", "x.conf: [ipsec] ike_PSK_file: pre-shared keys"},
	{VALID "shared_secret=x\n", "x.conf: [ipsec] shared_secret: pre-shared keys"},
	{VALID "preshared=x\n", "x.conf: [ipsec] preshared: pre-shared keys"},
	{VALID "pre_shared_key=x\n", "x.conf: [ipsec] pre_shared_key: pre-shared keys"},
	{VALID "[secrets]\nx=y\n", "x.conf: [secrets]: pre-shared keys are not supported"},
	{"psk=x\n" VALID, "x.conf: psk: pre-shared keys"},
	/* required */
	{"[ipsec]\n" PKI, "x.conf: [ipsec] ipsec_subnets: nothing to protect"},
	{"[ipsec]\nipsec_subnets=\n" PKI, "x.conf: [ipsec] ipsec_subnets: nothing to protect"},
	{"[ipsec]\nipsec_subnets=10.0.0.0/8\ninstance_private_key=/k\nca_certificates=/a\n",
         "x.conf: [ipsec] instance_certificate: missing, found \"\", expected an absolute path"},
	{"[ipsec]\nipsec_subnets=10.0.0.0/8\ninstance_certificate=/k\nca_certificates=/a\n",
         "x.conf: [ipsec] instance_private_key: missing"},
	{"[ipsec]\nipsec_subnets=10.0.0.0/8\ninstance_certificate=/k\ninstance_private_key=/a\n",
         "x.conf: [ipsec] ca_certificates: missing"},
	/* values */
	{VALID "no_ipsec_subnets=10.0.0/8\n", "x.conf: [ipsec] no_ipsec_subnets: malformed subnet, "
                                              "found \"10.0.0/8\", expected a CIDR such as "},
	{VALID "no_ipsec_subnets=10.0.0.0/8\n",
         "x.conf: [ipsec] no_ipsec_subnets: 10.0.0.0/8 is in ipsec_subnets too"},
	{VALID "no_ipsec_subnets=10.9.9.9/8\n",
         "x.conf: [ipsec] no_ipsec_subnets: 10.0.0.0/8 is in ipsec_subnets too"},
	{VALID "no_ipsec_subnets_file=x\n",
         "x.conf: [ipsec] no_ipsec_subnets_file: not an absolute path, found \"x\""},
	{VALID "no_ipsec_subnets_file=/nonexistent\n",
         "x.conf: [ipsec] no_ipsec_subnets_file: /nonexistent: "},
	{VALID "no_ipsec_subnets_file=/\n",
         "x.conf: [ipsec] no_ipsec_subnets_file: /: not a regular"},
	{VALID "optional=maybe\n", "x.conf: [ipsec] optional: not a truth value, found \"maybe\", "
                                   "expected true or false"},
	{VALID "optional=\n", "x.conf: [ipsec] optional: not a truth value, found \"\""},
	{VALID "optional==yes\n", "x.conf: [ipsec] optional: not a truth value, found \"=yes\""},
	{"[ipsec]\nipsec_subnets=10.0.0.0/8\ninstance_certificate=c.pem\n"
         "instance_private_key=/k\nca_certificates=/a\n",
         "x.conf: [ipsec] instance_certificate: not an absolute path, found \"c.pem\""},
	{"[ipsec]\nipsec_subnets=10.0.0.0/8\ninstance_certificate=/c\n"
         "instance_private_key=/k\nca_certificates=/a, b\n",
         "x.conf: [ipsec] ca_certificates: not an absolute path, found \"b\""},
	{"[ipsec]\nipsec_subnets=10.0.0.0/8\ninstance_certificate=/c\n"
         "instance_private_key=/k\nca_certificates=\n",
         "x.conf: [ipsec] ca_certificates: empty list"},
	{VALID "ike_proposals=aes128-sha256-modp1024!\n",
         "x.conf: [ipsec] ike_proposals: modp1024 is weak"},
	{VALID "ike_proposals=aes128gcm16\n", "x.conf: [ipsec] ike_proposals: no pseudo-random"},
	{VALID "ike_proposals=aes128-sha256-modp2048!!\n",
         "x.conf: [ipsec] ike_proposals: unknown algorithm \"modp2048!\""},
	{VALID "esp_proposals=\n", "x.conf: [ipsec] esp_proposals: empty list"},
	{VALID "esp_proposals=!\n", "x.conf: [ipsec] esp_proposals: empty algorithm"},
	{VALID "prestart_timeout=0\n", "x.conf: [ipsec] prestart_timeout: out of range, found "
                                       "\"0\", expected 1 to 3600 seconds (units: s, m, h, d)"},
	{VALID "prestart_timeout=3601\n", "x.conf: [ipsec] prestart_timeout: out of range"},
	{VALID "prestart_timeout=soon\n", "x.conf: [ipsec] prestart_timeout: not a duration"},
	{VALID "stop_timeout=2h\n", "x.conf: [ipsec] stop_timeout: out of range"},
	{VALID "stop_timeout=-1\n", "x.conf: [ipsec] stop_timeout: not a duration"},
	{VALID "stop_wait_for=/run/a.pid run/b.pid\n",
         "x.conf: [ipsec] stop_wait_for: not an absolute path, found \"run/b.pid\""},
	{VALID "stop_action=open\n", "x.conf: [ipsec] stop_action: unknown action, found \"open\", "
                                     "expected block or clear"},
	{VALID "interfaces=auto, eth0\n", "x.conf: [ipsec] interfaces: auto beside other names"},
	{VALID "interfaces=\n", "x.conf: [ipsec] interfaces: empty list"},
	{VALID "[kernel]\nxfrm_acq_expires=0\n", "x.conf: [kernel] xfrm_acq_expires: out of range"},
	{VALID "[kernel]\nreqid=0\n", "x.conf: [kernel] reqid: out of range, found \"0\", expected "
                                      "1 to 4294967295"},
	{VALID "[kernel]\nreqid=4294967296\n", "x.conf: [kernel] reqid: out of range"},
	{VALID "[kernel]\nreqid=0x10\n", "x.conf: [kernel] reqid: not a number"},
	{VALID "[charon]\nbinary=charon\n", "x.conf: [charon] binary: not an absolute path"},
	{VALID "[charon]\nrekey_time=4\n",
         "x.conf: [charon] rekey_time: out of range, found \"4\", "
         "expected 0 (off) or 5 to 2592000 seconds (units: s, m, h, d)"},
	{VALID "[charon]\ndpd_delay=31d\n", "x.conf: [charon] dpd_delay: out of range"},
	{VALID "[charon]\nidle_timeout=0.5h\n", "x.conf: [charon] idle_timeout: not a duration"},
	{VALID "[certificates]\ninfo_days=3651\n",
         "x.conf: [certificates] info_days: out of range"},
	{VALID "[certificates]\nwarn_days=40\n", "x.conf: [certificates] info_days: out of order"},
	{VALID "[log]\ntarget=file:x.log\n",
         "x.conf: [log] target: unknown target, found "
         "\"file:x.log\", expected syslog, journal, stderr or "},
	{VALID "[log]\nlevel=notice\n", "x.conf: [log] level: unknown level, found \"notice\""},
};

START_TEST(conf_ini_refuses_with_the_reason)
{
	parse(refused[_i].text);
	ck_assert_int_eq(fix.result, -EINVAL);
	ck_assert_uint_eq(fix.problems.count, 1);
	ck_assert_msg(strncmp(fix.problems.items[0], refused[_i].problem,
	                      strlen(refused[_i].problem)) == 0,
	              "%s", fix.problems.items[0]);
}
END_TEST

START_TEST(conf_ini_reports_every_problem_in_one_run)
{
	parse("oops\n[ipsec]\nipsec_subnets=10.0.0.0/8, 300.0.0.0/8 x\noptional=2\nfoo=1\n"
	      "[kernel]\nreqid=0\n[nothing]\n");
	ck_assert_int_eq(fix.result, -EINVAL);
	/* line 1, foo, [nothing], two subnets, optional, three files missing, reqid */
	ck_assert_uint_eq(fix.problems.count, 10);
}
END_TEST

START_TEST(conf_ini_keeps_the_problems_of_others)
{
	problems_add(&fix.problems, "an older problem");
	fix.result = conf_ini_parse("x.conf", VALID, strlen(VALID), &fix.conf, &fix.problems);
	ck_assert_int_eq(fix.result, 0);
	ck_assert_uint_eq(fix.problems.count, 1);
}
END_TEST

START_TEST(conf_ini_accepts_every_way_to_write_a_value)
{
	parse_valid("# words\r\n ; more words \\\n\r\n[ IPsec ]\r\nOptional = TRUE  # why\r\n"
	            "ipsec_subnets = \\\r\n  10.0.0.0/8, \\\n\t10.0.0.0/9,fd00::/8 ; ten\n"
	            "no_ipsec_subnets=\"10.5.0.0/16 10.6.0.0/16\"\n"
	            "no_ipsec_subnets_file=\n"
	            "[log]\ntarget=journal\n[ipsec]\n" PKI "stop_wait_for=''\ninterfaces=auto\n"
	            "[charon]\ndpd_delay=0s\nrekey_time=90m\n[log]\nlevel=error");
	ck_assert_int_eq(fix.conf.optional, true);
	ck_assert_uint_eq(fix.conf.protect.count, 3);
	ck_assert_uint_eq(fix.conf.allow.count, 2);
	ck_assert_uint_eq(fix.conf.interfaces.count, 0);
	ck_assert_uint_eq(fix.conf.dpd_delay_s, 0);
	ck_assert_uint_eq(fix.conf.rekey_time_s, 5400);
	ck_assert_int_eq(fix.conf.log_target, LOG_TARGET_JOURNAL);
	ck_assert_int_eq(fix.conf.log_level, LOG_LEVEL_ERROR);
}
END_TEST

START_TEST(conf_ini_does_not_continue_a_comment)
{
	parse_valid(VALID "# this ends with a backslash \\\noptional=true\n");
	ck_assert_int_eq(fix.conf.optional, true);
}
END_TEST

START_TEST(conf_ini_reads_lines_up_to_the_limit_of_iniparser)
{
	char text[4096];

	for (int len = 1015; len <= 1030; len++) {
		int used = snprintf(text, sizeof(text), "%s", VALID "[charon]\nbinary=/");

		memset(text + used, 'a', (size_t)len - strlen("binary=/"));
		strcpy(text + used + (size_t)len - strlen("binary=/"), "\n[log]\nlevel=debug\n");
		parse(text);
		ck_assert_int_eq(fix.result, len <= 1022 ? 0 : -EINVAL);
		ck_assert_int_eq(fix.conf.log_level, LOG_LEVEL_DEBUG);
		if (len <= 1022)
			ck_assert_uint_eq(strlen(fix.conf.charon_binary), (size_t)len - 7);
		else
			ck_assert_ptr_nonnull(strstr(fix.problems.items[0],
			                             "x.conf: [charon] binary: line 7 is too long, "
			                             "found 10"));
	}
}
END_TEST

START_TEST(conf_ini_refuses_nul_bytes)
{
	static const char text[] = VALID "\0optional=true\n";

	fix.result = conf_ini_parse("x.conf", text, sizeof(text) - 1, &fix.conf, &fix.problems);
	ck_assert_int_eq(fix.result, -EINVAL);
	ck_assert_uint_eq(fix.problems.count, 1);
	ck_assert_str_eq(fix.problems.items[0], "x.conf: NUL bytes, expected a text file");
}
END_TEST

START_TEST(conf_ini_tells_a_manifest_by_its_names)
{
	static const char *const manifests[] = {
		"---\naddons:\n- name: a\n",
		"# x\n  ipsec_subnets: 10.0.0.0/8\n",
		"\n- ca_certificates:\r\n",
		"- optional: true",
	};
	static const char *const others[] = {
		"addon: x\n",
		"optional = a:b\n",
		"\n[ipsec]\noptional: true\n",
		":\n",
	};

	for (size_t i = 0; i < sizeof(manifests) / sizeof(manifests[0]); i++) {
		parse(manifests[i]);
		ck_assert_int_eq(fix.result, -EINVAL);
		ck_assert_uint_eq(fix.problems.count, 1);
		ck_assert_ptr_nonnull(
			strstr(fix.problems.items[0],
		               i == 3 ? "x.conf: line 1: is YAML" : "x.conf: line 2: is YAML"));
		ck_assert_ptr_nonnull(strstr(fix.problems.items[0], "xfrmpki import"));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		parse(others[i]);
		ck_assert_uint_gt(fix.problems.count, 1);
		ck_assert_ptr_null(strstr(fix.problems.items[0], "YAML"));
	}
}
END_TEST

START_TEST(conf_ini_notes_host_bits_and_duplicates_once)
{
	parse_valid("[ipsec]\nipsec_subnets=10.0.1.1/20 10.0.1.1/20 10.0.0.0/20 fd00::1/64\n" PKI);
	ck_assert_uint_eq(fix.conf.protect.count, 2);
	ck_assert_uint_eq(fix.conf.notes.count, 3);
	ck_assert_str_eq(fix.conf.notes.items[0], "x.conf: [ipsec] ipsec_subnets: 10.0.1.1/20 has "
	                                          "host bits set, 10.0.0.0/20 is used");
	ck_assert_str_eq(fix.conf.notes.items[1], "x.conf: [ipsec] ipsec_subnets: fd00::1/64 has "
	                                          "host bits set, fd00::/64 is used");
	ck_assert_str_eq(fix.conf.notes.items[2], "x.conf: [ipsec] ipsec_subnets: 10.0.0.0/20 is "
	                                          "listed more than once");
}
END_TEST

static const struct {
	const char *entry, *expected;
} mapped[] = {
	{"::ffff:10.0.0.0/104", "expected 10.0.0.0/8"},
	{"::ffff:10.0.1.2", "expected 10.0.1.2/32"},
	{"::ffff:0:0/96", "expected 0.0.0.0/0"},
};

START_TEST(conf_ini_refuses_subnets_that_no_packet_is_in)
{
	static const char *const lists[] = {"ipsec_subnets", "no_ipsec_subnets"};
	char text[512];

	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "[ipsec]\nipsec_subnets=10.1.0.0/16%s%s\n" PKI,
		         i ? "\nno_ipsec_subnets=" : ",", mapped[_i].entry);
		parse(text);
		ck_assert_int_eq(fix.result, -EINVAL);
		ck_assert_uint_eq(fix.problems.count, 1);
		ck_assert_ptr_nonnull(strstr(fix.problems.items[0], lists[i]));
		ck_assert_ptr_nonnull(strstr(fix.problems.items[0], "IPv4 inside IPv6"));
		ck_assert_ptr_nonnull(strstr(fix.problems.items[0], mapped[_i].expected));
		teardown();
		setup();
	}
	parse_with_file("ipsec_subnets_file", mapped[_i].entry, strlen(mapped[_i].entry));
	ck_assert_int_eq(fix.result, -EINVAL);
	ck_assert_ptr_nonnull(strstr(fix.problems.items[0], mapped[_i].expected));
}
END_TEST

static const struct {
	const char *entry, *note;
} odd[] = {
	{"127.0.0.0/8", "127.0.0.0/8 is loopback"},
	{"127.1.0.0/16", "127.1.0.0/16 is loopback"},
	{"::1", "::1/128 is loopback"},
	{"224.0.0.0/4", "224.0.0.0/4 is multicast"},
	{"255.255.255.255", "255.255.255.255/32 is multicast or broadcast"},
	{"ff02::/16", "ff02::/16 is multicast"},
	{"169.254.0.0/16", "169.254.0.0/16 is link-local"},
	{"fe80::/64", "fe80::/64 is link-local"},
	{"0.0.0.0/0", NULL},
	{"::/0", NULL},
	{"126.0.0.0/7", NULL},
	{"fe00::/8", NULL},
	{"::fffe:0:0/95", NULL},
};

START_TEST(conf_ini_notes_subnets_that_nothing_is_protected_in)
{
	char text[512];

	snprintf(text, sizeof(text), "[ipsec]\nipsec_subnets=%s\n" PKI, odd[_i].entry);
	parse_valid(text);
	ck_assert_uint_eq(fix.conf.notes.count, odd[_i].note ? 1 : 0);
	if (odd[_i].note)
		ck_assert_ptr_nonnull(strstr(fix.conf.notes.items[0], odd[_i].note));
	teardown();
	setup();
	snprintf(text, sizeof(text), "[ipsec]\nipsec_subnets=10.0.0.0/8\nno_ipsec_subnets=%s\n" PKI,
	         odd[_i].entry);
	parse_valid(text);
	ck_assert_uint_eq(fix.conf.notes.count, 0);
}
END_TEST

START_TEST(conf_ini_reads_a_subnet_file)
{
	static const char text[] = "# list\r\n\r\n10.0.0.0/8 # ten\r\n\tfd00::1/8\n192.0.2.1";

	parse_with_file("ipsec_subnets_file", text, strlen(text));
	ck_assert_int_eq(fix.result, 0);
	ck_assert_uint_eq(fix.conf.protect.count, 3);
	ck_assert_uint_eq(fix.conf.notes.count, 1);
	ck_assert_ptr_nonnull(strstr(fix.conf.notes.items[0], ": fd00::1/8 has host bits set"));
	ck_assert_mem_eq(fix.conf.notes.items[0], path, strlen(path));
}
END_TEST

START_TEST(conf_ini_joins_subnet_file_and_list)
{
	static const char text[] = "10.5.0.0/16\n10.0.0.0/8\n";

	parse_with_file("no_ipsec_subnets_file", text, strlen(text));
	ck_assert_int_eq(fix.result, -EINVAL);
	ck_assert_uint_eq(fix.problems.count, 1);
	ck_assert_ptr_nonnull(strstr(fix.problems.items[0], "10.0.0.0/8 is in ipsec_subnets too"));
}
END_TEST

START_TEST(conf_ini_names_the_line_of_a_subnet_file)
{
	static const char text[] = "10.5.0.0/16\n\n10.6.0.0/16 10.7.0.0/16\n\x07\n";
	char expected[256];

	parse_with_file("no_ipsec_subnets_file", text, strlen(text));
	ck_assert_int_eq(fix.result, -EINVAL);
	ck_assert_uint_eq(fix.problems.count, 2);
	snprintf(
		expected, sizeof(expected),
		"%s:3: malformed subnet, found \"10.6.0.0/16 10.7.0.0/16\", expected one per line, "
		"each a CIDR such as 10.0.0.0/8 or fd00::/8",
		path);
	ck_assert_str_eq(fix.problems.items[0], expected);
	ck_assert_ptr_nonnull(
		strstr(fix.problems.items[1], ":4: malformed subnet, found \"\\x07\""));
}
END_TEST

START_TEST(conf_ini_cuts_the_problems_of_a_subnet_file)
{
	char text[4096] = "";

	for (int i = 0; i < 50; i++)
		sprintf(text + strlen(text), "x%d\n10.%d.0.1/16\n10.%d.0.0/16\n", i, i, i);
	parse_with_file("ipsec_subnets_file", text, strlen(text));
	ck_assert_int_eq(fix.result, -EINVAL);
	ck_assert_uint_eq(fix.problems.count, 21);
	ck_assert_ptr_nonnull(strstr(fix.problems.items[20], ": ... and 30 more malformed"));
	ck_assert_uint_eq(fix.conf.notes.count, 42);
	ck_assert_ptr_nonnull(strstr(fix.conf.notes.items[20], ": ... and 30 more with host bits"));
	ck_assert_ptr_nonnull(strstr(fix.conf.notes.items[41], ": ... and 30 more listed more"));
}
END_TEST

START_TEST(conf_ini_refuses_a_binary_subnet_file)
{
	parse_with_file("no_ipsec_subnets_file", "10.5.0.0/16\0\n10.6.0.0/16\n", 25);
	ck_assert_int_eq(fix.result, -EINVAL);
	ck_assert_uint_eq(fix.problems.count, 1);
	ck_assert_ptr_nonnull(strstr(fix.problems.items[0], "file with NUL bytes"));
}
END_TEST

START_TEST(conf_ini_reads_ten_thousand_subnets_fast)
{
	size_t size = 10000 * 20, used = 0;
	_cleanup_(cleanup_free) char *text = malloc(size);
	clock_t started;
	double seconds;

	ck_assert_ptr_nonnull(text);
	for (unsigned i = 0; i < 10000; i++)
		used += (size_t)snprintf(text + used, size - used, "10.%u.%u.0/24\n",
		                         (i * 7919 % 10000) / 256, (i * 7919 % 10000) % 256);
	started = clock();
	parse_with_file("ipsec_subnets_file", text, used);
	seconds = (double)(clock() - started) / CLOCKS_PER_SEC;
	ck_assert_int_eq(fix.result, 0);
	ck_assert_uint_eq(fix.conf.protect.count, 10000);
	/* some 3 ms; the bound only catches what is quadratic, also under valgrind */
	ck_assert_msg(seconds < 2, "%f s", seconds);
}
END_TEST

START_TEST(conf_ini_load_reports_an_unreadable_file)
{
	fix.result = conf_ini_load("/nonexistent/xfrmd.conf", &fix.conf, &fix.problems);
	ck_assert_int_eq(fix.result, -EINVAL);
	ck_assert_uint_eq(fix.problems.count, 1);
	ck_assert_ptr_nonnull(strstr(fix.problems.items[0], "/nonexistent/xfrmd.conf: "));
}
END_TEST

START_TEST(conf_ini_load_reads_a_file)
{
	char file[512];

	snprintf(file, sizeof(file), "%s/conf/full.conf", getenv("TEST_DATA"));
	ck_assert_int_eq(conf_ini_load(file, &fix.conf, &fix.problems), 0);
	ck_assert_int_eq(fix.conf.stop_clear, true);
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite = test_suite("conf_ini", &test_case);

	tcase_add_checked_fixture(test_case, setup, teardown);
	tcase_add_test(test_case, conf_ini_reads_the_smallest_file);
	tcase_add_test(test_case, conf_ini_reads_every_key);
	tcase_add_test(test_case, conf_key_table_is_complete);
	tcase_add_loop_test(test_case, conf_ini_refuses_with_the_reason, 0,
	                    sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(test_case, conf_ini_reports_every_problem_in_one_run);
	tcase_add_test(test_case, conf_ini_keeps_the_problems_of_others);
	tcase_add_test(test_case, conf_ini_accepts_every_way_to_write_a_value);
	tcase_add_test(test_case, conf_ini_does_not_continue_a_comment);
	tcase_add_test(test_case, conf_ini_reads_lines_up_to_the_limit_of_iniparser);
	tcase_add_test(test_case, conf_ini_refuses_nul_bytes);
	tcase_add_test(test_case, conf_ini_tells_a_manifest_by_its_names);
	tcase_add_test(test_case, conf_ini_notes_host_bits_and_duplicates_once);
	tcase_add_loop_test(test_case, conf_ini_refuses_subnets_that_no_packet_is_in, 0,
	                    sizeof(mapped) / sizeof(mapped[0]));
	tcase_add_loop_test(test_case, conf_ini_notes_subnets_that_nothing_is_protected_in, 0,
	                    sizeof(odd) / sizeof(odd[0]));
	tcase_add_test(test_case, conf_ini_reads_a_subnet_file);
	tcase_add_test(test_case, conf_ini_joins_subnet_file_and_list);
	tcase_add_test(test_case, conf_ini_names_the_line_of_a_subnet_file);
	tcase_add_test(test_case, conf_ini_cuts_the_problems_of_a_subnet_file);
	tcase_add_test(test_case, conf_ini_refuses_a_binary_subnet_file);
	tcase_add_test(test_case, conf_ini_reads_ten_thousand_subnets_fast);
	tcase_add_test(test_case, conf_ini_load_reports_an_unreadable_file);
	tcase_add_test(test_case, conf_ini_load_reads_a_file);
	return test_run(suite);
}
