/* SPDX-License-Identifier: MIT */
/* As many hosts and SAs as there may be, and memory that is out. */
#include <errno.h>
#include <time.h>

#include "hosts_fixture.h"

/* Go at once to make room. */
#define AT_ONCE 32

/* First contacts whose SAs were pinned by a change of mode, and whose packets are still queued. */
START_TEST(hosts_make_room_for_all_that_are_queued)
{
	for (size_t host = 2; host < 2 + 20; host++) {
		acquire(host, NOW);
		new_sa(host, 5, NOW);
	}
	hosts_set_mode(hosts, HOSTS_MODE_DROP);
	hosts_set_mode(hosts, HOSTS_MODE_HOLD);
	acquire(90, NOW);
	host_actions_fini(&actions);
	up(90, 5, NOW + 1);
	ck_assert_uint_eq(actions.count, 1 + 1 + 21);
}
END_TEST

START_TEST(hosts_forget_the_oldest_of_too_many_sas_but_the_pinned_one)
{
	up(2, 1, NOW);
	for (uint32_t spi = 2; spi <= HOSTS_CHILDREN_MAX + 2; spi++)
		new_sa(2, spi, NOW);
	ck_assert_str_eq(take_actions(), "hold 2, pin 2 1, end 2, greet 2");
	/* 2 and 3 are forgotten: when all others are gone nothing is left. */
	for (uint32_t spi = 4; spi <= HOSTS_CHILDREN_MAX + 2; spi++)
		sa_gone(2, spi, NOW);
	ck_assert_str_eq(take_actions(), "");
	sa_gone(2, 1, NOW);
	ck_assert_str_eq(take_actions(), "hold 2");
}
END_TEST

START_TEST(hosts_sync_takes_the_newest_of_too_many_sas)
{
	struct host_sa sas[HOSTS_CHILDREN_MAX + 2];

	for (uint32_t i = 0; i < HOSTS_CHILDREN_MAX + 2; i++)
		sas[i] = sa_of(2, i + 1);
	hosts_sync(hosts, sas, HOSTS_CHILDREN_MAX + 2, NOW, &actions);
	ck_assert_str_eq(take_actions(), "pin 2 18, refresh 2");
	hosts_sync(hosts, sas, HOSTS_CHILDREN_MAX + 2, NOW, &actions);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

START_TEST(hosts_restored_beyond_the_bound_are_left_out)
{
	for (size_t i = 0; i < MAX; i++)
		ck_assert_int_eq(restore(i, 0, false), 0);
	ck_assert_int_eq(restore(MAX, 0, false), 0);
	ck_assert_uint_eq(count_known(), MAX);
	ck_assert_ptr_null(find(MAX));
}
END_TEST

START_TEST(hosts_beyond_the_bound_replace_those_that_were_silent_longest)
{
	for (size_t i = 0; i < MAX; i++)
		make_known(i, NOW + i);
	/* The oldest are 0, in use again, and 1, just acquired. */
	up(0, 5, NOW + 5000);
	acquire(1, NOW + 5000);
	ck_assert_str_eq(take_actions(), "pin 0 5, end 0, greet 0");
	acquire(MAX, NOW + 5001);
	ck_assert_str_eq(take_actions(), "hold 4096");
	acquire(MAX + 1, NOW + 5002);
	ck_assert_uint_eq(actions.count, 2 * AT_ONCE + 1);
	actions.count = 0;
	ck_assert_uint_eq(count_known(), MAX + 2 - AT_ONCE);
	for (size_t i = 0; i < 2 + AT_ONCE; i++)
		ck_assert_int_eq(find(i) != NULL, i < 2);
	ck_assert_ptr_nonnull(find(2 + AT_ONCE));
	/* One that lost its SA is as old as that. */
	sa_gone(0, 5, NOW + 5003);
	for (size_t i = MAX + 2; count_known() < MAX; i++)
		acquire(i, NOW + 5004);
	actions.count = 0;
	acquire(2, NOW + 5005);
	failed(2, NOW + 5005);
	ck_assert_uint_eq(actions.count, 2 * AT_ONCE + 3);
	for (size_t i = 0; i < 2 + 2 * AT_ONCE; i++)
		ck_assert_int_eq(find(i) != NULL, i < 3);
}
END_TEST

START_TEST(hosts_with_an_sa_have_no_bound)
{
	for (size_t i = 0; i < MAX; i++)
		up(i, 5, NOW);
	actions.count = 0;
	new_sa(MAX, 5, NOW);
	acquire(MAX + 1, NOW);
	up(MAX + 1, 5, NOW + 1);
	ck_assert_str_eq(take_actions(),
	                 "hold 4096, hold 4097, pin 4097 5, end 4097, refresh 4097");
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "pin 4096 5, end 4096");
	ck_assert_uint_eq(count_known(), MAX + 2);
}
END_TEST

START_TEST(hosts_sync_knows_all_that_have_sas)
{
	static struct host_sa sas[MAX + 1];

	for (size_t i = 0; i < MAX; i++)
		up(i, 5, NOW);
	actions.count = 0;
	/* 7 has lost its SA, and there are two new ones. */
	for (size_t i = 0; i <= MAX; i++)
		sas[i] = sa_of(MAX + 1 - i, i < 2 ? 9 : 5);
	sas[MAX + 1 - 7] = sa_of(0, 5);
	hosts_sync(hosts, sas, MAX + 1, NOW, &actions);
	ck_assert_str_eq(take_actions(),
	                 "hold 7, pin 4096 9, refresh 4096, pin 4097 9, refresh 4097");
	ck_assert_uint_eq(count_known(), MAX + 2);
}
END_TEST

START_TEST(hosts_beyond_the_bound_forget_the_first_contact_that_asked_first)
{
	for (size_t i = 0; i < MAX; i++)
		acquire(i, NOW + (i > 0));
	actions.count = 0;
	acquire(MAX, NOW + 2);
	actions.count = 0;
	failed(0, NOW + 100);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + 2 + SILENT);
	ck_assert_uint_eq(count_known(), MAX + 1 - AT_ONCE);
	for (size_t i = AT_ONCE; i <= MAX; i++)
		ck_assert_int_eq(find(i)->blocked, true);
}
END_TEST

START_TEST(hosts_sync_makes_up_for_what_failed_without_memory)
{
	const struct host_sa sas[] = {sa_of(2, 5)};

	host_actions_fini(&actions);
	memory_is_out = true;
	new_sa(2, 5, NOW);
	ck_assert_int_eq(actions.out_of_memory, true);
	acquire(2, NOW);
	ck_assert_uint_eq(count_known(), 0);
	hosts_sync(hosts, sas, 1, NOW, &actions);
	ck_assert_uint_eq(actions.count, 0);
	memory_is_out = false;
	hosts_sync(hosts, sas, 1, NOW, &actions);
	ck_assert_str_eq(take_actions(), "pin 2 5, refresh 2");
	host_actions_fini(&actions);
	memory_is_out = true;
	sa_gone(2, 5, NOW);
	fresh_sas(2, 6, true, NOW);
	ck_assert_uint_eq(find(2)->spi, SPI + 5);
	memory_is_out = false;
	hosts_sync(hosts, NULL, 0, NOW, &actions);
	ck_assert_str_eq(take_actions(), "hold 2");
}
END_TEST

START_TEST(hosts_timer_without_memory_tries_again_soon)
{
	up(2, 5, NOW);
	new_sa(2, 6, NOW);
	host_actions_fini(&actions);
	memory_is_out = true;
	hosts_on_timer(hosts, NOW + SETTLE, &actions);
	ck_assert_int_eq(actions.out_of_memory, true);
	ck_assert_uint_eq(hosts_next_ms(hosts), NOW + SETTLE + RETRY);
	memory_is_out = false;
	pass_time(NOW + SETTLE + RETRY);
	ck_assert_str_eq(take_actions(), "pin 2 6");
}
END_TEST

START_TEST(hosts_without_memory_for_an_entry_say_so)
{
	unsigned kept = 0;

	/* Leaves room for actions, and then none for one more host. */
	for (size_t i = 0; i < 16; i++)
		make_known(i, NOW);
	memory_is_out = true;
	acquire(20, NOW);
	ck_assert_int_eq(actions.out_of_memory, true);
	actions.out_of_memory = false;
	new_sa(20, 5, NOW);
	ck_assert_int_eq(actions.out_of_memory, true);
	ck_assert_str_eq(take_actions(), "");
	ck_assert_int_eq(restore(20, 0, false), -ENOMEM);
	ck_assert_uint_eq(count_known(), 16);
	hosts_retain(hosts, keep_some, &kept);
	ck_assert_int_eq(restore(20, 0, false), 0);
}
END_TEST

START_TEST(hosts_are_fast_with_all_of_them_changing)
{
	clock_t start = clock();
	double seconds;

	for (size_t i = 0; i < 10000; i++) {
		size_t host = i * 2654435761u % 9973;

		if (i % 3)
			new_sa(host, (uint32_t)i, NOW + i);
		else
			acquire(host, NOW + i);
		if (i % 2)
			sa_gone(host, (uint32_t)i, NOW + i);
		pass_time(NOW + i);
		actions.count = 0;
	}
	seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
	ck_assert_uint_gt(count_known(), MAX);
	fprintf(stderr, "10,000 events took %.3f s\n", seconds);
	/* A tenth of a second; wide enough for valgrind. */
	ck_assert_double_lt(seconds, 15);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("hosts_bounds", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, hosts_make_room_for_all_that_are_queued);
	tcase_add_test(tcase, hosts_forget_the_oldest_of_too_many_sas_but_the_pinned_one);
	tcase_add_test(tcase, hosts_sync_takes_the_newest_of_too_many_sas);
	tcase_add_test(tcase, hosts_restored_beyond_the_bound_are_left_out);
	tcase_add_test(tcase, hosts_beyond_the_bound_replace_those_that_were_silent_longest);
	tcase_add_test(tcase, hosts_with_an_sa_have_no_bound);
	tcase_add_test(tcase, hosts_sync_knows_all_that_have_sas);
	tcase_add_test(tcase, hosts_beyond_the_bound_forget_the_first_contact_that_asked_first);
	tcase_add_test(tcase, hosts_sync_makes_up_for_what_failed_without_memory);
	tcase_add_test(tcase, hosts_timer_without_memory_tries_again_soon);
	tcase_add_test(tcase, hosts_without_memory_for_an_entry_say_so);
	tcase_add_test(tcase, hosts_are_fast_with_all_of_them_changing);
	return test_run(suite);
}
