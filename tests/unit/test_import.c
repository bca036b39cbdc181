/* SPDX-License-Identifier: MIT */
#include "pki_fixture.h"

#include "test.h"

#include <errno.h>

#include "xfrmd/base/buf.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/manifest/import.h"
#include "xfrmd/manifest/property.h"

static const char *const list_files[IMPORT_LISTS] = {"/d/ipsec_subnets", "/d/no_ipsec_subnets"};

static struct made ca, leaf;
static struct import import;
static struct problems problems;

static void setup(void)
{
	ca = make_ca("ca");
	leaf = make_leaf("leaf", &ca);
}

static void forget(void)
{
	import_fini(&import);
	problems_fini(&problems);
}

static void teardown(void)
{
	forget();
	made_fini(&leaf);
	made_fini(&ca);
}

/* A PEM text behind `|`. */
static void put_pem(struct buf *text, const char *name, const char *pem)
{
	buf_printf(text, "%s: |\n  ", name);
	for (; *pem; pem++)
		buf_printf(text, *pem == '\n' && pem[1] ? "%c  " : "%c", *pem);
}

/* With what every good manifest has, behind @text. */
static int read_manifest(const char *text)
{
	_cleanup_(cleanup_free) char *whole = NULL;
	struct import_source source = {.file = "m", .dir = "/d", .now = NOW};
	struct buf all = {0};

	forget();
	buf_str(&all, text);
	put_pem(&all, "instance_certificate", leaf.cert_pem);
	put_pem(&all, "instance_private_key", leaf.key_pem);
	put_pem(&all, "ca_certificates", ca.cert_pem);
	source.len = all.len;
	whole = buf_take_str(&all);
	source.text = whole;
	return import_read(&source, &import, &problems);
}

static void assert_conf(const char *text, const char *expected)
{
	_cleanup_(cleanup_free) char *conf = NULL;

	ck_assert_int_eq(read_manifest(text), 0);
	assert_no_problem(&problems);
	conf = import_conf(&import, list_files);
	ck_assert_ptr_nonnull(strstr(conf, expected));
}

START_TEST(import_makes_a_configuration)
{
	assert_conf("ipsec_subnets: [10.0.0.0/8]\nlog_level: 2\n",
	            "[ipsec]\n"
	            "ipsec_subnets = 10.0.0.0/8\n"
	            "instance_certificate = /d/instance.pem\n"
	            "instance_private_key = /d/instance.key\n"
	            "ca_certificates = /d/ca.pem\n"
	            "[log]\n"
	            "level = debug\n");
	ck_assert_uint_eq(import.bundle.chain.count, 1);
	ck_assert_uint_eq(import.bundle.cas.count, 1);
	ck_assert_str_eq(import.bundle.chain.items[0].fingerprint, leaf.cert.fingerprint);
}
END_TEST

START_TEST(import_reads_each_way_to_write_a_value)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"ipsec_subnets: 10.0.0.0/8,fd00::/8\n", "ipsec_subnets = 10.0.0.0/8, fd00::/8\n"},
		{"ipsec_subnets: [10.0.0.0/8 10.1.2.3]\n",
	         "ipsec_subnets = 10.0.0.0/8, 10.1.2.3\n"},
		{"ipsec_subnets: |\n  10.0.0.0/8\n  10.1.2.3\n",
	         "ipsec_subnets = 10.0.0.0/8, 10.1.2.3\n"},
		{"ipsec_subnets: 10.0.0.0/8\noptional: 'Yes'\n", "optional = Yes\n"},
		{"ipsec_subnets: 10.0.0.0/8\nstop_timeout: '0'\n", "stop_timeout = 0\n"},
		{"ipsec_subnets: 10.0.0.0/8\nlog_level: '-1'\n", "level = warning\n"},
		{"ipsec_subnets: 10.0.0.0/8\nlog_level: 4\n", "level = debug\n"},
		{"ipsec_subnets: 10.0.0.0/8\nike_proposals: [aes128-sha256-modp2048!]\n",
	         "ike_proposals = aes128-sha256-modp2048\n"},
		{"ipsec_subnets: 10.0.0.0/8\nesp_proposals: aes128gcm16!, aes256gcm16!\n",
	         "esp_proposals = aes128gcm16, aes256gcm16\n"},
		{"ipsec_subnets: 10.0.0.0/8\nno_ipsec_subnets: []\n", "no_ipsec_subnets = \n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_conf(cases[i].text, cases[i].expected);
}
END_TEST

START_TEST(import_drops_what_has_no_meaning_and_says_why)
{
	static const char *const texts[] = {
		"ike_version: ike\n",          "ike_version: 2\n",    "dpdaction: none\n",
		"optional_warn_interval: 1\n", "prestart_timeout:\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text), "%sipsec_subnets: 10.0.0.0/8\n", texts[i]);
		ck_assert_int_eq(read_manifest(text), 0);
		ck_assert_int_eq(import.rows[0].result, IMPORT_DROPPED);
		ck_assert_ptr_null(import.rows[0].value);
		ck_assert_str_ne(import.rows[0].remark, "");
	}
}
END_TEST

static size_t count_refused(void)
{
	size_t count = 0;

	for (size_t i = 0; i < import.row_count; i++)
		count += import.rows[i].result == IMPORT_REFUSED;
	return count;
}

START_TEST(import_refuses_with_line_and_property)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"ike_version: ikev1\n",
	         "m:1: ike_version: not a version that xfrmd speaks, found \"ikev1\", expected ike or "
	         "ikev2"},
		{"optional: [true]\n", "m:1: optional: is a list, expected one value"},
		{"optional: {}\n", "m:1: optional: is a mapping, expected one value"},
		{"optional: \"a\\nb = c\"\n",
	         "m:1: optional: malformed value, found \"a\\x0ab = c\""},
		{"optional: 'true # no'\n", "m:1: optional: malformed value"},
		{"ike_proposals: \"aes128\\n[log]\"\n", "m:1: ike_proposals: malformed proposal"},
		{"optional: \"\\e[31m\"\n", "found \"\\x1b[31m\""},
		{"\"\\e[31m\": 1\n", "m:1: \\x1b[31m: unknown property"},
		{"optionl: true\n", "is it optional?"},
		{"prestart_timeout: ((t))\n",
	         "m:1: prestart_timeout: a placeholder, found \"((t))\""},
		{"optional: {{o}}\n", "m:1: optional: a placeholder, found \"{{...}}\""},
		{"optional: true\noptional: true\n", "m:2: optional: stands in line 1 already"},
		{"no_ipsec_subnets:\n- 10.0.0.0/8\n- ::ffff:10.0.0.0/104\n",
	         "m:1: no_ipsec_subnets: IPv4 inside IPv6"},
		{"no_ipsec_subnets:\n-\n", "no_ipsec_subnets: is an item without a value"},
		{"instance_certificate_info_period: 4000\n",
	         "m:1: instance_certificate_info_period: out of range"},
		{"instance_certificate_info_period: 10\n",
	         "m:1: instance_certificate_info_period: out of order"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), "%sipsec_subnets: 10.0.0.0/8\n", cases[i].text);
		ck_assert_int_eq(read_manifest(text), -EINVAL);
		assert_problem(&problems, cases[i].expected);
		ck_assert_int_eq(count_refused(), 1);
	}
}
END_TEST

/* A list of @count subnets of this second byte, as YAML. */
static char *make_list(const char *name, unsigned byte, unsigned count)
{
	struct buf text = {0};

	buf_printf(&text, "%s:\n", name);
	for (unsigned i = 0; i < count; i++)
		buf_printf(&text, "- 10.%u.%u.0/24\n", byte, i);
	return buf_take_str(&text);
}

START_TEST(import_puts_a_long_list_into_a_file)
{
	_cleanup_(cleanup_free) char *text = make_list("ipsec_subnets", 1, 200), *list = NULL,
				     *conf = NULL, *none = NULL;

	ck_assert_int_eq(read_manifest(text), 0);
	ck_assert_int_eq(import_list(&import, 0, &list), 0);
	ck_assert_int_eq(strncmp(list, "10.1.0.0/24\n10.1.1.0/24\n", 24), 0);
	conf = import_conf(&import, list_files);
	ck_assert_ptr_nonnull(strstr(conf, "ipsec_subnets_file = /d/ipsec_subnets\n"));
	ck_assert_int_eq(import_list(&import, 1, &none), 0);
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(import_judges_a_long_list_too)
{
	_cleanup_(cleanup_free) char *one = make_list("ipsec_subnets", 1, 200),
				     *other = make_list("no_ipsec_subnets", 1, 100), *both = NULL;

	ck_assert_int_ge(asprintf(&both, "%s- ::ffff:10.0.0.0/104\n%s", one, other), 0);
	ck_assert_int_eq(read_manifest(both), -EINVAL);
	assert_problem(&problems, "m:1: ipsec_subnets: IPv4 inside IPv6, which no packet has");
	assert_problem(&problems, "m:203: no_ipsec_subnets: 10.1.");
}
END_TEST

START_TEST(import_names_the_longest_line_that_fits)
{
	/* "ipsec_subnets = " and 1,006 characters are CONF_LINE_MAX */
	_cleanup_(cleanup_free) char *text = make_list("ipsec_subnets", 1, 74), *list = NULL;

	ck_assert_int_eq(read_manifest(text), 0);
	ck_assert_int_eq(import_list(&import, 0, &list), 0);
	for (size_t i = 0; i < import.row_count; i++)
		if (strcmp(import.rows[i].name, "ipsec_subnets") == 0)
			ck_assert_int_eq(strlen(import.rows[i].value) + 16 > 1022, list != NULL);
}
END_TEST

START_TEST(import_judges_certificates_as_xfrmd_does)
{
	struct made other = make_leaf("other", &ca);
	char *key = leaf.key_pem;

	leaf.key_pem = other.key_pem;
	ck_assert_int_eq(read_manifest("ipsec_subnets: 10.0.0.0/8\n"), -EINVAL);
	leaf.key_pem = key;
	assert_problem(&problems,
	               "instance_private_key: does not belong to the certificate in m:2: "
	               "instance_certificate");
	made_fini(&other);
}
END_TEST

START_TEST(property_table_is_complete)
{
	for (size_t i = 0; i < PROPERTY_COUNT; i++) {
		const struct property *property = &property_table[i];

		ck_assert_ptr_nonnull(property->name);
		ck_assert_int_eq(property->read != NULL, true);
		ck_assert_int_eq(property->key == NULL, property->section == NULL);
		ck_assert_int_eq(property->key == NULL, property->remark != NULL);
		ck_assert_ptr_eq(property_find(property->name), property);
	}
	ck_assert_ptr_null(property_find("optiona"));
}
END_TEST

START_TEST(property_nearest_is_what_was_meant)
{
	ck_assert_str_eq(property_nearest("ipsec_subnet")->name, "ipsec_subnets");
	ck_assert_str_eq(property_nearest("no-ipsec-subnets")->name, "no_ipsec_subnets");
	ck_assert_str_eq(property_nearest("ca_certificate")->name, "ca_certificates");
	ck_assert_str_eq(property_nearest("instance_cert_warn_period")->name,
	                 "instance_certificate_warn_period");
	ck_assert_ptr_null(property_nearest(""));
	ck_assert_ptr_null(property_nearest("x"));
	ck_assert_ptr_null(property_nearest("kubernetes"));
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite = test_suite("import", &test_case);

	tcase_add_checked_fixture(test_case, setup, teardown);
	tcase_add_test(test_case, import_makes_a_configuration);
	tcase_add_test(test_case, import_reads_each_way_to_write_a_value);
	tcase_add_test(test_case, import_drops_what_has_no_meaning_and_says_why);
	tcase_add_test(test_case, import_refuses_with_line_and_property);
	tcase_add_test(test_case, import_puts_a_long_list_into_a_file);
	tcase_add_test(test_case, import_judges_a_long_list_too);
	tcase_add_test(test_case, import_names_the_longest_line_that_fits);
	tcase_add_test(test_case, import_judges_certificates_as_xfrmd_does);
	tcase_add_test(test_case, property_table_is_complete);
	tcase_add_test(test_case, property_nearest_is_what_was_meant);
	return test_run(suite);
}
