/* SPDX-License-Identifier: MIT */
/* The acquire machine and the SAs of peers that are up: renewed, lost, rekeyed, twice there. */
#include "peers_fixture.h"

#include "xfrmd/ike/duplicates.h"

/* All timers up to then, each at its time. */
static void pass_time(uint64_t until_ms)
{
	while (peers_next_ms(peers) <= until_ms)
		peers_on_timer(peers, peers_next_ms(peers), &actions);
}

/* 1,000 s: the first end from 900 s on, the other after 1,016. */
START_TEST(peers_renew_their_sas_in_time)
{
	const struct lifetimes lifetimes = lifetimes_of(1000);
	const bool first = _i == 0;
	const uint64_t from_ms = NOW + (first ? 900000 : 1016000);
	const uint64_t to_ms = NOW + (first ? 1000000 : 1032000);
	uint64_t due_ms;

	local = make_addr(first ? "10.0.1.1" : "10.0.1.9");
	peers_set_lifetimes(peers, &lifetimes);
	peers_on_charon_up(peers, NOW, &actions);
	child_up(&remote, 1, 11, NOW);
	ck_assert_str_eq(take_actions(), "idle>up");
	due_ms = peers_next_ms(peers);
	ck_assert_uint_ge(due_ms, from_ms);
	ck_assert_uint_le(due_ms, to_ms);
	pass_time(due_ms);
	ck_assert_str_eq(take_actions(), "renew");
	/* nothing came of it: once more */
	pass_time(due_ms + PEERS_RENEW_AGAIN_MS);
	ck_assert_str_eq(take_actions(), "renew");
	/* now it did; the older one ends as a duplicate */
	child_up(&remote, 2, 21, due_ms + PEERS_RENEW_AGAIN_MS + 50);
	peers_on_ike_down(peers, 1, pair_to(&remote), due_ms + PEERS_RENEW_AGAIN_MS + 60, &actions);
	pass_time(due_ms + 800000);
	ck_assert_uint_eq(count_kind(PEER_ACTION_RENEW), 0);
	pass_time(due_ms + 1100000);
	ck_assert_uint_ge(count_kind(PEER_ACTION_RENEW), 1);
}
END_TEST

START_TEST(peers_renew_the_older_sas_when_the_newer_are_gone)
{
	const struct lifetimes lifetimes = lifetimes_of(1000);

	peers_set_lifetimes(peers, &lifetimes);
	peers_on_charon_up(peers, NOW, &actions);
	child_up(&remote, 1, 11, NOW);
	child_up(&remote, 2, 21, NOW + 500000);
	peers_on_ike_down(peers, 2, pair_to(&remote), NOW + 600000, &actions);
	actions.count = 0;
	pass_time(NOW + 1000000);
	ck_assert_uint_ge(count_kind(PEER_ACTION_RENEW), 1);
}
END_TEST

START_TEST(peers_that_are_up_keep_the_reason_why_they_are_not_renewed)
{
	struct peers_counters counters;
	const struct peer *peer;

	peers_on_charon_up(peers, NOW, &actions);
	peers_on_renewal_failed(peers, pair_to(&remote), failure_of("nobody"), NOW);
	child_up(&remote, 1, 11, NOW);
	peer = peers_find(peers, pair_to(&remote));
	peers_on_renewal_failed(peers, pair_to(&remote), failure_of("cause"), NOW + 10);
	peers_on_renewal_failed(peers, pair_to(&remote), failure_of("consequence"), NOW + 20);
	assert_failure(&peer->last_error, "cause");
	peers_on_renewal_failed(peers, pair_to(&remote), failure_of("next"),
	                        NOW + 10 + PEERS_CAUSE_MS);
	assert_failure(&peer->last_error, "next");
	peers_counters(peers, &counters);
	ck_assert_uint_eq(counters.renewals_failed, 2);
	child_up(&remote, 2, 21, NOW + 20000);
	assert_failure(&peer->last_error, "");
	ck_assert_uint_eq(peer->failed_ms, 0);
}
END_TEST

static void child_unlike(uint32_t ike_id, uint32_t child_id)
{
	peers_on_child_unlike(peers, pair_to(&remote), ike_id, child_id, REASON_TUNNEL_MODE, NOW,
	                      &actions);
}

START_TEST(children_that_must_not_be_are_ended)
{
	peers_on_charon_up(peers, NOW, &actions);
	/* the peer began, and has nothing else */
	child_unlike(1, 11);
	ck_assert_str_eq(actions.items[0].why, "tunnel mode");
	ck_assert_str_eq(take_actions(), "terminate:1");
	ck_assert_str_eq(state_of(&remote), "none");
	child_up(&remote, 2, 21, NOW);
	actions.count = 0;
	child_unlike(2, 22);
	ck_assert_str_eq(take_actions(), "terminate-child:22");
	ck_assert_str_eq(state_of(&remote), "up");
}
END_TEST

START_TEST(ike_sas_without_children_are_ended)
{
	peers_on_charon_up(peers, NOW, &actions);
	peers_on_ike_empty(peers, 1, pair_to(&remote), &actions);
	ck_assert_str_eq(take_actions(), "terminate:1");
	child_up(&remote, 1, 11, NOW);
	child_up(&remote, 2, 21, NOW);
	actions.count = 0;
	ck_assert(peers_has_child_of(peers, 2, pair_to(&remote)));
	peers_on_ike_empty(peers, 2, pair_to(&remote), &actions);
	ck_assert_str_eq(take_actions(), "");
	peers_on_child_down(peers, 2, 21, NOW, &actions);
	ck_assert(!peers_has_child_of(peers, 2, pair_to(&remote)));
	peers_on_ike_empty(peers, 2, pair_to(&remote), &actions);
	ck_assert_str_eq(take_actions(), "terminate:2");
}
END_TEST

START_TEST(a_negotiation_that_brings_what_must_not_be_has_failed)
{
	enter(NEGOTIATING);
	actions.count = 0;
	child_unlike(1, 11);
	ck_assert_str_eq(state_of(&remote), "failed");
	assert_failure(&peers_find(peers, pair_to(&remote))->last_error, "tunnel mode");
	ck_assert_uint_eq(count_kind(PEER_ACTION_TERMINATE), 1);
}
END_TEST

START_TEST(peers_without_lifetimes_renew_nothing)
{
	const struct lifetimes off = lifetimes_of(0);

	peers_set_lifetimes(peers, &off);
	peers_on_charon_up(peers, NOW, &actions);
	child_up(&remote, 1, 11, NOW);
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
}
END_TEST

START_TEST(peers_look_again_at_duplicates_in_use)
{
	const uint64_t packets[PEERS_CHILDREN_MAX] = {3, 4}, more[PEERS_CHILDREN_MAX] = {3, 5};
	const uint64_t gone[PEERS_CHILDREN_MAX] = {UINT64_MAX, 5};
	const uint64_t looked_ms = NOW + DUPLICATES_SETTLE_MS;
	const struct peer *peer;

	peers_on_charon_up(peers, NOW, &actions);
	child_up(&remote, 1, 11, NOW);
	child_up(&remote, 2, 21, NOW);
	pass_time(looked_ms);
	ck_assert_uint_eq(count_kind(PEER_ACTION_REAP), 1);
	peer = peers_find(peers, pair_to(&remote));
	peers_on_looked(peers, pair_to(&remote), packets, looked_ms);
	peers_look_again(peers, pair_to(&remote), looked_ms);
	pass_time(looked_ms + DUPLICATES_LOOK_MS);
	ck_assert_uint_eq(count_kind(PEER_ACTION_REAP), 2);
	peers_on_looked(peers, pair_to(&remote), more, looked_ms + DUPLICATES_LOOK_MS);
	ck_assert_uint_eq(peer->children[0].used_ms, looked_ms);
	ck_assert_uint_eq(peer->children[1].used_ms, looked_ms + DUPLICATES_LOOK_MS);
	pass_time(looked_ms + 2 * DUPLICATES_LOOK_MS);
	ck_assert_uint_eq(count_kind(PEER_ACTION_REAP), 2);
	peers_on_looked(peers, pair_to(&remote), gone, looked_ms + 2 * DUPLICATES_LOOK_MS);
	ck_assert_uint_eq(peer->children[0].used_ms, 1);
}
END_TEST

START_TEST(peers_lost_sa_is_rekeyed_once_per_interval)
{
	enter(UP);
	child_up(&remote, 7, 71, NOW + 10);
	acquire(&remote, NOW + PEERS_LOST_AFTER_MS - 1);
	ck_assert_str_eq(take_actions(), "");
	acquire(&remote, NOW + PEERS_LOST_AFTER_MS);
	ck_assert_str_eq(take_actions(), "rekey:71 rekey:70");
	acquire(&remote, NOW + 2 * PEERS_LOST_AFTER_MS - 1);
	ck_assert_str_eq(take_actions(), "");
	acquire(&remote, NOW + 2 * PEERS_LOST_AFTER_MS);
	ck_assert_str_eq(take_actions(), "rekey:71 rekey:70");
}
END_TEST

START_TEST(peers_whose_sa_somebody_else_deleted_are_rekeyed_at_once)
{
	uint64_t now_ms = NOW + 1000;

	enter(UP);
	child_up(&remote, 7, 71, NOW + 10);
	ck_assert_int_eq(peers_on_sa_lost(peers, &(struct pair){remote, local}, now_ms), true);
	ck_assert_int_eq(peers_on_sa_lost(peers, &(struct pair){local, remote}, now_ms), true);
	ck_assert_str_eq(on_time(now_ms), "rekey:71 rekey:70");
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
}
END_TEST

START_TEST(peers_traffic_that_asks_for_a_lost_sa_is_not_repaired_twice)
{
	enter(UP);
	(void)peers_on_sa_lost(peers, &(struct pair){local, remote}, NOW + 5000);
	acquire(&remote, NOW + 5000);
	ck_assert_str_eq(take_actions(), "rekey:70");
	peers_on_timer(peers, NOW + 5000, &actions);
	ck_assert_str_eq(take_actions(), "");
	acquire(&remote, NOW + 5001);
	peers_on_timer(peers, NOW + 60000, &actions);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

START_TEST(peers_that_are_not_up_have_no_sas_to_lose)
{
	for (int start = NONE; start < START_COUNT; start++) {
		if (start == UP)
			continue;
		tear_down();
		set_up();
		enter((enum start)start);
		ck_assert_int_eq(peers_on_sa_lost(peers, &(struct pair){local, remote}, NOW),
		                 false);
		ck_assert_uint_eq(peers_on_sas_listed(peers, NULL, 0, NOW), 0);
	}
}
END_TEST

START_TEST(peers_flushed_sas_are_found_in_the_list_and_rekeyed_in_turn)
{
	struct pair sas[6] = {0};
	uint64_t now_ms = NOW + 1000;

	peers_on_charon_up(peers, NOW, &actions);
	for (unsigned i = 0; i < 300; i++) {
		struct addr to = numbered(i);

		child_up(&to, i + 1, i + 1, NOW);
	}
	/* the first has both SAs, twice, two have one each */
	for (unsigned i = 0; i < 4; i++) {
		struct addr to = numbered(0);

		sas[i] = i % 2 ? (struct pair){local, to} : (struct pair){to, local};
	}
	sas[4] = (struct pair){local, numbered(1)};
	sas[5] = (struct pair){numbered(2), local};
	ck_assert_uint_eq(peers_on_sas_listed(peers, sas, 6, now_ms), 299);
	actions.count = 0;
	peers_on_timer(peers, now_ms, &actions);
	ck_assert_uint_eq(count_kind(PEER_ACTION_REKEY), 1);
	peers_on_timer(peers, now_ms + 100, &actions);
	ck_assert_uint_eq(count_kind(PEER_ACTION_REKEY), 51);
	peers_on_timer(peers, now_ms + 298 * PEERS_REPAIR_SPACING_MS, &actions);
	ck_assert_uint_eq(count_kind(PEER_ACTION_REKEY), 299);
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
}
END_TEST

START_TEST(peers_lost_sa_that_charon_does_not_know_either_is_negotiated)
{
	enter(UP);
	acquire(&remote, NOW + 5000);
	ck_assert_str_eq(take_actions(), "rekey:70");
	peers_on_child_down(peers, 7, 70, NOW + 5001, &actions);
	ck_assert_str_eq(take_actions(), "up>idle idle>queued queued>negotiating initiate");
}
END_TEST

START_TEST(peers_lost_sa_is_asked_for_whatever_larval_sas_there_are)
{
	enter(UP);
	acquire(&remote, NOW + 5000);
	ck_assert_str_eq(take_actions(), "rekey:70");
	peers_on_larvals_listed(peers, NULL, 0);
	peers_on_child_down(peers, 7, 70, NOW + 5001, &actions);
	ck_assert_str_eq(take_actions(), "up>idle idle>queued queued>negotiating initiate");
}
END_TEST

START_TEST(peers_repaired_sa_is_not_negotiated_when_it_closes_later)
{
	enter(UP);
	acquire(&remote, NOW + 5000);
	child_rekeyed(7, 70, 71, NOW);
	peers_on_child_down(peers, 7, 71, NOW + 60000, &actions);
	ck_assert_str_eq(state_of(&remote), "idle");
}
END_TEST

START_TEST(peers_stay_up_until_the_last_child_is_gone)
{
	enter(UP);
	child_up(&remote, 8, 80, NOW + 1);
	child_up(&remote, 8, 80, NOW + 1);
	child_up(&remote, 8, 81, NOW + 2);
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->child_count, 3);
	peers_on_ike_down(peers, 8, pair_to(&remote), NOW + 3, &actions);
	ck_assert_str_eq(take_actions(), "");
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->child_count, 1);
	peers_on_child_down(peers, 7, 70, NOW + 4, &actions);
	ck_assert_str_eq(take_actions(), "up>idle");
}
END_TEST

START_TEST(peers_rekeyed_sas_are_known_by_their_new_ids)
{
	const struct peer *peer;

	enter(UP);
	child_up(&remote, 7, 75, NOW);
	child_rekeyed(7, 70, 76, NOW);
	peers_on_ike_rekeyed(peers, 7, 9);
	peer = peers_find(peers, pair_to(&remote));
	ck_assert_uint_eq(peer->child_count, 2);
	ck_assert_uint_eq(peer->children[0].child_id, 75);
	ck_assert_uint_eq(peer->children[1].child_id, 76);
	ck_assert_uint_eq(peer->children[1].ike_id, 9);
	peers_on_ike_down(peers, 7, pair_to(&remote), NOW, &actions);
	ck_assert_str_eq(state_of(&remote), "up");
	peers_on_ike_down(peers, 9, pair_to(&remote), NOW, &actions);
	ck_assert_str_eq(state_of(&remote), "idle");
}
END_TEST

START_TEST(peers_rekey_to_a_known_child_leaves_one)
{
	enter(UP);
	child_up(&remote, 7, 71, NOW);
	child_rekeyed(7, 70, 71, NOW);
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->child_count, 1);
	child_rekeyed(7, 71, 71, NOW);
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->child_count, 1);
}
END_TEST

START_TEST(peers_look_for_duplicates_when_the_sas_have_settled)
{
	uint64_t due_ms = NOW + 100 + DUPLICATES_SETTLE_MS;

	enter(UP);
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
	child_up(&remote, 8, 80, NOW + 100);
	child_rekeyed(8, 80, 81, NOW + 500);
	peers_on_timer(peers, due_ms - 1, &actions);
	ck_assert_str_eq(take_actions(), "");
	ck_assert_uint_eq(peers_next_ms(peers), due_ms);
	peers_on_timer(peers, due_ms, &actions);
	ck_assert_str_eq(take_actions(), "reap");
	peers_on_timer(peers, due_ms + DUPLICATES_PATIENCE_MS, &actions);
	ck_assert_str_eq(take_actions(), "reap");
	peers_on_ike_down(peers, 7, pair_to(&remote), due_ms + 10, &actions);
	peers_on_timer(peers, due_ms + 2 * DUPLICATES_PATIENCE_MS, &actions);
	ck_assert_str_eq(take_actions(), "");
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
}
END_TEST

START_TEST(peers_repair_lost_sas_also_while_there_are_duplicates)
{
	enter(UP);
	child_up(&remote, 8, 80, NOW);
	ck_assert_int_eq(peers_on_sa_lost(peers, &(struct pair){local, remote}, NOW + 1000), true);
	ck_assert_str_eq(on_time(NOW + 1000), "rekey:80 rekey:70");
	ck_assert_uint_eq(peers_next_ms(peers), NOW + DUPLICATES_SETTLE_MS);
	ck_assert_str_eq(on_time(NOW + DUPLICATES_SETTLE_MS), "reap");
}
END_TEST

START_TEST(peers_know_the_newest_sa_in_whatever_order_charon_lists_them)
{
	const struct peer *peer;

	child_up(&remote, 7, 70, NOW - 1000);
	child_up(&remote, 9, 90, NOW - 3000);
	child_up(&remote, 8, 80, NOW - 2000);
	peer = peers_find(peers, pair_to(&remote));
	ck_assert_uint_eq(peer->children[0].ike_id, 9);
	ck_assert_uint_eq(peer->children[1].ike_id, 8);
	ck_assert_uint_eq(peer->children[2].ike_id, 7);
}
END_TEST

START_TEST(peers_child_that_moved_to_another_ike_sa_is_no_duplicate)
{
	enter(UP);
	child_up(&remote, 9, 70, NOW);
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->child_count, 1);
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->children[0].ike_id, 9);
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
}
END_TEST

START_TEST(peers_retain_ends_children_and_then_each_ike_sa_once)
{
	struct addr odd = make_addr("10.0.1.3");

	enter(UP);
	child_up(&odd, 5, 50, NOW);
	child_up(&odd, 5, 51, NOW);
	child_up(&odd, 6, 60, NOW);
	actions.count = 0;
	peers_retain(peers, keep_even, NULL, &actions);
	ck_assert_str_eq(take_actions(), "terminate-child:50 terminate-child:51 terminate-child:60 "
	                                 "terminate:5 terminate:6 up>idle");
	ck_assert_str_eq(state_of(&remote), "up");
	ck_assert_str_eq(state_of(&odd), "none");
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("peers_sas", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, peers_renew_their_sas_in_time, 0, 2);
	tcase_add_test(tcase, peers_renew_the_older_sas_when_the_newer_are_gone);
	tcase_add_test(tcase, peers_that_are_up_keep_the_reason_why_they_are_not_renewed);
	tcase_add_test(tcase, children_that_must_not_be_are_ended);
	tcase_add_test(tcase, ike_sas_without_children_are_ended);
	tcase_add_test(tcase, a_negotiation_that_brings_what_must_not_be_has_failed);
	tcase_add_test(tcase, peers_without_lifetimes_renew_nothing);
	tcase_add_test(tcase, peers_look_again_at_duplicates_in_use);
	tcase_add_test(tcase, peers_lost_sa_is_rekeyed_once_per_interval);
	tcase_add_test(tcase, peers_whose_sa_somebody_else_deleted_are_rekeyed_at_once);
	tcase_add_test(tcase, peers_traffic_that_asks_for_a_lost_sa_is_not_repaired_twice);
	tcase_add_test(tcase, peers_that_are_not_up_have_no_sas_to_lose);
	tcase_add_test(tcase, peers_flushed_sas_are_found_in_the_list_and_rekeyed_in_turn);
	tcase_add_test(tcase, peers_lost_sa_that_charon_does_not_know_either_is_negotiated);
	tcase_add_test(tcase, peers_lost_sa_is_asked_for_whatever_larval_sas_there_are);
	tcase_add_test(tcase, peers_repaired_sa_is_not_negotiated_when_it_closes_later);
	tcase_add_test(tcase, peers_stay_up_until_the_last_child_is_gone);
	tcase_add_test(tcase, peers_rekeyed_sas_are_known_by_their_new_ids);
	tcase_add_test(tcase, peers_rekey_to_a_known_child_leaves_one);
	tcase_add_test(tcase, peers_look_for_duplicates_when_the_sas_have_settled);
	tcase_add_test(tcase, peers_repair_lost_sas_also_while_there_are_duplicates);
	tcase_add_test(tcase, peers_know_the_newest_sa_in_whatever_order_charon_lists_them);
	tcase_add_test(tcase, peers_child_that_moved_to_another_ike_sa_is_no_duplicate);
	tcase_add_test(tcase, peers_retain_ends_children_and_then_each_ike_sa_once);
	return test_run(suite);
}
