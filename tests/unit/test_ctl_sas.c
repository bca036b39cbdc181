/* SPDX-License-Identifier: MIT */
#include "xfrmd/ctl/ctl_sas.h"

#include <string.h>

#include "test.h"

#define REQID 7

static struct addr local, remote;

static void setup(void)
{
	ck_assert_int_eq(addr_parse("10.0.1.1", &local), 0);
	ck_assert_int_eq(addr_parse("10.0.1.2", &remote), 0);
}

/* Tests count SAs from 1 on; 0 is a larval one. */
#define SPI 0xc0000000

static struct sa sa_of(bool out, uint32_t number, int64_t installed)
{
	return (struct sa){
		.src = out ? local : remote,
		.dst = out ? remote : local,
		.spi = number ? SPI + number : 1,
		.reqid = REQID,
		.proto = IPPROTO_ESP,
		.bytes = number * 10,
		.packets = number,
		.installed = installed,
		.rekey = installed + 100,
		.algorithm = "aes",
	};
}

/* Sorts @sas; the caller frees. */
static struct ctl_sa *pairs_of(struct sa *sas, size_t count, size_t *ret_count)
{
	const struct pair pair = {.local = local, .remote = remote};
	struct ctl_sa *pairs;

	ctl_sas_sort(sas, count);
	ck_assert_int_eq(ctl_sas_of(sas, count, REQID, &pair, &pairs, ret_count), 0);
	return pairs;
}

START_TEST(outbound_is_paired_with_the_inbound_made_with_it)
{
	struct sa sas[] = {
		sa_of(true, 2, 200),
		sa_of(false, 20, 201),
		sa_of(false, 10, 100),
		sa_of(true, 1, 100),
	};
	size_t count;
	struct ctl_sa *pairs = pairs_of(sas, 4, &count);

	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(pairs[0].spi_out, SPI + 1);
	ck_assert_uint_eq(pairs[0].spi_in, SPI + 10);
	ck_assert_uint_eq(pairs[0].bytes_in, 100);
	ck_assert_uint_eq(pairs[0].packets_in, 10);
	ck_assert_uint_eq(pairs[0].bytes_out, 10);
	ck_assert_uint_eq(pairs[0].packets_out, 1);
	ck_assert_int_eq(pairs[0].installed, 100);
	ck_assert_int_eq(pairs[0].rekey, 200);
	ck_assert_str_eq(pairs[0].algorithm, "aes");
	ck_assert_uint_eq(pairs[1].spi_out, SPI + 2);
	ck_assert_uint_eq(pairs[1].spi_in, SPI + 20);
	free(pairs);
}
END_TEST

START_TEST(pairs_of_one_second_have_each_their_own_inbound)
{
	struct sa sas[] = {sa_of(true, 1, 100),   sa_of(true, 2, 100),   sa_of(true, 3, 101),
	                   sa_of(false, 10, 100), sa_of(false, 20, 100), sa_of(false, 30, 101)};
	size_t count;
	struct ctl_sa *pairs = pairs_of(sas, 6, &count);

	ck_assert_uint_eq(count, 3);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_uint_eq(pairs[i].spi_in, SPI + 10 * (i + 1));
	free(pairs);
}
END_TEST

START_TEST(outbound_alone_is_half_a_pair)
{
	struct sa sas[] = {sa_of(true, 1, 100)};
	size_t count;
	struct ctl_sa *pairs = pairs_of(sas, 1, &count);

	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(pairs[0].spi_in, 0);
	free(pairs);
}
END_TEST

START_TEST(larval_and_foreign_sas_do_not_count)
{
	struct sa sas[] = {
		sa_of(true, 0, 100), sa_of(true, 1, 100),  sa_of(true, 2, 100),
		sa_of(true, 3, 100), sa_of(false, 4, 100), sa_of(false, 0, 100),
	};
	size_t count;
	struct ctl_sa *pairs;

	sas[1].reqid = REQID + 1;
	sas[2].proto = IPPROTO_AH;
	sas[4].reqid = REQID + 1;
	pairs = pairs_of(sas, 6, &count);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(pairs[0].spi_out, SPI + 3);
	ck_assert_uint_eq(pairs[0].spi_in, 0);
	free(pairs);
}
END_TEST

START_TEST(sas_of_other_addresses_stay_out_wherever_they_are_sorted)
{
	struct sa sas[3 * 254];
	size_t count = 0, pair_count;
	struct ctl_sa *pairs;

	for (uint8_t host = 1; host < 255; host++) {
		for (size_t i = 0; i < 3; i++) {
			struct sa *sa = &sas[count++];

			*sa = sa_of(i > 0, host, 100);
			if (i == 0)
				sa->src.bytes[3] = host;
			else
				sa->dst.bytes[3] = host;
		}
	}
	pairs = pairs_of(sas, count, &pair_count);
	ck_assert_uint_eq(pair_count, 2);
	ck_assert_uint_eq(pairs[0].spi_out, SPI + 2);
	/* one is in one pair */
	ck_assert_uint_eq(pairs[0].spi_in, SPI + 2);
	ck_assert_uint_eq(pairs[1].spi_in, 0);
	free(pairs);
	pairs = pairs_of(NULL, 0, &pair_count);
	ck_assert_uint_eq(pair_count, 0);
	free(pairs);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("ctl_sas", &tests);

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, outbound_is_paired_with_the_inbound_made_with_it);
	tcase_add_test(tests, pairs_of_one_second_have_each_their_own_inbound);
	tcase_add_test(tests, outbound_alone_is_half_a_pair);
	tcase_add_test(tests, larval_and_foreign_sas_do_not_count);
	tcase_add_test(tests, sas_of_other_addresses_stay_out_wherever_they_are_sorted);
	return test_run(suite);
}
