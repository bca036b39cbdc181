/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "xfrmd/net/prefix.h"

static struct prefix parse(const char *text)
{
	struct prefix prefix;

	ck_assert_int_eq(prefix_parse(text, &prefix, NULL), 0);
	return prefix;
}

static struct addr addr(const char *text)
{
	struct addr result;

	ck_assert_int_eq(addr_parse(text, &result), 0);
	return result;
}

static const struct {
	const char *text;
	const char *canonical;
	bool host_bits;
} valid[] = {
	{"10.0.0.0/8", "10.0.0.0/8", false},
	{"10.0.1.1/20", "10.0.0.0/20", true},
	{"10.0.1.1", "10.0.1.1/32", false},
	{"10.0.1.1/32", "10.0.1.1/32", false},
	{"10.0.1.1/31", "10.0.1.0/31", true},
	{"0.0.0.0/0", "0.0.0.0/0", false},
	{"1.2.3.4/0", "0.0.0.0/0", true},
	{"192.168.255.255/17", "192.168.128.0/17", true},
	{"fd00::/8", "fd00::/8", false},
	{"fd00::1/8", "fd00::/8", true},
	{"FD00:0::1", "fd00::1/128", false},
	{"fd00::3/127", "fd00::2/127", true},
	{"fd00:8000::/17", "fd00:8000::/17", false},
	{"::/0", "::/0", false},
};

START_TEST(prefix_parse_masks_host_bits_and_reports_them)
{
	struct prefix prefix;
	char text[PREFIX_TEXT_MAX];
	bool host_bits;

	ck_assert_int_eq(prefix_parse(valid[_i].text, &prefix, &host_bits), 0);
	ck_assert_str_eq(prefix_format(&prefix, text), valid[_i].canonical);
	ck_assert_int_eq(host_bits, valid[_i].host_bits);
}
END_TEST

static const char *const invalid[] = {
	"",
	"/",
	"/8",
	"10.0.0.0/",
	"10.0.0.0/33",
	"10.0.0.0/-1",
	"10.0.0.0/+8",
	"10.0.0.0/8 ",
	" 10.0.0.0/8",
	"10.0.0.0/ 8",
	"10.0.0.0/8/8",
	"10.0.0.0/0x8",
	"10.0.0.0/255.0.0.0",
	"10.0.0/24",
	"10/8",
	"10.0.0.0/18446744073709551624",
	"fd00::/129",
	"fd00::/",
	"fd00/8",
	"example.org/24",
	"1111:2222:3333:4444:5555:6666:7777:8888:999999", /* as long as the room for an address */
	"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc/64",
};

START_TEST(prefix_parse_rejects_malformed_text)
{
	struct prefix prefix = {.len = 77};
	bool host_bits = true;

	ck_assert_int_eq(prefix_parse(invalid[_i], &prefix, &host_bits), -EINVAL);
	ck_assert_uint_eq(prefix.len, 77);
	ck_assert_int_eq(host_bits, true);
}
END_TEST

START_TEST(prefix_make_cuts_the_length_to_the_family)
{
	struct addr four = addr("10.1.2.3"), six = addr("fd00::1"), none = {0};
	struct prefix prefix = prefix_make(&four, 200);

	ck_assert_uint_eq(prefix.len, 32);
	prefix = prefix_make(&six, 200);
	ck_assert_uint_eq(prefix.len, 128);
	prefix = prefix_make(&none, 200);
	ck_assert_uint_eq(prefix.len, 0);
	prefix = prefix_host(&four);
	ck_assert_uint_eq(prefix.len, 32);
	prefix = prefix_any(AF_INET6);
	ck_assert_int_eq(prefix_contains(&prefix, &six), true);
	ck_assert_int_eq(prefix_contains(&prefix, &four), false);
}
END_TEST

START_TEST(prefix_make_keeps_exactly_len_bits)
{
	struct addr ones = addr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");

	for (unsigned len = 0; len <= 128; len++) {
		struct prefix prefix = prefix_make(&ones, (uint8_t)len);
		unsigned bits = 0;

		for (size_t i = 0; i < sizeof(prefix.addr.bytes); i++)
			bits += (unsigned)__builtin_popcount(prefix.addr.bytes[i]);
		ck_assert_uint_eq(bits, len);
		prefix.addr = prefix_last(&prefix);
		ck_assert_mem_eq(prefix.addr.bytes, ones.bytes, sizeof(ones.bytes));
	}
}
END_TEST

START_TEST(prefix_last_is_the_broadcast_address)
{
	struct prefix prefix = parse("10.0.0.0/20");
	struct addr last = prefix_last(&prefix), expected = addr("10.0.15.255");

	ck_assert_mem_eq(&last, &expected, sizeof(last));
	prefix = parse("10.0.0.1/32");
	last = prefix_last(&prefix);
	ck_assert_int_eq(addr_equal(&last, &prefix.addr), true);
}
END_TEST

static const struct {
	const char *outer;
	const char *inner;
	bool covers;
} pairs[] = {
	{"10.0.0.0/8", "10.0.0.0/8", true},
	{"10.0.0.0/8", "10.255.255.255/32", true},
	{"10.0.0.0/8", "11.0.0.0/32", false},
	{"10.0.0.0/8", "0.0.0.0/0", false},
	{"0.0.0.0/0", "10.0.0.0/8", true},
	{"0.0.0.0/0", "fd00::/8", false},
	{"10.0.0.128/25", "10.0.0.0/24", false},
	{"10.0.0.128/25", "10.0.0.129/32", true},
	{"fd00::/8", "fdff::1/128", true},
	{"fd00::/8", "fe00::/16", false},
	{"::/0", "::/0", true},
};

START_TEST(prefix_covers_whole_prefixes_only)
{
	struct prefix outer = parse(pairs[_i].outer), inner = parse(pairs[_i].inner);

	ck_assert_int_eq(prefix_covers(&outer, &inner), pairs[_i].covers);
	if (inner.len == addr_bits(&inner.addr))
		ck_assert_int_eq(prefix_contains(&outer, &inner.addr), pairs[_i].covers);
}
END_TEST

START_TEST(prefix_compare_orders_by_family_length_address)
{
	static const char *const ascending[] = {"0.0.0.0/0", "10.0.0.0/8", "11.0.0.0/8",
	                                        "9.0.0.0/9", "::/0",       "fd00::/8",
	                                        "::1/128"};
	size_t count = sizeof(ascending) / sizeof(ascending[0]);

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			struct prefix a = parse(ascending[i]), b = parse(ascending[j]);
			int order = prefix_compare(&a, &b);

			ck_assert_int_eq((order > 0) - (order < 0), (i > j) - (i < j));
			ck_assert_int_eq(prefix_equal(&a, &b), i == j);
		}
	}
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite = test_suite("prefix", &test_case);

	tcase_add_loop_test(test_case, prefix_parse_masks_host_bits_and_reports_them, 0,
	                    sizeof(valid) / sizeof(valid[0]));
	tcase_add_loop_test(test_case, prefix_parse_rejects_malformed_text, 0,
	                    sizeof(invalid) / sizeof(invalid[0]));
	tcase_add_test(test_case, prefix_make_cuts_the_length_to_the_family);
	tcase_add_test(test_case, prefix_make_keeps_exactly_len_bits);
	tcase_add_test(test_case, prefix_last_is_the_broadcast_address);
	tcase_add_loop_test(test_case, prefix_covers_whole_prefixes_only, 0,
	                    sizeof(pairs) / sizeof(pairs[0]));
	tcase_add_test(test_case, prefix_compare_orders_by_family_length_address);
	return test_run(suite);
}
