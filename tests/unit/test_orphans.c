/* SPDX-License-Identifier: MIT */
#include "xfrmd/sad/orphans.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

/* Every test runs from this time on; the machine itself has no clock. */
#define NOW 1000000u

static struct orphans *orphans;
/* The kernel. */
static struct orphan_sa sas[64];
static size_t sa_count;

static struct addr numbered(unsigned host)
{
	char text[ADDR_TEXT_MAX];
	struct addr addr;

	snprintf(text, sizeof(text), "10.0.1.%u", host);
	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return addr;
}

static void install(unsigned peer, bool outbound, uint32_t spi, int64_t installed)
{
	sas[sa_count++] =
		(struct orphan_sa){.pair = {.local = numbered(1), .remote = numbered(peer)},
	                           .outbound = outbound,
	                           .spi = spi,
	                           .installed = installed};
}

/* Inbound 0x10 + @number, outbound 0x20 + @number. */
static void install_pair(unsigned peer, unsigned number)
{
	install(peer, false, 0x10 + number, 100 + number);
	install(peer, true, 0x20 + number, 100 + number);
}

static struct orphan_sa *kernel_find(uint32_t spi)
{
	for (size_t i = 0; i < sa_count; i++) {
		if (sas[i].spi == spi)
			return &sas[i];
	}
	return NULL;
}

static void kernel_delete(uint32_t spi)
{
	struct orphan_sa *sa = kernel_find(spi);

	ck_assert_ptr_nonnull(sa);
	*sa = sas[--sa_count];
}

static void begin(void)
{
	struct orphan_sa copy[64];

	memcpy(copy, sas, sizeof(copy));
	ck_assert_int_eq(orphans_begin(orphans, copy, sa_count), 0);
}

static void claim(unsigned peer, bool outbound, uint32_t spi)
{
	const struct pair pair = {.local = numbered(1), .remote = numbered(peer)};

	orphans_claim(orphans, &pair, outbound, spi);
}

/* One look; the SPIs of those that are doomed, which the kernel then loses. */
static const char *look(uint64_t now_ms)
{
	static char line[256];
	struct orphan_sa copy[64];
	const struct orphan *list;
	size_t count, used = 0;

	memcpy(copy, sas, sizeof(copy));
	orphans_look(orphans, copy, sa_count, now_ms);
	list = orphans_list(orphans, &count);
	line[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (!list[i].doomed)
			continue;
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%" PRIx32,
		                         used ? " " : "", list[i].sa.spi);
		kernel_delete(list[i].sa.spi);
	}
	return line;
}

static size_t orphan_count(void)
{
	size_t count;

	orphans_list(orphans, &count);
	return count;
}

static void set_up(void)
{
	ck_assert_int_eq(orphans_new(&orphans), 0);
	sa_count = 0;
}

static void tear_down(void)
{
	orphans_free(orphans);
	orphans = NULL;
}

START_TEST(orphans_go_one_by_one_once_they_are_replaced)
{
	install_pair(2, 0);
	begin();
	orphans_on_listed(orphans, NOW);
	install_pair(2, 1);
	ck_assert_uint_eq(orphans_next_ms(orphans), NOW + ORPHANS_LOOK_MS);
	ck_assert_str_eq(look(NOW + 1000), "");
	ck_assert_uint_eq(orphans_next_ms(orphans), NOW + 2000);
	ck_assert_str_eq(look(NOW + 2000), "20");
	ck_assert_str_eq(look(NOW + 3000), "");
	ck_assert_str_eq(look(NOW + 1000 + ORPHANS_INBOUND_MS - 1), "");
	ck_assert_str_eq(look(NOW + 1000 + ORPHANS_INBOUND_MS), "10");
	ck_assert_str_eq(look(NOW + 9000), "");
	ck_assert_uint_eq(orphan_count(), 0);
	ck_assert_uint_eq(orphans_next_ms(orphans), UINT64_MAX);
	ck_assert_uint_eq(sa_count, 2);
}
END_TEST

START_TEST(orphans_in_use_stay_until_they_are_not)
{
	install_pair(2, 0);
	begin();
	orphans_on_listed(orphans, NOW);
	install_pair(2, 1);
	for (unsigned second = 1; second < 60; second++) {
		kernel_find(0x10)->packets++;
		kernel_find(0x20)->packets++;
		ck_assert_str_eq(look(NOW + second * 1000), "");
	}
	kernel_find(0x20)->packets++;
	ck_assert_str_eq(look(NOW + 60000), "10");
	ck_assert_str_eq(look(NOW + 61000), "20");
}
END_TEST

START_TEST(orphans_without_replacement_stay)
{
	install_pair(2, 0);
	install_pair(3, 5);
	begin();
	orphans_on_listed(orphans, NOW);
	ck_assert_str_eq(look(NOW + 1000), "");
	ck_assert_uint_eq(orphans_next_ms(orphans), UINT64_MAX);
	ck_assert_str_eq(look(NOW + 100000), "");
	ck_assert_uint_eq(orphan_count(), 4);
}
END_TEST

START_TEST(orphans_need_a_replacement_in_both_directions)
{
	install_pair(2, 0);
	begin();
	orphans_on_listed(orphans, NOW);
	install(2, _i, 0x77, 200);
	for (unsigned second = 1; second < 20; second++)
		ck_assert_str_eq(look(NOW + second * 1000), "");
}
END_TEST

START_TEST(orphans_replacement_of_another_peer_does_not_count)
{
	install_pair(2, 0);
	begin();
	orphans_on_listed(orphans, NOW);
	install_pair(3, 1);
	for (unsigned second = 1; second < 20; second++)
		ck_assert_str_eq(look(NOW + second * 1000), "");
}
END_TEST

START_TEST(orphans_replacement_that_ended_does_not_count)
{
	install_pair(2, 0);
	begin();
	orphans_on_listed(orphans, NOW);
	install_pair(2, 1);
	ck_assert_str_eq(look(NOW + 1000), "");
	kernel_delete(0x21);
	ck_assert_str_eq(look(NOW + 2000), "");
	install_pair(2, 2);
	ck_assert_str_eq(look(NOW + 3000), "");
	ck_assert_str_eq(look(NOW + 4000), "20");
}
END_TEST

START_TEST(orphans_are_never_what_charon_lists)
{
	install_pair(2, 0);
	install_pair(3, 1);
	begin();
	claim(2, false, 0x10);
	claim(2, true, 0x20);
	claim(4, true, 0x99);
	orphans_on_listed(orphans, NOW);
	ck_assert_uint_eq(orphan_count(), 2);
	install_pair(2, 3);
	install_pair(3, 4);
	look(NOW + 1000);
	ck_assert_str_eq(look(NOW + 10000), "11 21");
	ck_assert_ptr_nonnull(kernel_find(0x10));
}
END_TEST

START_TEST(orphans_left_beside_what_charon_lists_go)
{
	install_pair(2, 0);
	install_pair(2, 1);
	begin();
	claim(2, false, 0x11);
	claim(2, true, 0x21);
	orphans_on_listed(orphans, NOW);
	ck_assert_uint_eq(orphans_next_ms(orphans), NOW + ORPHANS_LOOK_MS);
	ck_assert_str_eq(look(NOW + 1000), "");
	ck_assert_str_eq(look(NOW + 2000), "20");
	ck_assert_str_eq(look(NOW + 9000), "10");
}
END_TEST

START_TEST(orphans_are_unknown_until_charon_has_listed_its_own)
{
	install_pair(2, 0);
	install_pair(2, 1);
	begin();
	orphans_on_change(orphans, NOW);
	ck_assert_uint_eq(orphans_next_ms(orphans), UINT64_MAX);
	look(NOW);
	ck_assert_str_eq(look(NOW + 10000), "");
	orphans_clear(orphans);
	orphans_on_listed(orphans, NOW);
	ck_assert_uint_eq(orphan_count(), 0);
	ck_assert_uint_eq(orphans_next_ms(orphans), UINT64_MAX);
}
END_TEST

START_TEST(orphans_whose_spi_was_given_away_again_are_none)
{
	install_pair(2, 0);
	begin();
	orphans_on_listed(orphans, NOW);
	kernel_find(0x20)->installed = 500;
	install(2, false, 0x77, 500);
	look(NOW + 1000);
	ck_assert_uint_eq(orphan_count(), 1);
	ck_assert_str_eq(look(NOW + 20000), "10");
}
END_TEST

START_TEST(orphans_of_all_earlier_charons_are_orphans)
{
	install_pair(2, 0);
	begin();
	orphans_on_listed(orphans, NOW);
	install_pair(2, 1);
	begin();
	orphans_on_listed(orphans, NOW + 500);
	ck_assert_uint_eq(orphan_count(), 4);
	look(NOW + 1500);
	ck_assert_uint_eq(orphans_next_ms(orphans), UINT64_MAX);
	install_pair(2, 2);
	orphans_on_change(orphans, NOW + 2000);
	orphans_on_change(orphans, NOW + 2500);
	ck_assert_uint_eq(orphans_next_ms(orphans), NOW + 3000);
	look(NOW + 3000);
	ck_assert_str_eq(look(NOW + 4000), "20 21");
	ck_assert_str_eq(look(NOW + 8000), "10 11");
	ck_assert_uint_eq(sa_count, 2);
}
END_TEST

START_TEST(orphans_of_an_empty_kernel_are_none)
{
	begin();
	orphans_on_listed(orphans, NOW);
	orphans_on_change(orphans, NOW);
	ck_assert_uint_eq(orphans_next_ms(orphans), UINT64_MAX);
	ck_assert_str_eq(look(NOW), "");
	orphans_free(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("orphans", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, orphans_go_one_by_one_once_they_are_replaced);
	tcase_add_test(tcase, orphans_in_use_stay_until_they_are_not);
	tcase_add_test(tcase, orphans_without_replacement_stay);
	tcase_add_loop_test(tcase, orphans_need_a_replacement_in_both_directions, 0, 2);
	tcase_add_test(tcase, orphans_replacement_of_another_peer_does_not_count);
	tcase_add_test(tcase, orphans_replacement_that_ended_does_not_count);
	tcase_add_test(tcase, orphans_are_never_what_charon_lists);
	tcase_add_test(tcase, orphans_left_beside_what_charon_lists_go);
	tcase_add_test(tcase, orphans_are_unknown_until_charon_has_listed_its_own);
	tcase_add_test(tcase, orphans_whose_spi_was_given_away_again_are_none);
	tcase_add_test(tcase, orphans_of_all_earlier_charons_are_orphans);
	tcase_add_test(tcase, orphans_of_an_empty_kernel_are_none);
	return test_run(suite);
}
