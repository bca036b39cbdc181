/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "xfrmd/net/addr.h"

static struct addr parse(const char *text)
{
	struct addr addr;

	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return addr;
}

static const struct {
	const char *text;
	const char *canonical;
	uint8_t family;
} valid[] = {
	{"10.0.1.2", "10.0.1.2", AF_INET},
	{"0.0.0.0", "0.0.0.0", AF_INET},
	{"255.255.255.255", "255.255.255.255", AF_INET},
	{"::", "::", AF_INET6},
	{"FD00:0:0::01", "fd00::1", AF_INET6},
	{"::ffff:10.0.0.1", "::ffff:10.0.0.1", AF_INET6},
};

START_TEST(addr_parse_accepts_numeric_text)
{
	struct addr addr = parse(valid[_i].text);
	char text[ADDR_TEXT_MAX];

	ck_assert_uint_eq(addr.family, valid[_i].family);
	ck_assert_str_eq(addr_format(&addr, text), valid[_i].canonical);
}
END_TEST

static const char *const invalid[] = {
	"",           " 10.0.0.1",  "10.0.0.1 ",         "10.0.0",   "10.0.0.256",
	"10.0.0.01",  "10.0.0.1.2", "localhost",         "fd00:::1", "fd00::g",
	"fe80::1%lo", "0x0a000001", "1:2:3:4:5:6:7:8:9",
};

START_TEST(addr_parse_rejects_everything_else)
{
	struct addr addr = {.family = 77};

	ck_assert_int_eq(addr_parse(invalid[_i], &addr), -EINVAL);
	ck_assert_uint_eq(addr.family, 77);
}
END_TEST

START_TEST(addr_from_bytes_zeroes_what_the_family_does_not_use)
{
	static const uint8_t bytes[16] = {10, 0, 1, 2, 5, 6, 7, 8};
	struct addr addr, expected = parse("10.0.1.2");

	ck_assert_int_eq(addr_from_bytes(AF_INET, bytes, &addr), 0);
	ck_assert_mem_eq(&addr, &expected, sizeof(addr));
	ck_assert_int_eq(addr_from_bytes(AF_INET6, bytes, &addr), 0);
	ck_assert_mem_eq(addr.bytes, bytes, sizeof(bytes));
	ck_assert_int_eq(addr_from_bytes(AF_UNIX, bytes, &addr), -EAFNOSUPPORT);
}
END_TEST

START_TEST(addr_compare_orders_by_family_then_bytes)
{
	static const char *const ascending[] = {"0.0.0.0", "10.0.0.1", "10.0.0.2", "200.0.0.0",
	                                        "::",      "::1",      "fd00::"};
	size_t count = sizeof(ascending) / sizeof(ascending[0]);

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			struct addr a = parse(ascending[i]), b = parse(ascending[j]);
			int order = addr_compare(&a, &b);

			ck_assert_int_eq((order > 0) - (order < 0), (i > j) - (i < j));
			ck_assert_int_eq(addr_equal(&a, &b), i == j);
		}
	}
}
END_TEST

START_TEST(addr_without_family_has_no_length_and_no_class)
{
	struct addr none = {0};
	char text[ADDR_TEXT_MAX];

	ck_assert_str_eq(addr_format(&none, text), "?");
	ck_assert_uint_eq(addr_len(&none), 0);
	ck_assert_uint_eq(addr_bits(&none), 0);
	ck_assert_int_eq(addr_is_any(&none), false);
	ck_assert_int_eq(addr_is_loopback(&none), false);
	ck_assert_int_eq(addr_is_link_local(&none), false);
	ck_assert_int_eq(addr_is_multicast(&none), false);
}
END_TEST

static const struct {
	const char *text;
	bool multicast, loopback, link_local, any;
} classes[] = {
	{"10.0.0.1", false, false, false, false},
	{"0.0.0.0", false, false, false, true},
	{"223.255.255.255", false, false, false, false},
	{"224.0.0.1", true, false, false, false},
	{"239.255.255.255", true, false, false, false},
	{"240.0.0.1", false, false, false, false},
	{"255.255.255.255", true, false, false, false},
	{"127.0.0.1", false, true, false, false},
	{"127.9.9.9", false, true, false, false},
	{"169.254.1.1", false, false, true, false},
	{"169.253.1.1", false, false, false, false},
	{"::", false, false, false, true},
	{"::1", false, true, false, false},
	{"::2", false, false, false, false},
	{"ff02::1", true, false, false, false},
	{"fe80::1", false, false, true, false},
	{"febf::1", false, false, true, false},
	{"fec0::1", false, false, false, false},
	{"fd00::1", false, false, false, false},
};

START_TEST(addr_classes_follow_the_registries)
{
	struct addr addr = parse(classes[_i].text);

	ck_assert_int_eq(addr_is_multicast(&addr), classes[_i].multicast);
	ck_assert_int_eq(addr_is_loopback(&addr), classes[_i].loopback);
	ck_assert_int_eq(addr_is_link_local(&addr), classes[_i].link_local);
	ck_assert_int_eq(addr_is_any(&addr), classes[_i].any);
	ck_assert_uint_eq(addr_bits(&addr), 8 * addr_len(&addr));
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite = test_suite("addr", &test_case);

	tcase_add_loop_test(test_case, addr_parse_accepts_numeric_text, 0,
	                    sizeof(valid) / sizeof(valid[0]));
	tcase_add_loop_test(test_case, addr_parse_rejects_everything_else, 0,
	                    sizeof(invalid) / sizeof(invalid[0]));
	tcase_add_test(test_case, addr_from_bytes_zeroes_what_the_family_does_not_use);
	tcase_add_test(test_case, addr_compare_orders_by_family_then_bytes);
	tcase_add_test(test_case, addr_without_family_has_no_length_and_no_class);
	tcase_add_loop_test(test_case, addr_classes_follow_the_registries, 0,
	                    sizeof(classes) / sizeof(classes[0]));
	return test_run(suite);
}
