/* SPDX-License-Identifier: MIT */
/* Owners and modes as values; the rest in a directory of its own below /tmp. */
#include "xfrmd/base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

#define OURS 1000

static const struct {
	enum trust trust;
	uid_t owner;
	mode_t mode;
	const char *problem; /* NULL: none */
} cases[] = {
	{TRUST_FILE, 0, 0644, NULL},
	{TRUST_FILE, OURS, 0755, NULL},
	{TRUST_FILE, 0, 0666,
         "f: writable by group or others (mode 0666), expected 0644: chmod go-w f"},
	{TRUST_FILE, 0, 0664,
         "f: writable by group or others (mode 0664), expected 0644: chmod go-w f"},
	{TRUST_FILE, 77, 0644, "f: owned by uid 77, expected root: chown root f"},
	{TRUST_PRIVATE, 0, 0600, NULL},
	{TRUST_PRIVATE, 0, 0400, NULL},
	{TRUST_PRIVATE, 0, 0700, NULL},
	{TRUST_PRIVATE, 77, 0600, "f: owned by uid 77, expected root: chown root f"},
	{TRUST_PRIVATE, 0, 0640,
         "f: readable by group or others (mode 0640), expected 0600: chmod 0600 f"},
	{TRUST_PRIVATE, 0, 0604,
         "f: readable by group or others (mode 0604), expected 0600: chmod 0600 f"},
	{TRUST_PRIVATE, 0, 0620,
         "f: writable by group or others (mode 0620), expected 0600: chmod 0600 f"},
	{TRUST_FOLDER, 0, 0755, NULL},
	{TRUST_FOLDER, 0, 01777, NULL},
	{TRUST_FOLDER, OURS, 01770, NULL},
	{TRUST_FOLDER, 0, 0777,
         "f: writable by group or others (mode 0777), expected 0755: chmod go-w f"},
	{TRUST_FOLDER, 77, 01777, "f: owned by uid 77, expected root: chown root f"},
	{TRUST_OURS, 0, 0755, NULL},
	{TRUST_OURS, 0, 0750, NULL},
	{TRUST_OURS, 0, 01777,
         "f: writable by group or others (mode 1777), expected 1755: chmod go-w f"},
	{TRUST_OURS, 0, 0775,
         "f: writable by group or others (mode 0775), expected 0755: chmod go-w f"},
};

START_TEST(trust_judges_owner_and_mode)
{
	struct stat status = {.st_uid = cases[_i].owner, .st_mode = cases[_i].mode};
	struct problems problems = {0};

	trust_judge("f", &status, OURS, cases[_i].trust, &problems);
	if (cases[_i].problem)
		ck_assert_str_eq(problems.items[0], cases[_i].problem);
	ck_assert_uint_eq(problems.count, cases[_i].problem ? 1 : 0);
	problems_fini(&problems);
}
END_TEST

START_TEST(trust_tells_all_that_is_wrong)
{
	struct stat status = {.st_uid = 77, .st_mode = 0777};
	struct problems problems = {0};
	struct err err;

	trust_judge("f", &status, 0, TRUST_OURS, &problems);
	ck_assert_uint_eq(problems.count, 2);
	ck_assert_int_eq(trust_refuse(&problems, &err), -EPERM);
	ck_assert_str_eq(err.text, "f: owned by uid 77, expected root: chown root f; "
	                           "f: writable by group or others (mode 0777), expected 0755: "
	                           "chmod go-w f");
	ck_assert_uint_eq(problems.count, 0);
	ck_assert_int_eq(trust_refuse(&problems, &err), 0);
}
END_TEST

static char folder[64];

static const char *in_folder(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void make_file(const char *name, mode_t mode)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

static void enter_folder(void)
{
	strcpy(folder, "/tmp/xfrmd-test-trust.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(mkdir(in_folder("open"), 0700), 0);
	ck_assert_int_eq(chmod(in_folder("open"), 0777), 0);
	make_file("file", 0600);
	make_file("open/file", 0600);
}

static void leave_folder(void)
{
	static const char *const names[] = {"open/file", "open", "link", "file", "fifo", "name"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove(in_folder(names[i]));
	ck_assert_int_eq(rmdir(folder), 0);
}

static void expect_folder_problem(const char *path)
{
	struct problems problems = {0};

	trust_check_file(path, TRUST_PRIVATE, &problems);
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_ptr_nonnull(strstr(problems.items[0], in_folder("open: writable by group")));
	problems_fini(&problems);
}

START_TEST(trust_minds_the_folder_of_a_file)
{
	struct problems problems = {0};

	trust_check_file(in_folder("file"), TRUST_PRIVATE, &problems);
	trust_check_file(in_folder("absent"), TRUST_PRIVATE, &problems);
	ck_assert_uint_eq(problems.count, 0);
	expect_folder_problem(in_folder("open/file"));
}
END_TEST

START_TEST(trust_minds_the_folder_that_a_link_leads_to)
{
	ck_assert_int_eq(symlink("open/file", in_folder("link")), 0);
	expect_folder_problem(in_folder("link"));
}
END_TEST

START_TEST(trust_minds_the_folder_of_a_link)
{
	ck_assert_int_eq(symlink("../file", in_folder("open/link")), 0);
	expect_folder_problem(in_folder("open/link"));
	ck_assert_int_eq(unlink(in_folder("open/link")), 0);
}
END_TEST

START_TEST(trust_opens_what_is_ours)
{
	struct err err;
	int fd = trust_open(in_folder("file"), O_RDWR, &err);

	ck_assert_int_ge(fd, 0);
	close(fd);
	fd = trust_open(in_folder("name"), O_RDWR | O_CREAT, &err);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(trust_open(in_folder("absent"), O_RDWR, &err), -ENOENT);
}
END_TEST

START_TEST(trust_opens_no_link_no_fifo_and_no_second_name)
{
	struct err err;

	ck_assert_int_eq(symlink("file", in_folder("link")), 0);
	ck_assert_int_eq(trust_open(in_folder("link"), O_RDWR, &err), -EPERM);
	ck_assert_ptr_nonnull(strstr(err.text, "link: is a symbolic link, expected a file: rm "));
	ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
	ck_assert_int_eq(trust_open(in_folder("fifo"), O_RDWR, &err), -EPERM);
	ck_assert_int_eq(link(in_folder("file"), in_folder("name")), 0);
	ck_assert_int_eq(trust_open(in_folder("file"), O_RDWR, &err), -EPERM);
	ck_assert_ptr_nonnull(strstr(err.text, "2 names"));
}
END_TEST

START_TEST(trust_opens_nothing_that_others_can_write)
{
	struct err err;

	make_file("file", 0622);
	ck_assert_int_eq(trust_open(in_folder("file"), O_RDONLY, &err), -EPERM);
	ck_assert_ptr_nonnull(strstr(err.text, "chmod go-w"));
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("trust", &tcase);

	tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
	tcase_add_loop_test(tcase, trust_judges_owner_and_mode, 0,
	                    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, trust_tells_all_that_is_wrong);
	tcase_add_test(tcase, trust_minds_the_folder_of_a_file);
	tcase_add_test(tcase, trust_minds_the_folder_that_a_link_leads_to);
	tcase_add_test(tcase, trust_minds_the_folder_of_a_link);
	tcase_add_test(tcase, trust_opens_what_is_ours);
	tcase_add_test(tcase, trust_opens_no_link_no_fifo_and_no_second_name);
	tcase_add_test(tcase, trust_opens_nothing_that_others_can_write);
	return test_run(suite);
}
