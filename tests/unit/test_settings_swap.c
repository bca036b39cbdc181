/* SPDX-License-Identifier: MIT */
/* What a reload says that it changed. */
#include "xfrmd/xfrmd/settings_swap.h"

#include <string.h>

#include "test.h"

static struct pki_cert from_chain, to_chain, from_cas[2], to_cas[2];
static struct settings from, to;
static struct strlist changes;

static void set_up_one(struct settings *settings, struct pki_cert *chain, struct pki_cert *cas)
{
	static char subject[] = "CN=a";

	ck_assert_int_eq(conf_set_defaults(&settings->conf), 0);
	if (!settings->conf.charon_binary)
		settings->conf.charon_binary = strdup("/usr/sbin/charon-systemd");
	*chain = (struct pki_cert){.fingerprint = "01", .subject = subject};
	cas[0] = (struct pki_cert){.fingerprint = "02"};
	cas[1] = (struct pki_cert){.fingerprint = "03"};
	settings->bundle.chain = (struct pki_certs){.items = chain, .count = 1};
	settings->bundle.cas = (struct pki_certs){.items = cas, .count = 1};
}

static void set_up(void)
{
	set_up_one(&from, &from_chain, from_cas);
	set_up_one(&to, &to_chain, to_cas);
}

static void tear_down(void)
{
	conf_fini(&from.conf);
	conf_fini(&to.conf);
	strlist_fini(&changes);
	memset(&from, 0, sizeof(from));
	memset(&to, 0, sizeof(to));
}

static void assert_change(const char *text)
{
	settings_describe(&from, &to, false, &changes);
	ck_assert_uint_eq(changes.count, text ? 1 : 0);
	if (text)
		ck_assert_str_eq(changes.items[0], text);
}

START_TEST(equal_settings_change_nothing)
{
	assert_change(NULL);
}
END_TEST

START_TEST(mode_is_a_change)
{
	to.conf.optional = true;
	assert_change("mode: optional");
	strlist_fini(&changes);
	from.conf.optional = true;
	to.conf.optional = false;
	assert_change("mode: required");
}
END_TEST

START_TEST(another_instance_certificate_is_named)
{
	static char subject[] = "CN=b";

	to_chain = (struct pki_cert){.fingerprint = "09", .subject = subject};
	assert_change("instance certificate: now CN=b");
}
END_TEST

START_TEST(ca_that_comes_is_a_change_and_one_that_goes_distrusts_the_peers)
{
	to.bundle.cas.count = 2;
	assert_change("CA certificates: now 2");
	strlist_fini(&changes);
	from.bundle.cas.count = 2;
	to.bundle.cas.count = 1;
	assert_change("CA certificates: now 1, peers are authenticated anew");
}
END_TEST

START_TEST(ca_in_the_place_of_another_distrusts_the_peers)
{
	strcpy(to_cas[0].fingerprint, "08");
	assert_change("CA certificates: now 1, peers are authenticated anew");
}
END_TEST

START_TEST(proposals_count_from_the_next_negotiation_on)
{
	strlist_fini(&to.conf.esp_proposals);
	ck_assert_int_eq(strlist_add(&to.conf.esp_proposals, "aes256gcm16-x25519"), 0);
	assert_change("proposals: used from the next negotiation on: xfrmctl rekey --all");
}
END_TEST

static void other_window(struct conf *conf)
{
	conf->replay_window++;
}

static void other_rekeying(struct conf *conf)
{
	conf->rekey_time_s++;
}

static void other_ike_rekeying(struct conf *conf)
{
	conf->ike_rekey_time_s++;
}

static void encapsulation(struct conf *conf)
{
	conf->force_udp_encapsulation = true;
}

static void (*const of_sas[])(struct conf *conf) = {other_window, other_rekeying,
                                                    other_ike_rekeying, encapsulation};

START_TEST(what_concerns_sas_counts_from_the_next_negotiation_on)
{
	of_sas[_i](&to.conf);
	assert_change("SAs: others from the next negotiation on: xfrmctl rekey --all");
}
END_TEST

START_TEST(charon_binary_counts_from_its_next_start_on_unless_it_is_a_unit)
{
	free(to.conf.charon_binary);
	to.conf.charon_binary = strdup("/opt/charon");
	settings_describe(&from, &to, true, &changes);
	ck_assert_uint_eq(changes.count, 0);
	assert_change("charon binary: used from its next start on");
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("settings_swap", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, equal_settings_change_nothing);
	tcase_add_test(tcase, mode_is_a_change);
	tcase_add_test(tcase, another_instance_certificate_is_named);
	tcase_add_test(tcase, ca_that_comes_is_a_change_and_one_that_goes_distrusts_the_peers);
	tcase_add_test(tcase, ca_in_the_place_of_another_distrusts_the_peers);
	tcase_add_test(tcase, proposals_count_from_the_next_negotiation_on);
	tcase_add_loop_test(tcase, what_concerns_sas_counts_from_the_next_negotiation_on, 0,
	                    sizeof(of_sas) / sizeof(of_sas[0]));
	tcase_add_test(tcase, charon_binary_counts_from_its_next_start_on_unless_it_is_a_unit);
	return test_run(suite);
}
