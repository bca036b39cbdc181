/* SPDX-License-Identifier: MIT */
/*
 * What xfrmctl prints, against the files of tests/data/xfrmctl. After an intended change
 * GOLDEN_WRITE=1 makes this program write them instead; look at the difference then.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "src/xfrmctl/explanation.h"
#include "src/xfrmctl/out_explain.h"
#include "src/xfrmctl/out_list.h"
#include "src/xfrmctl/out_peers.h"
#include "src/xfrmctl/out_text.h"
#include "test.h"
#include "xfrmd/base/file.h"
#include "xfrmd/ctl/ctl_verify.h"

#define NOW      1700000000
#define FILE_MAX (1024 * 1024)

static void data_path(const char *name, char path[256])
{
	snprintf(path, 256, "%s/xfrmctl/%s", getenv("TEST_DATA"), name);
}

static char *read_data(const char *name, size_t *ret_len)
{
	char path[256], *text = NULL;
	struct err err = {0};

	data_path(name, path);
	ck_assert_msg(file_read(path, FILE_MAX, &text, ret_len, &err) == 0, "%s", err.text);
	return text;
}

/* Takes ownership of @text. */
static void assert_golden(const char *name, char *text)
{
	char path[256], *golden;
	size_t len;
	FILE *file;

	ck_assert_ptr_nonnull(text);
	if (getenv("GOLDEN_WRITE")) {
		data_path(name, path);
		file = fopen(path, "w");
		ck_assert_ptr_nonnull(file);
		fputs(text, file);
		fclose(file);
	}
	golden = read_data(name, &len);
	ck_assert_str_eq(text, golden);
	free(golden);
	free(text);
}

static void assert_golden_json(const char *name, char *json)
{
	struct buf line = {0};

	ck_assert_ptr_nonnull(json);
	buf_printf(&line, "%s\n", json);
	free(json);
	assert_golden(name, buf_take_str(&line));
}

static struct policy parse_policy(const char *dir, const char *action, const char *src,
                                  const char *dst, unsigned priority, const char *extra)
{
	struct policy policy = {.priority = priority};
	unsigned type;

	while (strcmp(policy_dir_names[policy.dir], dir) != 0)
		ck_assert_int_le(++policy.dir, POLICY_DIR_FWD);
	while (strcmp(policy_action_names[policy.action], action) != 0)
		ck_assert_int_le(++policy.action, POLICY_ACTION_BLOCK);
	ck_assert_int_eq(prefix_parse(src, &policy.src, NULL), 0);
	ck_assert_int_eq(prefix_parse(dst, &policy.dst, NULL), 0);
	if (policy.action == POLICY_ACTION_PROTECT)
		policy.reqid = 7;
	sscanf(extra, "spi:%" SCNx32, &policy.spi);
	if (sscanf(extra, "icmpv6:%u", &type) == 1) {
		policy.proto = IPPROTO_ICMPV6;
		policy.icmp_type = (uint8_t)type;
	}
	policy.optional = strcmp(extra, "optional") == 0;
	if (strcmp(extra, "tcp+") == 0) {
		policy.proto = IPPROTO_TCP;
		policy.unsupported = policy.unsupported_key = true;
	}
	return policy;
}

static void read_policies(struct policy_list *ret_have, struct policy_list *ret_want)
{
	char who[8], dir[8], action[16], src[64], dst[64], extra[32], *text, *line, *next;
	unsigned priority;
	size_t len;

	text = next = read_data("policies", &len);
	while ((line = strsep(&next, "\n"))) {
		struct policy policy;

		if (*line == '#' || *line == '\0')
			continue;
		ck_assert_int_eq(sscanf(line, "%7s %7s %15s %63s %63s %u %31s", who, dir, action,
		                        src, dst, &priority, extra),
		                 7);
		policy = parse_policy(dir, action, src, dst, priority, extra);
		if (strcmp(who, "want") != 0)
			ck_assert_int_eq(policy_list_add(ret_have, &policy), 0);
		if (strcmp(who, "have") != 0)
			ck_assert_int_eq(policy_list_add(ret_want, &policy), 0);
	}
	free(text);
	policy_list_sort_key(ret_have);
	policy_list_sort_key(ret_want);
}

/* What the daemon and the kernel say. */
static struct policy_rows rows;
static struct ctl_peers peers;

static void setup(void)
{
	struct policy_list have = {0}, want = {0};
	struct err err = {0};
	size_t len;
	char *text = read_data("peers.json", &len);

	read_policies(&have, &want);
	ck_assert_int_eq(policy_rows_build(&have, &want, &rows), 0);
	policy_list_fini(&have);
	policy_list_fini(&want);
	ck_assert_msg(ctl_proto_parse_peers(text, len, &peers, &err) == 0, "%s", err.text);
	free(text);
}

static void teardown(void)
{
	policy_rows_fini(&rows);
	ctl_peers_fini(&peers);
}

START_TEST(status_screen)
{
	struct ctl_status status;
	struct buf out = {0};
	struct err err = {0};
	size_t len;
	char *text = read_data("status.json", &len);

	ck_assert_msg(ctl_proto_parse_status(text, len, &status, &err) == 0, "%s", err.text);
	out_text_status(&status, NOW, false, &out);
	assert_golden("status.txt", buf_take_str(&out));
	/* what the schema is checked with is what is printed */
	assert_golden_json("status.json", ctl_proto_status(&status));
	ctl_status_fini(&status);
	free(text);
}
END_TEST

START_TEST(list_by_subnet)
{
	struct buf out = {0};

	out_list_grouped(&rows, false, &out);
	assert_golden("list.txt", buf_take_str(&out));
}
END_TEST

START_TEST(list_by_subnet_on_a_terminal)
{
	struct buf out = {0};

	out_list_grouped(&rows, true, &out);
	assert_golden("list-coloured.txt", buf_take_str(&out));
}
END_TEST

START_TEST(list_of_each_policy)
{
	struct buf out = {0};

	out_list_all(rows.items, rows.count, false, &out);
	assert_golden("list-all.txt", buf_take_str(&out));
	assert_golden_json("list.json", ctl_proto_list(&rows, true));
}
END_TEST

START_TEST(list_of_nothing_is_its_head)
{
	const struct policy_rows none = {0};
	struct buf out = {0};
	char *text;

	out_list_grouped(&none, false, &out);
	text = buf_take_str(&out);
	ck_assert_str_eq(text, "SUBNET  ACTION  LEVEL  PRIORITY  OUT  IN  FWD  DRIFT\n");
	free(text);
}
END_TEST

/* As after a flush while nobody repairs. */
START_TEST(list_shows_the_first_of_very_many_missing_policies)
{
	struct policy_rows many = {.items = calloc(30000, sizeof(struct policy_row)),
	                           .count = 30000};
	struct buf out = {0};
	char *text;

	ck_assert_ptr_nonnull(many.items);
	for (size_t i = 0; i < many.count; i++) {
		many.items[i] = rows.items[rows.count - 1];
		many.items[i].drift = DIFF_DRIFT_MISSING;
	}
	out_list_grouped(&many, false, &out);
	text = buf_take_str(&out);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, "\n... and 29900 more, see xfrmctl list --all\n"));
	free(text);
	policy_rows_fini(&many);
}
END_TEST

START_TEST(peers_in_a_table)
{
	struct buf out = {0};

	out_peers_table(&peers, NOW, false, &out);
	assert_golden("peers.txt", buf_take_str(&out));
	assert_golden_json("peers.json", ctl_proto_peers(&peers));
}
END_TEST

START_TEST(peers_one_by_one)
{
	struct buf out = {0};

	out_peers_each(&peers, NOW, false, &out);
	assert_golden("peers-each.txt", buf_take_str(&out));
}
END_TEST

static struct addr addr_of(const char *text)
{
	struct addr addr = {0};

	if (*text)
		ck_assert_int_eq(addr_parse(text, &addr), 0);
	return addr;
}

static struct local_addr local_of(const char *addr, uint8_t len, const char *ifname)
{
	struct local_addr local = {.addr = addr_of(addr), .global = strcmp(ifname, "lo") != 0};

	local.network = prefix_make(&local.addr, len);
	snprintf(local.ifname, sizeof(local.ifname), "%s", ifname);
	return local;
}

static const struct {
	const char *name, *address, *source, *gateway;
} explained[] = {
	{"explain-protected", "10.0.1.2", "10.0.1.1", ""},
	{"explain-silent", "10.0.1.9", "10.0.1.1", ""},
	{"explain-drift", "10.0.5.5", "10.0.2.1", "10.0.2.254"},
	{"explain-ipv6", "fd00:1111:2222:3333:4444:5555:6666:7777", "fd00:1234:5678:9abc::1",
         "fe80::1"},
	{"explain-own", "10.0.1.1", "10.0.1.1", ""},
	{"explain-unlisted", "198.51.100.7", "", ""},
};

START_TEST(explain_golden)
{
	const struct local_addr addrs[] = {
		local_of("127.0.0.1", 8, "lo"),
		local_of("10.0.1.1", 20, "eth0"),
		local_of("10.0.2.1", 24, "eth1"),
		local_of("172.17.0.1", 16, "docker0"),
		local_of("fd00:1234:5678:9abc::1", 64, "eth0"),
	};
	struct sa sas[] = {
		{.spi = 0xc5d6e7f8, .bytes = 1234567, .packets = 1000},
		{.spi = 0xc1a2b3c4, .bytes = 2, .packets = 1, .rekey = NOW + 3600},
	};
	struct explanation_input input = {
		.address = addr_of(explained[_i].address),
		.rows = &rows,
		.drift_known = true,
		.addrs = addrs,
		.addr_count = sizeof(addrs) / sizeof(addrs[0]),
		.route = {.found = *explained[_i].source,
	                  .source = addr_of(explained[_i].source),
	                  .gateway = addr_of(explained[_i].gateway),
	                  .ifname = "eth0"},
		.sas = sas,
		.sa_count = 2,
		.peers = &peers,
	};
	struct ctl_explain explain;
	struct buf out = {0};
	char name[64];

	for (size_t i = 0; i < 2; i++) {
		sas[i].src = addr_of(i ? "10.0.1.1" : "10.0.1.2");
		sas[i].dst = addr_of(i ? "10.0.1.2" : "10.0.1.1");
		sas[i].proto = IPPROTO_ESP;
		sas[i].reqid = 7;
		sas[i].installed = NOW - 192;
		snprintf(sas[i].algorithm, sizeof(sas[i].algorithm), "rfc4106(gcm(aes))-160");
	}
	ctl_sas_sort(sas, 2);
	ck_assert_int_eq(explanation_make(&input, &explain), 0);
	if (strcmp(explained[_i].name, "explain-silent") == 0) {
		explain.why = "what it means";
		explain.action = "what helps";
	}
	out_explain(&explain, NOW, false, &out);
	snprintf(name, sizeof(name), "%s.txt", explained[_i].name);
	assert_golden(name, buf_take_str(&out));
	snprintf(name, sizeof(name), "%s.json", explained[_i].name);
	assert_golden_json(name, ctl_proto_explain(&explain));
	ctl_explain_fini(&explain);
}
END_TEST

START_TEST(verify_document)
{
	static const struct ctl_verify verified[] = {
		{.pair.remote = {AF_INET, {10, 0, 1, 2}},
	         .pair.local = {AF_INET, {10, 0, 1, 1}},
	         .ifname = "eth0",
	         .well = true,
	         .sent = CTL_WAY_ESP,
	         .answered = CTL_WAY_ESP,
	         .spi_out = 0xc0ffee01,
	         .spi_in = 0xc0ffee02,
	         .answer_us = 412,
	         .udp = true,
	         .mtu = 1366,
	         .mtu_sent = 1466,
	         .sentence = "sent as ESP, answered as ESP in 0.4 ms"},
		{.pair.remote = {AF_INET, {10, 0, 1, 3}},
	         .pair.local = {AF_INET, {10, 0, 1, 1}},
	         .ifname = "eth0",
	         .sent = CTL_WAY_CLEAR,
	         .sentence = "allowed: in clear, no answer in 3.0 s"},
		{.pair.remote = {AF_INET, {192, 0, 2, 1}},
	         .sentence = "no route, nothing was sent"},
	};

	assert_golden_json("verify.json",
	                   ctl_proto_verify(verified, sizeof(verified) / sizeof(verified[0])));
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("golden", &tests);

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, status_screen);
	tcase_add_test(tests, verify_document);
	tcase_add_test(tests, list_by_subnet);
	tcase_add_test(tests, list_by_subnet_on_a_terminal);
	tcase_add_test(tests, list_of_each_policy);
	tcase_add_test(tests, list_of_nothing_is_its_head);
	tcase_add_test(tests, list_shows_the_first_of_very_many_missing_policies);
	tcase_add_test(tests, peers_in_a_table);
	tcase_add_test(tests, peers_one_by_one);
	tcase_add_loop_test(tests, explain_golden, 0, sizeof(explained) / sizeof(explained[0]));
	return test_run(suite);
}
