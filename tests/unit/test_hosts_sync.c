/* SPDX-License-Identifier: MIT */
/* What is found rather than told: the kernel's list of SAs, policies of before, modes, addresses. */
#include "hosts_fixture.h"

START_TEST(hosts_sync_does_only_what_changed)
{
	const struct host_sa sas[] = {sa_of(7, 70), sa_of(2, 20), sa_of(4, 41), sa_of(6, 0),
	                              sa_of(3, 30), sa_of(7, 71), sa_of(3, 31), sa_of(4, 42),
	                              sa_of(8, 80), sa_of(2, 0)};

	up(2, 20, NOW);
	up(3, 30, NOW);
	up(4, 40, NOW);
	up(5, 50, NOW);
	make_known(8, NOW);
	acquire(7, NOW);
	actions.count = 0;
	hosts_sync(hosts, sas, sizeof(sas) / sizeof(sas[0]), NOW + 10, &actions);
	ck_assert_str_eq(take_actions(),
	                 "pin 4 42, hold 5, pin 7 71, end 7, refresh 7, pin 8 80, end 8");
	ck_assert_ptr_null(find(6));
	pass_time(NOW + 10 + HOSTS_GRACE_MS - 1);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + 10 + HOSTS_GRACE_MS);
	ck_assert_str_eq(take_actions(), "pin 3 31");
	hosts_sync(hosts, sas, sizeof(sas) / sizeof(sas[0]), NOW + 2000, &actions);
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "");
	hosts_sync(hosts, NULL, 0, NOW + 9999, &actions);
	ck_assert_str_eq(take_actions(), "hold 2, hold 3, hold 4, hold 7, hold 8");
}
END_TEST

START_TEST(hosts_sync_leaves_the_silent_blocked)
{
	acquire(2, NOW);
	failed(2, NOW);
	ck_assert_str_eq(take_actions(), "hold 2, block 2, refresh 2");
	hosts_sync(hosts, NULL, 0, NOW, &actions);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + PROBE);
	ck_assert_str_eq(take_actions(), "probe 2");
}
END_TEST

START_TEST(hosts_sync_leaves_those_that_wait_for_the_peer)
{
	const struct host_sa sas[] = {sa_of(2, 20)};

	acquire(2, NOW);
	new_sa(2, 20, NOW);
	ck_assert_str_eq(take_actions(), "hold 2");
	hosts_sync(hosts, sas, 1, NOW + 1, &actions);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + WAIT);
	ck_assert_str_eq(take_actions(), "pin 2 20, end 2, refresh 2");
}
END_TEST

START_TEST(hosts_sync_ends_the_wait_for_a_peer_whose_sa_is_gone)
{
	acquire(2, NOW);
	new_sa(2, 20, NOW);
	acquire(2, NOW);
	hosts_sync(hosts, NULL, 0, NOW + 1, &actions);
	ck_assert_str_eq(take_actions(), "hold 2, end 2, negotiate 2");
	pass_time(NOW + SILENT);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + 1 + SILENT);
	ck_assert_str_eq(take_actions(), "block 2, refresh 2");
}
END_TEST

/* The timer that would have ended the wait comes after the sync. */
START_TEST(hosts_sync_ends_a_wait_that_is_due)
{
	hosts_set_mode(hosts, HOSTS_MODE_CLEAR);
	new_sa(2, 20, NOW);
	hosts_sync(hosts, NULL, 0, NOW + HOSTS_WAIT_CLEAR_MS, &actions);
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "hold 2, end 2");
}
END_TEST

START_TEST(hosts_sync_ends_the_settle_time_of_an_sa_that_is_gone)
{
	const struct host_sa sas[] = {sa_of(2, 20)};

	up(2, 20, NOW);
	new_sa(2, 21, NOW);
	actions.count = 0;
	hosts_sync(hosts, sas, 1, NOW, &actions);
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

/* Two pairs of before our start: which of them the peer has is known when charon has listed them. */
START_TEST(hosts_restored_with_two_pairs_stay_where_they_are)
{
	const struct host_sa sas[] = {sa_of(2, 5), sa_of(2, 6)};
	struct known_host host = {.pair = pair_of(2), .spi = SPI + 5};

	ck_assert_int_eq(hosts_restore(hosts, &host, NOW), 0);
	hosts_sync(hosts, sas, 2, NOW, &actions);
	ck_assert(!hosts_goes_by_newest(hosts, 0));
	hosts_on_inbound_sa(hosts, &host.pair, SPI + 5, SPI + IN + 5, NOW + 100);
	hosts_on_inbound_sa(hosts, &host.pair, SPI + 6, SPI + IN + 6, NOW + 100);
	pass_time(NOW + 5000);
	ck_assert_str_eq(take_actions(), "listen 2 5, listen 2 6, listen 2 5, listen 2 6, "
	                                 "listen 2 5, listen 2 6, listen 2 5, listen 2 6");
	pass_time(NOW + 99999);
	ck_assert_uint_eq(find(2)->spi, SPI + 5);
}
END_TEST

START_TEST(hosts_restored_are_adopted_by_the_first_sync)
{
	const struct host_sa sas[] = {sa_of(2, 20), sa_of(4, 41)};

	ck_assert_int_eq(restore(4, SPI + 40, false), 0);
	ck_assert_int_eq(restore(3, SPI + 30, false), 0);
	ck_assert_int_eq(restore(2, SPI + 20, false), 0);
	ck_assert_int_eq(restore(5, 0, false), 0);
	ck_assert_int_eq(restore(2, SPI + 99, true), 0);
	ck_assert_uint_eq(count_known(), 4);
	ck_assert_uint_eq(find(2)->spi, SPI + 20);
	ck_assert(known_host_holds(find(5)));
	ck_assert_str_eq(take_actions(), "");
	hosts_sync(hosts, sas, 2, NOW, &actions);
	ck_assert_str_eq(take_actions(), "hold 3, pin 4 41");
	up(5, 50, NOW);
	ck_assert_str_eq(take_actions(), "pin 5 50, end 5, greet 5");
}
END_TEST

START_TEST(hosts_restored_follow_their_sas_before_the_first_sync)
{
	ck_assert_int_eq(restore(2, SPI + 20, false), 0);
	new_sa(2, 21, NOW);
	ck_assert_str_eq(take_actions(), "");
	sa_gone(2, 20, NOW);
	ck_assert_str_eq(take_actions(), "pin 2 21");
}
END_TEST

/* The larval SA of one tells whether anybody has asked lately. */
START_TEST(hosts_restored_while_waiting_wait_when_they_are_asked_for)
{
	const struct host_sa sas[] = {sa_of(3, 30)};

	ck_assert_int_eq(restore(2, 1, false), 0);
	ck_assert_int_eq(restore(3, 1, false), 0);
	ck_assert(known_host_holds(find(2)));
	hosts_sync(hosts, sas, 1, NOW, &actions);
	ck_assert_str_eq(take_actions(), "pin 3 30, end 3");
	pass_time(NOW);
	acquire_by(2, SPI_RESERVED_MAX, NOW);
	acquire_by(3, SPI_RESERVED_MAX, NOW);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + SILENT);
	ck_assert_str_eq(take_actions(), "block 2");
}
END_TEST

START_TEST(hosts_restored_while_blocked_are_probed)
{
	ck_assert_int_eq(restore(2, 0, true), 0);
	ck_assert_int_eq(find(2)->blocked, true);
	pass_time(NOW + PROBE - 1);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + PROBE);
	ck_assert_str_eq(take_actions(), "probe 2");
}
END_TEST

START_TEST(hosts_restored_while_blocked_protect_without_holding)
{
	hosts_set_mode(hosts, HOSTS_MODE_DROP);
	ck_assert_int_eq(restore(2, 0, true), 0);
	ck_assert_int_eq(find(2)->blocked, false);
}
END_TEST

START_TEST(hosts_that_drop_do_not_wait)
{
	const struct host_sa sas[] = {sa_of(2, 6), sa_of(3, 7)};

	hosts_set_mode(hosts, HOSTS_MODE_DROP);
	acquire(2, NOW);
	failed(2, NOW);
	ck_assert_uint_eq(count_known(), 0);
	new_sa(2, 5, NOW);
	new_sa(2, 6, NOW);
	sa_gone(2, 5, NOW);
	ck_assert_str_eq(take_actions(), "pin 2 5, pin 2 6");
	fresh_sas(2, 6, false, NOW);
	hosts_sync(hosts, sas, 2, NOW, &actions);
	ck_assert_str_eq(take_actions(), "pin 3 7");
	hosts_sync(hosts, sas, 1, NOW, &actions);
	ck_assert_str_eq(take_actions(), "free 3");
	acquire(3, NOW);
	failed(3, NOW);
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

START_TEST(hosts_that_go_on_in_clear_wait_for_the_peer_and_are_never_blocked)
{
	hosts_set_mode(hosts, HOSTS_MODE_CLEAR);
	acquire(2, NOW);
	failed(2, NOW);
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "hold 2");
	new_sa(2, 5, NOW + 9999);
	fresh_sas(2, 5, false, NOW + 9999);
	pass_time(NOW + 9999 + LISTEN);
	ck_assert_str_eq(take_actions(), "listen 2 5");
	heard(2, 5, NOW + 9999 + LISTEN);
	ck_assert_str_eq(take_actions(), "pin 2 5, end 2");
	acquire(2, NOW + 9999 + LISTEN);
	sa_gone(2, 5, NOW + 9999 + LISTEN);
	pass_time(NOW + 99999);
	ck_assert_str_eq(take_actions(), "hold 2, negotiate 2");
	new_sa(2, 6, NOW + 99999);
	pass_time(NOW + 99999 + HOSTS_WAIT_CLEAR_MS - 1);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + 99999 + HOSTS_WAIT_CLEAR_MS);
	ck_assert_str_eq(take_actions(), "pin 2 6, end 2");
	hosts_sync(hosts, NULL, 0, NOW + 99999, &actions);
	pass_time(NOW + 199999);
	ck_assert_str_eq(take_actions(), "hold 2");
}
END_TEST

/* Without actions: the caller writes the whole plan. */
START_TEST(hosts_follow_a_new_mode)
{
	acquire(2, NOW);
	failed(2, NOW);
	acquire(3, NOW);
	acquire(4, NOW);
	new_sa(4, 5, NOW);
	up(5, 6, NOW);
	actions.count = 0;
	hosts_set_mode(hosts, HOSTS_MODE_CLEAR);
	ck_assert(known_host_holds(find(2)) && !find(2)->blocked);
	ck_assert(known_host_holds(find(3)));
	ck_assert(known_host_holds(find(4)));
	ck_assert_uint_eq(find(5)->spi, SPI + 6);
	hosts_set_mode(hosts, HOSTS_MODE_DROP);
	ck_assert_uint_eq(find(2)->spi, 0);
	ck_assert_uint_eq(find(3)->spi, 0);
	ck_assert_uint_eq(find(4)->spi, SPI + 5);
	pass_time(NOW + 9999);
	hosts_set_mode(hosts, HOSTS_MODE_HOLD);
	ck_assert(known_host_holds(find(2)));
	pass_time(NOW + 99999);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

/* What was ready to take over is no word on which SA counts any more. */
START_TEST(hosts_that_were_ready_forget_it_in_a_new_mode)
{
	acquire(2, NOW);
	acquire(3, NOW);
	up(2, 5, NOW + 1);
	hosts_set_mode(hosts, HOSTS_MODE_CLEAR);
	new_sa(2, 6, NOW + 10);
	pass_time(NOW + 10 + HOSTS_WAIT_CLEAR_MS);
	ck_assert_uint_eq(find(2)->spi, SPI + 6);
}
END_TEST

/* An SA that is gone at the reload that brings the new mode leaves a host without an SA, which nobody
 * blocks in this mode. */
START_TEST(hosts_that_were_ready_may_lose_their_sa_in_a_new_mode)
{
	acquire(2, NOW);
	acquire(3, NOW);
	up(2, 5, NOW + 1);
	actions.count = 0;
	hosts_set_mode(hosts, HOSTS_MODE_CLEAR);
	hosts_sync(hosts, NULL, 0, NOW + 2, &actions);
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "end 2");
	ck_assert(!find(2)->blocked);
}
END_TEST

START_TEST(hosts_begin_without_holding)
{
	struct hosts *fresh;
	struct pair pair = pair_of(2);

	ck_assert_int_eq(hosts_new(&fresh), 0);
	hosts_on_acquire(fresh, &pair, 0, NOW, &actions);
	ck_assert_uint_eq(hosts_next_ms(fresh), UINT64_MAX);
	hosts_on_sa(fresh, &pair, SPI + 5, NOW, &actions);
	ck_assert_str_eq(take_actions(), "pin 2 5");
	hosts_free(fresh);
}
END_TEST

START_TEST(hosts_retain_forgets_without_actions)
{
	unsigned kept = 1u << 3 | 1u << 5;

	up(2, 20, NOW);
	up(3, 30, NOW);
	new_sa(3, 31, NOW);
	acquire(4, NOW);
	acquire(5, NOW);
	actions.count = 0;
	hosts_retain(hosts, keep_some, &kept);
	ck_assert_str_eq(take_actions(), "");
	ck_assert_uint_eq(count_known(), 2);
	pass_time(NOW + SILENT);
	ck_assert_str_eq(take_actions(), "block 5, refresh 5");
	pass_time(NOW + SETTLE);
	ck_assert_str_eq(take_actions(), "probe 5, probe 5, pin 3 31");
}
END_TEST

/* The kernel refuses two larval SAs with one SPI to one address, and drops the packet. */
static struct local_addr local_of(uint8_t byte)
{
	return (struct local_addr){.addr = {.family = AF_INET, .bytes = {10, 0, 0, byte}}};
}

static void acquire_from(uint8_t last_byte, size_t host)
{
	struct pair pair = pair_of(host);

	pair.local.bytes[3] = last_byte;
	hosts_on_acquire(hosts, &pair, 0, NOW, &actions);
}

START_TEST(hosts_with_one_remote_wait_with_different_spis)
{
	struct local_addr addrs[] = {local_of(5), local_of(6), local_of(7)};
	const struct known_host *list;
	size_t count;

	ck_assert_int_eq(hosts_set_addresses(hosts, addrs, 3), 0);
	for (uint8_t byte = 5; byte <= 7; byte++)
		acquire_from(byte, 2);
	acquire_from(5, 3);
	list = hosts_list(hosts, &count);
	ck_assert_uint_eq(count, 4);
	for (size_t i = 0; i < 3; i++) {
		ck_assert(known_host_holds(&list[i]));
		ck_assert_uint_ne(list[i].spi, list[(i + 1) % 3].spi);
	}
	ck_assert_uint_eq(list[3].spi, list[0].spi);
}
END_TEST

/* The whole plan is written after it. */
START_TEST(hosts_that_wait_take_the_spi_of_their_address)
{
	struct local_addr addrs[] = {local_of(5), local_of(6)};
	const struct known_host *list;
	uint32_t before;
	size_t count;

	acquire_from(5, 2);
	acquire_from(6, 2);
	list = hosts_list(hosts, &count);
	before = list[0].spi;
	ck_assert_uint_eq(before, list[1].spi);
	ck_assert_int_eq(hosts_set_addresses(hosts, addrs, 2), 0);
	list = hosts_list(hosts, &count);
	ck_assert_uint_ne(list[0].spi, before);
	ck_assert_uint_ne(list[0].spi, list[1].spi);
	ck_assert(known_host_holds(&list[0]) && known_host_holds(&list[1]));
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("hosts_sync", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, hosts_sync_does_only_what_changed);
	tcase_add_test(tcase, hosts_sync_leaves_the_silent_blocked);
	tcase_add_test(tcase, hosts_sync_leaves_those_that_wait_for_the_peer);
	tcase_add_test(tcase, hosts_sync_ends_the_wait_for_a_peer_whose_sa_is_gone);
	tcase_add_test(tcase, hosts_sync_ends_a_wait_that_is_due);
	tcase_add_test(tcase, hosts_sync_ends_the_settle_time_of_an_sa_that_is_gone);
	tcase_add_test(tcase, hosts_restored_with_two_pairs_stay_where_they_are);
	tcase_add_test(tcase, hosts_restored_are_adopted_by_the_first_sync);
	tcase_add_test(tcase, hosts_restored_follow_their_sas_before_the_first_sync);
	tcase_add_test(tcase, hosts_restored_while_waiting_wait_when_they_are_asked_for);
	tcase_add_test(tcase, hosts_restored_while_blocked_are_probed);
	tcase_add_test(tcase, hosts_restored_while_blocked_protect_without_holding);
	tcase_add_test(tcase, hosts_that_drop_do_not_wait);
	tcase_add_test(tcase, hosts_that_go_on_in_clear_wait_for_the_peer_and_are_never_blocked);
	tcase_add_test(tcase, hosts_follow_a_new_mode);
	tcase_add_test(tcase, hosts_that_were_ready_forget_it_in_a_new_mode);
	tcase_add_test(tcase, hosts_that_were_ready_may_lose_their_sa_in_a_new_mode);
	tcase_add_test(tcase, hosts_begin_without_holding);
	tcase_add_test(tcase, hosts_retain_forgets_without_actions);
	tcase_add_test(tcase, hosts_with_one_remote_wait_with_different_spis);
	tcase_add_test(tcase, hosts_that_wait_take_the_spi_of_their_address);
	return test_run(suite);
}
