/* SPDX-License-Identifier: MIT */
/* From files to a bundle: modes, missing files, directories, duplicates, all problems at once. */
#include "xfrmd/pki/pki_load.h"

#include <errno.h>
#include <sys/stat.h>

#include "pki_fixture.h"
#include "test.h"
#include "xfrmd/base/file.h"

static struct made ca, leaf;
static struct strlist cas;
static struct pki_bundle bundle;
static struct problems problems;

static const char *path(const char *name)
{
	static char paths[8][128];
	static size_t next;
	char *text = paths[next++ % 8];

	snprintf(text, sizeof(paths[0]), "%s/%s", test_dir, name);
	return text;
}

static void put(const char *name, mode_t mode, const char *text)
{
	struct err err = {0};

	ck_assert_int_eq(file_write_atomic(path(name), mode, text, strlen(text), &err), 0);
}

static void put2(const char *name, const char *first, const char *second)
{
	char text[8192];

	snprintf(text, sizeof(text), "%s%s", first, second);
	put(name, 0644, text);
}

static void setup(void)
{
	make_dir();
	ca = make_ca("ca");
	leaf = make_leaf("leaf", &ca);
	put("ca.pem", 0644, ca.cert_pem);
	put("leaf.pem", 0644, leaf.cert_pem);
	put("leaf.key", 0600, leaf.key_pem);
}

static void teardown(void)
{
	pki_bundle_fini(&bundle);
	problems_fini(&problems);
	strlist_fini(&cas);
	made_fini(&leaf);
	made_fini(&ca);
	remove_dir();
}

static void add_ca(const char *name)
{
	ck_assert_int_eq(strlist_add(&cas, path(name)), 0);
}

static int load(const char *cert, const char *key)
{
	return pki_load(path(cert), path(key), &cas, NOW, &bundle, &problems);
}

START_TEST(pki_load_gives_certificate_key_and_ca)
{
	add_ca("ca.pem");
	ck_assert_int_eq(load("leaf.pem", "leaf.key"), 0);
	assert_no_problem(&problems);
	ck_assert_uint_eq(bundle.chain.count, 1);
	ck_assert_uint_eq(bundle.cas.count, 1);
	ck_assert_str_eq(bundle.chain.items[0].subject, "CN=leaf");
	ck_assert_str_eq(bundle.chain.items[0].file, path("leaf.pem"));
	ck_assert_str_eq(bundle.cas.items[0].fingerprint, ca.cert.fingerprint);
	ck_assert_uint_gt(bundle.key.der_len, 0);
	ck_assert_uint_eq(strlen(bundle.key.fingerprint), 64);
}
END_TEST

START_TEST(pki_load_collapses_and_sorts_cas)
{
	struct made second = make_ca("ca");

	put2("both.pem", second.cert_pem, ca.cert_pem);
	put2("again.pem", ca.cert_pem, ca.cert_pem);
	add_ca("both.pem");
	add_ca("again.pem");
	add_ca("ca.pem");
	ck_assert_int_eq(load("leaf.pem", "leaf.key"), 0);
	ck_assert_uint_eq(bundle.cas.count, 2);
	ck_assert_int_lt(strcmp(bundle.cas.items[0].fingerprint, bundle.cas.items[1].fingerprint),
	                 0);
	made_fini(&second);
}
END_TEST

START_TEST(pki_load_reads_a_directory_in_name_order)
{
	struct made second = make_ca("second");
	struct pki_certs certs = {0};

	put("b.crt", 0644, second.cert_pem);
	put("a.pem", 0644, ca.cert_pem);
	put("readme.txt", 0644, "no certificate");
	put(".hidden.pem", 0644, "no certificate");
	ck_assert_int_eq(unlink(path("leaf.pem")), 0);
	ck_assert_int_eq(pki_load_certs(test_dir, &certs, &problems), 0);
	assert_no_problem(&problems);
	ck_assert_uint_eq(certs.count, 3);
	ck_assert_str_eq(certs.items[0].file, path("a.pem"));
	ck_assert_str_eq(certs.items[1].file, path("b.crt"));
	ck_assert_str_eq(certs.items[2].file, path("ca.pem"));
	ck_assert_int_eq(unlink(path(".hidden.pem")), 0);
	pki_certs_fini(&certs);
	made_fini(&second);
}
END_TEST

START_TEST(pki_load_refuses_a_directory_without_certificates)
{
	unlink(path("ca.pem"));
	unlink(path("leaf.pem"));
	ck_assert_int_eq(strlist_add(&cas, test_dir), 0);
	ck_assert_int_eq(load("leaf.pem", "leaf.key"), -EINVAL);
	assert_problem(&problems, "holds no certificate, expected *.pem or *.crt files");
	assert_problem(&problems, "leaf.pem: cannot open: No such file or directory");
}
END_TEST

START_TEST(pki_load_reports_everything_in_one_run)
{
	put2("two.pem", ca.cert_pem, leaf.cert_pem);
	put("leaf.key", 0644, ca.key_pem);
	add_ca("two.pem");
	add_ca("absent.pem");
	ck_assert_int_eq(load("leaf.pem", "leaf.key"), -EINVAL);
	assert_problem(&problems, "two.pem: certificate 2: not a CA: no basicConstraints");
	assert_problem(&problems, "absent.pem: cannot open: No such file or directory");
	assert_problem(&problems, "leaf.key: readable by group or others (mode 0644)");
	assert_problem(&problems, "leaf.key: does not belong to the certificate");
	ck_assert_uint_eq(problems.count, 4);
	ck_assert_ptr_null(bundle.key.der);
	ck_assert_uint_eq(bundle.chain.count, 0);
}
END_TEST

START_TEST(pki_load_reports_cas_in_the_order_of_the_files)
{
	static const char *const names[] = {"c", "a", "b", "d"};

	for (size_t i = 0; i < 4; i++) {
		struct made bad = make_leaf(names[i], &ca);
		char file[16];

		snprintf(file, sizeof(file), "%s.pem", names[i]);
		put(file, 0644, bad.cert_pem);
		add_ca(file);
		made_fini(&bad);
	}
	add_ca("ca.pem");
	add_ca("c.pem");
	ck_assert_int_eq(load("leaf.pem", "leaf.key"), -EINVAL);
	ck_assert_uint_eq(problems.count, 4);
	for (size_t i = 0; i < 4; i++) {
		char part[32];

		snprintf(part, sizeof(part), "/%s.pem: not a CA", names[i]);
		ck_assert_ptr_nonnull(strstr(problems.items[i], part));
	}
}
END_TEST

START_TEST(pki_load_refuses_missing_and_oversized_files)
{
	char *large = malloc(PKI_FILE_MAX + 2);

	memset(large, '\n', PKI_FILE_MAX + 1);
	large[PKI_FILE_MAX + 1] = '\0';
	put("ca.pem", 0644, large);
	free(large);
	add_ca("ca.pem");
	ck_assert_int_eq(load("absent.pem", "absent.key"), -EINVAL);
	assert_problem(&problems, "ca.pem: 1048577 bytes, expected at most 1048576");
	assert_problem(&problems, "absent.pem: cannot open: No such file or directory");
	assert_problem(&problems, "absent.key: cannot open: No such file or directory");
	ck_assert_uint_eq(problems.count, 3);
}
END_TEST

START_TEST(pki_load_refuses_an_instance_certificate_that_is_a_directory)
{
	add_ca("ca.pem");
	ck_assert_int_eq(load("", "leaf.key"), -EINVAL);
	assert_problem(&problems, "not a regular file");
}
END_TEST

START_TEST(pki_load_keeps_earlier_problems_apart)
{
	problems_add(&problems, "earlier");
	add_ca("ca.pem");
	ck_assert_int_eq(load("leaf.pem", "leaf.key"), 0);
	ck_assert_uint_eq(problems.count, 1);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("pki_load", &tcase);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, pki_load_gives_certificate_key_and_ca);
	tcase_add_test(tcase, pki_load_collapses_and_sorts_cas);
	tcase_add_test(tcase, pki_load_reads_a_directory_in_name_order);
	tcase_add_test(tcase, pki_load_refuses_a_directory_without_certificates);
	tcase_add_test(tcase, pki_load_reports_everything_in_one_run);
	tcase_add_test(tcase, pki_load_reports_cas_in_the_order_of_the_files);
	tcase_add_test(tcase, pki_load_refuses_missing_and_oversized_files);
	tcase_add_test(tcase, pki_load_refuses_an_instance_certificate_that_is_a_directory);
	tcase_add_test(tcase, pki_load_keeps_earlier_problems_apart);
	return test_run(suite);
}
