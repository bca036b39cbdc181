/* SPDX-License-Identifier: MIT */
#include "xfrmd/sad/traffic.h"

#include "test.h"

static struct traffic *traffic;

static void setup(void)
{
	ck_assert_int_eq(traffic_new(&traffic), 0);
}

static void teardown(void)
{
	traffic_free(traffic);
}

static struct traffic_sa sa(uint32_t spi, uint64_t packets)
{
	struct traffic_sa sa = {
		.spi = spi, .out = spi < 100, .packets = packets, .bytes = 100 * packets};

	ck_assert_int_eq(addr_parse("10.0.0.2", &sa.dst), 0);
	return sa;
}

/* Lists up to three, in any order; spi 0: none. */
static void list(struct traffic_sa a, struct traffic_sa b, struct traffic_sa c)
{
	struct traffic_sa sas[3];
	size_t count = 0;

	if (c.spi)
		sas[count++] = c;
	if (b.spi)
		sas[count++] = b;
	if (a.spi)
		sas[count++] = a;
	ck_assert_int_eq(traffic_on_list(traffic, sas, count), 0);
}

static void assert_total(bool out, uint64_t packets)
{
	ck_assert_uint_eq(traffic_total(traffic, out).packets, packets);
	ck_assert_uint_eq(traffic_total(traffic, out).bytes, 100 * packets);
}

START_TEST(what_was_carried_before_the_start_does_not_count)
{
	list(sa(1, 50), sa(2, 7), sa(101, 9));
	assert_total(true, 0);
	assert_total(false, 0);
	list(sa(1, 52), sa(2, 7), sa(101, 10));
	assert_total(true, 2);
	assert_total(false, 1);
}
END_TEST

START_TEST(new_sas_count_in_full)
{
	list(sa(1, 50), sa(0, 0), sa(0, 0));
	list(sa(1, 50), sa(2, 3), sa(101, 4));
	assert_total(true, 3);
	assert_total(false, 4);
}
END_TEST

START_TEST(the_end_of_an_sa_takes_nothing_away)
{
	list(sa(0, 0), sa(0, 0), sa(0, 0));
	list(sa(1, 10), sa(2, 5), sa(0, 0));
	traffic_on_gone(traffic, &(struct traffic_sa){0});
	{
		struct traffic_sa gone = sa(1, 12), unseen = sa(3, 4);

		traffic_on_gone(traffic, &gone);
		traffic_on_gone(traffic, &unseen);
	}
	assert_total(true, 21);
	list(sa(2, 6), sa(0, 0), sa(0, 0));
	assert_total(true, 22);
}
END_TEST

START_TEST(a_flush_keeps_what_was_seen)
{
	list(sa(0, 0), sa(0, 0), sa(0, 0));
	list(sa(1, 10), sa(101, 20), sa(0, 0));
	list(sa(0, 0), sa(0, 0), sa(0, 0));
	assert_total(true, 10);
	assert_total(false, 20);
}
END_TEST

START_TEST(another_sa_with_the_same_spi_counts_in_full)
{
	list(sa(1, 10), sa(0, 0), sa(0, 0));
	list(sa(1, 4), sa(0, 0), sa(0, 0));
	assert_total(true, 4);
}
END_TEST

START_TEST(the_end_of_an_adopted_sa_before_the_first_list_does_not_count)
{
	struct traffic_sa gone = sa(1, 12);

	traffic_on_gone(traffic, &gone);
	assert_total(true, 0);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("traffic", &tcase);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_was_carried_before_the_start_does_not_count);
	tcase_add_test(tcase, new_sas_count_in_full);
	tcase_add_test(tcase, the_end_of_an_sa_takes_nothing_away);
	tcase_add_test(tcase, a_flush_keeps_what_was_seen);
	tcase_add_test(tcase, another_sa_with_the_same_spi_counts_in_full);
	tcase_add_test(tcase, the_end_of_an_adopted_sa_before_the_first_list_does_not_count);
	return test_run(suite);
}
