/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/swan_event.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "test.h"
#include "xfrmd/base/log.h"
#include "xfrmd/charon/vici_msg.h"

/* Events as charon 5.9.8 sent them; see tests/data/vici. */
struct recording {
	uint8_t bytes[4096];
	size_t len;
};

static struct recording recorded(const char *name)
{
	struct recording recording;
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/vici/%s", getenv("TEST_DATA"), name);
	file = fopen(path, "rb");
	ck_assert_msg(file != NULL, "%s", path);
	recording.len = fread(recording.bytes, 1, sizeof(recording.bytes), file);
	fclose(file);
	return recording;
}

static void assert_addr(const struct addr *addr, const char *expected)
{
	char text[ADDR_TEXT_MAX];

	ck_assert_str_eq(addr_format(addr, text), expected);
}

START_TEST(ike_updown_tells_who_is_connected)
{
	struct recording event = recorded("ike-up");
	struct swan_ike ike;
	bool up = false;

	ck_assert_int_eq(swan_event_sa(event.bytes, event.len, &up, &ike), 0);
	ck_assert_int_eq(up, true);
	ck_assert_str_eq(ike.name, "10.0.1.1-10.0.1.2");
	ck_assert_uint_eq(ike.id, 1);
	assert_addr(&ike.pair.local, "10.0.1.1");
	assert_addr(&ike.pair.remote, "10.0.1.2");
	ck_assert_int_eq(ike.established, true);
	ck_assert_uint_eq(ike.child_count, 0);
}
END_TEST

START_TEST(refused_negotiation_is_an_ike_down_event)
{
	struct recording event = recorded("ike-down-refused");
	struct swan_ike ike;
	bool up = true;

	ck_assert_int_eq(swan_event_sa(event.bytes, event.len, &up, &ike), 0);
	ck_assert_int_eq(up, false);
	ck_assert_str_eq(ike.name, "badike");
	ck_assert_uint_eq(ike.id, 8);
	ck_assert_int_eq(ike.established, false);
	assert_addr(&ike.pair.remote, "10.0.1.2");
}
END_TEST

START_TEST(child_updown_brings_ids_and_spis)
{
	struct recording event = recorded("child-up");
	struct swan_ike ike;
	bool up = false;

	ck_assert_int_eq(swan_event_sa(event.bytes, event.len, &up, &ike), 0);
	ck_assert_int_eq(up, true);
	ck_assert_uint_eq(ike.id, 1);
	ck_assert_uint_eq(ike.child_count, 1);
	ck_assert_uint_eq(ike.children[0].id, 1);
	ck_assert_int_eq(ike.children[0].installed, true);
	ck_assert_uint_eq(ike.children[0].spi_in, 0xcb26b1db);
	ck_assert_uint_eq(ike.children[0].spi_out, 0xc29e1e2e);
	ck_assert_int_eq(ike.asked, true);
}
END_TEST

START_TEST(child_updown_speaks_ipv6)
{
	struct recording event = recorded("child-up-ipv6");
	struct swan_ike ike;

	ck_assert_int_eq(swan_event_sa(event.bytes, event.len, NULL, &ike), 0);
	assert_addr(&ike.pair.local, "fd00::1");
	assert_addr(&ike.pair.remote, "fd00::2");
	ck_assert_uint_eq(ike.child_count, 1);
}
END_TEST

/* charon keeps the state INSTALLED in the event that says that the CHILD_SA is gone. */
START_TEST(child_down_event_is_known_by_the_missing_up)
{
	struct recording event = recorded("child-down");
	struct swan_ike ike;
	bool up = true;

	ck_assert_int_eq(swan_event_sa(event.bytes, event.len, &up, &ike), 0);
	ck_assert_int_eq(up, false);
	ck_assert_int_eq(ike.established, false);
	ck_assert_uint_eq(ike.child_count, 1);
	ck_assert_uint_eq(ike.children[0].spi_in, 0xc78be579);
}
END_TEST

START_TEST(list_sa_tells_replaced_children_from_installed_ones)
{
	struct recording event = recorded("list-sa-rekeyed");
	struct swan_ike ike;

	ck_assert_int_eq(swan_event_sa(event.bytes, event.len, NULL, &ike), 0);
	ck_assert_str_eq(ike.name, "mesh");
	ck_assert_uint_eq(ike.child_count, 2);
	ck_assert_int_eq(ike.children[0].installed, false);
	ck_assert_uint_eq(ike.children[0].spi_in, 0xc29e1e2e);
	ck_assert_int_eq(ike.children[1].installed, true);
	ck_assert_uint_eq(ike.children[1].spi_in, 0xc4166163);
	ck_assert_uint_eq(ike.children[1].spi_out, 0xc5df1f19);
}
END_TEST

START_TEST(child_rekey_tells_old_and_new)
{
	struct recording event = recorded("child-rekey");
	struct swan_child_rekey rekey;

	ck_assert_int_eq(swan_event_child_rekey(event.bytes, event.len, &rekey), 0);
	ck_assert_uint_eq(rekey.ike_id, 1);
	ck_assert_uint_eq(rekey.old_child_id, 1);
	ck_assert_uint_eq(rekey.new_child_id, 4);
	ck_assert_uint_eq(rekey.new_spi_out, 0xc4166163);
	assert_addr(&rekey.pair.local, "10.0.1.1");
	assert_addr(&rekey.pair.remote, "10.0.1.2");
	/* by the other end, in an IKE_SA of ours */
	ck_assert_int_eq(rekey.asked, false);
}
END_TEST

static const struct {
	const char *active, *passive;
	bool asked;
} exchanges[] = {
	{NULL, NULL, false},
	{"IKE_DPD", NULL, false},
	{"CHILD_CREATE", NULL, true},
	{"CHILD_REKEY", NULL, true},
	{NULL, "CHILD_CREATE", false},
	{NULL, "CHILD_REKEY", false},
	{"CHILD_REKEY", "IKE_DPD", true},
	/* both ask at a time; this is the answer to the peer */
	{"CHILD_CREATE", "CHILD_CREATE", false},
};

static void put_tasks(struct buf *buf, const char *list, const char *task)
{
	if (!task)
		return;
	vici_list_start(buf, list);
	vici_item(buf, "IKE_MOBIKE");
	vici_item(buf, task);
	vici_list_end(buf);
}

START_TEST(child_sa_is_asked_for_by_who_began_the_exchange)
{
	struct buf buf = {0};
	struct swan_ike ike;

	vici_section_start(&buf, "mesh");
	vici_text(&buf, "uniqueid", "1");
	vici_text(&buf, "local-host", "10.0.1.1");
	vici_text(&buf, "remote-host", "10.0.1.2");
	vici_text(&buf, "initiator", exchanges[_i].asked ? "no" : "yes");
	put_tasks(&buf, "tasks-queued", "CHILD_CREATE");
	put_tasks(&buf, "tasks-active", exchanges[_i].active);
	put_tasks(&buf, "tasks-passive", exchanges[_i].passive);
	vici_section_end(&buf);
	ck_assert_int_eq(buf.error, 0);
	ck_assert_int_eq(swan_event_sa(buf.data, buf.len, NULL, &ike), 0);
	ck_assert_int_eq(ike.asked, exchanges[_i].asked);
	buf_fini(&buf);
}
END_TEST

START_TEST(ike_rekey_tells_old_and_new)
{
	struct recording event = recorded("ike-rekey");
	uint32_t old_id, new_id;

	ck_assert_int_eq(swan_event_ike_rekey(event.bytes, event.len, &old_id, &new_id), 0);
	ck_assert_uint_eq(old_id, 1);
	ck_assert_uint_eq(new_id, 3);
}
END_TEST

START_TEST(every_truncated_event_is_refused)
{
	struct recording event = recorded("list-sa-rekeyed");
	struct swan_ike ike = {.id = 4711};
	bool up;

	for (size_t len = 0; len < event.len; len++)
		ck_assert_int_eq(swan_event_sa(event.bytes, len, &up, &ike), -EBADMSG);
	ck_assert_uint_eq(ike.id, 4711);
}
END_TEST

/* An SA event of the given fields; NULL leaves one out. */
struct sa_fields {
	const char *id, *local, *remote, *child_id, *child_state, *spi_in, *spi_out;
};

static void put_optional(struct buf *buf, const char *key, const char *value)
{
	if (value)
		vici_text(buf, key, value);
}

static void put_child(struct buf *buf, const struct sa_fields *fields)
{
	vici_section_start(buf, "c");
	put_optional(buf, "uniqueid", fields->child_id);
	put_optional(buf, "state", fields->child_state);
	put_optional(buf, "spi-in", fields->spi_in);
	put_optional(buf, "spi-out", fields->spi_out);
	vici_text(buf, "install-time", "17");
	vici_section_start(buf, "news"); /* of a later charon */
	vici_text(buf, "uniqueid", "no number");
	vici_section_end(buf);
	vici_list_start(buf, "local-ts");
	vici_item(buf, "10.0.0.1/32");
	vici_list_end(buf);
	vici_section_end(buf);
}

static int decode(const struct sa_fields *fields, size_t children, struct swan_ike *ret_ike)
{
	struct buf buf = {0};
	int error;

	vici_section_start(&buf, "conn");
	put_optional(&buf, "uniqueid", fields->id);
	put_optional(&buf, "local-host", fields->local);
	put_optional(&buf, "remote-host", fields->remote);
	vici_text(&buf, "remote-id", "an identity that is longer than every field that we look at");
	vici_section_start(&buf, "child-sas");
	for (size_t i = 0; i < children; i++)
		put_child(&buf, fields);
	vici_section_end(&buf);
	vici_section_end(&buf);
	ck_assert_int_eq(buf.error, 0);
	error = swan_event_sa(buf.data, buf.len, NULL, ret_ike);
	buf_fini(&buf);
	return error;
}

static const struct {
	const char *what;
	struct sa_fields fields;
	int error;
	bool installed;
} sa_cases[] = {
	{"installed",
         {"1", "10.0.0.1", "10.0.0.2", "2", "INSTALLED", "c0000001", "c0000002"},
         0,
         true},
	{"rekeying still carries",
         {"1", "10.0.0.1", "10.0.0.2", "2", "REKEYING", "0000000A", "fffffffF"},
         0,
         true},
	{"replaced",
         {"1", "10.0.0.1", "10.0.0.2", "2", "REKEYED", "c0000001", "c0000002"},
         0,
         false},
	{"going", {"1", "10.0.0.1", "10.0.0.2", "2", "DELETING", "c0000001", "c0000002"}, 0, false},
	{"not made yet", {"1", "10.0.0.1", "10.0.0.2", "2", "CREATED", NULL, NULL}, 0, false},
	{"hosts not known yet", {"1", "%any", "%any6", "2", "CREATED", NULL, NULL}, 0, false},
	{"no IKE id", {NULL, "10.0.0.1", "10.0.0.2", "2", "CREATED", NULL, NULL}, -EBADMSG, false},
	{"IKE id 0", {"0", "10.0.0.1", "10.0.0.2", "2", "CREATED", NULL, NULL}, -EBADMSG, false},
	{"IKE id too large",
         {"4294967296", "10.0.0.1", "10.0.0.2", "2", "CREATED", NULL, NULL},
         -EBADMSG,
         false},
	{"no local host", {"1", NULL, "10.0.0.2", "2", "CREATED", NULL, NULL}, -EBADMSG, false},
	{"no remote host", {"1", "10.0.0.1", NULL, "2", "CREATED", NULL, NULL}, -EBADMSG, false},
	{"host is a name", {"1", "10.0.0.1", "host", "2", "CREATED", NULL, NULL}, -EBADMSG, false},
	{"no child id",
         {"1", "10.0.0.1", "10.0.0.2", NULL, "CREATED", NULL, NULL},
         -EBADMSG,
         false},
	{"installed without SPI",
         {"1", "10.0.0.1", "10.0.0.2", "2", "INSTALLED", "c0000001", NULL},
         -EBADMSG,
         false},
	{"short SPI", {"1", "10.0.0.1", "10.0.0.2", "2", "CREATED", "c001", NULL}, -EBADMSG, false},
	{"SPI not hexadecimal",
         {"1", "10.0.0.1", "10.0.0.2", "2", "CREATED", "c000000g", NULL},
         -EBADMSG,
         false},
	{"long SPI",
         {"1", "10.0.0.1", "10.0.0.2", "2", "CREATED", NULL, "c00000001"},
         -EBADMSG,
         false},
};

START_TEST(sa_fields_are_checked)
{
	struct swan_ike ike;
	int error = decode(&sa_cases[_i].fields, 1, &ike);

	ck_assert_msg(error == sa_cases[_i].error, "%s: %d", sa_cases[_i].what, error);
	if (error)
		return;
	ck_assert_int_eq(ike.children[0].installed, sa_cases[_i].installed);
	ck_assert_uint_eq(ike.children[0].age_s, 17);
}
END_TEST

static const struct {
	const char *key, *value, *selector;
	enum reason unlike;
} unlike_cases[] = {
	{"mode", "TRANSPORT", "10.0.0.1/32", REASON_NONE},
	{"protocol", "ESP", "fd00::1/128", REASON_NONE},
	{"mode", "TUNNEL", "10.0.0.1/32", REASON_TUNNEL_MODE},
	{"mode", "BEET", "10.0.0.1/32", REASON_BEET_MODE},
	{"mode", "PASS", "10.0.0.1/32", REASON_UNKNOWN_MODE},
	{"cpi-in", "1234", "10.0.0.1/32", REASON_IPCOMP},
	{"mode", "TRANSPORT", "10.0.0.1/32[tcp/80]", REASON_NARROW_SELECTORS},
	{"mode", "TRANSPORT",
         "fd00:1111:2222:3333:4444:5555:6666:7777..fd00:1111:2222:3333:4444:5555:6666:8888[icmp]",
         REASON_NARROW_SELECTORS},
};

/* One CHILD_SA at the depth that child-updown has it at, or, in a section @inside it, child-rekey. */
static void put_unlike(struct buf *buf, size_t index, const char *inside)
{
	vici_section_start(buf, "conn");
	vici_text(buf, "uniqueid", "1");
	vici_text(buf, "local-host", "10.0.0.1");
	vici_text(buf, "remote-host", "10.0.0.2");
	vici_section_start(buf, "child-sas");
	vici_section_start(buf, "c");
	if (inside) {
		vici_section_start(buf, "old");
		vici_text(buf, "uniqueid", "1");
		vici_text(buf, "mode", "TUNNEL");
		vici_section_end(buf);
		vici_section_start(buf, inside);
	}
	vici_text(buf, "uniqueid", "2");
	vici_text(buf, "state", "INSTALLED");
	vici_text(buf, unlike_cases[index].key, unlike_cases[index].value);
	vici_text(buf, "spi-in", "c0000001");
	vici_text(buf, "spi-out", "c0000002");
	vici_list_start(buf, "local-ts");
	vici_item(buf, "10.0.0.1/32");
	vici_list_end(buf);
	vici_list_start(buf, "remote-ts");
	vici_item(buf, "10.0.0.2/32");
	vici_item(buf, unlike_cases[index].selector);
	vici_list_end(buf);
	if (inside)
		vici_section_end(buf);
	for (int i = 0; i < 3; i++)
		vici_section_end(buf);
	ck_assert_int_eq(buf->error, 0);
}

START_TEST(what_we_do_not_negotiate_is_seen)
{
	struct swan_child_rekey rekey;
	struct buf buf = {0};
	struct swan_ike ike;

	put_unlike(&buf, (size_t)_i, NULL);
	ck_assert_int_eq(swan_event_sa(buf.data, buf.len, NULL, &ike), 0);
	ck_assert_int_eq(ike.children[0].unlike, unlike_cases[_i].unlike);
	buf_fini(&buf);
	put_unlike(&buf, (size_t)_i, "new");
	ck_assert_int_eq(swan_event_child_rekey(buf.data, buf.len, &rekey), 0);
	ck_assert_int_eq(rekey.new_unlike, unlike_cases[_i].unlike);
	buf_fini(&buf);
}
END_TEST

START_TEST(children_beyond_the_maximum_are_left_out)
{
	struct swan_ike ike;

	ck_assert_int_eq(decode(&sa_cases[0].fields, SWAN_CHILDREN_MAX + 1, &ike), 0);
	ck_assert_uint_eq(ike.child_count, SWAN_CHILDREN_MAX);
}
END_TEST

START_TEST(sa_event_has_exactly_one_connection)
{
	struct recording event = recorded("child-up");
	uint8_t twice[2 * sizeof(event.bytes)];
	struct swan_ike ike;

	memcpy(twice, event.bytes, event.len);
	memcpy(twice + event.len, event.bytes, event.len);
	ck_assert_int_eq(swan_event_sa(twice, 2 * event.len, NULL, &ike), -EBADMSG);
	ck_assert_int_eq(swan_event_sa(NULL, 0, NULL, &ike), -EBADMSG);
}
END_TEST

START_TEST(rekey_events_without_their_ids_are_refused)
{
	struct recording event = recorded("child-up");
	struct swan_child_rekey rekey;
	uint32_t old_id, new_id;

	ck_assert_int_eq(swan_event_child_rekey(event.bytes, event.len, &rekey), -EBADMSG);
	ck_assert_int_eq(swan_event_ike_rekey(event.bytes, event.len, &old_id, &new_id), -EBADMSG);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("swan_event", &tcase);

	tcase_add_test(tcase, ike_updown_tells_who_is_connected);
	tcase_add_test(tcase, refused_negotiation_is_an_ike_down_event);
	tcase_add_test(tcase, child_updown_brings_ids_and_spis);
	tcase_add_test(tcase, child_updown_speaks_ipv6);
	tcase_add_test(tcase, child_down_event_is_known_by_the_missing_up);
	tcase_add_test(tcase, list_sa_tells_replaced_children_from_installed_ones);
	tcase_add_test(tcase, child_rekey_tells_old_and_new);
	tcase_add_loop_test(tcase, child_sa_is_asked_for_by_who_began_the_exchange, 0,
	                    sizeof(exchanges) / sizeof(exchanges[0]));
	tcase_add_test(tcase, ike_rekey_tells_old_and_new);
	tcase_add_test(tcase, every_truncated_event_is_refused);
	tcase_add_loop_test(tcase, sa_fields_are_checked, 0,
	                    (int)(sizeof(sa_cases) / sizeof(sa_cases[0])));
	tcase_add_loop_test(tcase, what_we_do_not_negotiate_is_seen, 0,
	                    sizeof(unlike_cases) / sizeof(unlike_cases[0]));
	tcase_add_test(tcase, children_beyond_the_maximum_are_left_out);
	tcase_add_test(tcase, sa_event_has_exactly_one_connection);
	tcase_add_test(tcase, rekey_events_without_their_ids_are_refused);
	return test_run(suite);
}
