/* SPDX-License-Identifier: MIT */
/* Which of the kernel's words on neighbours answers what it was asked. */
#include "xfrmd/net/neighbour.h"

#include <linux/neighbour.h>
#include <stdio.h>

#include "test.h"

#define ETH0 2
#define ETH1 3

static struct neighbour_questions questions;
static struct addr remote;

static struct addr make_addr(const char *text)
{
	struct addr addr;

	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return addr;
}

static struct addr numbered(unsigned number)
{
	char text[ADDR_TEXT_MAX];

	snprintf(text, sizeof(text), "10.1.%u.%u", number / 256, number % 256);
	return make_addr(text);
}

static void set_up(void)
{
	questions = (struct neighbour_questions){0};
	remote = make_addr("fe80::1");
}

static void ask(unsigned ifindex)
{
	ck_assert_int_eq(neighbour_ask(&questions, &remote, ifindex, NUD_INCOMPLETE),
	                 NEIGHBOUR_ASKED);
}

static void assert_told(unsigned ifindex, unsigned state, enum neighbour expected)
{
	ck_assert_int_eq(neighbour_told(&questions, &remote, ifindex, state), expected);
}

START_TEST(what_the_kernel_knows_is_not_asked)
{
	static const unsigned there[] = {NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE,
	                                 NUD_PERMANENT};

	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		ck_assert_int_eq(neighbour_ask(&questions, &remote, ETH0, there[i]),
		                 NEIGHBOUR_THERE);
	ck_assert_int_eq(neighbour_ask(&questions, &remote, ETH0, NUD_NOARP), NEIGHBOUR_UNTOLD);
	ck_assert_int_eq(neighbour_ask(&questions, &remote, ETH0, NUD_NONE), NEIGHBOUR_UNTOLD);
	assert_told(ETH0, NUD_FAILED, NEIGHBOUR_UNTOLD);
}
END_TEST

START_TEST(question_is_answered_once)
{
	ask(ETH0);
	assert_told(ETH0, NUD_INCOMPLETE, NEIGHBOUR_ASKED);
	assert_told(ETH0, NUD_REACHABLE, NEIGHBOUR_THERE);
	assert_told(ETH0, NUD_FAILED, NEIGHBOUR_UNTOLD);
	ask(ETH0);
	assert_told(ETH0, NUD_FAILED, NEIGHBOUR_ABSENT);
	assert_told(ETH0, NUD_STALE, NEIGHBOUR_UNTOLD);
}
END_TEST

START_TEST(same_address_on_another_link_is_another_neighbour)
{
	ask(ETH0);
	assert_told(ETH1, NUD_FAILED, NEIGHBOUR_UNTOLD);
	assert_told(ETH1, NUD_REACHABLE, NEIGHBOUR_UNTOLD);
	assert_told(ETH0, NUD_REACHABLE, NEIGHBOUR_THERE);
}
END_TEST

START_TEST(route_that_has_changed_asks_the_new_link)
{
	ask(ETH0);
	ask(ETH1);
	assert_told(ETH0, NUD_FAILED, NEIGHBOUR_UNTOLD);
	assert_told(ETH1, NUD_FAILED, NEIGHBOUR_ABSENT);
	ask(ETH0);
	ck_assert_int_eq(neighbour_ask(&questions, &remote, ETH1, NUD_STALE), NEIGHBOUR_THERE);
	assert_told(ETH0, NUD_FAILED, NEIGHBOUR_UNTOLD);
}
END_TEST

START_TEST(other_addresses_answer_nothing)
{
	const struct addr other = make_addr("fe80::2");

	ask(ETH0);
	ck_assert_int_eq(neighbour_told(&questions, &other, ETH0, NUD_FAILED), NEIGHBOUR_UNTOLD);
	assert_told(ETH0, NUD_FAILED, NEIGHBOUR_ABSENT);
}
END_TEST

START_TEST(questions_are_bounded_and_the_latest_are_there)
{
	ask(ETH0);
	for (unsigned i = 0; i < NEIGHBOUR_QUESTIONS_MAX; i++) {
		const struct addr to = numbered(i);

		ck_assert_int_eq(neighbour_ask(&questions, &to, ETH0, NUD_INCOMPLETE),
		                 NEIGHBOUR_ASKED);
	}
	assert_told(ETH0, NUD_FAILED, NEIGHBOUR_UNTOLD);
	for (unsigned i = 0; i < NEIGHBOUR_QUESTIONS_MAX; i++) {
		const struct addr to = numbered(i);

		ck_assert_int_eq(neighbour_told(&questions, &to, ETH0, NUD_FAILED),
		                 NEIGHBOUR_ABSENT);
	}
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("neighbour", &tcase);

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, what_the_kernel_knows_is_not_asked);
	tcase_add_test(tcase, question_is_answered_once);
	tcase_add_test(tcase, same_address_on_another_link_is_another_neighbour);
	tcase_add_test(tcase, route_that_has_changed_asks_the_new_link);
	tcase_add_test(tcase, other_addresses_answer_nothing);
	tcase_add_test(tcase, questions_are_bounded_and_the_latest_are_there);
	return test_run(suite);
}
