/* SPDX-License-Identifier: MIT */
#include "xfrmd/reauth.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

#define NOW 1000000

static struct reauth *reauth;
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
	ck_assert_int_eq(reauth_new(&reauth), 0);
}

static void teardown(void)
{
	reauth_free(reauth);
}

static void add(unsigned number, uint32_t ike_id)
{
	struct addr remote = peer(number);

	ck_assert_int_eq(reauth_add(reauth, &local, &remote, ike_id), 0);
}

static void child_up(unsigned number, uint32_t ike_id, uint64_t now_ms)
{
	struct addr remote = peer(number);

	reauth_on_child_up(reauth, &local, &remote, ike_id, now_ms);
}

/* What the timer does, as text: "initiate 0, terminate 7, unload 0". */
static const char *at(uint64_t now_ms)
{
	static const char *const verbs[] = {"initiate", "unload", "terminate"};
	static char text[4096];
	struct reauth_actions actions = {0};
	size_t used = 0;

	text[0] = '\0';
	ck_assert_int_eq(reauth_on_timer(reauth, now_ms, &actions), 0);
	for (size_t i = 0; i < actions.count; i++) {
		const struct reauth_action *action = &actions.items[i];
		unsigned number = action->remote.bytes[2] * 250u + action->remote.bytes[3] - 1;

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %u",
		                         used ? ", " : "", verbs[action->kind],
		                         action->kind == REAUTH_ACTION_TERMINATE ? action->ike_id
		                                                                 : number);
	}
	reauth_actions_fini(&actions);
	return text;
}

START_TEST(nothing_to_do_is_never_due)
{
	ck_assert_uint_eq(reauth_next_ms(reauth), UINT64_MAX);
	ck_assert_str_eq(at(NOW), "");
}
END_TEST

START_TEST(old_ike_sas_end_when_the_new_one_has_settled)
{
	add(1, 7);
	add(1, 8);
	add(1, 7);
	ck_assert_uint_eq(reauth_next_ms(reauth), 0);
	ck_assert_str_eq(at(NOW), "initiate 1");
	ck_assert_uint_eq(reauth_next_ms(reauth), NOW + REAUTH_DEADLINE_MS);
	/* a rekeying of an old one is no replacement */
	child_up(1, 8, NOW + 10);
	ck_assert_str_eq(at(NOW + 10), "");
	child_up(1, 9, NOW + 20);
	ck_assert_uint_eq(reauth_next_ms(reauth), NOW + 20 + REAUTH_SETTLE_MS);
	ck_assert_str_eq(at(NOW + 19 + REAUTH_SETTLE_MS), "");
	ck_assert_str_eq(at(NOW + 20 + REAUTH_SETTLE_MS), "terminate 7, terminate 8, unload 1");
	ck_assert_uint_eq(reauth_next_ms(reauth), UINT64_MAX);
}
END_TEST

START_TEST(peer_that_cannot_authenticate_loses_its_old_ike_sas)
{
	add(1, 7);
	ck_assert_str_eq(at(NOW), "initiate 1");
	ck_assert_str_eq(at(NOW + REAUTH_DEADLINE_MS - 1), "");
	ck_assert_str_eq(at(NOW + REAUTH_DEADLINE_MS), "terminate 7, unload 1");
}
END_TEST

START_TEST(peer_that_cannot_authenticate_is_tried_again_while_lenient)
{
	add(1, 7);
	reauth_set_lenient(reauth, true);
	ck_assert_str_eq(at(NOW), "initiate 1");
	ck_assert_str_eq(at(NOW + REAUTH_DEADLINE_MS), "initiate 1");
	reauth_set_lenient(reauth, false);
	ck_assert_str_eq(at(NOW + 2 * REAUTH_DEADLINE_MS), "terminate 7, unload 1");
}
END_TEST

START_TEST(old_ike_sas_that_end_by_themselves_need_nothing)
{
	add(1, 7);
	add(2, 8);
	ck_assert_str_eq(at(NOW), "initiate 1, initiate 2");
	reauth_on_ike_down(reauth, 7);
	reauth_on_ike_down(reauth, 99);
	ck_assert_uint_eq(reauth_next_ms(reauth), 0);
	ck_assert_str_eq(at(NOW + 5), "unload 1");
	reauth_on_ike_rekeyed(reauth, 8, 18);
	ck_assert_str_eq(at(NOW + REAUTH_DEADLINE_MS), "terminate 18, unload 2");
}
END_TEST

START_TEST(number_under_way_is_bounded)
{
	for (unsigned i = 0; i < REAUTH_INFLIGHT_MAX + 2; i++)
		add(i, 100 + i);
	at(NOW);
	ck_assert_uint_eq(reauth_next_ms(reauth), NOW + REAUTH_DEADLINE_MS);
	ck_assert_str_eq(at(NOW + 1), "");
	child_up(3, 999, NOW + 2);
	ck_assert_uint_eq(reauth_next_ms(reauth), 0);
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
	ck_assert_str_eq(at(NOW + 3 + REAUTH_SETTLE_MS), "terminate 7, terminate 9, unload 1");
}
END_TEST

START_TEST(end_of_charon_forgets_all)
{
	add(1, 7);
	at(NOW);
	reauth_clear(reauth);
	ck_assert_uint_eq(reauth_next_ms(reauth), UINT64_MAX);
	ck_assert_str_eq(at(NOW + REAUTH_DEADLINE_MS), "");
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("reauth", &tests);

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, nothing_to_do_is_never_due);
	tcase_add_test(tests, old_ike_sas_end_when_the_new_one_has_settled);
	tcase_add_test(tests, peer_that_cannot_authenticate_loses_its_old_ike_sas);
	tcase_add_test(tests, peer_that_cannot_authenticate_is_tried_again_while_lenient);
	tcase_add_test(tests, old_ike_sas_that_end_by_themselves_need_nothing);
	tcase_add_test(tests, number_under_way_is_bounded);
	tcase_add_test(tests, second_loss_of_trust_starts_again);
	tcase_add_test(tests, end_of_charon_forgets_all);
	return test_run(suite);
}
