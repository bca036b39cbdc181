/* SPDX-License-Identifier: MIT */
/* The folder of `xfrmpki init` and `issue`: what is written, and when nothing is. */
#include "xfrmd/pki/pki_issue.h"

#include <errno.h>
#include <sys/stat.h>

#include "pki_fixture.h"
#include "test.h"
#include "xfrmd/base/file.h"
#include "xfrmd/pki/pki_load.h"

static struct pki_issue issue;
static struct err err;

static const char *path(const char *name)
{
	static char paths[8][128];
	static size_t next;
	char *text = paths[next++ % 8];

	snprintf(text, sizeof(paths[0]), "%s/%s", test_dir, name);
	return text;
}

static void setup(void)
{
	make_dir();
	issue = (struct pki_issue){
		.dir = test_dir, .cn = "name", .key_type = PKI_KEY_EC256, .days = 365, .now = NOW};
}

static unsigned mode(const char *name)
{
	struct stat status;

	ck_assert_int_eq(stat(path(name), &status), 0);
	return status.st_mode & 07777;
}

static void assert_absent(const char *name)
{
	ck_assert_int_eq(access(path(name), F_OK), -1);
}

static void put(const char *name, mode_t file_mode, const char *text)
{
	ck_assert_int_eq(file_write_atomic(path(name), file_mode, text, strlen(text), &err), 0);
}

static char *slurp(const char *name)
{
	char *text;
	size_t len;

	ck_assert_int_eq(file_read(path(name), PKI_FILE_MAX, &text, &len, &err), 0);
	return text;
}

START_TEST(pki_make_ca_and_instance_pass_the_daemons_checks)
{
	struct pki_bundle bundle = {0};
	struct problems problems = {0};
	struct strlist cas = {0};

	umask(0);
	ck_assert_int_eq(pki_make_ca(&issue, &err), 0);
	ck_assert_int_eq(pki_make_instance(&issue, &err), 0);
	umask(022);
	ck_assert_uint_eq(mode("ca.key"), 0600);
	ck_assert_uint_eq(mode("instance.key"), 0600);
	ck_assert_uint_eq(mode("ca.pem"), 0644);
	ck_assert_uint_eq(mode("instance.pem"), 0644);
	ck_assert_int_eq(strlist_add(&cas, path("ca.pem")), 0);
	ck_assert_int_eq(
		pki_load(path("instance.pem"), path("instance.key"), &cas, NOW, &bundle, &problems),
		0);
	assert_no_problem(&problems);
	pki_bundle_fini(&bundle);
	strlist_fini(&cas);
}
END_TEST

START_TEST(pki_make_ca_overwrites_only_by_force)
{
	char *before, *after;

	put("ca.pem", 0644, "precious");
	ck_assert_int_eq(pki_make_ca(&issue, &err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, "ca.pem: exists"));
	assert_absent("ca.key");
	unlink(path("ca.pem"));
	put("ca.key", 0600, "precious");
	ck_assert_int_eq(pki_make_ca(&issue, &err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, "ca.key: exists"));
	assert_absent("ca.pem");
	before = slurp("ca.key");
	ck_assert_str_eq(before, "precious");
	issue.force = true;
	ck_assert_int_eq(pki_make_ca(&issue, &err), 0);
	after = slurp("ca.key");
	ck_assert_str_ne(before, after);
	free(before);
	free(after);
}
END_TEST

START_TEST(pki_make_instance_overwrites_only_by_force)
{
	ck_assert_int_eq(pki_make_ca(&issue, &err), 0);
	ck_assert_int_eq(pki_make_instance(&issue, &err), 0);
	ck_assert_int_eq(pki_make_instance(&issue, &err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, "instance.key: exists"));
	issue.force = true;
	ck_assert_int_eq(pki_make_instance(&issue, &err), 0);
}
END_TEST

START_TEST(pki_make_instance_signs_with_the_ca_of_the_key)
{
	char *old, *new, both[8192];
	struct pki_certs certs = {0};
	struct problems problems = {0};

	issue.cn = "old";
	ck_assert_int_eq(pki_make_ca(&issue, &err), 0);
	old = slurp("ca.pem");
	issue.cn = "new";
	issue.force = true;
	ck_assert_int_eq(pki_make_ca(&issue, &err), 0);
	new = slurp("ca.pem");
	snprintf(both, sizeof(both), "%s%s", old, new);
	put("ca.pem", 0644, both);
	ck_assert_int_eq(pki_make_instance(&issue, &err), 0);
	ck_assert_int_eq(pki_load_certs(path("instance.pem"), &certs, &problems), 0);
	ck_assert_str_eq(certs.items[0].issuer, "CN=new");
	pki_certs_fini(&certs);
	free(old);
	free(new);
}
END_TEST

START_TEST(pki_make_instance_refuses_without_a_fit_ca)
{
	char *key;

	ck_assert_int_lt(pki_make_instance(&issue, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "ca.pem: cannot open"));
	ck_assert_int_eq(pki_make_ca(&issue, &err), 0);
	key = slurp("ca.key");
	issue.force = true;
	ck_assert_int_eq(pki_make_ca(&issue, &err), 0);
	put("ca.key", 0600, key);
	free(key);
	ck_assert_int_lt(pki_make_instance(&issue, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "ca.key: belongs to no certificate in"));
	ck_assert_int_eq(pki_make_ca(&issue, &err), 0);
	issue.now += 366 * DAY;
	ck_assert_int_lt(pki_make_instance(&issue, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "ca.pem: expired"));
	assert_absent("instance.key");
	assert_absent("instance.pem");
}
END_TEST

/* A request with its own ideas about names, in `request.csr`. */
static void put_request(const char *key_type, bool damaged)
{
	X509_REQ *request = X509_REQ_new();
	EVP_PKEY *key = make_key(key_type);
	unsigned char *der = NULL;
	char *text;
	int len;

	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8,
	                           (const unsigned char *)"theirs", -1, -1, 0);
	X509_REQ_set_pubkey(request, key);
	ck_assert_int_gt(X509_REQ_sign(request, key, EVP_sha256()), 0);
	len = i2d_X509_REQ(request, &der);
	ck_assert_int_gt(len, 0);
	if (damaged)
		der[len - 1] ^= 1;
	ck_assert_int_eq(pki_pem_format("CERTIFICATE REQUEST", der, (size_t)len, &text), 0);
	put("request.csr", 0644, text);
	free(text);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	X509_REQ_free(request);
	issue.csr = path("request.csr");
}

START_TEST(pki_make_instance_signs_a_request)
{
	struct pki_certs certs = {0};
	struct problems problems = {0};

	ck_assert_int_eq(pki_make_ca(&issue, &err), 0);
	issue.cn = "ours";
	put_request("P-256", false);
	ck_assert_int_eq(pki_make_instance(&issue, &err), 0);
	assert_absent("instance.key");
	ck_assert_int_eq(pki_load_certs(path("instance.pem"), &certs, &problems), 0);
	ck_assert_str_eq(certs.items[0].subject, "CN=ours");
	pki_certs_fini(&certs);
	ck_assert_int_eq(pki_make_instance(&issue, &err), -EEXIST);
}
END_TEST

START_TEST(pki_make_instance_refuses_bad_requests)
{
	ck_assert_int_eq(pki_make_ca(&issue, &err), 0);
	put_request("RSA1024", false);
	ck_assert_int_eq(pki_make_instance(&issue, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "weak key: RSA 1024"));
	put_request("RSA2048", true);
	ck_assert_int_eq(pki_make_instance(&issue, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "request.csr: damaged certificate request"));
	put("request.csr", 0644,
	    "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n");
	ck_assert_int_eq(pki_make_instance(&issue, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "request.csr: not a certificate request"));
	put("request.csr", 0644, "hello\n");
	ck_assert_int_eq(pki_make_instance(&issue, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "request.csr: holds no PEM block"));
	issue.csr = "/nonexistent";
	ck_assert_int_eq(pki_make_instance(&issue, &err), -ENOENT);
	assert_absent("instance.pem");
	assert_queue_empty();
}
END_TEST

START_TEST(pki_make_refuses_bad_names_before_writing)
{
	issue.cn = "";
	ck_assert_int_eq(pki_make_ca(&issue, &err), -EINVAL);
	assert_absent("ca.key");
	assert_absent("ca.pem");
}
END_TEST

START_TEST(pki_make_needs_a_directory)
{
	issue.dir = "/nonexistent";
	ck_assert_int_eq(pki_make_ca(&issue, &err), -ENOENT);
	ck_assert_str_eq(err.text, "/nonexistent: No such file or directory, expected a directory");
	issue.dir = "/dev/null";
	ck_assert_int_eq(pki_make_ca(&issue, &err), -ENOTDIR);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("pki_issue", &tcase);

	tcase_add_checked_fixture(tcase, setup, remove_dir);
	tcase_add_test(tcase, pki_make_ca_and_instance_pass_the_daemons_checks);
	tcase_add_test(tcase, pki_make_ca_overwrites_only_by_force);
	tcase_add_test(tcase, pki_make_instance_overwrites_only_by_force);
	tcase_add_test(tcase, pki_make_instance_signs_with_the_ca_of_the_key);
	tcase_add_test(tcase, pki_make_instance_refuses_without_a_fit_ca);
	tcase_add_test(tcase, pki_make_instance_signs_a_request);
	tcase_add_test(tcase, pki_make_instance_refuses_bad_requests);
	tcase_add_test(tcase, pki_make_refuses_bad_names_before_writing);
	tcase_add_test(tcase, pki_make_needs_a_directory);
	return test_run(suite);
}
