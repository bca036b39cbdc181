/* SPDX-License-Identifier: MIT */
/* The acquire machine when there is much of something: who comes first, and who has to go. */
#include "peers_fixture.h"

START_TEST(peers_negotiate_at_most_the_bound_at_once)
{
	peers_on_charon_up(peers, NOW, &actions);
	acquire_numbered(0, PEERS_WORKING_MAX + 10, NOW);
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), PEERS_WORKING_MAX);
	actions.count = 0;
	numbered_up(3, NOW + 1);
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), 3);
}
END_TEST

/* The remote address of the only INITIATE, once one slot is freed. */
static const char *next_initiated(unsigned slot)
{
	static char text[ADDR_TEXT_MAX];
	struct addr done = numbered(slot);

	actions.count = 0;
	fail_with(&done, "no response", NOW + 3000);
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), 1);
	for (size_t i = 0; i < actions.count; i++) {
		if (actions.items[i].kind == PEER_ACTION_INITIATE)
			addr_format(&actions.items[i].pair.remote, text);
	}
	return text;
}

START_TEST(peers_that_never_failed_go_first_then_first_in_first_out)
{
	struct addr failed_first = make_addr("10.0.9.1"), failed_second = make_addr("10.0.9.2");
	struct addr fresh_first = make_addr("10.0.9.4"), fresh_second = make_addr("10.0.9.3");

	peers_on_charon_up(peers, NOW, &actions);
	acquire(&failed_first, NOW);
	acquire(&failed_second, NOW);
	fail_with(&failed_first, "no response", NOW);
	fail_with(&failed_second, "no response", NOW);
	fill_slots();
	acquire(&failed_first, NOW + 2000);
	acquire(&failed_second, NOW + 2000);
	acquire(&fresh_first, NOW + 2000);
	acquire(&fresh_second, NOW + 2000);
	ck_assert_str_eq(next_initiated(0), "10.0.9.4");
	ck_assert_str_eq(next_initiated(1), "10.0.9.3");
	ck_assert_str_eq(next_initiated(2), "10.0.9.1");
	ck_assert_str_eq(next_initiated(3), "10.0.9.2");
}
END_TEST

/* @known had an SA, and every slot is taken. */
static void lose_sa_and_fill_slots(const struct addr *known)
{
	peers_on_charon_up(peers, NOW, &actions);
	child_up(known, 901, 901, NOW);
	peers_on_child_down(peers, 901, 901, NOW + 1, &actions);
	fill_slots();
}

START_TEST(peers_that_are_wanted_in_earnest_go_first)
{
	struct addr known = make_addr("10.0.9.1"), again = make_addr("10.0.9.2");
	struct addr early = make_addr("10.0.9.3"), late = make_addr("10.0.9.4");

	lose_sa_and_fill_slots(&known);
	acquire_numbered(100, PEERS_WORKING_EARNEST, NOW);
	acquire_numbered(100, PEERS_WORKING_EARNEST, NOW + 1);
	acquire(&early, NOW + 10);
	acquire(&again, NOW + 10);
	acquire(&known, NOW + 10);
	acquire(&again, NOW + 20);
	acquire(&late, NOW + 30);
	ck_assert_str_eq(next_initiated(0), "10.0.9.1");
	ck_assert_str_eq(next_initiated(1), "10.0.9.2");
	actions.count = 0;
	for (unsigned i = 100; i < 100 + PEERS_WORKING_EARNEST; i++) {
		struct addr to = numbered(i);

		fail_with(&to, "no response", NOW + 2000);
	}
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), 0);
	ck_assert_str_eq(next_initiated(2), "10.0.9.4");
	ck_assert_str_eq(next_initiated(3), "10.0.9.3");
}
END_TEST

START_TEST(peers_that_are_wanted_in_earnest_wait_for_no_dead_ones)
{
	struct addr once = make_addr("10.0.9.1"), known = make_addr("10.0.9.2");

	lose_sa_and_fill_slots(&known);
	acquire(&once, NOW + 10);
	acquire(&known, NOW + 10);
	ck_assert_str_eq(state_of(&once), "queued");
	ck_assert_str_eq(state_of(&known), "negotiating");
	acquire(&once, NOW + 20);
	ck_assert_str_eq(state_of(&once), "negotiating");
	acquire_numbered(100, 100, NOW + 30);
	acquire_numbered(100, 100, NOW + 40);
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), PEERS_WORKING_EARNEST);
}
END_TEST

/* A scan: each once, and one of them again and again. */
START_TEST(peers_without_an_sa_are_bounded)
{
	struct addr up = make_addr("10.0.9.1"), wanted = make_addr("10.0.9.2");
	unsigned number = 0;
	size_t count;

	child_up(&up, 901, 901, NOW);
	for (unsigned second = 0; second < 20; second++) {
		acquire(&wanted, NOW + second * 1000);
		for (unsigned i = 0; i < 1000; i++) {
			struct addr to = numbered(number++);

			acquire(&to, NOW + second * 1000 + i);
			peer_actions_fini(&actions);
		}
		peers_list(peers, &count);
		ck_assert_uint_le(count, PEERS_WITHOUT_SA_MAX + 1);
	}
	ck_assert_uint_ge(count, PEERS_WITHOUT_SA_MAX * 7 / 8);
	ck_assert_str_eq(state_of(&up), "up");
	ck_assert_str_eq(state_of(&wanted), "queued");
	/* of the others the latest are there still */
	for (unsigned i = 1; i <= 3000; i++) {
		struct addr to = numbered(number - i);

		ck_assert_str_eq(state_of(&to), "queued");
	}
	peers_on_charon_up(peers, NOW + 20000, &actions);
	ck_assert_str_eq(state_of(&wanted), "negotiating");
}
END_TEST

START_TEST(peers_that_are_negotiated_with_do_not_make_room)
{
	fill_slots();
	for (unsigned i = 100; i < 100 + 2 * PEERS_WITHOUT_SA_MAX; i++) {
		struct addr to = numbered(i);

		acquire(&to, NOW + i);
		peer_actions_fini(&actions);
	}
	for (unsigned i = 0; i < PEERS_WORKING_MAX; i++) {
		struct addr to = numbered(i);

		ck_assert_str_eq(state_of(&to), "negotiating");
	}
}
END_TEST

START_TEST(peers_that_nobody_waits_for_any_more_are_passed_over)
{
	struct addr scanned = make_addr("10.0.9.1"), asked_again = make_addr("10.0.9.2");
	struct addr living = make_addr("10.0.9.3");

	fill_slots();
	acquire(&scanned, NOW);
	acquire(&asked_again, NOW);
	acquire(&living, NOW);
	peers_on_larval_expired(peers, pair_to(&scanned));
	peers_on_larval_expired(peers, pair_to(&asked_again));
	ck_assert_str_eq(next_initiated(0), "10.0.9.3");
	acquire(&living, NOW + 1);
	acquire(&asked_again, NOW + 1);
	ck_assert_str_eq(state_of(&asked_again), "negotiating");
	ck_assert_str_eq(state_of(&scanned), "queued");
}
END_TEST

START_TEST(peers_that_nobody_waits_for_any_more_leave_the_queue)
{
	/* it has failed before: the next try is for traffic that is still there */
	enter(FAILED);
	acquire(&remote, NOW + PEERS_BACKOFF_MAX_MS);
	peers_on_charon_down(peers, NOW + PEERS_BACKOFF_MAX_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "queued");
	peers_on_larval_expired(peers, pair_to(&remote));
	peers_on_timer(peers, NOW + PEERS_BACKOFF_MAX_MS + PEERS_QUEUE_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "none");
}
END_TEST

START_TEST(peer_that_was_asked_for_once_is_negotiated_with_once)
{
	enter(QUEUED);
	peers_on_larval_expired(peers, pair_to(&remote));
	peers_on_larval_expired(peers, pair_to(&remote));
	peers_on_timer(peers, NOW + 2 * PEERS_QUEUE_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "queued");
	peers_on_charon_up(peers, NOW + 2 * PEERS_QUEUE_MS, &actions);
	peers_on_timer(peers, NOW + 3 * PEERS_QUEUE_MS, &actions);
	ck_assert_str_eq(take_actions(), "queued>negotiating initiate");
	fail_with(&remote, "no response", NOW + 4 * PEERS_QUEUE_MS);
	actions.count = 0;
	peers_on_timer(peers, NOW + 4 * PEERS_QUEUE_MS + 2 * PEERS_BACKOFF_MAX_MS, &actions);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

START_TEST(peers_with_more_ike_sas_than_there_is_room_for_lose_the_oldest)
{
	peers_on_charon_up(peers, NOW, &actions);
	for (uint32_t ike = 1; ike <= PEERS_CHILDREN_MAX; ike++)
		child_up(&remote, ike, 10 * ike, NOW + ike);
	ck_assert_uint_eq(count_kind(PEER_ACTION_TERMINATE), 0);
	actions.count = 0;
	child_up(&remote, 99, 990, NOW + 99);
	ck_assert_str_eq(take_actions(), "terminate:1");
}
END_TEST

START_TEST(peers_with_too_many_children_of_one_ike_sa_lose_the_new_ones)
{
	peers_on_charon_up(peers, NOW, &actions);
	for (uint32_t i = 0; i < PEERS_CHILDREN_OF_IKE_MAX; i++)
		child_up(&remote, 1, 10 + i, NOW + i);
	ck_assert_uint_eq(count_kind(PEER_ACTION_TERMINATE_CHILD), 0);
	actions.count = 0;
	child_up(&remote, 1, 99, NOW + 99);
	ck_assert_ptr_nonnull(actions.items[0].why);
	ck_assert_str_eq(take_actions(), "terminate-child:99");
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->child_count,
	                  PEERS_CHILDREN_OF_IKE_MAX);
	/* one that is known is none more */
	child_up(&remote, 1, 10, NOW + 100);
	ck_assert_str_eq(take_actions(), "");
	child_up(&remote, 2, 20, NOW + 101);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

START_TEST(peers_vain_attempts_of_uninvited_peers_are_bounded)
{
	struct addr uninvited = remote;
	size_t count;

	for (unsigned i = 0; i < PEERS_UNINVITED_MAX + 10; i++) {
		uninvited.bytes[1] = (uint8_t)(i >> 8);
		uninvited.bytes[2] = (uint8_t)i;
		peers_on_vain_attempt(peers, pair_to(&uninvited), failure_of("in vain"), NOW,
		                      &actions);
	}
	peers_list(peers, &count);
	ck_assert_uint_eq(count, PEERS_UNINVITED_MAX);
}
END_TEST

START_TEST(peers_timeout_frees_the_slot_in_the_same_turn)
{
	struct addr waiting = make_addr("10.0.9.9");

	fill_slots();
	acquire(&waiting, NOW + 1);
	ck_assert_str_eq(state_of(&waiting), "queued");
	peers_on_timer(peers, NOW + PEERS_NEGOTIATION_MS, &actions);
	ck_assert_str_eq(state_of(&waiting), "negotiating");
}
END_TEST

START_TEST(peers_whose_sas_are_deleted_all_the_time_are_rekeyed_within_bounds_and_for_good)
{
	uint64_t now_ms = NOW + 1000;

	enter(UP);
	ck_assert_int_eq(peers_on_sa_lost(peers, &(struct pair){local, remote}, now_ms), true);
	ck_assert_str_eq(on_time(now_ms), "rekey:70");
	for (uint32_t id = 70; id < 80; id++) {
		child_rekeyed(7, id, id + 1, NOW);
		for (uint64_t ms = 0; ms < PEERS_REPAIR_PAUSE_MS; ms += 10) {
			(void)peers_on_sa_lost(peers, &(struct pair){local, remote}, now_ms + ms);
			ck_assert_uint_eq(peers_next_ms(peers), now_ms + PEERS_REPAIR_PAUSE_MS);
		}
		now_ms += PEERS_REPAIR_PAUSE_MS;
		peers_on_timer(peers, now_ms, &actions);
		ck_assert_uint_eq(count_kind(PEER_ACTION_REKEY), 1);
		ck_assert_uint_eq(actions.items[0].child_id, id + 1);
		actions.count = 0;
	}
}
END_TEST

START_TEST(peers_leave_out_the_oldest_of_too_many_children)
{
	const struct peer *peer;

	enter(UP);
	for (uint32_t i = 0; i < PEERS_CHILDREN_MAX; i++)
		child_up(&remote, 8 + i, 80 + i, NOW);
	peer = peers_find(peers, pair_to(&remote));
	ck_assert_uint_eq(peer->child_count, PEERS_CHILDREN_MAX);
	ck_assert_uint_eq(peer->children[0].child_id, 80);
	ck_assert_uint_eq(peer->children[PEERS_CHILDREN_MAX - 1].child_id,
	                  80 + PEERS_CHILDREN_MAX - 1);
}
END_TEST

START_TEST(peers_restart_is_spread_after_charon_is_back)
{
	const unsigned fleet = PEERS_WORKING_MAX / 2;
	uint64_t back_ms = NOW + 5000, last_ms = 0;
	const struct peer *const *list;
	size_t count;

	peers_on_charon_up(peers, NOW, &actions);
	numbered_up(fleet, NOW);
	peers_on_charon_down(peers, NOW + 1, &actions);
	actions.count = 0;
	peers_on_charon_up(peers, back_ms, &actions);
	list = peers_list(peers, &count);
	ck_assert_uint_eq(count, fleet);
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_lt(list[i]->next_retry_ms, back_ms + PEERS_RESTART_SPREAD_MS);
		if (list[i]->next_retry_ms > last_ms)
			last_ms = list[i]->next_retry_ms;
	}
	ck_assert_uint_gt(last_ms, back_ms + PEERS_RESTART_SPREAD_MS / 2);
	ck_assert_uint_lt(peers_next_ms(peers), last_ms);
	peers_on_timer(peers, last_ms - 1, &actions);
	ck_assert_uint_lt(count_kind(PEER_ACTION_INITIATE), fleet);
	ck_assert_uint_eq(peers_next_ms(peers), last_ms);
	peers_on_timer(peers, last_ms, &actions);
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), fleet);
}
END_TEST

START_TEST(peers_few_of_them_are_hardly_spread)
{
	enter(UP);
	peers_on_charon_down(peers, NOW, &actions);
	peers_on_charon_up(peers, NOW, &actions);
	ck_assert_uint_lt(peers_find(peers, pair_to(&remote))->next_retry_ms,
	                  NOW + PEERS_SPREAD_EACH_MS);
}
END_TEST

START_TEST(peers_remembered_do_not_keep_traffic_waiting)
{
	peers_on_charon_up(peers, NOW, &actions);
	for (unsigned i = 0; i < PEERS_WORKING_MAX; i++) {
		struct addr to = numbered(i);

		peers_on_remembered(peers, pair_to(&to), NOW, &actions);
	}
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), PEERS_WORKING_MAX / 2);
	actions.count = 0;
	acquire(&remote, NOW);
	ck_assert_str_eq(take_actions(), "idle>queued queued>negotiating initiate");
	numbered_up(PEERS_WORKING_MAX / 2, NOW);
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), PEERS_WORKING_MAX / 2 - 1);
}
END_TEST

START_TEST(peers_traffic_does_not_wait_for_the_spread)
{
	enter(UP);
	peers_on_charon_down(peers, NOW, &actions);
	peers_on_charon_up(peers, NOW, &actions);
	actions.count = 0;
	acquire(&remote, NOW);
	ck_assert_str_eq(take_actions(), "queued>negotiating initiate");
}
END_TEST

START_TEST(peers_retain_makes_room_for_those_that_wait)
{
	struct addr waiting = make_addr("10.0.9.8");

	fill_slots();
	acquire(&waiting, NOW);
	peers_retain(peers, keep_even, NULL, &actions);
	ck_assert_uint_le(peers_next_ms(peers), NOW);
	peers_on_timer(peers, NOW, &actions);
	ck_assert_str_eq(state_of(&waiting), "negotiating");
}
END_TEST

START_TEST(silent_negotiations_are_no_work)
{
	struct addr first = numbered(0), next = make_addr("10.0.9.1");
	struct addr after = make_addr("10.0.9.2"), last = make_addr("10.0.9.3");

	fill_slots();
	acquire(&next, NOW);
	peers_on_sent(peers, pair_to(&first), NOW);
	peers_on_timer(peers, NOW + PEERS_SILENT_AFTER_MS - 1, &actions);
	ck_assert_str_eq(state_of(&next), "queued");
	ck_assert_uint_eq(peers_next_ms(peers), NOW + PEERS_SILENT_AFTER_MS);
	peers_on_timer(peers, NOW + PEERS_SILENT_AFTER_MS, &actions);
	ck_assert_str_eq(state_of(&next), "negotiating");
	/* it lives after all: one more than there are slots, until one ends */
	peers_on_answered(peers, pair_to(&first), NOW + 99);
	acquire(&after, NOW + 100);
	acquire(&last, NOW + 101);
	child_up(&next, 1, 1, NOW + 102);
	ck_assert_str_eq(state_of(&after), "queued");
	child_up(&first, 2, 2, NOW + 103);
	ck_assert_str_eq(state_of(&after), "queued");
	ck_assert_str_eq(state_of(&last), "negotiating");
}
END_TEST

START_TEST(answered_negotiations_are_work_while_they_go_on)
{
	struct addr first = numbered(0), next = make_addr("10.0.9.1");

	fill_slots();
	acquire(&next, NOW);
	peers_on_sent(peers, pair_to(&first), NOW);
	peers_on_answered(peers, pair_to(&first), NOW + 10);
	peers_on_timer(peers, NOW + 9 + PEERS_ANSWERED_AFTER_MS, &actions);
	ck_assert_str_eq(state_of(&next), "queued");
	ck_assert_uint_eq(peers_next_ms(peers), NOW + 10 + PEERS_ANSWERED_AFTER_MS);
	peers_on_timer(peers, NOW + 10 + PEERS_ANSWERED_AFTER_MS, &actions);
	ck_assert_str_eq(state_of(&next), "negotiating");
	ck_assert_str_eq(state_of(&first), "negotiating");
	child_up(&first, 1, 1, NOW + 20 + PEERS_ANSWERED_AFTER_MS);
	ck_assert_str_eq(state_of(&first), "up");
}
END_TEST

START_TEST(peer_that_asks_for_a_cookie_is_sent_to_again)
{
	struct addr first = numbered(0), next = make_addr("10.0.9.1");

	fill_slots();
	acquire(&next, NOW);
	peers_on_sent(peers, pair_to(&first), NOW);
	peers_on_answered(peers, pair_to(&first), NOW + 10);
	peers_on_sent(peers, pair_to(&first), NOW + 100);
	peers_on_timer(peers, NOW + 99 + PEERS_SILENT_AFTER_MS, &actions);
	ck_assert_str_eq(state_of(&next), "queued");
	peers_on_timer(peers, NOW + 100 + PEERS_SILENT_AFTER_MS, &actions);
	ck_assert_str_eq(state_of(&next), "negotiating");
}
END_TEST

START_TEST(silent_negotiations_are_bounded)
{
	size_t count, negotiating = 0, silent = 0;
	const struct peer *const *list;

	peers_on_charon_up(peers, NOW, &actions);
	for (unsigned i = 0; i < 2 * PEERS_SILENT_MAX; i++) {
		struct addr to = numbered(i);

		acquire(&to, NOW + i);
		peers_on_sent(peers, pair_to(&to), NOW + i);
		peers_on_timer(peers, NOW + i, &actions);
	}
	peers_on_timer(peers, NOW + 2 * PEERS_SILENT_MAX + PEERS_SILENT_AFTER_MS, &actions);
	list = peers_list(peers, &count);
	for (size_t i = 0; i < count; i++) {
		negotiating += list[i]->state == PEER_STATE_NEGOTIATING;
		silent += list[i]->silent;
	}
	ck_assert_uint_eq(silent, PEERS_SILENT_MAX);
	ck_assert_uint_eq(negotiating, PEERS_SILENT_MAX + PEERS_WORKING_MAX);
}
END_TEST

/* Negotiates with so many that whoever comes next is one of a crowd, and from then on with the lower address,
 * whose place it is to begin. */
static void make_crowd(void)
{
	peers_set_resolver(peers, true);
	peers_on_charon_up(peers, NOW, &actions);
	acquire_numbered(0, PEERS_CROWD, NOW);
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), PEERS_CROWD);
	take_actions();
	local = make_addr("8.0.0.1");
}

/* Negotiates with the next one, and is done after so many milliseconds. */
static void negotiate_for(uint64_t took_ms)
{
	static uint64_t now_ms = NOW;
	static uint32_t id = 1;
	struct addr to = numbered(id);

	acquire(&to, now_ms);
	now_ms += took_ms;
	child_up(&to, id, id, now_ms);
	id++;
}

START_TEST(window_follows_from_how_long_negotiations_take)
{
	peers_on_charon_up(peers, NOW, &actions);
	ck_assert_uint_eq(peers_window(peers), PEERS_WORKING_MAX);
	negotiate_for(PEERS_SLOW_MS);
	ck_assert_uint_eq(peers_window(peers), PEERS_WORKING_MAX);
	for (size_t window = PEERS_WORKING_MAX; window > PEERS_WINDOW_MIN; window /= 2) {
		negotiate_for(PEERS_SLOW_MS + 1);
		ck_assert_uint_eq(peers_window(peers), window / 2);
	}
	negotiate_for(PEERS_SLOW_MS + 1);
	ck_assert_uint_eq(peers_window(peers), PEERS_WINDOW_MIN);
	negotiate_for(PEERS_SLOW_MS);
	negotiate_for(PEERS_SLOW_MS);
	ck_assert_uint_eq(peers_window(peers), PEERS_WINDOW_MIN + 2);
}
END_TEST

START_TEST(window_is_halved_once_a_second)
{
	peers_on_charon_up(peers, NOW, &actions);
	acquire_numbered(0, 8, NOW);
	numbered_up(8, NOW + PEERS_SLOW_MS + 1);
	ck_assert_uint_eq(peers_window(peers), PEERS_WORKING_MAX / 2);
}
END_TEST

START_TEST(peer_that_is_there_is_given_time_in_a_crowd)
{
	struct addr to = make_addr("9.0.0.1");

	make_crowd();
	acquire(&to, NOW + 1);
	peers_on_resolved(peers, &to, NEIGHBOUR_THERE, NOW + 2, &actions);
	peers_on_timer(peers, NOW + 2, &actions);
	peers_on_sent(peers, pair_to(&to), NOW + 2);
	peers_on_timer(peers, NOW + 1 + PEERS_BUSY_AFTER_MS, &actions);
	ck_assert(!peers_find(peers, pair_to(&to))->silent);
	peers_on_timer(peers, NOW + 2 + PEERS_BUSY_AFTER_MS, &actions);
	ck_assert(peers_find(peers, pair_to(&to))->silent);
}
END_TEST

/* One that is there is negotiated with at @now_ms. */
static void ask_present(const char *address, uint64_t now_ms)
{
	struct addr to = make_addr(address);

	acquire(&to, now_ms);
	peers_on_resolved(peers, &to, NEIGHBOUR_THERE, now_ms, &actions);
	peers_on_timer(peers, now_ms, &actions);
	peers_on_sent(peers, pair_to(&to), now_ms);
}

/* Whether it is silent so long after @since_ms, and not before. */
static bool silent_after(const char *address, uint64_t since_ms, uint64_t after_ms)
{
	struct addr to = make_addr(address);

	peers_on_timer(peers, since_ms + after_ms - 1, &actions);
	if (peers_find(peers, pair_to(&to))->silent)
		return false;
	peers_on_timer(peers, since_ms + after_ms, &actions);
	return peers_find(peers, pair_to(&to))->silent;
}

START_TEST(peers_that_are_there_and_deaf_are_given_less_time_until_one_answers_late)
{
	const uint64_t second = NOW + 2000, third = second + 2000, fourth = third + 2000;
	struct addr late = make_addr("9.0.0.3");

	make_crowd();
	/* two at once count as one */
	ask_present("9.0.0.1", NOW);
	ask_present("9.0.0.2", NOW);
	ck_assert(silent_after("9.0.0.1", NOW, PEERS_BUSY_AFTER_MS));
	ask_present("9.0.0.3", second);
	ck_assert(silent_after("9.0.0.3", second, PEERS_BUSY_AFTER_MS / 2));
	ask_present("9.0.0.4", third);
	ck_assert(silent_after("9.0.0.4", third, PEERS_BUSY_AFTER_MS / 4));
	peers_on_answered(peers, pair_to(&late), third + PEERS_BUSY_AFTER_MS);
	ask_present("9.0.0.5", fourth);
	ck_assert(silent_after("9.0.0.5", fourth, PEERS_BUSY_AFTER_MS));
}
END_TEST

START_TEST(peer_that_has_begun_is_waited_for)
{
	struct addr to = make_addr("10.0.9.1");
	const uint64_t begun = NOW + 100;

	peers_on_charon_up(peers, NOW, &actions);
	peers_on_begun(peers, &to, begun);
	acquire(&to, begun + 10);
	ck_assert_str_eq(take_actions(), "idle>queued");
	ck_assert_str_eq(on_time(begun + PEERS_GIVE_WAY_MS), "queued>negotiating initiate");
}
END_TEST

START_TEST(peer_that_has_begun_is_waited_for_once)
{
	struct addr to = make_addr("10.0.9.1");

	acquire(&to, NOW);
	for (unsigned i = 0; i < 10; i++)
		peers_on_begun(peers, &to, NOW + i * PEERS_GIVE_WAY_MS / 10);
	peers_on_charon_up(peers, NOW + PEERS_GIVE_WAY_MS - 1, &actions);
	ck_assert_str_eq(take_actions(), "idle>queued");
	ck_assert_str_eq(on_time(NOW + PEERS_GIVE_WAY_MS), "queued>negotiating initiate");
}
END_TEST

START_TEST(peer_that_has_begun_in_vain_is_not_waited_for)
{
	struct addr to = make_addr("10.0.9.1");

	peers_on_charon_up(peers, NOW, &actions);
	peers_on_begun(peers, &to, NOW);
	acquire(&to, NOW + 10);
	peers_on_vain_attempt(peers, pair_to(&to), failure_of("words"), NOW + 20, &actions);
	ck_assert_str_eq(take_actions(), "idle>queued queued>negotiating initiate");
	/* who asks the operator's way does not wait, either */
	fail_with(&to, "no response", NOW + 30);
	peers_on_begun(peers, &to, NOW + 40);
	ck_assert_int_eq(peers_retry(peers, pair_to(&to), NOW + 50, &actions), 0);
	ck_assert_str_eq(state_of(&to), "negotiating");
}
END_TEST

START_TEST(peer_whose_beginning_came_to_its_end_is_not_waited_for)
{
	struct addr to = make_addr("10.0.9.1");

	peers_on_charon_up(peers, NOW, &actions);
	peers_on_begun(peers, &to, NOW);
	peers_on_vain_attempt(peers, pair_to(&to), failure_of("words"), NOW + 20, &actions);
	acquire(&to, NOW + 30);
	ck_assert_str_eq(take_actions(), "idle>queued queued>negotiating initiate");
}
END_TEST

START_TEST(peer_that_began_and_came_up_is_not_waited_for)
{
	struct addr to = make_addr("10.0.9.1");

	peers_on_charon_up(peers, NOW, &actions);
	peers_on_begun(peers, &to, NOW);
	child_up(&to, 1, 1, NOW + 20);
	peers_on_ike_down(peers, 1, pair_to(&to), NOW + 30, &actions);
	take_actions();
	acquire(&to, NOW + 40);
	ck_assert_str_eq(take_actions(), "idle>queued queued>negotiating initiate");
}
END_TEST

START_TEST(address_is_resolved_first_in_a_crowd)
{
	struct addr to = make_addr("9.0.0.1"), other = make_addr("9.0.0.2");

	make_crowd();
	acquire(&to, NOW + 1);
	ck_assert_str_eq(take_actions(), "idle>queued resolve");
	peers_on_resolved(peers, &other, NEIGHBOUR_THERE, NOW + 2, &actions);
	peers_on_timer(peers, NOW + 2, &actions);
	ck_assert_str_eq(take_actions(), "");
	peers_on_resolved(peers, &to, NEIGHBOUR_THERE, NOW + 3, &actions);
	ck_assert_uint_eq(peers_next_ms(peers), NOW + 3);
	peers_on_timer(peers, NOW + 3, &actions);
	ck_assert_str_eq(take_actions(), "queued>negotiating initiate");
}
END_TEST

START_TEST(address_that_nobody_has_is_not_negotiated_with)
{
	struct addr to = make_addr("9.0.0.1");

	make_crowd();
	acquire(&to, NOW + 1);
	/* it has asked once, and that is all it gets */
	peers_on_larval_expired(peers, pair_to(&to));
	take_actions();
	peers_on_resolved(peers, &to, NEIGHBOUR_ABSENT, NOW + 3, &actions);
	ck_assert_str_eq(take_actions(), "queued>failed");
	ck_assert_int_eq(peers_find(peers, pair_to(&to))->last_error.reason, REASON_NO_RESPONSE);
	ck_assert_uint_eq(peers_find(peers, pair_to(&to))->tries_left_unasked, 0);
}
END_TEST

START_TEST(address_of_which_nothing_is_heard_is_negotiated_with)
{
	struct addr to = make_addr("9.0.0.1");

	make_crowd();
	acquire(&to, NOW + 1);
	take_actions();
	peers_on_timer(peers, NOW + PEERS_RESOLVE_MS, &actions);
	ck_assert_str_eq(take_actions(), "");
	peers_on_timer(peers, NOW + 1 + PEERS_RESOLVE_MS, &actions);
	ck_assert_str_eq(take_actions(), "queued>negotiating initiate");
}
END_TEST

START_TEST(addresses_that_are_resolved_are_bounded)
{
	make_crowd();
	acquire_numbered(100, PEERS_RESOLVING_MAX + 10, NOW + 1);
	ck_assert_uint_eq(count_kind(PEER_ACTION_RESOLVE), PEERS_RESOLVING_MAX);
}
END_TEST

/* Ours is 10.0.0.1 in the fixture. */
START_TEST(higher_address_leaves_the_beginning_to_the_lower_one_in_a_crowd)
{
	struct addr lower = make_addr("9.0.0.1"), higher = make_addr("10.0.9.1");

	peers_on_charon_up(peers, NOW, &actions);
	acquire_numbered(0, PEERS_CROWD - 1, NOW);
	acquire(&lower, NOW);
	ck_assert_str_eq(state_of(&lower), "negotiating");
	child_up(&lower, 1, 1, NOW + 1);
	peers_on_child_down(peers, 1, 1, NOW + 1, &actions);
	acquire(&higher, NOW + 1);
	ck_assert_str_eq(state_of(&higher), "negotiating");
	acquire(&lower, NOW + 1);
	ck_assert_str_eq(state_of(&lower), "queued");
	actions.count = 0;
	ck_assert_str_eq(on_time(NOW + 1 + PEERS_CROWD_WAIT_MS), "queued>negotiating initiate");
}
END_TEST

/* With a small window most of a crowd wait. */
START_TEST(those_that_wait_are_a_crowd_as_well)
{
	struct addr lower = make_addr("9.0.0.1");

	acquire_numbered(0, PEERS_CROWD, NOW);
	acquire(&lower, NOW);
	peers_on_charon_up(peers, NOW, &actions);
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), PEERS_CROWD);
	ck_assert_str_eq(state_of(&lower), "queued");
	actions.count = 0;
	ck_assert_str_eq(on_time(NOW + PEERS_CROWD_WAIT_MS), "queued>negotiating initiate");
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("peers_bounds", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_checked_fixture(tcase, open_window, NULL);
	tcase_add_test(tcase, peers_negotiate_at_most_the_bound_at_once);
	tcase_add_test(tcase, peers_that_never_failed_go_first_then_first_in_first_out);
	tcase_add_test(tcase, peers_that_are_wanted_in_earnest_go_first);
	tcase_add_test(tcase, peers_that_are_wanted_in_earnest_wait_for_no_dead_ones);
	tcase_add_test(tcase, peers_without_an_sa_are_bounded);
	tcase_add_test(tcase, peers_that_are_negotiated_with_do_not_make_room);
	tcase_add_test(tcase, peers_that_nobody_waits_for_any_more_are_passed_over);
	tcase_add_test(tcase, peers_that_nobody_waits_for_any_more_leave_the_queue);
	tcase_add_test(tcase, peers_with_more_ike_sas_than_there_is_room_for_lose_the_oldest);
	tcase_add_test(tcase, peers_with_too_many_children_of_one_ike_sa_lose_the_new_ones);
	tcase_add_test(tcase, peers_vain_attempts_of_uninvited_peers_are_bounded);
	tcase_add_test(tcase, peers_timeout_frees_the_slot_in_the_same_turn);
	tcase_add_test(
		tcase,
		peers_whose_sas_are_deleted_all_the_time_are_rekeyed_within_bounds_and_for_good);
	tcase_add_test(tcase, peers_leave_out_the_oldest_of_too_many_children);
	tcase_add_test(tcase, peers_restart_is_spread_after_charon_is_back);
	tcase_add_test(tcase, peers_few_of_them_are_hardly_spread);
	tcase_add_test(tcase, peers_remembered_do_not_keep_traffic_waiting);
	tcase_add_test(tcase, peers_traffic_does_not_wait_for_the_spread);
	tcase_add_test(tcase, peers_retain_makes_room_for_those_that_wait);
	tcase_add_test(tcase, peer_that_was_asked_for_once_is_negotiated_with_once);
	tcase_add_test(tcase, silent_negotiations_are_no_work);
	tcase_add_test(tcase, answered_negotiations_are_work_while_they_go_on);
	tcase_add_test(tcase, peer_that_asks_for_a_cookie_is_sent_to_again);
	tcase_add_test(tcase, silent_negotiations_are_bounded);
	tcase_add_test(tcase, peer_that_has_begun_is_waited_for);
	tcase_add_test(tcase, peer_that_has_begun_is_waited_for_once);
	tcase_add_test(tcase, peer_that_has_begun_in_vain_is_not_waited_for);
	tcase_add_test(tcase, peer_whose_beginning_came_to_its_end_is_not_waited_for);
	tcase_add_test(tcase, peer_that_began_and_came_up_is_not_waited_for);
	tcase_add_test(tcase, window_follows_from_how_long_negotiations_take);
	tcase_add_test(tcase, window_is_halved_once_a_second);
	tcase_add_test(tcase, peer_that_is_there_is_given_time_in_a_crowd);
	tcase_add_test(tcase,
	               peers_that_are_there_and_deaf_are_given_less_time_until_one_answers_late);
	tcase_add_test(tcase, address_is_resolved_first_in_a_crowd);
	tcase_add_test(tcase, address_that_nobody_has_is_not_negotiated_with);
	tcase_add_test(tcase, address_of_which_nothing_is_heard_is_negotiated_with);
	tcase_add_test(tcase, addresses_that_are_resolved_are_bounded);
	tcase_add_test(tcase, higher_address_leaves_the_beginning_to_the_lower_one_in_a_crowd);
	tcase_add_test(tcase, those_that_wait_are_a_crowd_as_well);
	return test_run(suite);
}
