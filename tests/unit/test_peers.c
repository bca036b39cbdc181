/* SPDX-License-Identifier: MIT */
/* The acquire machine: what becomes of peers, from an acquire or a failure to the end. */
#include "peers_fixture.h"

START_TEST(peers_whose_larval_sas_are_not_listed_are_not_asked_for)
{
	struct addr living = make_addr("10.0.9.1"), gone = make_addr("10.0.9.2");
	const struct pair listed[] = {{local, living}, {local, make_addr("10.0.9.7")}};

	fill_slots();
	acquire(&living, NOW);
	acquire(&gone, NOW);
	peers_on_larvals_listed(peers, listed, 2);
	ck_assert(peers_find(peers, pair_to(&living))->asked_by_traffic);
	ck_assert(!peers_find(peers, pair_to(&gone))->asked_by_traffic);
	peers_on_larvals_listed(peers, NULL, 0);
	ck_assert(!peers_find(peers, pair_to(&living))->asked_by_traffic);
	/* once, when there is room */
	ck_assert_str_eq(state_of(&living), "queued");
	ck_assert_str_eq(state_of(&gone), "queued");
}
END_TEST

START_TEST(peers_count_what_acquires_caused)
{
	struct peers_counters counters;

	peers_on_charon_up(peers, NOW, &actions);
	acquire(&remote, NOW);
	acquire(&remote, NOW + 1);
	fail_with(&remote, "no response", NOW + 2);
	acquire(&remote, NOW + 3);
	acquire(&remote, NOW + 5000);
	child_up(&remote, 1, 1, NOW + 5001);
	acquire(&remote, NOW + 5002);
	acquire(&remote, NOW + 9000);
	peers_counters(peers, &counters);
	ck_assert_uint_eq(counters.acquires, 6);
	ck_assert_uint_eq(counters.deduplicated, 3);
	ck_assert_uint_eq(counters.negotiations, 2);
	ck_assert_uint_eq(counters.failures, 1);
	ck_assert_uint_eq(counters.in_backoff, 1);
}
END_TEST

START_TEST(peers_measure_how_long_negotiations_took)
{
	struct peers_counters counters;
	struct addr third = make_addr("10.0.1.3"), fourth = make_addr("10.0.1.4");

	peers_on_charon_up(peers, NOW, &actions);
	acquire(&remote, NOW);
	child_up(&remote, 1, 1, NOW + 40);
	acquire(&third, NOW);
	fail_with(&third, "no response", NOW + 6200);
	/* began by the peer: not ours to measure */
	child_up(&fourth, 2, 2, NOW + 50);
	acquire(&third, NOW + 60000);
	peers_on_charon_down(peers, NOW + 60001, &actions);
	peers_counters(peers, &counters);
	ck_assert_uint_eq(counters.up.count, 1);
	ck_assert_uint_eq(counters.up.sum_ms, 40);
	ck_assert_uint_eq(counters.failed.count, 1);
	ck_assert_uint_eq(counters.failed.sum_ms, 6200);
	ck_assert_uint_eq(counters.abandoned, 1);
}
END_TEST

START_TEST(peers_back_off_twice_as_long_after_every_failure)
{
	uint64_t now_ms = NOW;

	peers_on_charon_up(peers, NOW, &actions);
	for (unsigned i = 0; i < 12; i++) {
		uint64_t base = i < 6 ? PEERS_BACKOFF_MIN_MS << i : PEERS_BACKOFF_MAX_MS;
		const struct peer *peer;

		acquire(&remote, now_ms);
		ck_assert_str_eq(state_of(&remote), "negotiating");
		fail_with(&remote, "no response", now_ms);
		peer = peers_find(peers, pair_to(&remote));
		ck_assert_uint_eq(peer->failures, i + 1);
		ck_assert_uint_ge(peer->next_retry_ms, now_ms + base * 3 / 4);
		ck_assert_uint_le(peer->next_retry_ms, now_ms + base * 5 / 4);
		now_ms = peer->next_retry_ms;
	}
}
END_TEST

START_TEST(peers_fresh_seed_gives_other_jitter_and_equal_seed_the_same)
{
	uint64_t retry[3];

	for (size_t i = 0; i < 3; i++) {
		struct peers *other;

		ck_assert_int_eq(peers_new(i / 2, &other), 0);
		peers_on_charon_up(other, NOW, &actions);
		peers_on_acquire(other, pair_to(&remote), false, NOW, &actions);
		peers_on_reason(other, pair_to(&remote), failure_of("x"), true, NOW, &actions);
		retry[i] = peers_find(other, pair_to(&remote))->next_retry_ms;
		peers_free(other);
	}
	ck_assert_uint_eq(retry[0], retry[1]);
	ck_assert_uint_ne(retry[0], retry[2]);
}
END_TEST

START_TEST(peers_retry_when_due_only_while_traffic_asks)
{
	uint64_t retry_ms;

	enter(FAILED);
	retry_ms = peers_find(peers, pair_to(&remote))->next_retry_ms;
	peers_on_larval_expired(peers, pair_to(&remote));
	peers_on_timer(peers, retry_ms, &actions);
	ck_assert_str_eq(state_of(&remote), "failed");
	ck_assert_uint_eq(peers_next_ms(peers), NOW + PEERS_FORGET_AFTER_MS);

	acquire(&remote, retry_ms);
	ck_assert_str_eq(state_of(&remote), "negotiating");
}
END_TEST

START_TEST(peers_acquire_before_the_retry_is_remembered_until_then)
{
	uint64_t retry_ms;

	enter(FAILED);
	retry_ms = peers_find(peers, pair_to(&remote))->next_retry_ms;
	peers_on_larval_expired(peers, pair_to(&remote));
	acquire(&remote, retry_ms - 1);
	ck_assert_str_eq(state_of(&remote), "failed");
	ck_assert_uint_le(peers_next_ms(peers), retry_ms);
	peers_on_timer(peers, retry_ms, &actions);
	ck_assert_str_eq(state_of(&remote), "negotiating");
}
END_TEST

START_TEST(peers_retry_by_order_ends_the_backoff_without_traffic)
{
	enter(FAILED);
	peers_on_larval_expired(peers, pair_to(&remote));
	ck_assert_int_eq(peers_retry(peers, pair_to(&remote), NOW + 1, &actions), 0);
	ck_assert_str_eq(state_of(&remote), "negotiating");

	/* and it is one attempt, not the begin of many */
	fail_with(&remote, "no response", NOW + 2);
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->failures, 1);
	peers_on_timer(peers, NOW + PEERS_BACKOFF_MAX_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "failed");
}
END_TEST

START_TEST(peers_retry_by_order_waits_for_charon)
{
	acquire(&remote, NOW);
	peers_on_larval_expired(peers, pair_to(&remote));
	ck_assert_int_eq(peers_retry(peers, pair_to(&remote), NOW, &actions), 0);
	peers_on_timer(peers, NOW + PEERS_QUEUE_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "queued");
	peers_on_charon_up(peers, NOW + PEERS_QUEUE_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "negotiating");
}
END_TEST

START_TEST(peers_retry_by_order_leaves_living_peers_alone)
{
	const struct pair reversed = {.local = remote, .remote = local};

	enter(UP);
	actions.count = 0;
	ck_assert_int_eq(peers_retry(peers, pair_to(&remote), NOW, &actions), 0);
	ck_assert_str_eq(state_of(&remote), "up");
	ck_assert_uint_eq(actions.count, 0);
	ck_assert_int_eq(peers_retry(peers, &reversed, NOW, &actions), -ENOENT);
}
END_TEST

START_TEST(peers_remember_acquire_and_failure_until_they_are_up)
{
	const struct peer *peer;

	enter(FAILED);
	acquire(&remote, NOW + 5);
	peer = peers_find(peers, pair_to(&remote));
	ck_assert_uint_eq(peer->failed_ms, NOW);
	ck_assert_uint_eq(peer->acquired_ms, NOW + 5);
	child_up(&remote, 1, 1, NOW + 10);
	ck_assert_uint_eq(peer->failed_ms, 0);
	ck_assert_uint_eq(peer->acquired_ms, 0);
	/* packets between two SAs */
	acquire(&remote, NOW + 11);
	ck_assert_uint_eq(peer->acquired_ms, 0);
}
END_TEST

START_TEST(peers_are_forgotten_later_when_patient)
{
	enter(FAILED);
	peers_on_larval_expired(peers, pair_to(&remote));
	peers_set_patient(peers, true);
	peers_on_timer(peers, NOW + PEERS_PATIENT_MS - 1, &actions);
	ck_assert_ptr_nonnull(peers_find(peers, pair_to(&remote)));
	ck_assert_uint_eq(peers_next_ms(peers), NOW + PEERS_PATIENT_MS);
	peers_on_timer(peers, NOW + PEERS_PATIENT_MS, &actions);
	ck_assert_ptr_null(peers_find(peers, pair_to(&remote)));
}
END_TEST

START_TEST(peers_success_clears_the_past)
{
	const struct peer *peer;

	enter(FAILED);
	peer = peers_find(peers, pair_to(&remote));
	assert_failure(&peer->last_error, "no response");
	child_up(&remote, 1, 1, NOW + 10);
	assert_failure(&peer->last_error, "");
	ck_assert_uint_eq(peer->failures, 0);
	ck_assert_uint_eq(peer->next_retry_ms, 0);
	ck_assert(!peer->asked_by_traffic);
	ck_assert_uint_eq(peer->since_ms, NOW + 10);
}
END_TEST

START_TEST(peers_failure_carries_the_first_hint)
{
	enter(NEGOTIATING);
	peers_on_reason(peers, pair_to(&remote), failure_of("no common IKE proposal"), false, NOW,
	                &actions);
	peers_on_reason(peers, pair_to(&remote), failure_of("second"), false, NOW, &actions);
	peers_on_ike_down(peers, 5, pair_to(&remote), NOW + 1, &actions);
	assert_failure(&peers_find(peers, pair_to(&remote))->last_error, "no common IKE proposal");
	assert_failure(&actions.items[0].failure, "no common IKE proposal");
}
END_TEST

START_TEST(peers_hint_of_an_earlier_negotiation_is_forgotten)
{
	enter(NEGOTIATING);
	fail_with(&remote, "no common IKE proposal", NOW);
	acquire(&remote, NOW + 5000);
	peers_on_ike_down(peers, 5, pair_to(&remote), NOW + 5001, &actions);
	peers_on_timer(peers, NOW + 5001 + PEERS_REASON_MS, &actions);
	assert_failure(&peers_find(peers, pair_to(&remote))->last_error, "the IKE_SA was closed");
}
END_TEST

START_TEST(peers_reason_may_follow_the_end_of_the_ike_sa)
{
	enter(NEGOTIATING);
	peers_on_ike_down(peers, 5, pair_to(&remote), NOW, &actions);
	peers_on_reason(peers, pair_to(&remote), failure_of("certificate refused"), false, NOW + 1,
	                &actions);
	ck_assert_str_eq(take_actions(), "negotiating>failed unload");
	assert_failure(&peers_find(peers, pair_to(&remote))->last_error, "certificate refused");
}
END_TEST

START_TEST(peers_wait_only_a_moment_for_the_reason)
{
	enter(NEGOTIATING);
	peers_on_ike_down(peers, 5, pair_to(&remote), NOW, &actions);
	peers_on_ike_down(peers, 6, pair_to(&remote), NOW + 1, &actions);
	ck_assert_uint_eq(peers_next_ms(peers), NOW + PEERS_REASON_MS);
	peers_on_timer(peers, NOW + PEERS_REASON_MS, &actions);
	ck_assert_str_eq(take_actions(), "negotiating>failed unload");
}
END_TEST

START_TEST(peers_vain_attempt_is_the_last_error_of_who_is_not_up)
{
	const struct peer *peer;

	peers_on_vain_attempt(peers, pair_to(&remote), failure_of("certificate refused"), NOW,
	                      &actions);
	ck_assert_str_eq(take_actions(), "");
	peer = peers_find(peers, pair_to(&remote));
	ck_assert_int_eq(peer->state, PEER_STATE_IDLE);
	assert_failure(&peer->last_error, "certificate refused");
	ck_assert_uint_eq(peer->failed_ms, NOW);
	ck_assert_uint_eq(peers_next_ms(peers), NOW + PEERS_FORGET_AFTER_MS);

	child_up(&remote, 1, 1, NOW + 10);
	assert_failure(&peer->last_error, "");
	peers_on_vain_attempt(peers, pair_to(&remote), failure_of("second"), NOW + 20, &actions);
	assert_failure(&peer->last_error, "");
}
END_TEST

START_TEST(peers_vain_attempt_leaves_a_negotiation_alone)
{
	enter(NEGOTIATING);
	peers_on_vain_attempt(peers, pair_to(&remote), failure_of("theirs"), NOW, &actions);
	fail_with(&remote, "ours", NOW);
	assert_failure(&peers_find(peers, pair_to(&remote))->last_error, "ours");
}
END_TEST

START_TEST(peers_failure_without_a_reason_gets_one)
{
	enter(NEGOTIATING);
	fail_with(&remote, "", NOW);
	assert_failure(&peers_find(peers, pair_to(&remote))->last_error, "no result within 30 s");
}
END_TEST

START_TEST(peers_negotiation_without_result_times_out)
{
	enter(NEGOTIATING);
	ck_assert_uint_eq(peers_next_ms(peers), NOW + PEERS_NEGOTIATION_MS);
	peers_on_timer(peers, NOW + PEERS_NEGOTIATION_MS - 1, &actions);
	ck_assert_str_eq(state_of(&remote), "negotiating");
	peers_on_timer(peers, NOW + PEERS_NEGOTIATION_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "failed");
	assert_failure(&peers_find(peers, pair_to(&remote))->last_error, "no result within 30 s");
}
END_TEST

START_TEST(peers_remembered_are_tried_a_few_times_and_forgotten)
{
	uint64_t now_ms = NOW;
	unsigned tries = 0;

	peers_on_remembered(peers, pair_to(&remote), NOW, &actions);
	ck_assert_str_eq(take_actions(), "idle>queued");
	peers_on_charon_up(peers, NOW, &actions);
	while (strcmp(state_of(&remote), "none") != 0) {
		now_ms = peers_next_ms(peers);
		peers_on_timer(peers, now_ms, &actions);
		tries += count_kind(PEER_ACTION_INITIATE) > 0;
		fail_with(&remote, "no response", now_ms);
		actions.count = 0;
	}
	ck_assert_uint_eq(tries, PEERS_UNASKED_TRIES);
	ck_assert_uint_lt(now_ms, NOW + 20000 + PEERS_FORGET_AFTER_MS);
}
END_TEST

START_TEST(peers_whose_sas_charon_still_has_are_not_negotiated)
{
	enter(UP);
	peers_on_charon_down(peers, NOW, &actions);
	child_up(&remote, 7, 70, NOW + 1);
	ck_assert_str_eq(state_of(&remote), "up");
	actions.count = 0;
	peers_on_charon_up(peers, NOW + 2, &actions);
	peers_on_timer(peers, NOW + 2 + PEERS_RESTART_SPREAD_MS, &actions);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

START_TEST(peers_down_charon_gets_no_orders)
{
	enter(NEGOTIATING);
	peers_on_charon_down(peers, NOW, &actions);
	peers_on_charon_down(peers, NOW, &actions);
	acquire(&remote, NOW + 1);
	peers_on_timer(peers, NOW + 100000, &actions);
	ck_assert_str_eq(take_actions(), "negotiating>queued");
}
END_TEST

START_TEST(peers_nobody_asks_for_are_forgotten)
{
	enter(FAILED);
	peers_on_larval_expired(peers, pair_to(&remote));
	peers_on_timer(peers, NOW + PEERS_FORGET_AFTER_MS - 1, &actions);
	ck_assert_str_eq(state_of(&remote), "failed");
	peers_on_timer(peers, NOW + PEERS_FORGET_AFTER_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "none");
	ck_assert_str_eq(take_actions(), "failed>idle");
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
}
END_TEST

START_TEST(peers_unused_one_is_idle_at_once_and_negotiated_when_traffic_asks)
{
	enter(UP);
	child_up(&remote, 8, 80, NOW);
	peers_on_unused(peers, pair_to(&remote), NOW + 100, &actions);
	ck_assert_str_eq(take_actions(), "terminate-child:70 terminate-child:80 terminate:7 "
	                                 "terminate:8 up>idle");
	acquire(&remote, NOW + 110);
	ck_assert_str_eq(take_actions(), "idle>queued queued>negotiating initiate");
	/* the end of what was closed, and a refusal to close it, say nothing about the new one */
	peers_on_ike_down(peers, 7, pair_to(&remote), NOW + 120, &actions);
	peers_on_child_down(peers, 7, 70, NOW + 120, &actions);
	peers_on_ike_down(peers, 8, pair_to(&remote), NOW + 130, &actions);
	peers_on_timer(peers, NOW + 130 + PEERS_REASON_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "negotiating");
	peers_on_ike_down(peers, 9, pair_to(&remote), NOW + 500, &actions);
	peers_on_timer(peers, NOW + 500 + PEERS_REASON_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "failed");
}
END_TEST

START_TEST(peers_dead_one_is_asked_for_again_when_its_sas_have_ended)
{
	enter(UP);
	child_up(&remote, 8, 80, NOW);
	peers_on_dead(peers, pair_to(&remote), &actions);
	ck_assert_str_eq(take_actions(), "abandon:7 abandon:8");
	ck_assert_str_eq(state_of(&remote), "up");
	peers_on_ike_down(peers, 7, pair_to(&remote), NOW + 100, &actions);
	peers_on_ike_down(peers, 8, pair_to(&remote), NOW + 100, &actions);
	ck_assert_str_eq(take_actions(), "up>idle");
}
END_TEST

START_TEST(peers_unused_is_nothing_for_one_that_is_not_up)
{
	enter((enum start)_i);
	peers_on_unused(peers, pair_to(&remote), NOW + 100, &actions);
	ck_assert_str_eq(take_actions(), _i == UP ? "terminate-child:70 terminate:7 up>idle" : "");
}
END_TEST

START_TEST(peers_new_charon_counts_ids_from_the_beginning)
{
	enter(UP);
	peers_on_charon_down(peers, NOW + 100, &actions);
	peers_on_charon_up(peers, NOW + 200, &actions);
	acquire(&remote, NOW + 300);
	ck_assert_str_eq(state_of(&remote), "negotiating");
	peers_on_ike_down(peers, 1, pair_to(&remote), NOW + 400, &actions);
	peers_on_timer(peers, NOW + 400 + PEERS_REASON_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "failed");
}
END_TEST

START_TEST(peers_list_is_in_address_order)
{
	static const char *const texts[] = {"fd00::2", "10.0.1.9", "10.0.1.3", "fd00::1"};
	const struct peer *const *list;
	char text[ADDR_TEXT_MAX];
	size_t count;

	for (size_t i = 0; i < 4; i++) {
		struct addr to = make_addr(texts[i]);

		acquire(&to, NOW);
	}
	list = peers_list(peers, &count);
	ck_assert_uint_eq(count, 4);
	ck_assert_str_eq(addr_format(&list[0]->pair.remote, text), "10.0.1.3");
	ck_assert_str_eq(addr_format(&list[3]->pair.remote, text), "fd00::2");
}
END_TEST

START_TEST(peers_are_listed_for_people_by_their_local_address)
{
	static const struct {
		const char *local, *remote;
	} pairs[] = {{"10.0.1.2", "10.0.1.3"}, {"10.0.1.1", "10.0.1.5"}, {"10.0.1.1", "10.0.1.4"}};
	static const char *const texts[] = {"10.0.1.4", "10.0.1.5", "10.0.1.3"};
	char text[ADDR_TEXT_MAX];
	const struct peer **list;
	size_t count;

	for (size_t i = 0; i < 3; i++) {
		struct addr to = make_addr(pairs[i].remote);

		local = make_addr(pairs[i].local);
		acquire(&to, NOW);
	}
	list = peers_list_by_local(peers, &count);
	ck_assert_uint_eq(count, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(addr_format(&list[i]->pair.remote, text), texts[i]);
	free(list);
}
END_TEST

START_TEST(peers_free_accepts_null)
{
	peers_free(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("peers", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, peers_whose_larval_sas_are_not_listed_are_not_asked_for);
	tcase_add_test(tcase, peers_count_what_acquires_caused);
	tcase_add_test(tcase, peers_measure_how_long_negotiations_took);
	tcase_add_test(tcase, peers_back_off_twice_as_long_after_every_failure);
	tcase_add_test(tcase, peers_fresh_seed_gives_other_jitter_and_equal_seed_the_same);
	tcase_add_test(tcase, peers_retry_when_due_only_while_traffic_asks);
	tcase_add_test(tcase, peers_acquire_before_the_retry_is_remembered_until_then);
	tcase_add_test(tcase, peers_retry_by_order_ends_the_backoff_without_traffic);
	tcase_add_test(tcase, peers_retry_by_order_waits_for_charon);
	tcase_add_test(tcase, peers_retry_by_order_leaves_living_peers_alone);
	tcase_add_test(tcase, peers_remember_acquire_and_failure_until_they_are_up);
	tcase_add_test(tcase, peers_are_forgotten_later_when_patient);
	tcase_add_test(tcase, peers_success_clears_the_past);
	tcase_add_test(tcase, peers_failure_carries_the_first_hint);
	tcase_add_test(tcase, peers_hint_of_an_earlier_negotiation_is_forgotten);
	tcase_add_test(tcase, peers_reason_may_follow_the_end_of_the_ike_sa);
	tcase_add_test(tcase, peers_wait_only_a_moment_for_the_reason);
	tcase_add_test(tcase, peers_vain_attempt_is_the_last_error_of_who_is_not_up);
	tcase_add_test(tcase, peers_vain_attempt_leaves_a_negotiation_alone);
	tcase_add_test(tcase, peers_failure_without_a_reason_gets_one);
	tcase_add_test(tcase, peers_negotiation_without_result_times_out);
	tcase_add_test(tcase, peers_remembered_are_tried_a_few_times_and_forgotten);
	tcase_add_test(tcase, peers_whose_sas_charon_still_has_are_not_negotiated);
	tcase_add_test(tcase, peers_down_charon_gets_no_orders);
	tcase_add_test(tcase, peers_nobody_asks_for_are_forgotten);
	tcase_add_test(tcase, peers_unused_one_is_idle_at_once_and_negotiated_when_traffic_asks);
	tcase_add_test(tcase, peers_dead_one_is_asked_for_again_when_its_sas_have_ended);
	tcase_add_loop_test(tcase, peers_unused_is_nothing_for_one_that_is_not_up, 0, START_COUNT);
	tcase_add_test(tcase, peers_new_charon_counts_ids_from_the_beginning);
	tcase_add_test(tcase, peers_list_is_in_address_order);
	tcase_add_test(tcase, peers_are_listed_for_people_by_their_local_address);
	tcase_add_test(tcase, peers_free_accepts_null);
	return test_run(suite);
}
