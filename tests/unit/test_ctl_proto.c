/* SPDX-License-Identifier: MIT */
#include "xfrmd/ctl/ctl_proto.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

static struct addr addr_of(const char *text)
{
	struct addr addr;

	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return addr;
}

static struct policy policy_of(enum policy_dir dir, enum policy_action action, const char *src,
                               const char *dst, uint32_t priority)
{
	struct policy policy;

	memset(&policy, 0, sizeof(policy));
	policy.dir = dir;
	policy.action = action;
	ck_assert_int_eq(prefix_parse(src, &policy.src, NULL), 0);
	ck_assert_int_eq(prefix_parse(dst, &policy.dst, NULL), 0);
	policy.priority = priority;
	return policy;
}

/* Takes ownership of @text. */
static void assert_text(char *text, const char *expected)
{
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	free(text);
}

static const struct ctl_ask asks[] = {
	{.command = CTL_COMMAND_STATUS},
	{.command = CTL_COMMAND_PEERS},
	{.command = CTL_COMMAND_DESIRED},
	{.command = CTL_COMMAND_DESIRED, .unless = 1},
	{.command = CTL_COMMAND_DESIRED, .unless = UINT64_MAX},
	{.command = CTL_COMMAND_RELOAD},
	{.command = CTL_COMMAND_SHUTDOWN},
	{.command = CTL_COMMAND_SHUTDOWN, .now = true},
	{.command = CTL_COMMAND_FLUSH},
	{.command = CTL_COMMAND_RETRY, .address = {AF_INET, {10, 0, 1, 2}}},
	{.command = CTL_COMMAND_REKEY},
	{.command = CTL_COMMAND_REKEY, .address = {AF_INET, {10, 0, 1, 2}}},
	{.command = CTL_COMMAND_TRY, .timeout_s = 60},
	{.command = CTL_COMMAND_TRY, .timeout_s = CTL_TRY_MAX_S, .copied = true},
	{.command = CTL_COMMAND_CONFIRM},
	{.command = CTL_COMMAND_BACK},
};

START_TEST(request_of_every_command_is_read_back)
{
	struct ctl_ask ask = {0};
	char *text = ctl_proto_request(&asks[_i]);
	struct err err;

	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(ctl_proto_parse_request(text, strlen(text), &ask, &err), 0);
	ck_assert_int_eq(ask.command, asks[_i].command);
	ck_assert(addr_equal(&ask.address, &asks[_i].address));
	ck_assert_uint_eq(ask.unless, asks[_i].unless);
	ck_assert_int_eq(ask.now, asks[_i].now);
	ck_assert_uint_eq(ask.timeout_s, asks[_i].timeout_s);
	ck_assert_int_eq(ask.copied, asks[_i].copied);
	free(text);
}
END_TEST

/* With * for what only later versions of jansson say. */
static const struct {
	const char *text, *sentence;
} bad_requests[] = {
	{"", "request: empty"},
	{"{", "request: not JSON: line 1, column 1: string or '}' expected near end of file"},
	{"[]", "request: Expected object, got array, expected {\"command\": NAME}"},
	{"{}", "request: Object item not found: command, expected {\"command\": NAME}"},
	{"{\"command\":1}", "request: Expected string, got integer*, expected {\"command\": NAME}"},
	{"{\"command\":\"flush\",\"x\":1}",
         "request: 1 object item(s) left unpacked: x, expected {\"command\": NAME}"},
	{"{\"command\":\"flush\",\"command\":\"status\"}",
         "request: not JSON: line 1, column 28: duplicate object key near '\"command\"'"},
	{"{\"command\":\"open\\u001b\"}",
         "request: unknown command \"open\\x1b\", expected one of status, peers, metrics, monitor, desired, reload, "
         "shutdown, flush, retry, rekey, try, confirm, back"},
	{"{\"command\":\"retry\"}", "request: retry: address: missing"},
	{"{\"command\":\"try\",\"copied\":true}", "request: try: timeout: missing"},
	{"{\"command\":\"try\",\"timeout\":0}", "request: try: timeout: expected 1 to 3600"},
	{"{\"command\":\"try\",\"timeout\":3601}", "request: try: timeout: expected 1 to 3600"},
	{"{\"command\":\"try\",\"timeout\":-4294967295}",
         "request: try: timeout: expected 1 to 3600"},
	{"{\"command\":\"status\",\"unless\":\"0123456789abcdef\"}",
         "request: status: unless: not expected"},
	{"{\"command\":\"desired\",\"unless\":\"0123456789abcde\"}",
         "request: desired: unless: expected 16 hexadecimal digits"},
	{"{\"command\":\"desired\",\"unless\":\"0123456789abcdef0\"}",
         "request: desired: unless: expected 16 hexadecimal digits"},
	{"{\"command\":\"desired\",\"unless\":\"0123456789abcdeG\"}",
         "request: desired: unless: expected 16 hexadecimal digits"},
	{"{\"command\":\"reload\",\"now\":true}", "request: reload: now: not expected"},
	{"{\"command\":\"shutdown\",\"now\":1}",
         "request: Expected true or false, got integer*, expected {\"command\": NAME}"},
	{"{\"command\":\"retry\",\"address\":\"a\"}", "request: retry: \"a\" is not an IP address"},
	{"{\"command\":\"flush\",\"address\":\"10.0.1.2\"}",
         "request: flush: address: not expected"},
	{"{\"command\":\"flush\"}{}",
         "request: not JSON: line 1, column 20: end of file expected near '{'"},
};

START_TEST(request_is_refused_in_words)
{
	struct ctl_ask ask = {0};
	struct err err = {0};
	int ret = ctl_proto_parse_request(bad_requests[_i].text, strlen(bad_requests[_i].text),
	                                  &ask, &err);

	ck_assert_int_eq(ret, -EBADMSG);
	ck_assert_msg(fnmatch(bad_requests[_i].sentence, err.text, FNM_NOESCAPE) == 0, "%s",
	              err.text);
	ck_assert_int_eq(ask.command, CTL_COMMAND_STATUS);
}
END_TEST

START_TEST(request_that_is_too_long_is_refused)
{
	size_t len = CTL_REQUEST_MAX + 1;
	char *text = malloc(len);
	struct ctl_ask ask;
	struct err err;

	ck_assert_ptr_nonnull(text);
	memset(text, ' ', len);
	ck_assert_int_eq(ctl_proto_parse_request(text, len, &ask, &err), -EBADMSG);
	ck_assert_str_eq(err.text, "request: too long: 65537 bytes, expected at most 65536");
	free(text);
}
END_TEST

static void fill_status(struct ctl_status *status)
{
	static struct ctl_certificate certificates[2];

	*status = (struct ctl_status){.ready = true,
	                              .optional = true,
	                              .charon_running = true,
	                              .charon_pid = 4711,
	                              .charon_restarts = 1,
	                              .policies_desired = 10,
	                              .policies_installed = 9,
	                              .policies_drift = 2,
	                              .policies_repaired = 3,
	                              .policies_foreign = 16,
	                              .peers_up = 4,
	                              .peers_negotiating = 5,
	                              .peers_failed = 6,
	                              .peers_repaired = 17,
	                              .acquires_received = 7,
	                              .acquires_deduplicated = 8,
	                              .acquires_lost = 11,
	                              .reload_time = 1700000000,
	                              .config_hash = "0123abcd",
	                              .trying = true,
	                              .try_ends = 1700000060,
	                              .try_copied = true,
	                              .stopping = true,
	                              .stopping_ends = 1700000030,
	                              .last_added = 12,
	                              .last_updated = 13,
	                              .last_deleted = 14,
	                              .last_apply_us = 15};
	certificates[0] = (struct ctl_certificate){
		.role = "instance", .not_after = 1800000000, .days_left = -2};
	certificates[0].file = strdup("/etc/\xff.pem");
	certificates[0].subject = strdup("CN=instance");
	status->certificates = malloc(sizeof(certificates));
	ck_assert_ptr_nonnull(status->certificates);
	memcpy(status->certificates, certificates, sizeof(certificates));
	status->certificate_count = 1;
	ck_assert_int_eq(strlist_add(&status->problems, "charon: \"gone\""), 0);
	ck_assert_int_eq(strlist_add(&status->warnings, "peers: silent: 10.0.1.2"), 0);
	ck_assert_int_eq(strlist_add(&status->reload_errors, "x.conf: broken"), 0);
	ck_assert_int_eq(strlist_add(&status->stopping_jobs, "/run/a.pid (pid 12)"), 0);
	status->config_file = strdup("/etc/x.conf");
}

#define STATUS_TEXT                                                                           \
	"{\"ready\":true,\"healthy\":false,\"problems\":[\"charon: \\\"gone\\\"\"],"          \
	"\"warnings\":[\"peers: silent: 10.0.1.2\"],"                                         \
	"\"mode\":\"optional\",\"charon\":{\"running\":true,\"pid\":4711,\"restarts\":1},"    \
	"\"policies\":{\"desired\":10,\"installed\":9,\"drift\":2,\"repaired\":3,"            \
	"\"foreign\":16},"                                                                    \
	"\"peers\":{\"up\":4,\"negotiating\":5,\"failed\":6,\"repaired\":17},"                \
	"\"acquires\":{\"received\":7,\"deduplicated\":8,\"lost\":11},"                       \
	"\"last_change\":{\"added\":12,\"updated\":13,\"deleted\":14,\"duration_us\":15},"    \
	"\"certificates\":[{\"file\":\"/etc/\\\\xff.pem\",\"role\":\"instance\","             \
	"\"subject\":\"CN=instance\",\"not_after\":1800000000,\"days_left\":-2}],"            \
	"\"last_reload\":{\"time\":1700000000,\"ok\":false,\"errors\":[\"x.conf: broken\"]}," \
	"\"config_hash\":\"0123abcd\",\"config_file\":\"/etc/x.conf\","                       \
	"\"try\":{\"ends\":1700000060,\"copied\":true},"                                      \
	"\"stopping\":{\"wait_ends\":1700000030,\"jobs\":[\"/run/a.pid (pid 12)\"]}}"

START_TEST(status_is_written_by_the_documented_names)
{
	struct ctl_status status;

	fill_status(&status);
	assert_text(ctl_proto_status(&status), STATUS_TEXT);
	ctl_status_fini(&status);
}
END_TEST

START_TEST(status_survives_a_round_trip)
{
	struct ctl_status status;
	struct err err = {0};

	ck_assert_int_eq(ctl_proto_parse_status(STATUS_TEXT, strlen(STATUS_TEXT), &status, &err),
	                 0);
	ck_assert_uint_eq(status.certificate_count, 1);
	ck_assert_int_eq(status.certificates[0].days_left, -2);
	assert_text(ctl_proto_status(&status), STATUS_TEXT);
	ctl_status_fini(&status);
}
END_TEST

START_TEST(status_without_values_has_nulls)
{
	struct ctl_status status = {0}, back;
	char *text = ctl_proto_status(&status);
	struct err err = {0};

	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, "\"pid\":null"));
	ck_assert_ptr_nonnull(strstr(text, "\"last_reload\":null"));
	ck_assert_ptr_nonnull(strstr(text, "\"config_hash\":null"));
	ck_assert_ptr_nonnull(strstr(text, "\"certificates\":[]"));
	ck_assert_int_eq(ctl_proto_parse_status(text, strlen(text), &back, &err), 0);
	ck_assert_int_eq(back.reload_time, 0);
	ctl_status_fini(&back);
	free(text);
}
END_TEST

/* Each replaces the first @from in STATUS_TEXT. */
static const struct {
	const char *from, *to, *sentence;
} bad_statuses[] = {
	{"\"ready\":true", "\"ready\":1", "status: ready: expected true or false"},
	{"\"ready\":true,", "", "status: ready: expected true or false"},
	{"\"mode\":\"optional\"", "\"mode\":\"open\"",
         "status: mode: expected required or optional"},
	{"\"problems\":[", "\"problems\":[7,", "status: problems: expected a list of texts"},
	{"\"drift\":2", "\"drift\":\"2\"", "status: drift: expected a whole number"},
	{"\"drift\":2", "\"drift\":-2", "status: drift: expected a number within its range"},
	{"\"peers\":{\"up\"", "\"peer\":{\"up\"", "status: peers: expected an object"},
	{"\"instance\"", "\"boss\"", "status: role: expected instance, ca or peer"},
	{"\"CN=instance\"", "null", "status: subject: expected a text"},
	{"\"certificates\":[", "\"certificates\":[[],", "status: file: expected a text"},
	{"\"last_reload\":{", "\"last_reload\":[],\"x\":{",
         "status: last_reload: expected an object"},
	{"\"config_hash\":\"",
         "\"config_hash\":\"0123456789012345678901234567890123456789"
         "01234567890123456789",
         "status: config_hash: expected a shorter text"},
	{"{\"ready\"", "{\"errors\":[\"daemon: starting\"],\"ready\"",
         "status: refused: daemon: starting"},
	{"{\"ready\"", "{\"ready\":1,\"ready\"",
         "status: not JSON: line 1, column 18: duplicate object key near '\"ready\"'"},
};

START_TEST(status_that_cannot_be_read_is_refused)
{
	const char *at = strstr(STATUS_TEXT, bad_statuses[_i].from);
	struct ctl_status status, zero;
	struct err err = {0};
	char text[2048];

	ck_assert_ptr_nonnull(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - STATUS_TEXT), STATUS_TEXT,
	         bad_statuses[_i].to, at + strlen(bad_statuses[_i].from));
	memset(&zero, 0, sizeof(zero));
	ck_assert_int_eq(ctl_proto_parse_status(text, strlen(text), &status, &err), -EBADMSG);
	ck_assert_str_eq(err.text, bad_statuses[_i].sentence);
	ck_assert_mem_eq(&status, &zero, sizeof(zero));
}
END_TEST

START_TEST(status_cut_short_anywhere_is_refused)
{
	struct ctl_status status;
	struct err err;
	size_t len;

	for (len = 0; len < strlen(STATUS_TEXT); len++)
		ck_assert_int_eq(ctl_proto_parse_status(STATUS_TEXT, len, &status, &err), -EBADMSG);
}
END_TEST

/* As little as a daemon ever sent; what came later is null or zero. */
#define OLD_STATUS_TEXT                                                             \
	"{\"ready\":true,\"healthy\":true,\"problems\":[],\"mode\":\"required\","   \
	"\"charon\":{\"running\":true,\"pid\":4711,\"restarts\":0},"                \
	"\"policies\":{\"desired\":10,\"installed\":9,\"drift\":0,\"repaired\":0}," \
	"\"peers\":{\"up\":4,\"negotiating\":0,\"failed\":0},"                      \
	"\"acquires\":{\"received\":7,\"deduplicated\":0,\"lost\":0},\"certificates\":[]}"

START_TEST(status_of_an_older_daemon_is_read)
{
	struct ctl_status status;
	struct err err = {0};

	ck_assert_int_eq(
		ctl_proto_parse_status(OLD_STATUS_TEXT, strlen(OLD_STATUS_TEXT), &status, &err), 0);
	ck_assert_uint_eq(status.policies_installed, 9);
	ck_assert_uint_eq(status.policies_foreign, 0);
	ck_assert_uint_eq(status.last_added, 0);
	ck_assert_int_eq(status.reload_time, 0);
	ck_assert_str_eq(status.config_hash, "");
	ck_assert_ptr_null(status.config_file);
	ck_assert(!status.trying);
	ck_assert(!status.stopping);
	ctl_status_fini(&status);
}
END_TEST

/* The text with a member that nobody knows in each of its objects; the caller frees. */
static char *with_unknown_members(const char *text)
{
	static const char unknown[] = "{\"weather\":{\"rain\":[true,null]},";
	char *copy = calloc(strlen(text) + 1, sizeof(unknown)), *end = copy;

	ck_assert_ptr_nonnull(copy);
	for (; *text; text++)
		end = *text == '{' ? stpcpy(end, unknown) : stpncpy(end, text, 1);
	return copy;
}

#define PEERS_TEXT                                                                                \
	"{\"peers\":[{\"address\":\"10.0.1.2\",\"local\":\"10.0.1.1\",\"state\":\"up\","          \
	"\"since\":1700000000,\"sas\":[{\"spi_in\":\"c1a2b3c4\",\"spi_out\":\"00000001\","        \
	"\"algorithm\":\"rfc4106(gcm(aes))-160\",\"bytes_in\":1,\"bytes_out\":2,"                 \
	"\"packets_in\":3,\"packets_out\":9223372036854775807,\"installed\":1700000001,"          \
	"\"rekey\":1700014400},"                                                                  \
	"{\"spi_in\":null,\"spi_out\":\"ffffffff\",\"algorithm\":\"\",\"bytes_in\":0,"            \
	"\"bytes_out\":0,\"packets_in\":0,\"packets_out\":0,\"installed\":null,\"rekey\":null}]," \
	"\"last_error\":null,\"next_retry\":null,\"last_acquire\":null,\"last_failure\":null},"   \
	"{\"address\":\"fd00::2\",\"local\":null,\"state\":\"failed\",\"since\":1700000002,"      \
	"\"sas\":[],\"last_error\":\"no answer\",\"next_retry\":1700000060,"                      \
	"\"last_acquire\":1700000030,\"last_failure\":1700000002}]}"

START_TEST(peers_are_written_by_the_documented_names)
{
	struct ctl_sa sas[2] = {
		{.spi_in = 0xc1a2b3c4,
	         .spi_out = 1,
	         .algorithm = "rfc4106(gcm(aes))-160",
	         .bytes_in = 1,
	         .bytes_out = 2,
	         .packets_in = 3,
	         .packets_out = UINT64_MAX,
	         .installed = 1700000001,
	         .rekey = 1700014400},
		{.spi_out = 0xffffffff},
	};
	struct ctl_peer items[2] = {
		{.pair.local = addr_of("10.0.1.1"),
	         .pair.remote = addr_of("10.0.1.2"),
	         .state = "up",
	         .since = 1700000000,
	         .sas = sas,
	         .sa_count = 2},
		{.pair.remote = addr_of("fd00::2"),
	         .state = "failed",
	         .since = 1700000002,
	         .last_error = {REASON_OTHER, "no answer"},
	         .next_retry = 1700000060,
	         .last_acquire = 1700000030,
	         .last_failure = 1700000002},
	};
	struct ctl_peers peers = {.items = items, .count = 2};

	assert_text(ctl_proto_peers(&peers), PEERS_TEXT);
}
END_TEST

START_TEST(peers_survive_a_round_trip)
{
	struct ctl_peers peers;
	struct err err = {0};

	ck_assert_int_eq(ctl_proto_parse_peers(PEERS_TEXT, strlen(PEERS_TEXT), &peers, &err), 0);
	ck_assert_uint_eq(peers.count, 2);
	ck_assert_uint_eq(peers.items[0].sas[0].spi_in, 0xc1a2b3c4);
	ck_assert_uint_eq(peers.items[1].pair.local.family, AF_UNSPEC);
	assert_text(ctl_proto_peers(&peers), PEERS_TEXT);
	ctl_peers_fini(&peers);
}
END_TEST

static const struct {
	const char *from, *to, *sentence;
} bad_peers[] = {
	{"\"10.0.1.2\"", "\"10.0.1\"", "peers: address: expected an address"},
	{"\"10.0.1.2\"", "null", "peers: address: expected an address"},
	{"\"10.0.1.1\"", "7", "peers: local: expected a text"},
	{"\"c1a2b3c4\"", "\"c1a2b3c\"", "peers: spi_in: expected 8 hexadecimal digits"},
	{"\"c1a2b3c4\"", "\"c1a2b3c45\"", "peers: spi_in: expected 8 hexadecimal digits"},
	{"\"c1a2b3c4\"", "\"C1A2B3C4\"", "peers: spi_in: expected 8 hexadecimal digits"},
	{"\"up\"", "\"upside-down-again\"", "peers: state: expected a shorter text"},
	{"\"sas\":[{", "\"sas\":[null,{", "peers: bytes_in: expected a whole number"},
	{"{\"peers\":[", "{\"peers\":[3,", "peers: address: expected an address"},
	{"9223372036854775807", "9223372036854775808",
         "peers: not JSON: line 1, column 243: too big integer near '9223372036854775808'"},
};

START_TEST(peers_that_cannot_be_read_are_refused)
{
	const char *at = strstr(PEERS_TEXT, bad_peers[_i].from);
	struct err err = {0};
	struct ctl_peers peers;
	char text[2048];

	ck_assert_ptr_nonnull(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - PEERS_TEXT), PEERS_TEXT,
	         bad_peers[_i].to, at + strlen(bad_peers[_i].from));
	ck_assert_int_eq(ctl_proto_parse_peers(text, strlen(text), &peers, &err), -EBADMSG);
	ck_assert_str_eq(err.text, bad_peers[_i].sentence);
	ck_assert_ptr_null(peers.items);
	ck_assert_uint_eq(peers.count, 0);
}
END_TEST

START_TEST(answers_of_a_newer_daemon_are_read)
{
	char *text = with_unknown_members(STATUS_TEXT);
	struct ctl_status status;
	struct ctl_peers peers;
	struct err err = {0};

	ck_assert_int_eq(ctl_proto_parse_status(text, strlen(text), &status, &err), 0);
	assert_text(ctl_proto_status(&status), STATUS_TEXT);
	ctl_status_fini(&status);
	free(text);

	text = with_unknown_members(PEERS_TEXT);
	ck_assert_int_eq(ctl_proto_parse_peers(text, strlen(text), &peers, &err), 0);
	assert_text(ctl_proto_peers(&peers), PEERS_TEXT);
	ctl_peers_fini(&peers);
	free(text);
}
END_TEST

START_TEST(peer_of_an_older_daemon_is_read)
{
	static const char text[] = "{\"peers\":[{\"address\":\"10.0.1.2\",\"local\":\"10.0.1.1\","
				   "\"state\":\"idle\",\"since\":1700000000,\"sas\":[],"
				   "\"last_error\":null,\"next_retry\":null}]}";
	struct ctl_peers peers;
	struct err err = {0};

	ck_assert_int_eq(ctl_proto_parse_peers(text, strlen(text), &peers, &err), 0);
	ck_assert_uint_eq(peers.count, 1);
	ck_assert_int_eq(peers.items[0].last_acquire, 0);
	ctl_peers_fini(&peers);
}
END_TEST

START_TEST(list_rows_have_owner_and_drift)
{
	struct policy_row rows[2] = {
		{policy_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.1.1/32", "10.0.1.0/24",
	                   30108),
	         DIFF_DRIFT_MISSING},
		{policy_of(POLICY_DIR_FWD, POLICY_ACTION_ALLOW, "::/0", "::/0", 5),
	         DIFF_DRIFT_NONE},
	};

	rows[0].policy.reqid = 7;
	rows[1].policy.proto = IPPROTO_ICMPV6;
	rows[1].policy.icmp_type = 135;
	assert_text(
		ctl_proto_list(&(struct policy_rows){rows, 2}, true),
		"{\"drift_known\":true,\"policies\":["
		"{\"direction\":\"out\",\"action\":\"protect\",\"source\":\"10.0.1.1/32\","
		"\"destination\":\"10.0.1.0/24\",\"priority\":30108,\"level\":\"required\","
		"\"protocol\":null,\"icmp_type\":null,\"reqid\":7,\"spi\":null,\"exotic\":false,"
		"\"owner\":\"xfrmd\",\"drift\":\"missing\"},"
		"{\"direction\":\"fwd\",\"action\":\"allow\",\"source\":\"::/0\","
		"\"destination\":\"::/0\",\"priority\":5,\"level\":null,"
		"\"protocol\":58,\"icmp_type\":135,\"reqid\":null,\"spi\":null,\"exotic\":false,"
		"\"owner\":\"other\",\"drift\":null}]}");
	assert_text(ctl_proto_list(&(struct policy_rows){0}, false),
	            "{\"drift_known\":false,\"policies\":[]}");
}
END_TEST

START_TEST(desired_policies_survive_a_round_trip_without_loss)
{
	struct policy items[4] = {
		policy_of(POLICY_DIR_OUT, POLICY_ACTION_PROTECT, "10.0.1.1/32", "10.0.0.0/8",
	                  30124),
		policy_of(POLICY_DIR_IN, POLICY_ACTION_BLOCK, "fd00::/8", "fd00::1/128", 30220),
		policy_of(POLICY_DIR_OUT, POLICY_ACTION_ALLOW, "::/0", "::/0", 30010),
		policy_of(POLICY_DIR_FWD, POLICY_ACTION_PROTECT, "10.0.0.0/8", "0.0.0.0/0",
	                  4294967295),
	};
	struct policy_list list = {.items = items, .count = 4}, back;
	struct err err = {0};
	char *text;
	size_t i;

	items[0].reqid = 0x786672;
	items[0].spi = 0xc0ffee00;
	items[2].proto = IPPROTO_ICMPV6;
	items[2].icmp_type = 133;
	items[3].optional = true;
	items[3].reqid = UINT32_MAX;
	text = ctl_proto_desired(&list);
	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(ctl_proto_parse_desired(text, strlen(text), &back, &err), 0);
	ck_assert_uint_eq(back.count, list.count);
	for (i = 0; i < back.count; i++)
		ck_assert_mem_eq(&back.items[i], &items[i], sizeof(items[i]));
	policy_list_fini(&back);
	free(text);
}
END_TEST

START_TEST(unchanged_is_no_list_of_policies)
{
	char *unchanged = ctl_proto_unchanged(),
	     *none = ctl_proto_desired(&(struct policy_list){0});

	ck_assert(ctl_proto_is_unchanged(unchanged, strlen(unchanged)));
	ck_assert(!ctl_proto_is_unchanged(unchanged, strlen(unchanged) - 1));
	ck_assert(!ctl_proto_is_unchanged(none, strlen(none)));
	free(unchanged);
	free(none);
}
END_TEST

#define POLICY_JSON                                                                                \
	"{\"policies\":[{\"direction\":\"out\",\"action\":\"protect\",\"source\":\"10.0.1.1/32\"," \
	"\"destination\":\"10.0.1.0/24\",\"priority\":30108,\"level\":\"required\","               \
	"\"protocol\":null,\"icmp_type\":null,\"reqid\":7,\"spi\":null,\"exotic\":false}]}"

static const struct {
	const char *from, *to, *sentence;
} bad_policies[] = {
	{"\"out\"", "\"up\"", "desired policies: direction: expected out, in or fwd"},
	{"\"protect\"", "\"none\"", "desired policies: action: expected protect, allow or block"},
	{"10.0.1.0/24", "10.0.1.7/24", "desired policies: destination: expected address/length"},
	{"30108", "4294967296", "desired policies: priority: expected a number within its range"},
	{"\"required\"", "\"use\"", "desired policies: level: expected required or optional"},
	{"\"protocol\":null", "\"protocol\":256",
         "desired policies: protocol: expected a number within its range"},
	{"\"exotic\":false", "\"exotic\":null", "desired policies: exotic: expected true or false"},
	{"{\"policies\"", "{\"errors\":[\"not \\u0007 yet\"],\"policies\"",
         "desired policies: refused: not \\x07 yet"},
	{"{\"policies\":[", "{\"policies\":{},\"x\":[",
         "desired policies: policies: expected a list"},
};

START_TEST(desired_policies_that_cannot_be_read_are_refused)
{
	const char *at = strstr(POLICY_JSON, bad_policies[_i].from);
	struct policy_list list;
	struct err err = {0};
	char text[2048];

	ck_assert_ptr_nonnull(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - POLICY_JSON), POLICY_JSON,
	         bad_policies[_i].to, at + strlen(bad_policies[_i].from));
	ck_assert_int_eq(ctl_proto_parse_desired(text, strlen(text), &list, &err), -EBADMSG);
	ck_assert_str_eq(err.text, bad_policies[_i].sentence);
	ck_assert_ptr_null(list.items);
}
END_TEST

START_TEST(result_survives_a_round_trip)
{
	struct strlist changes = {0}, errors = {0}, back_changes, back_errors;
	struct err err = {0};
	bool ok = false;
	char *text;

	ck_assert_int_eq(strlist_split(&changes, "added 3|removed 1", "|"), 0);
	text = ctl_proto_result(true, &changes, &errors);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text,
	                 "{\"ok\":true,\"changes\":[\"added 3\",\"removed 1\"],\"errors\":[]}");
	ck_assert_int_eq(
		ctl_proto_parse_result(text, strlen(text), &ok, &back_changes, &back_errors, &err),
		0);
	ck_assert_int_eq(ok, true);
	ck_assert_int_eq(strlist_equal(&changes, &back_changes), true);
	ck_assert_uint_eq(back_errors.count, 0);
	strlist_fini(&changes);
	strlist_fini(&back_changes);
	free(text);
}
END_TEST

START_TEST(result_of_a_refused_request_has_only_errors)
{
	static const char text[] = "{\"errors\":[\"daemon: out of memory\"]}";
	struct strlist changes, errors;
	struct err err = {0};
	bool ok = true;

	ck_assert_int_eq(ctl_proto_parse_result(text, strlen(text), &ok, &changes, &errors, &err),
	                 0);
	ck_assert_int_eq(ok, false);
	ck_assert_uint_eq(changes.count, 0);
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_str_eq(errors.items[0], "daemon: out of memory");
	strlist_fini(&errors);
}
END_TEST

static const struct {
	const char *text, *sentence;
} bad_results[] = {
	{"", "result: empty"},
	{"{\"errors\":[]}", "result: ok: expected true or false"},
	{"{\"ok\":true,\"changes\":[]}", "result: errors: expected a list"},
	{"{\"ok\":true,\"errors\":[]}", "result: changes: expected a list"},
	{"{\"ok\":true,\"changes\":[1],\"errors\":[\"x\"]}",
         "result: changes: expected a list of texts"},
};

START_TEST(result_that_cannot_be_read_is_refused)
{
	struct strlist changes, errors;
	struct err err = {0};
	bool ok = true;
	int ret = ctl_proto_parse_result(bad_results[_i].text, strlen(bad_results[_i].text), &ok,
	                                 &changes, &errors, &err);

	ck_assert_int_eq(ret, -EBADMSG);
	ck_assert_str_eq(err.text, bad_results[_i].sentence);
	ck_assert_int_eq(ok, false);
	ck_assert_uint_eq(changes.count + errors.count, 0);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("ctl_proto", &tests);

	tcase_add_loop_test(tests, request_of_every_command_is_read_back, 0, COUNT(asks));
	tcase_add_loop_test(tests, request_is_refused_in_words, 0, COUNT(bad_requests));
	tcase_add_test(tests, request_that_is_too_long_is_refused);
	tcase_add_test(tests, status_is_written_by_the_documented_names);
	tcase_add_test(tests, status_survives_a_round_trip);
	tcase_add_test(tests, status_without_values_has_nulls);
	tcase_add_loop_test(tests, status_that_cannot_be_read_is_refused, 0, COUNT(bad_statuses));
	tcase_add_test(tests, status_cut_short_anywhere_is_refused);
	tcase_add_test(tests, status_of_an_older_daemon_is_read);
	tcase_add_test(tests, answers_of_a_newer_daemon_are_read);
	tcase_add_test(tests, peer_of_an_older_daemon_is_read);
	tcase_add_test(tests, peers_are_written_by_the_documented_names);
	tcase_add_test(tests, peers_survive_a_round_trip);
	tcase_add_loop_test(tests, peers_that_cannot_be_read_are_refused, 0, COUNT(bad_peers));
	tcase_add_test(tests, list_rows_have_owner_and_drift);
	tcase_add_test(tests, desired_policies_survive_a_round_trip_without_loss);
	tcase_add_test(tests, unchanged_is_no_list_of_policies);
	tcase_add_loop_test(tests, desired_policies_that_cannot_be_read_are_refused, 0,
	                    COUNT(bad_policies));
	tcase_add_test(tests, result_survives_a_round_trip);
	tcase_add_test(tests, result_of_a_refused_request_has_only_errors);
	tcase_add_loop_test(tests, result_that_cannot_be_read_is_refused, 0, COUNT(bad_results));
	return test_run(suite);
}
