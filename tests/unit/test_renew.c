/* SPDX-License-Identifier: MIT */
#include "xfrmd/ike/renew.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

#define NOW 1000000

static struct renew *renew;
static struct addr local;

static struct addr peer(unsigned number)
{
	struct addr addr;
	char text[ADDR_TEXT_MAX];

	snprintf(text, sizeof(text), "10.0.%u.%u", number / 250, number % 250 + 1);
	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return addr;
}

static void setup(void)
{
	ck_assert_int_eq(addr_parse("10.9.9.9", &local), 0);
	ck_assert_int_eq(renew_new(&renew), 0);
}

static void teardown(void)
{
	renew_free(renew);
}

/* Of this host and @remote; until the next call. */
static const struct pair *pair_to(const struct addr *remote)
{
	static struct pair pair;

	pair = (struct pair){.local = local, .remote = *remote};
	return &pair;
}

static void add_either(unsigned number, uint32_t ike_id, bool distrust)
{
	struct addr remote = peer(number);

	ck_assert_int_eq(renew_add(renew, pair_to(&remote), ike_id, distrust), 0);
}

/* One that is not trusted any more. */
static void add(unsigned number, uint32_t ike_id)
{
	add_either(number, ike_id, true);
}

static void child_up(unsigned number, uint32_t ike_id, uint64_t now_ms)
{
	struct addr remote = peer(number);

	renew_on_child_up(renew, pair_to(&remote), ike_id, now_ms);
}

/* What the timer does, as text: "initiate 0, terminate 7, unload 0". */
static const char *at(uint64_t now_ms)
{
	static const char *const verbs[] = {"initiate", "unload", "terminate"};
	static char text[4096];
	struct peer_actions actions = {0};
	size_t used = 0;

	text[0] = '\0';
	renew_on_timer(renew, now_ms, &actions);
	ck_assert(!actions.out_of_memory);
	for (size_t i = 0; i < actions.count; i++) {
		const struct peer_action *action = &actions.items[i];
		const uint8_t *bytes = action->pair.remote.bytes;
		unsigned number = bytes[2] * 250u + bytes[3] - 1;

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %u",
		                         used ? ", " : "", verbs[action->kind],
		                         action->kind == PEER_ACTION_TERMINATE ? action->ike_id
		                                                               : number);
	}
	peer_actions_fini(&actions);
	return text;
}

START_TEST(nothing_to_do_is_never_due)
{
	ck_assert_uint_eq(renew_next_ms(renew), UINT64_MAX);
	ck_assert_str_eq(at(NOW), "");
}
END_TEST

START_TEST(old_ike_sas_end_when_the_new_one_has_settled)
{
	add(1, 7);
	add(1, 8);
	add(1, 7);
	ck_assert_uint_eq(renew_next_ms(renew), 0);
	ck_assert_str_eq(at(NOW), "initiate 1");
	ck_assert_uint_eq(renew_next_ms(renew), NOW + RENEW_DEADLINE_MS);
	/* a rekeying of an old one is no replacement */
	child_up(1, 8, NOW + 10);
	ck_assert_str_eq(at(NOW + 10), "");
	child_up(1, 9, NOW + 20);
	ck_assert_uint_eq(renew_next_ms(renew), NOW + 20 + RENEW_SETTLE_MS);
	ck_assert_str_eq(at(NOW + 19 + RENEW_SETTLE_MS), "");
	ck_assert_str_eq(at(NOW + 20 + RENEW_SETTLE_MS), "terminate 7, terminate 8, unload 1");
	ck_assert_uint_eq(renew_next_ms(renew), UINT64_MAX);
}
END_TEST

START_TEST(peer_that_cannot_authenticate_loses_its_old_ike_sas)
{
	add(1, 7);
	ck_assert_str_eq(at(NOW), "initiate 1");
	ck_assert_str_eq(at(NOW + RENEW_DEADLINE_MS - 1), "");
	ck_assert_str_eq(at(NOW + RENEW_DEADLINE_MS), "terminate 7, unload 1");
}
END_TEST

START_TEST(peer_that_cannot_authenticate_is_tried_again_while_lenient)
{
	add(1, 7);
	renew_set_lenient(renew, true);
	ck_assert_str_eq(at(NOW), "initiate 1");
	ck_assert_str_eq(at(NOW + RENEW_DEADLINE_MS), "initiate 1");
	renew_set_lenient(renew, false);
	ck_assert_str_eq(at(NOW + 2 * RENEW_DEADLINE_MS), "terminate 7, unload 1");
}
END_TEST

START_TEST(old_ike_sas_that_end_by_themselves_need_nothing)
{
	add(1, 7);
	add(2, 8);
	ck_assert_str_eq(at(NOW), "initiate 1, initiate 2");
	renew_on_ike_down(renew, 7);
	renew_on_ike_down(renew, 99);
	ck_assert_uint_eq(renew_next_ms(renew), 0);
	ck_assert_str_eq(at(NOW + 5), "unload 1");
	renew_on_ike_rekeyed(renew, 8, 18);
	ck_assert_str_eq(at(NOW + RENEW_DEADLINE_MS), "terminate 18, unload 2");
}
END_TEST

START_TEST(number_under_way_is_bounded)
{
	for (unsigned i = 0; i < RENEW_INFLIGHT_MAX + 2; i++)
		add(i, 100 + i);
	at(NOW);
	ck_assert_uint_eq(renew_next_ms(renew), NOW + RENEW_DEADLINE_MS);
	ck_assert_str_eq(at(NOW + 1), "");
	child_up(3, 999, NOW + 2);
	ck_assert_uint_eq(renew_next_ms(renew), 0);
	ck_assert_str_eq(at(NOW + 2), "initiate 16");
}
END_TEST

START_TEST(second_loss_of_trust_starts_again)
{
	add(1, 7);
	at(NOW);
	child_up(1, 9, NOW + 1);
	/* the next CA goes before the old IKE_SA has: now 9 is old too */
	add(1, 9);
	ck_assert_str_eq(at(NOW + 2), "initiate 1");
	child_up(1, 10, NOW + 3);
	ck_assert_str_eq(at(NOW + 3 + RENEW_SETTLE_MS), "terminate 7, terminate 9, unload 1");
}
END_TEST

START_TEST(old_ike_sas_that_are_trusted_are_left_to_others)
{
	add_either(1, 7, false);
	add_either(2, 8, false);
	ck_assert_str_eq(at(NOW), "initiate 1, initiate 2");
	child_up(1, 9, NOW + 20);
	ck_assert_uint_eq(renew_next_ms(renew), 0);
	ck_assert_str_eq(at(NOW + 20), "unload 1");
	/* a negotiation that came to nothing */
	ck_assert_str_eq(at(NOW + RENEW_DEADLINE_MS), "unload 2");
	ck_assert_uint_eq(renew_next_ms(renew), UINT64_MAX);
}
END_TEST

START_TEST(negotiation_that_failed_makes_room_for_the_next)
{
	struct addr first = peer(1), second = peer(2);

	add_either(1, 7, false);
	add(2, 8);
	renew_on_failed(renew, pair_to(&first));
	ck_assert_str_eq(at(NOW), "initiate 1, initiate 2");
	renew_on_failed(renew, pair_to(&first));
	renew_on_failed(renew, pair_to(&second));
	ck_assert_uint_eq(renew_next_ms(renew), 0);
	ck_assert_str_eq(at(NOW + 1), "unload 1");
	add_either(1, 7, false);
	ck_assert_str_eq(at(NOW + 2), "initiate 1");
	/* one that is not trusted goes on until its time is over */
	ck_assert_str_eq(at(NOW + RENEW_DEADLINE_MS), "terminate 8, unload 2");
}
END_TEST

START_TEST(trust_that_is_lost_while_renewing_ends_the_old_ones)
{
	add_either(1, 7, false);
	ck_assert_str_eq(at(NOW), "initiate 1");
	add(1, 7);
	ck_assert_str_eq(at(NOW + RENEW_DEADLINE_MS), "terminate 7, unload 1");
}
END_TEST

START_TEST(end_of_charon_forgets_all)
{
	add(1, 7);
	at(NOW);
	renew_clear(renew);
	ck_assert_uint_eq(renew_next_ms(renew), UINT64_MAX);
	ck_assert_str_eq(at(NOW + RENEW_DEADLINE_MS), "");
}
END_TEST

START_TEST(pair_in_doubt_waits_for_no_other)
{
	struct peer_actions actions = {0};
	struct addr remote = peer(99);

	for (unsigned i = 0; i < 2 * RENEW_INFLIGHT_MAX; i++)
		add(i, i + 1);
	at(NOW);
	add_either(99, 99, false);
	renew_on_doubt(renew, pair_to(&remote));
	ck_assert_uint_eq(renew_next_ms(renew), 0);
	renew_on_timer(renew, NOW, &actions);
	ck_assert_uint_eq(actions.count, 1);
	ck_assert_int_eq(actions.items[0].kind, PEER_ACTION_INITIATE);
	ck_assert(actions.items[0].in_doubt);
	peer_actions_fini(&actions);
	/* it has no part in how many there are at once */
	child_up(0, 1000, NOW);
	ck_assert_str_eq(at(NOW), "initiate 16");
	/* at once again, though the end of the first was not carried out yet */
	renew_on_failed(renew, pair_to(&remote));
	add_either(99, 99, false);
	ck_assert_str_eq(at(NOW), "initiate 99");
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("renew", &tests);

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, nothing_to_do_is_never_due);
	tcase_add_test(tests, old_ike_sas_that_are_trusted_are_left_to_others);
	tcase_add_test(tests, negotiation_that_failed_makes_room_for_the_next);
	tcase_add_test(tests, trust_that_is_lost_while_renewing_ends_the_old_ones);
	tcase_add_test(tests, old_ike_sas_end_when_the_new_one_has_settled);
	tcase_add_test(tests, peer_that_cannot_authenticate_loses_its_old_ike_sas);
	tcase_add_test(tests, peer_that_cannot_authenticate_is_tried_again_while_lenient);
	tcase_add_test(tests, old_ike_sas_that_end_by_themselves_need_nothing);
	tcase_add_test(tests, number_under_way_is_bounded);
	tcase_add_test(tests, second_loss_of_trust_starts_again);
	tcase_add_test(tests, end_of_charon_forgets_all);
	tcase_add_test(tests, pair_in_doubt_waits_for_no_other);
	return test_run(suite);
}
