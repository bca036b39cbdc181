/* SPDX-License-Identifier: MIT */
#include "src/xfrmctl/explanation.h"

#include <stdio.h>
#include <string.h>

#include "src/xfrmctl/explanation_words.h"
#include "test.h"

#define REQID 7
#define SPI   0xc1a2b3c4

static struct addr addr_of(const char *text)
{
	struct addr addr;

	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return addr;
}

/* One policy that speaks of 10.0.1.1 and @remote, out and in. */
struct rule {
	enum policy_action action;
	const char *remote;
	uint32_t priority;
	bool optional, missing;
	uint32_t spi;
};

static void add_rule(struct policy_rows *rows, const struct rule *rule, const char *local)
{
	for (enum policy_dir dir = POLICY_DIR_OUT; dir <= POLICY_DIR_IN; dir++) {
		struct policy_row *row = &rows->items[rows->count++];

		*row = (struct policy_row){
			.policy = {.dir = dir,
		                   .action = rule->action,
		                   .priority = rule->priority,
		                   .optional = rule->optional,
		                   .reqid = rule->action == POLICY_ACTION_PROTECT ? REQID : 0,
		                   .spi = rule->spi},
			.drift = rule->missing ? DIFF_DRIFT_MISSING : DIFF_DRIFT_NONE,
		};
		ck_assert_int_eq(prefix_parse(dir == POLICY_DIR_OUT ? local : rule->remote,
		                              &row->policy.src, NULL),
		                 0);
		ck_assert_int_eq(prefix_parse(dir == POLICY_DIR_OUT ? rule->remote : local,
		                              &row->policy.dst, NULL),
		                 0);
		/* known hosts and broadcast addresses have nothing of their own inbound */
		if (rule->priority < POLICY_PRIORITY_SUBNET &&
		    rule->priority >= POLICY_PRIORITY_MIN)
			break;
	}
}

#define PROTECT                                                              \
	{                                                                    \
		POLICY_ACTION_PROTECT, "10.0.0.0/20", 30112, false, false, 0 \
	}
#define ALLOW                                                           \
	{                                                               \
		POLICY_ACTION_ALLOW, "10.0.1.4", 30100, false, false, 0 \
	}

static const struct {
	const char *address;
	struct rule rules[2];
	bool sa;
	const char *state, *error; /* of the peer; NULL: none */
	bool away;                 /* the daemon */
	const char *reason;
} cases[] = {
	{"10.0.1.2",
         {PROTECT},
         true,
         "up",
         "",
         false,
         "sent as ESP, accepted only as ESP: ipsec_subnets 10.0.0.0/20"},
	{"10.0.1.2",
         {PROTECT, {POLICY_ACTION_PROTECT, "10.0.1.2", 30020, false, false, SPI}},
         true,
         "up",
         "",
         false,
         "sent as ESP, accepted only as ESP: ipsec_subnets 10.0.0.0/20"},
	/* the pin points nowhere */
	{"10.0.1.2",
         {PROTECT, {POLICY_ACTION_PROTECT, "10.0.1.2", 30020, false, false, 1}},
         true,
         "up",
         "",
         false,
         "not sent before there is an SA, accepted only as ESP: charon lists an SA that the kernel "
         "does not have"},
	{"10.0.1.2",
         {PROTECT},
         false,
         NULL,
         "",
         false,
         "not sent before there is an SA, accepted only as ESP: the next packet to it makes xfrmd "
         "negotiate"},
	{"10.0.1.2",
         {PROTECT},
         false,
         "idle",
         "",
         false,
         "not sent before there is an SA, accepted only as ESP: the next packet to it makes xfrmd "
         "negotiate"},
	{"10.0.1.2",
         {PROTECT},
         false,
         "idle",
         "no common proposal",
         false,
         "not sent before there is an SA, accepted only as ESP: the next packet to it makes xfrmd "
         "negotiate; it tried in vain: no common proposal"},
	{"10.0.1.2",
         {PROTECT},
         false,
         NULL,
         "",
         true,
         "not sent before there is an SA, accepted only as ESP: nobody negotiates, since xfrmd "
         "cannot be reached"},
	{"10.0.1.2",
         {PROTECT},
         false,
         "negotiating",
         "",
         false,
         "not sent before there is an SA, accepted only as ESP: xfrmd negotiates with it"},
	{"10.0.1.2",
         {PROTECT},
         false,
         "failed",
         "no answer",
         false,
         "not sent before there is an SA, accepted only as ESP: the last negotiation failed: no "
         "answer"},
	{"10.0.1.2",
         {{POLICY_ACTION_PROTECT, "10.0.0.0/20", 30112, true, false, 0}},
         false,
         "failed",
         "no\nanswer",
         false,
         "sent in clear until there is an SA, accepted as ESP or in clear: the last negotiation "
         "failed: no\\x0aanswer"},
	{"10.0.1.9",
         {PROTECT, {POLICY_ACTION_BLOCK, "10.0.1.9", 30020, false, false, 0}},
         false,
         "failed",
         "no answer",
         false,
         "not sent, accepted only as ESP: it does not answer to IKE: no answer"},
	{"10.0.1.4",
         {PROTECT, ALLOW},
         false,
         NULL,
         "",
         false,
         "sent in clear, accepted in clear: no_ipsec_subnets 10.0.1.4/32"},
	{"10.0.1.4",
         {{POLICY_ACTION_PROTECT, "10.0.0.0/20", 30112, false, true, 0}},
         false,
         NULL,
         "",
         false,
         "sent in clear, accepted in clear: policies of ours are missing in the kernel"},
	{"192.0.2.1",
         {PROTECT},
         false,
         NULL,
         "",
         false,
         "sent in clear, accepted in clear: no policy speaks of it"},
	{"10.0.1.2",
         {PROTECT, {POLICY_ACTION_BLOCK, "10.0.0.0/8", 5, false, false, 0}},
         false,
         NULL,
         "",
         false,
         "not sent, not accepted: a policy that is not ours decides"},
	{"10.0.1.1",
         {PROTECT},
         false,
         NULL,
         "",
         false,
         "an address of this host: traffic with itself stays inside, no policy is asked"},
	{"127.0.0.1",
         {PROTECT},
         false,
         NULL,
         "",
         false,
         "an address of this host: traffic with itself stays inside, no policy is asked"},
	{"10.0.15.255",
         {PROTECT, {POLICY_ACTION_BLOCK, "10.0.15.255", 30010, false, false, 0}},
         false,
         NULL,
         "",
         false,
         "a broadcast address: not sent: nobody could negotiate for a broadcast address"},
	{"10.0.15.255",
         {PROTECT, {POLICY_ACTION_ALLOW, "10.0.15.255", 30010, false, false, 0}},
         false,
         NULL,
         "",
         false,
         "a broadcast address: sent in clear: nobody could negotiate for a broadcast address"},
	{"224.0.0.5",
         {{POLICY_ACTION_PROTECT, "0.0.0.0/0", 30132, false, false, 0}},
         false,
         NULL,
         "",
         false,
         "a multicast address: not sent: nobody could negotiate for a multicast address"},
	{"224.0.0.5",
         {PROTECT},
         false,
         NULL,
         "",
         false,
         "a multicast address: sent in clear: no policy speaks of it"},
	{"0.0.0.0",
         {PROTECT},
         false,
         NULL,
         "",
         false,
         "no address of a host, so no traffic has it"},
};

/* A world with 10.0.1.1/20 and 10.0.2.1 as local addresses. */
static void explain(const struct explanation_input *base, const struct policy_rows *rows,
                    struct ctl_explain *ret_explain)
{
	struct local_addr addrs[] = {
		{.addr = addr_of("10.0.1.1"), .global = true},
		{.addr = addr_of("10.0.2.1"), .global = true},
		{.addr = addr_of("10.0.2.1"), .global = true},
		{.addr = addr_of("127.0.0.1")},
	};
	struct explanation_input input = *base;

	addrs[0].network = prefix_make(&addrs[0].addr, 20);
	addrs[1].network = addrs[2].network = prefix_host(&addrs[1].addr);
	addrs[3].network = prefix_make(&addrs[3].addr, 8);
	input.rows = rows;
	input.addrs = addrs;
	input.addr_count = 4;
	input.drift_known = input.peers;
	ck_assert_int_eq(explanation_make(&input, ret_explain), 0);
}

START_TEST(reason_is_one_sentence_for_every_situation)
{
	struct policy_row items[4];
	struct policy_rows rows = {.items = items};
	struct ctl_peer peer = {.pair.local = addr_of("10.0.1.1"),
	                        .pair.remote = addr_of(cases[_i].address)};
	struct ctl_peers peers = {&peer, cases[_i].state ? 1 : 0};
	struct sa sa = {.src = addr_of("10.0.1.1"),
	                .dst = peer.pair.remote,
	                .spi = SPI,
	                .reqid = REQID,
	                .proto = IPPROTO_ESP};
	struct explanation_input input = {
		.address = peer.pair.remote,
		.route = {.found = true, .source = addr_of("10.0.1.1")},
		.sas = &sa,
		.sa_count = cases[_i].sa,
		.peers = cases[_i].away ? NULL : &peers,
	};
	struct ctl_explain explained;

	for (size_t i = 0; i < 2; i++)
		if (cases[_i].rules[i].remote)
			add_rule(&rows, &cases[_i].rules[i], "10.0.1.1");
	if (cases[_i].state)
		snprintf(peer.state, sizeof(peer.state), "%s", cases[_i].state);
	peer.last_error = failure_of_words(cases[_i].error);
	explain(&input, &rows, &explained);
	ck_assert_str_eq(explained.reason, cases[_i].reason);
	ck_assert_int_eq(explained.peer == &peer, cases[_i].state != NULL);
	ctl_explain_fini(&explained);
}
END_TEST

/* Whether there is an SA the SAD knows, not the policy. */
START_TEST(known_peer_is_pinned_held_or_neither)
{
	static const struct {
		uint32_t spi;
		const char *role;
	} pins[] = {
		{0, "known peer, not pinned to an SA"},
		{1, "known peer, held until it has an SA"},
		{SPI_RESERVED_MAX, "known peer, held until it has an SA"},
		{SPI_RESERVED_MAX + 1, "known peer, pinned to SA 00000100"},
		{SPI, "known peer, pinned to SA c1a2b3c4"},
	};
	char text[EXPLANATION_ROLE_MAX];

	for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
		struct policy policy = {.action = POLICY_ACTION_PROTECT,
		                        .priority = POLICY_PRIORITY_KNOWN_HOST,
		                        .spi = pins[i].spi};

		ck_assert_str_eq(explanation_role(&policy, text), pins[i].role);
	}
}
END_TEST

START_TEST(default_of_the_kernel_decides_where_no_policy_does)
{
	const struct policy_rows rows = {0};
	const struct ctl_peers peers = {0};
	struct explanation_input input = {
		.address = addr_of("192.0.2.1"),
		.route = {.found = true, .source = addr_of("10.0.1.1")},
		.defaults = {.out_blocked = true, .in_blocked = true},
		.peers = &peers,
	};
	struct ctl_explain explained;

	explain(&input, &rows, &explained);
	ck_assert_str_eq(explained.reason, "not sent, not accepted: no policy speaks of it, and "
	                                   "the kernel's default is to block");
	ctl_explain_fini(&explained);
}
END_TEST

START_TEST(interface_that_asks_no_policy_sends_in_clear)
{
	const struct rule rule = PROTECT;
	struct policy_row items[2];
	struct policy_rows rows = {.items = items};
	struct explanation_input input = {
		.address = addr_of("10.0.1.2"),
		.route = {.found = true,
	                  .source = addr_of("10.0.1.1"),
	                  .ifname = "eth0",
	                  .disable_xfrm = true},
	};
	struct ctl_explain explained;

	add_rule(&rows, &rule, "10.0.1.1");
	explain(&input, &rows, &explained);
	ck_assert_str_eq(explained.reason, "sent in clear, accepted only as ESP: disable_xfrm is "
	                                   "set for eth0, so no policy is asked");
	ctl_explain_fini(&explained);
}
END_TEST

START_TEST(address_without_a_route_is_explained_from_the_first_local_address)
{
	const struct rule rule = PROTECT;
	const struct ctl_peers peers = {0};
	struct policy_row items[2];
	struct policy_rows rows = {.items = items};
	struct explanation_input input = {.address = addr_of("10.0.1.2"), .peers = &peers};
	struct ctl_explain explained;

	add_rule(&rows, &rule, "10.0.1.1");
	explain(&input, &rows, &explained);
	ck_assert(addr_equal(&explained.pair.local, &items[0].policy.src.addr));
	ck_assert_str_eq(explained.reason,
	                 "not sent before there is an SA, accepted only as ESP: the next packet to "
	                 "it makes xfrmd negotiate; this host has no route to it");
	ctl_explain_fini(&explained);
}
END_TEST

START_TEST(family_without_a_local_address_has_none)
{
	const struct policy_rows rows = {0};
	const struct ctl_peers peers = {0};
	struct explanation_input input = {.address = addr_of("fd00::2"), .peers = &peers};
	struct ctl_explain explained;

	explain(&input, &rows, &explained);
	ck_assert_int_eq(explained.pair.local.family, AF_UNSPEC);
	ck_assert_uint_eq(explained.other_count, 0);
	ctl_explain_fini(&explained);
}
END_TEST

START_TEST(other_local_addresses_are_compared_once_each)
{
	const struct rule rule = PROTECT;
	const struct ctl_peers peers = {0};
	struct policy_row items[4];
	struct policy_rows rows = {.items = items};
	struct explanation_input input = {
		.address = addr_of("10.0.1.2"),
		.route = {.found = true, .source = addr_of("10.0.1.1")},
		.peers = &peers,
	};
	struct ctl_explain explained;

	add_rule(&rows, &rule, "10.0.1.1");
	explain(&input, &rows, &explained);
	ck_assert_uint_eq(explained.other_count, 1);
	ck_assert(!explained.others[0].same);
	ck_assert(!explained.others[0].out);
	ctl_explain_fini(&explained);

	add_rule(&rows, &rule, "10.0.2.1");
	explain(&input, &rows, &explained);
	ck_assert_uint_eq(explained.other_count, 1);
	ck_assert(explained.others[0].same);
	ctl_explain_fini(&explained);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("explanation", &tests);

	tcase_add_loop_test(tests, reason_is_one_sentence_for_every_situation, 0,
	                    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tests, known_peer_is_pinned_held_or_neither);
	tcase_add_test(tests, default_of_the_kernel_decides_where_no_policy_does);
	tcase_add_test(tests, interface_that_asks_no_policy_sends_in_clear);
	tcase_add_test(tests, address_without_a_route_is_explained_from_the_first_local_address);
	tcase_add_test(tests, family_without_a_local_address_has_none);
	tcase_add_test(tests, other_local_addresses_are_compared_once_each);
	return test_run(suite);
}
