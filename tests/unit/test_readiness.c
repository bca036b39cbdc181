/* SPDX-License-Identifier: MIT */
#include "xfrmd/ctl/readiness.h"

#include <string.h>

#include "test.h"

static const struct {
	const char *state;
	int64_t last_acquire, last_failure;
	bool in_clear;
} cases[] = {
	{"up", 0, 0, false},          {"up", 1, 1, false},         {"idle", 0, 0, false},
	{"idle", 1, 0, true},         {"failed", 0, 1, true},      {"failed", 1, 1, true},
	{"negotiating", 0, 0, false}, {"negotiating", 1, 0, true},
};

START_TEST(peer_is_in_clear_when_asked_for_or_failed_and_not_up)
{
	struct ctl_peer peer = {.last_acquire = cases[_i].last_acquire,
	                        .last_failure = cases[_i].last_failure};

	strcpy(peer.state, cases[_i].state);
	ck_assert_int_eq(readiness_in_clear(&peer), cases[_i].in_clear);
}
END_TEST

static struct ctl_peers two_peers(void)
{
	struct ctl_peers peers = {.items = calloc(2, sizeof(*peers.items)), .count = 2};

	ck_assert_ptr_nonnull(peers.items);
	peers.items[0] = (struct ctl_peer){.state = "up", .sas = calloc(1, sizeof(struct ctl_sa))};
	peers.items[1] = (struct ctl_peer){.state = "failed",
	                                   .last_error = {REASON_OTHER, "no response"},
	                                   .last_acquire = 5,
	                                   .last_failure = 4};
	ck_assert_int_eq(addr_parse("10.0.1.1", &peers.items[1].pair.local), 0);
	ck_assert_int_eq(addr_parse("10.0.1.3", &peers.items[1].pair.remote), 0);
	return peers;
}

static void assert_json(bool optional, const struct ctl_peers *peers, const char *expected)
{
	char *text = readiness_json(optional, peers);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(readiness_keeps_who_is_in_clear)
{
	struct ctl_peers peers = two_peers();

	readiness_keep(&peers);
	ck_assert_uint_eq(peers.count, 1);
	assert_json(true, &peers,
	            "{\"mode\":\"optional\",\"ready\":false,\"peers\":[{\"address\":\"10.0.1.3\","
	            "\"local\":\"10.0.1.1\",\"last_seen\":5,\"last_failure\":4,"
	            "\"last_error\":\"no response\"}]}");
	ctl_peers_fini(&peers);
}
END_TEST

START_TEST(readiness_without_peers_is_ready)
{
	struct ctl_peers none = {0};

	assert_json(true, &none, "{\"mode\":\"optional\",\"ready\":true,\"peers\":[]}");
	assert_json(false, &none, "{\"mode\":\"required\",\"ready\":true,\"peers\":[]}");
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("readiness", &tcase);

	tcase_add_loop_test(tcase, peer_is_in_clear_when_asked_for_or_failed_and_not_up, 0,
	                    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, readiness_keeps_who_is_in_clear);
	tcase_add_test(tcase, readiness_without_peers_is_ready);
	return test_run(suite);
}
