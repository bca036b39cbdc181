/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "xfrmd/conf/conf.h"

static void add(struct prefixset *set, const char *text)
{
	struct prefix prefix;

	ck_assert_int_eq(prefix_parse(text, &prefix, NULL), 0);
	ck_assert_int_eq(prefixset_add(set, &prefix), 0);
	prefixset_seal(set);
}

static void init(struct conf *conf)
{
	*conf = (struct conf){0};
	ck_assert_int_eq(conf_set_defaults(conf), 0);
	add(&conf->protect, "10.0.0.0/8");
}

static char *canonical(const struct conf *conf)
{
	char *text = conf_canonical(conf);

	ck_assert_ptr_nonnull(text);
	return text;
}

START_TEST(conf_defaults_are_those_of_the_contract)
{
	struct conf conf;

	init(&conf);
	ck_assert_int_eq(conf.optional, false);
	ck_assert_int_eq(conf.protect_forwarded, true);
	ck_assert_int_eq(conf.stop_clear, false);
	ck_assert_int_eq(conf.force_udp_encapsulation, false);
	ck_assert_uint_eq(conf.prestart_timeout_s, 30);
	ck_assert_uint_eq(conf.stop_timeout_s, 30);
	ck_assert_uint_eq(conf.xfrm_acq_expires_s, 6);
	ck_assert_int_eq(conf.xfrm_larval_drop, false);
	ck_assert_uint_eq(conf.replay_window, CONF_REPLAY_WINDOW_DEFAULT);
	ck_assert_uint_eq(conf.reqid, CONF_REQID_DEFAULT);
	ck_assert_uint_eq(conf.dpd_delay_s, 30);
	ck_assert_uint_eq(conf.idle_timeout_s, 3600);
	ck_assert_uint_eq(conf.rekey_time_s, 4 * 3600);
	ck_assert_uint_eq(conf.ike_rekey_time_s, 12 * 3600);
	ck_assert_int_eq(strlist_contains(&conf.ike_proposals, "aes128-sha256-modp2048"), true);
	ck_assert_int_eq(strlist_contains(&conf.esp_proposals, "aes128gcm16"), true);
	ck_assert_int_eq(conf.charon_binary[0], '/');
	ck_assert_int_eq(conf.log_target, LOG_TARGET_SYSLOG);
	ck_assert_int_eq(conf.log_level, LOG_LEVEL_INFO);
	conf_fini(&conf);
	conf_fini(&conf);
	conf_fini(NULL);
}
END_TEST

START_TEST(conf_check_accepts_the_defaults_with_a_subnet)
{
	struct problems problems = {0};
	struct conf conf;

	init(&conf);
	add(&conf.allow, "10.0.0.0/9");
	conf_check(&conf, "x.conf", &problems);
	ck_assert_uint_eq(problems.count, 0);
	conf_fini(&conf);
}
END_TEST

START_TEST(conf_check_wants_something_to_protect)
{
	struct problems problems = {0};
	struct conf conf = {0};

	ck_assert_int_eq(conf_set_defaults(&conf), 0);
	conf_check(&conf, "x.conf", &problems);
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_ptr_nonnull(strstr(problems.items[0], "x.conf: [ipsec] ipsec_subnets: "));
	problems_fini(&problems);
	conf_fini(&conf);
}
END_TEST

START_TEST(conf_check_names_each_prefix_of_both_lists)
{
	struct problems problems = {0};
	struct conf conf;

	init(&conf);
	add(&conf.allow, "10.0.0.0/8");
	add(&conf.allow, "10.0.0.0/9");
	conf_check(&conf, "x.conf", &problems);
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_str_eq(problems.items[0],
	                 "x.conf: [ipsec] no_ipsec_subnets: 10.0.0.0/8 is in ipsec_subnets too, "
	                 "expected every prefix in one list only");
	problems_fini(&problems);
	conf_fini(&conf);
}
END_TEST

START_TEST(conf_check_counts_conflicts_beyond_twenty)
{
	struct problems problems = {0};
	struct conf conf;

	init(&conf);
	for (int i = 0; i < 25; i++) {
		char text[PREFIX_TEXT_MAX];

		snprintf(text, sizeof(text), "172.16.%d.0/24", i);
		add(&conf.protect, text);
		add(&conf.allow, text);
	}
	conf_check(&conf, "x.conf", &problems);
	ck_assert_uint_eq(problems.count, 21);
	ck_assert_str_eq(problems.items[20], "x.conf: [ipsec] no_ipsec_subnets: ... and 5 more");
	problems_fini(&problems);
	conf_fini(&conf);
}
END_TEST

START_TEST(conf_check_wants_expiry_days_in_order)
{
	static const uint32_t wrong[][4] = {
		{14, 14, 7, 3}, {30, 7, 7, 3}, {30, 14, 3, 3}, {3, 7, 14, 30}};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct problems problems = {0};
		struct conf conf;

		init(&conf);
		conf.info_days = wrong[i][0];
		conf.warn_days = wrong[i][1];
		conf.error_days = wrong[i][2];
		conf.critical_days = wrong[i][3];
		conf_check(&conf, "x.conf", &problems);
		ck_assert_uint_eq(problems.count, 1);
		ck_assert_ptr_nonnull(strstr(problems.items[0], "x.conf: [certificates] info_days: "
		                                                "out of order, found info "));
		problems_fini(&problems);
		conf_fini(&conf);
	}
}
END_TEST

static const struct {
	const char *addr;
	enum conf_verdict verdict;
} verdicts[] = {
	{"10.0.0.1", CONF_VERDICT_PROTECT}, {"10.1.0.1", CONF_VERDICT_ALLOW},
	{"10.1.2.1", CONF_VERDICT_PROTECT}, {"11.0.0.1", CONF_VERDICT_NONE},
	{"192.0.2.1", CONF_VERDICT_ALLOW},  {"fd00::1", CONF_VERDICT_NONE},
};

START_TEST(conf_verdict_is_that_of_the_longest_prefix)
{
	struct addr addr;
	struct conf conf;

	init(&conf);
	add(&conf.protect, "10.1.2.0/24");
	add(&conf.allow, "10.1.0.0/16");
	add(&conf.allow, "192.0.2.0/24");
	ck_assert_int_eq(addr_parse(verdicts[_i].addr, &addr), 0);
	ck_assert_int_eq(conf_verdict(&conf, &addr), verdicts[_i].verdict);
	conf_fini(&conf);
}
END_TEST

START_TEST(conf_interface_chosen_matches_globs)
{
	struct conf conf;

	init(&conf);
	ck_assert_int_eq(conf_interface_chosen(&conf, "eth0"), true);
	ck_assert_int_eq(strlist_add(&conf.interfaces, "eth*"), 0);
	ck_assert_int_eq(strlist_add(&conf.interfaces, "bond0"), 0);
	ck_assert_int_eq(conf_interface_chosen(&conf, "eth0"), true);
	ck_assert_int_eq(conf_interface_chosen(&conf, "bond0"), true);
	ck_assert_int_eq(conf_interface_chosen(&conf, "bond1"), false);
	ck_assert_int_eq(conf_interface_chosen(&conf, "veth0"), false);
	conf_fini(&conf);
}
END_TEST

START_TEST(conf_canonical_ignores_the_order_of_sets_only)
{
	struct conf a, b;
	char *a_text, *b_text;

	init(&a);
	init(&b);
	ck_assert_int_eq(strlist_add(&a.ca_certificates, "/x"), 0);
	ck_assert_int_eq(strlist_add(&a.ca_certificates, "/y"), 0);
	ck_assert_int_eq(strlist_add(&b.ca_certificates, "/y"), 0);
	ck_assert_int_eq(strlist_add(&b.ca_certificates, "/x"), 0);
	problems_add(&b.notes, "a note");
	a_text = canonical(&a);
	b_text = canonical(&b);
	ck_assert_str_eq(a_text, b_text);
	free(a_text);
	free(b_text);
	/* the first proposal is preferred: here the order counts */
	ck_assert_int_eq(strlist_add(&a.esp_proposals, "aes256gcm16"), 0);
	strlist_fini(&b.esp_proposals);
	ck_assert_int_eq(strlist_add(&b.esp_proposals, "aes256gcm16"), 0);
	ck_assert_int_eq(strlist_add(&b.esp_proposals, "aes128gcm16"), 0);
	a_text = canonical(&a);
	b_text = canonical(&b);
	ck_assert_str_ne(a_text, b_text);
	free(a_text);
	free(b_text);
	conf_fini(&a);
	conf_fini(&b);
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite = test_suite("conf", &test_case);

	tcase_add_test(test_case, conf_defaults_are_those_of_the_contract);
	tcase_add_test(test_case, conf_check_accepts_the_defaults_with_a_subnet);
	tcase_add_test(test_case, conf_check_wants_something_to_protect);
	tcase_add_test(test_case, conf_check_names_each_prefix_of_both_lists);
	tcase_add_test(test_case, conf_check_counts_conflicts_beyond_twenty);
	tcase_add_test(test_case, conf_check_wants_expiry_days_in_order);
	tcase_add_loop_test(test_case, conf_verdict_is_that_of_the_longest_prefix, 0,
	                    sizeof(verdicts) / sizeof(verdicts[0]));
	tcase_add_test(test_case, conf_interface_chosen_matches_globs);
	tcase_add_test(test_case, conf_canonical_ignores_the_order_of_sets_only);
	return test_run(suite);
}
