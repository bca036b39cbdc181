/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/swan_conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "test.h"
#include "xfrmd/base/file.h"
#include "xfrmd/charon/vici_msg.h"
#include "xfrmd/conf/spd_thresholds.h"

static struct conf conf;
static struct buf message, text;

static void set_up(void)
{
	ck_assert_int_eq(conf_set_defaults(&conf), 0);
}

static void tear_down(void)
{
	conf_fini(&conf);
	buf_fini(&message);
	buf_fini(&text);
}

static struct addr make_addr(const char *address)
{
	struct addr addr;

	ck_assert_int_eq(addr_parse(address, &addr), 0);
	return addr;
}

static struct pair make_pair(const char *local, const char *remote)
{
	return (struct pair){.local = make_addr(local), .remote = make_addr(remote)};
}

/* The message as readable lines, with a blank in front of what stands inside a section. */
static const char *render(void)
{
	struct vici_reader reader;
	struct vici_elem elem;

	ck_assert_int_eq(message.error, 0);
	vici_reader_init(&reader, message.data, message.len);
	for (;;) {
		ck_assert_int_eq(vici_next(&reader, &elem), 0);
		if (elem.type == VICI_ELEM_END)
			break;
		if (elem.type != VICI_ELEM_LIST_ITEM && elem.type != VICI_ELEM_LIST_END &&
		    elem.type != VICI_ELEM_SECTION_END)
			buf_printf(&text, "%s%s%s", text.len ? "\n" : "", elem.depth ? " " : "",
			           elem.name);
		if (elem.type == VICI_ELEM_SECTION_START)
			buf_str(&text, ":");
		if (elem.type == VICI_ELEM_SECTION_END)
			buf_str(&text, "\n;");
		if (elem.type == VICI_ELEM_KEY_VALUE || elem.type == VICI_ELEM_LIST_ITEM)
			buf_printf(&text, " %.*s", (int)elem.value_len, (const char *)elem.value);
	}
	buf_u8(&text, 0);
	ck_assert_int_eq(text.error, 0);
	return (const char *)text.data;
}

START_TEST(swan_conf_text_is_the_golden_file)
{
	char path[512], *golden, *written;
	struct err err;
	size_t len;

	snprintf(path, sizeof(path), "%s/strongswan.conf", getenv("TEST_DATA"));
	ck_assert_msg(file_read(path, 10000, &golden, &len, &err) == 0, "%s", err.text);
	written = swan_conf_text(&conf, "/run/xfrmd");
	ck_assert_str_eq(written, golden);
	free(written);
	free(golden);
}
END_TEST

START_TEST(swan_conf_text_quotes_the_run_directory)
{
	char *written = swan_conf_text(&conf, "/tmp/a \"b\\c # }");

	ck_assert_ptr_nonnull(
		strstr(written, "socket = \"unix:///tmp/a \\\"b\\\\c # }/charon.vici\"\n"));
	free(written);
}
END_TEST

START_TEST(swan_conf_text_gives_charon_our_acquire_timeout)
{
	char *written;

	conf.xfrm_acq_expires_s = 9;
	written = swan_conf_text(&conf, "/run/xfrmd");
	ck_assert_ptr_nonnull(strstr(written, "xfrm_acq_expires = 9\n"));
	free(written);
}
END_TEST

START_TEST(swan_conf_text_gives_charon_our_hash_thresholds)
{
	struct prefix prefix = {.addr = {.family = AF_INET}, .len = 26};
	char *written;

	for (unsigned i = 0; i <= SPD_THRESHOLDS_OUT_MAX; i++)
		ck_assert_int_eq(prefixset_add(&conf.protect, &prefix), 0);
	written = swan_conf_text(&conf, "/run/xfrmd");
	ck_assert_ptr_nonnull(strstr(written, "        ipv4 {\n"
	                                      "          lbits = 0\n"
	                                      "          rbits = 26\n"));
	free(written);
}
END_TEST

START_TEST(swan_conf_peer_name_holds_both_addresses)
{
	static const char *const pairs[][3] = {
		{"10.0.1.1", "10.0.1.2", "10.0.1.1-10.0.1.2"},
		{"fd00::1", "fd00::2", "fd00::1-fd00::2"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff1",
	         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff2",
	         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff1-"
	         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff2"},
	};
	char name[SWAN_NAME_MAX];

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct pair pair = make_pair(pairs[i][0], pairs[i][1]), parsed;

		ck_assert_str_eq(swan_conf_peer_name(&pair, name), pairs[i][2]);
		ck_assert_int_eq(swan_conf_parse_peer_name(name, &parsed), 0);
		ck_assert(pair_equal(&pair, &parsed));
	}
}
END_TEST

static const char *const foreign_names[] = {
	"",
	"-",
	"xfrmd",
	"10.0.1.1",
	"10.0.1.1-",
	"-10.0.1.1",
	"10.0.1.1-host",
	"10.0.1.1-fd00::1",
	"10.0.1.1-10.0.1.2-10.0.1.3",
	"0000000000000000000000000000000000000000000000000000000000-10.0.1.2",
};

START_TEST(swan_conf_other_names_are_not_taken_for_peers)
{
	struct pair pair;

	ck_assert_int_eq(swan_conf_parse_peer_name(foreign_names[_i], &pair), -EINVAL);
}
END_TEST

START_TEST(swan_conf_peer_connection_is_complete)
{
	struct pair pair = make_pair("10.0.1.1", "10.0.1.2");

	swan_conf_load_peer(&message, &conf, "DER", 3, &pair, false);
	ck_assert_str_eq(render(), "10.0.1.1-10.0.1.2:\n"
	                           " version 2\n"
	                           " unique never\n"
	                           " mobike no\n"
	                           " childless never\n"
	                           " encap no\n"
	                           " local_addrs 10.0.1.1\n"
	                           " remote_addrs 10.0.1.2\n"
	                           " proposals aes128-sha256-modp2048\n"
	                           " send_cert always\n"
	                           " keyingtries 1\n"
	                           " dpd_delay 300\n"
	                           " reauth_time 0\n"
	                           " rekey_time 46080\n"
	                           " rand_time 720\n"
	                           " over_time 1440\n"
	                           " local:\n"
	                           " auth pubkey\n"
	                           " certs DER\n"
	                           ";\n"
	                           " remote:\n"
	                           " auth pubkey\n"
	                           ";\n"
	                           " children:\n"
	                           " 10.0.1.1-10.0.1.2:\n"
	                           " mode transport\n"
	                           " policies no\n"
	                           " reqid 7890546\n"
	                           " esp_proposals aes128gcm16\n"
	                           " local_ts dynamic\n"
	                           " remote_ts dynamic\n"
	                           " replay_window 1024\n"
	                           " rekey_time 15360\n"
	                           " rand_time 240\n"
	                           " life_time 15840\n"
	                           " start_action none\n"
	                           " close_action none\n"
	                           " dpd_action clear\n"
	                           ";\n"
	                           ";\n"
	                           ";");
}
END_TEST

START_TEST(swan_conf_responder_answers_every_address)
{
	swan_conf_load_responder(&message, &conf, "DER", 3);
	render();
	ck_assert_int_eq(strncmp((const char *)text.data, "xfrmd:\n", 7), 0);
	ck_assert_ptr_nonnull(strstr((const char *)text.data, "\n local_addrs %any\n"));
	ck_assert_ptr_nonnull(strstr((const char *)text.data, "\n remote_addrs %any\n"));
}
END_TEST

START_TEST(swan_conf_options_reach_the_connection)
{
	const char *rendered;

	conf.force_udp_encapsulation = true;
	conf.dpd_delay_s = 0;
	conf.reqid = 77;
	ck_assert_int_eq(strlist_add(&conf.esp_proposals, "aes256gcm16"), 0);
	swan_conf_load_responder(&message, &conf, "DER", 3);
	rendered = render();
	ck_assert_ptr_nonnull(strstr(rendered, "\n encap yes\n"));
	ck_assert_ptr_nonnull(strstr(rendered, "\n dpd_delay 0\n"));
	ck_assert_ptr_nonnull(strstr(rendered, "\n reqid 77\n"));
	ck_assert_ptr_nonnull(strstr(rendered, "\n esp_proposals aes128gcm16 aes256gcm16\n"));
}
END_TEST

static const struct {
	uint32_t rekey_s;
	const char *child;
} lifetimes[] = {
	{0, " rekey_time 0\n rand_time 0\n life_time 0\n start_action"},
	{4, " rekey_time 44\n rand_time 10\n life_time 64\n start_action"},
	{600, " rekey_time 640\n rand_time 10\n life_time 660\n start_action"},
	{86400, " rekey_time 92160\n rand_time 1440\n life_time 95040\n start_action"},
	{30 * 86400, " rekey_time 2764800\n rand_time 43200\n life_time 2851200\n"},
};

START_TEST(swan_conf_lifetimes_end_well_after_rekeying)
{
	conf.rekey_time_s = lifetimes[_i].rekey_s;
	swan_conf_load_responder(&message, &conf, "DER", 3);
	ck_assert_ptr_nonnull(strstr(render(), lifetimes[_i].child));
}
END_TEST

START_TEST(swan_conf_credentials_are_inline)
{
	swan_conf_load_key(&message, "K", 1);
	swan_conf_load_cert(&message, "C", 1);
	swan_conf_load_authority(&message, "ca-0", "A", 1);
	swan_conf_name(&message, "ca-0");
	ck_assert_str_eq(render(), "type any\n"
	                           "data K\n"
	                           "type X509\n"
	                           "flag NONE\n"
	                           "data C\n"
	                           "ca-0:\n"
	                           " cacert A\n"
	                           ";\n"
	                           "name ca-0");
}
END_TEST

START_TEST(swan_conf_pair_in_doubt_is_checked_every_dpd_delay)
{
	struct pair pair = make_pair("10.0.1.1", "10.0.1.2");

	swan_conf_load_peer(&message, &conf, "DER", 3, &pair, true);
	ck_assert_ptr_nonnull(strstr(render(), "\n dpd_delay 30\n"));
}
END_TEST

START_TEST(swan_conf_commands_do_not_wait)
{
	struct pair pair = make_pair("fd00::1", "fd00::2");

	swan_conf_initiate(&message, &pair);
	swan_conf_terminate(&message, "ike-id", 4294967295u);
	swan_conf_terminate(&message, "child-id", 6);
	swan_conf_rekey_child(&message, 7);
	swan_conf_abandon(&message, 8);
	ck_assert_str_eq(render(), "ike fd00::1-fd00::2\n"
	                           "child fd00::1-fd00::2\n"
	                           "timeout -1\n"
	                           "ike-id 4294967295\n"
	                           "timeout -1\n"
	                           "child-id 6\n"
	                           "timeout -1\n"
	                           "child-id 7\n"
	                           "ike-id 8\n"
	                           "force yes\n"
	                           "timeout -1");
}
END_TEST

START_TEST(swan_conf_certificate_too_large_for_vici_is_an_error)
{
	static char large[VICI_VALUE_MAX + 1];

	swan_conf_load_responder(&message, &conf, large, sizeof(large));
	ck_assert_int_eq(message.error, -EMSGSIZE);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("swan_conf", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, swan_conf_text_is_the_golden_file);
	tcase_add_test(tcase, swan_conf_text_quotes_the_run_directory);
	tcase_add_test(tcase, swan_conf_text_gives_charon_our_acquire_timeout);
	tcase_add_test(tcase, swan_conf_text_gives_charon_our_hash_thresholds);
	tcase_add_test(tcase, swan_conf_peer_name_holds_both_addresses);
	tcase_add_loop_test(tcase, swan_conf_other_names_are_not_taken_for_peers, 0,
	                    sizeof(foreign_names) / sizeof(foreign_names[0]));
	tcase_add_test(tcase, swan_conf_peer_connection_is_complete);
	tcase_add_test(tcase, swan_conf_responder_answers_every_address);
	tcase_add_test(tcase, swan_conf_options_reach_the_connection);
	tcase_add_loop_test(tcase, swan_conf_lifetimes_end_well_after_rekeying, 0,
	                    sizeof(lifetimes) / sizeof(lifetimes[0]));
	tcase_add_test(tcase, swan_conf_credentials_are_inline);
	tcase_add_test(tcase, swan_conf_pair_in_doubt_is_checked_every_dpd_delay);
	tcase_add_test(tcase, swan_conf_commands_do_not_wait);
	tcase_add_test(tcase, swan_conf_certificate_too_large_for_vici_is_an_error);
	return test_run(suite);
}
