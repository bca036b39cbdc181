/* SPDX-License-Identifier: MIT */
#include "xfrmd/sad/sa.h"

#include "test.h"

#define REQID 30007

static struct pair pair;

static void set_up(void)
{
	ck_assert_int_eq(addr_parse("10.0.1.1", &pair.local), 0);
	ck_assert_int_eq(addr_parse("10.0.1.2", &pair.remote), 0);
}

/* What SAs there are, and what each of them is. */
static const struct {
	uint32_t spi, reqid;
	uint8_t proto;
	bool negotiated, ours, larval;
} kinds[] = {
	{0xc0000001, REQID, IPPROTO_ESP, true, true, false},
	{256, REQID, IPPROTO_ESP, true, true, false},
	{255, REQID, IPPROTO_ESP, false, false, true},
	{0, REQID, IPPROTO_ESP, false, false, true},
	{0xc0000001, REQID + 1, IPPROTO_ESP, true, false, false},
	{0, REQID + 1, IPPROTO_ESP, false, false, false},
	{0xc0000001, REQID, IPPROTO_AH, false, false, false},
	{0, REQID, IPPROTO_AH, false, false, false},
};

START_TEST(sa_is_told_by_protocol_spi_and_reqid)
{
	struct sa sa = sa_key(&pair, true, kinds[_i].spi);

	sa.proto = kinds[_i].proto;
	sa.reqid = kinds[_i].reqid;
	ck_assert_int_eq(sa_is_negotiated(&sa), kinds[_i].negotiated);
	ck_assert_int_eq(sa_is_ours(&sa, REQID), kinds[_i].ours);
	ck_assert_int_eq(sa_is_larval(&sa, REQID), kinds[_i].larval);
}
END_TEST

START_TEST(sa_has_an_algorithm_when_it_has_keys)
{
	struct sa sa = sa_key(&pair, true, 0xc0000001);

	ck_assert(!sa_has_keys(&sa));
	sa.algorithm[0] = 'x';
	ck_assert(sa_has_keys(&sa));
}
END_TEST

START_TEST(sa_key_and_pair_are_each_other_reversed)
{
	for (int outbound = 0; outbound < 2; outbound++) {
		struct sa sa = sa_key(&pair, outbound, 7);
		struct pair found = sa_pair(&sa, outbound);

		ck_assert(pair_equal(&found, &pair));
		ck_assert(addr_equal(outbound ? &sa.src : &sa.dst, &pair.local));
		ck_assert(sa_goes(&sa, &pair, outbound));
		ck_assert(!sa_goes(&sa, &pair, !outbound));
		ck_assert_uint_eq(sa.spi, 7);
		ck_assert_uint_eq(sa.proto, IPPROTO_ESP);
	}
}
END_TEST

static bool knows(void *ctx, const struct pair *asked)
{
	return pair_equal(ctx, asked);
}

START_TEST(sa_is_of_the_pair_that_is_known)
{
	struct pair unknown = {.local = pair.local, .remote = pair.local}, found;
	struct sa out = sa_key(&pair, true, 256), in = sa_key(&pair, false, 256);
	bool outbound;

	ck_assert(sa_find_pair(&out, knows, &pair, &found, &outbound));
	ck_assert(outbound);
	ck_assert(pair_equal(&found, &pair));
	ck_assert(sa_find_pair(&in, knows, &pair, &found, &outbound));
	ck_assert(!outbound);
	ck_assert(pair_equal(&found, &pair));
	ck_assert(!sa_find_pair(&in, knows, &unknown, &found, &outbound));
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("sa", &tcase);

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_loop_test(tcase, sa_is_told_by_protocol_spi_and_reqid, 0,
	                    sizeof(kinds) / sizeof(kinds[0]));
	tcase_add_test(tcase, sa_has_an_algorithm_when_it_has_keys);
	tcase_add_test(tcase, sa_key_and_pair_are_each_other_reversed);
	tcase_add_test(tcase, sa_is_of_the_pair_that_is_known);
	return test_run(suite);
}
