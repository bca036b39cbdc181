/* SPDX-License-Identifier: MIT */
#include "xfrmd/xfrmd/health.h"

#include <string.h>

#include "test.h"

#define DAY 86400

static struct conf conf;
static struct ctl_status status;
static struct local_addr addr;
static const struct policy_list none;

/* A host with one chosen address, and nothing to say about it. */
static struct health_policies healthy(void)
{
	return (struct health_policies){.conf = &conf,
	                                .foreign = &none,
	                                .apply_problem = "",
	                                .addrs = &addr,
	                                .addr_count = 1};
}

static bool disables(uint8_t family, const char *ifname)
{
	return family == AF_INET && strcmp(ifname, "eth0") == 0;
}

static bool disables_nothing(uint8_t family, const char *ifname)
{
	(void)family;
	(void)ifname;
	return false;
}

static void judge(struct health_policies facts)
{
	if (!facts.disables_xfrm)
		facts.disables_xfrm = disables_nothing;
	health_of_policies(&facts, &status);
}

static void set_up(void)
{
	struct prefix subnet;

	ck_assert_int_eq(conf_set_defaults(&conf), 0);
	ck_assert_int_eq(prefix_parse("10.0.0.0/16", &subnet, NULL), 0);
	ck_assert_int_eq(prefixset_add(&conf.protect, &subnet), 0);
	prefixset_seal(&conf.protect);
	addr = (struct local_addr){.ifname = "eth0", .ifindex = 2, .global = true};
	ck_assert_int_eq(addr_parse("10.0.1.1", &addr.addr), 0);
}

static void tear_down(void)
{
	ctl_status_fini(&status);
	conf_fini(&conf);
	memset(&status, 0, sizeof(status));
	memset(&conf, 0, sizeof(conf));
}

static void assert_problem(const char *text)
{
	ck_assert_uint_eq(status.warnings.count, 0);
	ck_assert_uint_eq(status.problems.count, text ? 1 : 0);
	if (text)
		ck_assert_str_eq(status.problems.items[0], text);
}

static void assert_warning(const char *text)
{
	ck_assert_uint_eq(status.problems.count, 0);
	ck_assert_uint_eq(status.warnings.count, 1);
	ck_assert_str_eq(status.warnings.items[0], text);
}

START_TEST(host_as_it_should_be_is_healthy)
{
	status.ready = true;
	health_of_start(&status);
	judge(healthy());
	health_of_settings("", "", &status);
	assert_problem(NULL);
}
END_TEST

START_TEST(host_that_is_not_ready_is_unhealthy)
{
	health_of_start(&status);
	assert_problem("starting: charon is not ready yet");
}
END_TEST

START_TEST(policies_that_differ_are_a_problem)
{
	struct health_policies facts = healthy();

	facts.drift = 3;
	judge(facts);
	assert_problem("policies: 3 differ from the desired ones");
}
END_TEST

START_TEST(policies_that_cannot_be_applied_are_a_problem)
{
	struct health_policies facts = healthy();

	facts.apply_problem = "no memory";
	judge(facts);
	assert_problem("policies: not all could be applied, trying again: no memory");
}
END_TEST

START_TEST(flush_is_a_problem)
{
	struct health_policies facts = healthy();

	facts.flushed = true;
	judge(facts);
	assert_problem("policies: removed by `xfrmctl flush`, nothing is protected until a reload");
}
END_TEST

START_TEST(somebody_who_keeps_changing_ours_is_a_problem)
{
	struct health_policies facts = healthy();

	facts.fights = true;
	judge(facts);
	assert_problem("policies: somebody else keeps changing ours");
}
END_TEST

START_TEST(of_many_foreign_policies_five_are_shown)
{
	struct policy policies[7] = {0};
	const struct policy_list foreign = {.items = policies, .count = 7};
	struct health_policies facts = healthy();

	facts.foreign = &foreign;
	judge(facts);
	ck_assert_uint_eq(status.problems.count, 6);
	ck_assert_str_eq(status.problems.items[5], "policies: 2 more foreign ones defeat ours");
}
END_TEST

START_TEST(host_without_a_chosen_address_is_unhealthy)
{
	struct health_policies facts = healthy();

	facts.addr_count = 0;
	judge(facts);
	assert_problem("addresses: none is chosen by [ipsec] interfaces, nothing is protected");
}
END_TEST

START_TEST(protected_address_of_another_interface_is_a_problem_if_required)
{
	struct local_addr addrs[2] = {addr, addr};
	struct health_policies facts = healthy();

	strcpy(addrs[1].ifname, "eth1");
	ck_assert_int_eq(addr_parse("10.0.1.2", &addrs[1].addr), 0);
	ck_assert_int_eq(strlist_add(&conf.interfaces, "eth0"), 0);
	facts.addrs = addrs;
	facts.addr_count = 2;
	conf.optional = true;
	judge(facts);
	assert_problem(NULL);
	conf.optional = false;
	judge(facts);
	assert_problem("addresses: 10.0.1.2/32 (eth1) is in ipsec_subnets and left out by [ipsec] "
	               "interfaces, what it sends goes in clear");
}
END_TEST

START_TEST(interface_with_disable_xfrm_is_told_once)
{
	struct local_addr addrs[2] = {addr, addr};
	struct health_policies facts = healthy();

	facts.addrs = addrs;
	facts.addr_count = 2;
	facts.disables_xfrm = disables;
	judge(facts);
	assert_problem("policies: disable_xfrm is set for eth0, what leaves by it goes in clear");
}
END_TEST

START_TEST(interface_in_another_namespace_is_a_warning)
{
	const struct child_link child = {.name = "mv0", .kind = "macvlan", .parent = "eth0"};
	struct health_policies facts = healthy();

	facts.children = &child;
	facts.child_count = 1;
	judge(facts);
	assert_warning(
		"addresses: macvlan mv0 of eth0 is in another network namespace, which needs "
		"an xfrmd of its own");
}
END_TEST

static const struct {
	int days;
	const char *problem, *warning;
} ends[] = {
	{-1, "certificate: a.pem: CN=a has expired", NULL},
	{1, "certificate: a.pem: CN=a expires in 1 days", NULL},
	{8, NULL, "certificate: a.pem: CN=a expires in 8 days"},
	{25, NULL, NULL},
	{1000, NULL, NULL},
};

static void judge_certificate(const char *role, int days)
{
	char file[] = "a.pem", subject[] = "CN=a";
	const struct ctl_certificate certificate = {.file = file,
	                                            .role = role,
	                                            .subject = subject,
	                                            .not_after = (int64_t)days * DAY + 1,
	                                            .days_left = days};

	health_of_certificate(&conf, &certificate, 0, &status);
}

START_TEST(certificate_is_a_warning_and_then_a_problem)
{
	conf.info_days = 30;
	conf.warn_days = 14;
	conf.error_days = 7;
	conf.critical_days = 3;
	judge_certificate("instance", ends[_i].days);
	if (ends[_i].warning)
		assert_warning(ends[_i].warning);
	else
		assert_problem(ends[_i].problem);
}
END_TEST

START_TEST(certificate_of_a_peer_does_not_make_this_host_unhealthy)
{
	judge_certificate("peer", -1);
	assert_problem(NULL);
}
END_TEST

static const struct {
	struct health_charon facts;
	const char *problem, *warning;
} charons[] = {
	{{7, "", "", "", FLOOD_NONE, ""}, NULL, NULL},
	{{0, "", "", "", FLOOD_NONE, ""}, "charon: not running, new peers must wait", NULL},
	{{7, "refused", "", "", FLOOD_NONE, ""}, "charon: refused", NULL},
	{{7, "", "", "no pidfd", FLOOD_NONE, ""},
         NULL,
         "charon: no pidfd: a flood of IKE_SA_INIT would silence it"},
	{{7, "", "", "", FLOOD_BORNE, "a flood"}, NULL, "charon: a flood"},
	{{7, "", "", "", FLOOD_SILENT, "a flood"}, "charon: a flood", NULL},
	{{7, "", "UDP port 4500 is taken", "", FLOOD_NONE, ""},
         "charon: UDP port 4500 is taken: no UDP encapsulation, so peers behind NAT cannot be "
         "reached; end that process, then charon, which is started again: kill -KILL 7",
         NULL},
};

START_TEST(charon_is_well_or_not)
{
	health_of_charon(&charons[_i].facts, &status);
	if (charons[_i].warning)
		assert_warning(charons[_i].warning);
	else
		assert_problem(charons[_i].problem);
}
END_TEST

START_TEST(settings_that_could_not_be_had_are_problems)
{
	ck_assert_int_eq(strlist_add(&status.reload_errors, "first"), 0);
	ck_assert_int_eq(strlist_add(&status.reload_errors, "second"), 0);
	health_of_settings("read only", "no such folder", &status);
	ck_assert_uint_eq(status.problems.count, 3);
	ck_assert_str_eq(status.problems.items[0], "kernel: read only");
	ck_assert_str_eq(status.problems.items[1], "log: no such folder, it goes to stderr");
	ck_assert_str_eq(status.problems.items[2], "reload: the last one failed: first");
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("health", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, host_as_it_should_be_is_healthy);
	tcase_add_test(tcase, host_that_is_not_ready_is_unhealthy);
	tcase_add_test(tcase, policies_that_differ_are_a_problem);
	tcase_add_test(tcase, policies_that_cannot_be_applied_are_a_problem);
	tcase_add_test(tcase, flush_is_a_problem);
	tcase_add_test(tcase, somebody_who_keeps_changing_ours_is_a_problem);
	tcase_add_test(tcase, of_many_foreign_policies_five_are_shown);
	tcase_add_test(tcase, host_without_a_chosen_address_is_unhealthy);
	tcase_add_test(tcase, protected_address_of_another_interface_is_a_problem_if_required);
	tcase_add_test(tcase, interface_with_disable_xfrm_is_told_once);
	tcase_add_test(tcase, interface_in_another_namespace_is_a_warning);
	tcase_add_loop_test(tcase, certificate_is_a_warning_and_then_a_problem, 0,
	                    sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(tcase, certificate_of_a_peer_does_not_make_this_host_unhealthy);
	tcase_add_loop_test(tcase, charon_is_well_or_not, 0, sizeof(charons) / sizeof(charons[0]));
	tcase_add_test(tcase, settings_that_could_not_be_had_are_problems);
	return test_run(suite);
}
