/* SPDX-License-Identifier: MIT */
#include "xfrmd/sad/idle.h"

#include <stdio.h>
#include <string.h>

#include "test.h"
#include "xfrmd/net/echo.h"
#include "xfrmd/net/greeting.h"

#define NOW      1000000u
#define TIMEOUT  80000u
#define INTERVAL (TIMEOUT / 8)

static struct idle *idle;
static struct addr local, other;

static struct addr make_addr(const char *text)
{
	struct addr addr;

	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return addr;
}

static void set_up(void)
{
	ck_assert_int_eq(idle_new(&idle), 0);
	local = make_addr("10.0.1.1");
	other = make_addr("10.0.1.9");
}

static void tear_down(void)
{
	idle_free(idle);
}

/* An SA with 10.0.1.@peer. */
static struct idle_sa sa(unsigned peer, uint32_t spi, uint64_t packets)
{
	char text[ADDR_TEXT_MAX];

	snprintf(text, sizeof(text), "10.0.1.%u", peer);
	return (struct idle_sa){.pair = {.local = local, .remote = make_addr(text)},
	                        .spi = spi,
	                        .packets = packets};
}

/* Of this host and @remote; until the next call. */
static const struct pair *pair_to(const struct addr *remote)
{
	static struct pair pair;

	pair = (struct pair){.local = local, .remote = *remote};
	return &pair;
}

/* The peers that are idle, as text: "2 5". */
static const char *look(uint64_t now_ms, size_t count, const struct idle_sa *sas)
{
	static char text[256];
	struct idle_sa copy[16];
	const struct pair *found;
	size_t found_count, used = 0;

	ck_assert_uint_le(count, 16);
	if (count)
		memcpy(copy, sas, count * sizeof(*sas));
	ck_assert_int_eq(idle_look(idle, copy, count, now_ms, TIMEOUT, &found, &found_count), 0);
	text[0] = '\0';
	for (size_t i = 0; i < found_count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u", i ? " " : "",
		                         found[i].remote.bytes[3]);
	return text;
}

START_TEST(silent_pair_is_idle_when_the_time_is_over)
{
	struct idle_sa sas[] = {sa(2, 7, 100), sa(2, 8, 90)};

	const struct pair reversed = {.local = sas[0].pair.remote, .remote = local};

	ck_assert_str_eq(look(NOW, 2, sas), "");
	ck_assert_str_eq(look(NOW + TIMEOUT - 1, 2, sas), "");
	ck_assert(!idle_includes(idle, pair_to(&sas[0].pair.remote)));
	ck_assert_str_eq(look(NOW + TIMEOUT, 2, sas), "2");
	ck_assert(idle_includes(idle, pair_to(&sas[0].pair.remote)));
	ck_assert(!idle_includes(idle, &reversed));
}
END_TEST

START_TEST(packets_of_either_direction_are_a_sign_of_life)
{
	struct idle_sa sas[] = {sa(2, 7, 100), sa(2, 8, 90)};

	look(NOW, 2, sas);
	sas[_i].packets++;
	ck_assert_str_eq(look(NOW + TIMEOUT, 2, sas), "");
	ck_assert_str_eq(look(NOW + 2 * TIMEOUT - 1, 2, sas), "");
	ck_assert_str_eq(look(NOW + 2 * TIMEOUT, 2, sas), "2");
}
END_TEST

START_TEST(new_sa_without_a_packet_is_no_sign_of_life)
{
	struct idle_sa old = sa(2, 7, 100), sas[] = {sa(2, 7, 100), sa(2, 9, 0)};
	struct idle_sa new = sa(2, 9, 0);

	look(NOW, 1, &old);
	look(NOW + TIMEOUT / 2, 2, sas);
	look(NOW + TIMEOUT - 1, 1, &new);
	ck_assert_str_eq(look(NOW + TIMEOUT, 1, &new), "2");
}
END_TEST

START_TEST(echo_that_looks_for_a_sign_of_life_is_none)
{
	struct idle_sa sas[] = {sa(2, 7, 100), sa(2, 8, 90)};

	look(NOW, 2, sas);
	for (int i = 0; i < 2; i++) {
		sas[i].packets += 2;
		sas[i].bytes += 2 * ECHO_CHECK_LEN;
	}
	ck_assert_str_eq(look(NOW + TIMEOUT, 2, sas), "2");
	sas[0].packets += 2;
	sas[0].bytes += ECHO_CHECK_LEN + 64;
	ck_assert_str_eq(look(NOW + TIMEOUT + 1, 2, sas), "");
}
END_TEST

START_TEST(greeting_and_echo_by_a_new_sa_are_no_sign_of_life)
{
	struct idle_sa old = sa(2, 7, 100), new = sa(2, 9, 3);

	new.bytes = GREETING_LEN + 2 * ECHO_CHECK_LEN;
	look(NOW, 1, &old);
	ck_assert_str_eq(look(NOW + TIMEOUT, 1, &new), "2");
	new.spi++;
	new.bytes++;
	ck_assert_str_eq(look(NOW + TIMEOUT + 1, 1, &new), "");
}
END_TEST

START_TEST(greeting_by_a_new_sa_is_no_sign_of_life)
{
	struct idle_sa old = sa(2, 7, 100), new = sa(2, 9, 1);

	look(NOW, 1, &old);
	ck_assert_str_eq(look(NOW + TIMEOUT, 1, &new), "2");
}
END_TEST

START_TEST(new_sa_with_packets_is_one)
{
	struct idle_sa old = sa(2, 7, 100), new = sa(2, 9, 2);

	look(NOW, 1, &old);
	ck_assert_str_eq(look(NOW + TIMEOUT, 1, &new), "");
	ck_assert_str_eq(look(NOW + 2 * TIMEOUT, 1, &new), "2");
}
END_TEST

START_TEST(pair_that_comes_back_begins_anew)
{
	struct idle_sa old = sa(2, 7, 100), new = sa(2, 9, 0);

	look(NOW, 1, &old);
	look(NOW + 1000, 0, NULL);
	ck_assert_str_eq(look(NOW + TIMEOUT, 1, &new), "");
	ck_assert_str_eq(look(NOW + 2 * TIMEOUT, 1, &new), "2");
}
END_TEST

START_TEST(pairs_are_told_apart_in_whatever_order_they_come)
{
	struct idle_sa sas[] = {sa(5, 7, 1), sa(2, 7, 1), sa(3, 7, 1), sa(2, 6, 1), sa(5, 6, 1)};
	struct idle_sa mixed[] = {sa(3, 7, 2), sa(5, 6, 1), sa(2, 6, 1), sa(2, 7, 1), sa(5, 7, 1)};

	look(NOW, 5, sas);
	ck_assert_str_eq(look(NOW + TIMEOUT, 5, mixed), "2 5");
	ck_assert(idle_includes(idle, pair_to(&sas[0].pair.remote)));
	ck_assert(!idle_includes(idle, pair_to(&sas[2].pair.remote)));
}
END_TEST

START_TEST(end_with_the_higher_address_is_an_interval_later)
{
	struct idle_sa theirs = sa(1, 7, 100);

	theirs.pair = (struct pair){.local = other, .remote = local};
	look(NOW, 1, &theirs);
	ck_assert_str_eq(look(NOW + TIMEOUT + INTERVAL - 1, 1, &theirs), "");
	ck_assert_str_eq(look(NOW + TIMEOUT + INTERVAL, 1, &theirs), "1");
}
END_TEST

START_TEST(looks_are_an_eighth_of_the_timeout_apart_but_no_less_than_a_second)
{
	ck_assert_uint_eq(idle_interval_ms(3600000), 450000);
	ck_assert_uint_eq(idle_interval_ms(5000), 1000);
}
END_TEST

START_TEST(nothing_is_idle_before_the_first_look)
{
	ck_assert(!idle_includes(idle, pair_to(&other)));
	ck_assert_str_eq(look(NOW, 0, NULL), "");
	ck_assert(!idle_includes(idle, pair_to(&other)));
	idle_free(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("idle", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, silent_pair_is_idle_when_the_time_is_over);
	tcase_add_loop_test(tcase, packets_of_either_direction_are_a_sign_of_life, 0, 2);
	tcase_add_test(tcase, new_sa_without_a_packet_is_no_sign_of_life);
	tcase_add_test(tcase, greeting_by_a_new_sa_is_no_sign_of_life);
	tcase_add_test(tcase, echo_that_looks_for_a_sign_of_life_is_none);
	tcase_add_test(tcase, greeting_and_echo_by_a_new_sa_are_no_sign_of_life);
	tcase_add_test(tcase, new_sa_with_packets_is_one);
	tcase_add_test(tcase, pair_that_comes_back_begins_anew);
	tcase_add_test(tcase, pairs_are_told_apart_in_whatever_order_they_come);
	tcase_add_test(tcase, end_with_the_higher_address_is_an_interval_later);
	tcase_add_test(tcase, looks_are_an_eighth_of_the_timeout_apart_but_no_less_than_a_second);
	tcase_add_test(tcase, nothing_is_idle_before_the_first_look);
	return test_run(suite);
}
