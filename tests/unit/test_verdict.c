/* SPDX-License-Identifier: MIT */
/* What was seen of a probe, and the sentence about it. */
#include "src/xfrmctl/verdict.h"

#include <errno.h>
#include <string.h>

#include "test.h"

#define ESP_ANY(number, us, is_known, is_udp)                                           \
	{                                                                               \
		{                                                                       \
			.spi = number, .first_us = us, .known = is_known, .udp = is_udp \
		}                                                                       \
	}
#define ESP(number, us, is_known) ESP_ANY(number, us, is_known, false)
#define ESP_IN_UDP(number, us)    ESP_ANY(number, us, true, true)

static const struct {
	const char *sentence;
	bool well;
	enum ctl_way sent, answered;
	struct verdict_input input; /* routed, from eth0, timeout 3 s: filled in */
} cases[] = {
	{"sent as ESP, answered as ESP in 0.4 ms",
         true,
         CTL_WAY_ESP,
         CTL_WAY_ESP,
         {.had_sa = true,
          .has_sa = true,
          .seen = {.out = ESP(0xc1, 30, true),
                   .out_count = 1,
                   .in = ESP(0xc2, 430, true),
                   .in_count = 1,
                   .answered = true}}},
	{"sent as ESP after a negotiation of 83 ms, answered as ESP in 1.0 ms",
         true,
         CTL_WAY_ESP,
         CTL_WAY_ESP,
         {.has_sa = true,
          .seen = {.out = ESP(0xc1, 83000, true),
                   .out_count = 1,
                   .in = ESP(0xc2, 84000, true),
                   .in_count = 1,
                   .answered = true}}},
	{"sent as ESP, no answer in 3.0 s, nor any ESP before: IKE passes and ESP (IP protocol 50) "
         "does not: see firewalls and security groups, or set force_udp_encapsulation",
         false,
         CTL_WAY_ESP,
         CTL_WAY_NONE,
         {.had_sa = true, .has_sa = true, .seen = {.out = ESP(0xc1, 30, true), .out_count = 1}}},
	{"sent as ESP after a negotiation of 1500 ms, no answer in 3.0 s",
         false,
         CTL_WAY_ESP,
         CTL_WAY_NONE,
         {.has_sa = true, .seen = {.out = ESP(0xc1, 1500000, true), .out_count = 1}}},
	{"sent as ESP, no answer in 3.0 s, nor other ESP of it: it does not answer pings, or ESP "
         "passes no longer",
         false,
         CTL_WAY_ESP,
         CTL_WAY_NONE,
         {.had_sa = true,
          .has_sa = true,
          .received = 7,
          .seen = {.out = ESP(0xc1, 30, true), .out_count = 1}}},
	{"sent as ESP in UDP, no answer in 3.0 s, nor any ESP before: IKE passes and ESP in UDP, port "
         "4500, does not: see firewalls and security groups",
         false,
         CTL_WAY_ESP,
         CTL_WAY_NONE,
         {.had_sa = true, .has_sa = true, .seen = {.out = ESP_IN_UDP(0xc1, 30), .out_count = 1}}},
	{"sent as ESP in UDP, answered as ESP in UDP in 0.4 ms",
         true,
         CTL_WAY_ESP,
         CTL_WAY_ESP,
         {.had_sa = true,
          .has_sa = true,
          .seen = {.out = ESP_IN_UDP(0xc1, 30),
                   .out_count = 1,
                   .in = ESP_IN_UDP(0xc2, 430),
                   .in_count = 1,
                   .answered = true}}},
	{"sent as ESP, no answer: No route to host",
         false,
         CTL_WAY_ESP,
         CTL_WAY_NONE,
         {.had_sa = true,
          .has_sa = true,
          .seen = {.out = ESP(0xc1, 30, true), .out_count = 1, .later_error = EHOSTUNREACH}}},
	{"sent as ESP, answered in clear in 0.5 ms, which this host does not accept: its "
         "policies allow what ours protect, compare the lists",
         false,
         CTL_WAY_ESP,
         CTL_WAY_CLEAR,
         {.had_sa = true,
          .has_sa = true,
          .seen = {.out = ESP(0xc1, 30, true),
                   .out_count = 1,
                   .in_clear = true,
                   .in_clear_us = 530}}},
	{"sent as ESP, answered as ESP with SPI 000000c9, of which this host has no SA",
         false,
         CTL_WAY_ESP,
         CTL_WAY_NONE,
         {.had_sa = true,
          .has_sa = true,
          .seen = {.out = ESP(0xc1, 30, true),
                   .out_count = 1,
                   .in = ESP(0xc9, 430, false),
                   .in_count = 1}}},
	{"sent as ESP, no answer in 3.0 s, though other ESP of it comes: it may not answer pings",
         false,
         CTL_WAY_ESP,
         CTL_WAY_NONE,
         {.had_sa = true,
          .has_sa = true,
          .seen = {.out = ESP(0xc1, 30, true),
                   .out_count = 1,
                   .in = ESP(0xc2, 430, true),
                   .in_count = 1}}},
	{"sent as ESP, answered by another way than eth0",
         false,
         CTL_WAY_ESP,
         CTL_WAY_NONE,
         {.had_sa = true,
          .has_sa = true,
          .seen = {.out = ESP(0xc1, 30, true), .out_count = 1, .answered = true}}},
	{"sent as ESP with SPI 000000c1, which is of no SA here",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.seen = {.out = ESP(0xc1, 30, false), .out_count = 1}}},
	{"allowed: in clear, answered in 0.3 ms",
         true,
         CTL_WAY_CLEAR,
         CTL_WAY_CLEAR,
         {.rule = VERDICT_RULE_ALLOW,
          .seen = {.out_clear = true,
                   .out_clear_us = 20,
                   .in_clear = true,
                   .in_clear_us = 320,
                   .answered = true}}},
	{"in no list: in clear, answered in 0.3 ms",
         true,
         CTL_WAY_CLEAR,
         CTL_WAY_CLEAR,
         {.rule = VERDICT_RULE_NONE,
          .seen = {.out_clear = true,
                   .out_clear_us = 20,
                   .in_clear = true,
                   .in_clear_us = 320,
                   .answered = true}}},
	{"allowed: in clear, no answer in 3.0 s: it has an SA with this host, so its lists protect "
         "what ours allow",
         false,
         CTL_WAY_CLEAR,
         CTL_WAY_NONE,
         {.rule = VERDICT_RULE_ALLOW,
          .has_sa = true,
          .seen = {.out_clear = true, .out_clear_us = 20}}},
	/* its own checks of whether we live */
	{"allowed: in clear, no answer in 3.0 s: it has an SA with this host, so its lists protect "
         "what ours allow",
         false,
         CTL_WAY_CLEAR,
         CTL_WAY_NONE,
         {.rule = VERDICT_RULE_ALLOW,
          .has_sa = true,
          .seen = {.out_clear = true,
                   .out_clear_us = 20,
                   .in = ESP(0xc2, 340, true),
                   .in_count = 1}}},
	{"SENT IN CLEAR by a policy that is not ours, out allow 10.0.1.1/32 -> 10.0.1.0/24 priority 5, "
         "no answer in 3.0 s",
         false,
         CTL_WAY_CLEAR,
         CTL_WAY_NONE,
         {.rule = VERDICT_RULE_FOREIGN,
          .policy = {.src = {{AF_INET, {10, 0, 1, 1}}, 32},
                     .dst = {{AF_INET, {10, 0, 1, 0}}, 24},
                     .action = POLICY_ACTION_ALLOW,
                     .priority = 5},
          .seen = {.out_clear = true, .out_clear_us = 20}}},
	{"SENT IN CLEAR, since disable_xfrm is set for eth0, no answer in 3.0 s",
         false,
         CTL_WAY_CLEAR,
         CTL_WAY_NONE,
         {.disable_xfrm = true, .seen = {.out_clear = true, .out_clear_us = 20}}},
	{"allowed: in clear, no answer in 3.0 s: it is down, or its lists protect what ours allow",
         false,
         CTL_WAY_CLEAR,
         CTL_WAY_NONE,
         {.rule = VERDICT_RULE_ALLOW, .seen = {.out_clear = true, .out_clear_us = 20}}},
	{"allowed: in clear, answered as ESP in 0.3 ms",
         false,
         CTL_WAY_CLEAR,
         CTL_WAY_ESP,
         {.rule = VERDICT_RULE_ALLOW,
          .seen = {.out_clear = true,
                   .out_clear_us = 20,
                   .in = ESP(0xc2, 320, true),
                   .in_count = 1,
                   .answered = true}}},
	{"sent in clear, there is no SA (optional), answered in clear in 0.3 ms: no response from "
         "the peer, next retry in 5 s; it is down, or the way drops UDP 500: a firewall, a security group",
         false,
         CTL_WAY_CLEAR,
         CTL_WAY_CLEAR,
         {.rule = VERDICT_RULE_OPTIONAL,
          .peer_known = true,
          .last_error = {REASON_NO_RESPONSE, ""},
          .retry_in_s = 5,
          .seen = {.out_clear = true,
                   .out_clear_us = 20,
                   .in_clear = true,
                   .in_clear_us = 320,
                   .answered = true}}},
	{"SENT IN CLEAR, although it should not be, no answer in 3.0 s",
         false,
         CTL_WAY_CLEAR,
         CTL_WAY_NONE,
         {.seen = {.out_clear = true, .out_clear_us = 20}}},
	{"blocked since it is silent: no response from the peer, next retry in 12 s; its ports of IKE are closed: no xfrmd runs there",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.rule = VERDICT_RULE_SILENT,
          .peer_known = true,
          .last_error = {REASON_NO_RESPONSE, ""},
          .retry_in_s = 12,
          .seen = {.send_error = EPERM, .no_ike = true}}},
	{"blocked by the policy out block 10.0.1.1/32 -> 10.0.1.0/24 priority 5",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.rule = VERDICT_RULE_BLOCK,
          .policy = {.src = {{AF_INET, {10, 0, 1, 1}}, 32},
                     .dst = {{AF_INET, {10, 0, 1, 0}}, 24},
                     .action = POLICY_ACTION_BLOCK,
                     .priority = 5},
          .seen = {.send_error = EPERM}}},
	{"blocked by the kernel's default, no policy speaks of it",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.rule = VERDICT_RULE_REFUSE, .seen = {.send_error = EPERM}}},
	{"refused by the kernel: Operation not permitted: by a firewall, or a policy that has "
         "changed meanwhile",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.rule = VERDICT_RULE_ALLOW, .seen = {.send_error = EPERM}}},
	{"not sent: Network is unreachable",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.rule = VERDICT_RULE_ALLOW, .seen = {.send_error = ENETUNREACH}}},
	{"not sent: No route to host",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.rule = VERDICT_RULE_ALLOW, .seen = {.later_error = EHOSTUNREACH}}},
	{"held by the kernel, there is no SA after 3.0 s: acquire pending, the negotiation goes on",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.holds = true, .peer_known = true, .peer_state = "negotiating"}},
	{"held by the kernel, there is no SA after 3.0 s: acquire pending, the negotiation goes on; "
         "nobody has this address, or the host is down",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.holds = true,
          .peer_known = true,
          .peer_state = "negotiating",
          .seen = {.unreachable = true}}},
	{"dropped by the kernel, there is no SA after 3.0 s: nobody negotiates, since xfrmd cannot be "
         "reached",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.rule = VERDICT_RULE_REQUIRED}},
	{"held by the kernel, there is no SA after 3.0 s: the negotiation failed: the peer refused "
         "our certificate, next retry in 8 s",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.holds = true,
          .peer_known = true,
          .peer_state = "failed",
          .last_error = {REASON_CERT_REFUSED, ""},
          .retry_in_s = 8}},
	{"dropped by the kernel, there is no SA after 3.0 s, and no negotiation is known",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.rule = VERDICT_RULE_REQUIRED}},
	{"nothing left by eth0 in 3.0 s, although there is an SA: no neighbour, or a firewall",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.had_sa = true, .has_sa = true}},
	{"nothing left by eth0 in 3.0 s",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.rule = VERDICT_RULE_NONE}},
	{"an address of this host itself, nothing was sent",
         false,
         CTL_WAY_NONE,
         CTL_WAY_NONE,
         {.other = "an address of this host itself"}},
};

START_TEST(verdict_is_one_sentence)
{
	struct verdict_input input = cases[_i].input;
	struct ctl_verify verify;

	input.routed = true;
	input.daemon_known = !strstr(cases[_i].sentence, "cannot be reached");
	input.timeout_ms = 3000;
	strcpy(input.ifname, "eth0");
	verdict_make(&input, &verify);
	ck_assert_str_eq(verify.sentence, cases[_i].sentence);
	ck_assert_msg(verify.well == cases[_i].well, "%s", verify.sentence);
	ck_assert_int_eq(verify.sent, cases[_i].sent);
	ck_assert_int_eq(verify.answered, cases[_i].answered);
}
END_TEST

START_TEST(verdict_without_a_route_is_that)
{
	const struct verdict_input input = {.pair.remote = {AF_INET, {10, 9, 9, 9}}};
	struct ctl_verify verify;

	verdict_make(&input, &verify);
	ck_assert_str_eq(verify.sentence, "no route, nothing was sent");
	ck_assert(!verify.well);
	ck_assert(addr_equal(&verify.pair.remote, &input.pair.remote));
}
END_TEST

START_TEST(verdict_names_the_spis_and_the_time)
{
	struct verdict_input input = cases[0].input;
	struct ctl_verify verify;

	/* an SA of others between the same hosts comes first */
	input.routed = true;
	input.seen.out[1] = input.seen.out[0];
	input.seen.out[0] = (struct verdict_esp){.spi = 0x77, .first_us = 10};
	input.seen.out_count = 2;
	verdict_make(&input, &verify);
	ck_assert_uint_eq(verify.spi_out, 0xc1);
	ck_assert_uint_eq(verify.spi_in, 0xc2);
	ck_assert_uint_eq(verify.answer_us, 400);
}
END_TEST

START_TEST(verdict_tells_of_large_packets)
{
	const struct path_mtu silent = {.top = 1466, .over = true},
			      whole = {.top = 1466, .pass = 1466, .over = true},
			      narrow = {.top = 1466, .pass = 1366, .fail = 1367, .over = true};
	struct ctl_verify verify = {.well = true, .ifname = "eth0"};

	verdict_add_path(&verify, &silent, 1500);
	ck_assert_str_eq(verify.sentence, "");
	verdict_add_path(&verify, &whole, 1500);
	ck_assert_str_eq(verify.sentence, "; packets up to 1466 bytes pass");
	ck_assert(verify.well);
	verify.sentence[0] = '\0';
	verdict_add_path(&verify, &narrow, 1500);
	ck_assert_str_eq(verify.sentence,
	                 "; but LARGE PACKETS VANISH: 1366 bytes pass, 1367 do not, and no router "
	                 "says so: set the MTU of eth0 to 1400, here and on the other hosts");
	ck_assert(!verify.well);
	ck_assert_uint_eq(verify.mtu, 1366);
	ck_assert_uint_eq(verify.mtu_sent, 1466);
}
END_TEST

START_TEST(verdict_is_cut_and_escaped)
{
	struct verdict_input input = {
		.routed = true, .rule = VERDICT_RULE_SILENT, .seen = {.send_error = EPERM}};
	struct ctl_verify verify;

	input.last_error.reason = REASON_OTHER;
	memset(input.last_error.details, '\n', sizeof(input.last_error.details) - 1);
	verdict_make(&input, &verify);
	ck_assert_uint_eq(strlen(verify.sentence), sizeof(verify.sentence) - 1);
	ck_assert_ptr_null(strchr(verify.sentence, '\n'));
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("verdict", &tcase);

	tcase_add_loop_test(tcase, verdict_is_one_sentence, 0,
	                    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tcase, verdict_without_a_route_is_that);
	tcase_add_test(tcase, verdict_names_the_spis_and_the_time);
	tcase_add_test(tcase, verdict_tells_of_large_packets);
	tcase_add_test(tcase, verdict_is_cut_and_escaped);
	return test_run(suite);
}
