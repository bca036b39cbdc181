/* SPDX-License-Identifier: MIT */
/* Each test has a run directory below a folder of its own. */
#include "xfrmd/base/run_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"
#include "xfrmd/base/file.h"

static char folder[64], run_dir[96];
static struct err err;
static int lock_fd;

static const char *in_run_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", run_dir, name);
	return path;
}

static void set_up(void)
{
	strcpy(folder, "/tmp/xfrmd-test-run-dir.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(run_dir, sizeof(run_dir), "%s/run", folder);
	err.text[0] = '\0';
	lock_fd = -1;
}

static void tear_down(void)
{
	run_dir_close(run_dir, lock_fd);
	unlink(in_run_dir("lock"));
	unlink(in_run_dir("xfrmd.pid"));
	if (rmdir(run_dir) < 0)
		unlink(run_dir);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* What an xfrmd from before has there; the caller closes. */
static int hold_pid_file(const char *text)
{
	int fd;

	ck_assert_int_eq(mkdir(run_dir, 0755), 0);
	ck_assert_int_eq(file_write_atomic(in_run_dir("xfrmd.pid"), 0644, text, strlen(text), &err),
	                 0);
	fd = open(in_run_dir("xfrmd.pid"), O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	return fd;
}

START_TEST(run_dir_is_made_and_its_lock_is_private)
{
	struct stat status;

	ck_assert_msg(run_dir_open(run_dir, &lock_fd, &err) == 0, "%s", err.text);
	ck_assert_int_eq(stat(in_run_dir("lock"), &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0600);
	ck_assert_int_eq(access(in_run_dir("xfrmd.pid"), F_OK), -1);
	ck_assert_int_eq(run_dir_write_pid(run_dir, &err), 0);
	ck_assert_int_eq(stat(in_run_dir("xfrmd.pid"), &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0644);
	run_dir_close(run_dir, lock_fd);
	ck_assert_int_eq(access(in_run_dir("xfrmd.pid"), F_OK), -1);
	ck_assert_int_eq(run_dir_open(run_dir, &lock_fd, &err), 0);
}
END_TEST

START_TEST(run_dir_has_one_daemon)
{
	char expected[256];
	int second = -1;

	ck_assert_int_eq(run_dir_open(run_dir, &lock_fd, &err), 0);
	ck_assert_int_eq(run_dir_write_pid(run_dir, &err), 0);
	ck_assert_int_eq(run_dir_open(run_dir, &second, &err), -EEXIST);
	snprintf(expected, sizeof(expected),
	         "%s: another xfrmd with pid %d runs in this run directory", in_run_dir("lock"),
	         (int)getpid());
	ck_assert_str_eq(err.text, expected);
	ck_assert_int_eq(access(in_run_dir("xfrmd.pid"), F_OK), 0);
}
END_TEST

START_TEST(run_dir_of_an_older_xfrmd_is_refused)
{
	char text[32];
	int fd;

	snprintf(text, sizeof(text), "%d\n", (int)getpid());
	fd = hold_pid_file(text);
	ck_assert_int_eq(prctl(PR_SET_NAME, "xfrmd"), 0);
	ck_assert_int_eq(run_dir_open(run_dir, &lock_fd, &err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, "xfrmd.pid: another xfrmd with pid"));
	ck_assert_int_eq(access(in_run_dir("xfrmd.pid"), F_OK), 0);
	close(fd);
	/* the same without its lock: it is gone, and its number is used again */
	ck_assert_int_eq(run_dir_open(run_dir, &lock_fd, &err), 0);
	ck_assert_int_eq(prctl(PR_SET_NAME, "test_run_dir"), 0);
}
END_TEST

/* Not a pid, nobody's, and one of something else. */
static const char *const idle_locks[] = {"", "-1\n", "99999999\n", "1\n"};

START_TEST(run_dir_whose_pid_file_is_locked_by_anybody_is_taken)
{
	int fd = hold_pid_file(idle_locks[_i]);

	ck_assert_msg(run_dir_open(run_dir, &lock_fd, &err) == 0, "%s", err.text);
	close(fd);
}
END_TEST

START_TEST(run_dir_that_others_can_write_is_refused)
{
	static const mode_t modes[] = {0777, 01777, 0775};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		mkdir(run_dir, 0755);
		ck_assert_int_eq(chmod(run_dir, modes[i]), 0);
		ck_assert_int_eq(run_dir_open(run_dir, &lock_fd, &err), -EPERM);
		ck_assert_ptr_nonnull(strstr(err.text, "chmod go-w"));
	}
	ck_assert_int_eq(access(in_run_dir("lock"), F_OK), -1);
}
END_TEST

START_TEST(run_dir_of_somebody_else_is_refused)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(mkdir(run_dir, 0755), 0);
	ck_assert_int_eq(chown(run_dir, 12345, (gid_t)-1), 0);
	ck_assert_int_eq(run_dir_open(run_dir, &lock_fd, &err), -EPERM);
	ck_assert_ptr_nonnull(strstr(err.text, "owned by uid 12345"));
	ck_assert_ptr_nonnull(strstr(err.text, "chown root"));
}
END_TEST

START_TEST(run_dir_in_a_folder_where_it_can_be_replaced_is_refused)
{
	ck_assert_int_eq(chmod(folder, 0777), 0);
	ck_assert_int_eq(run_dir_open(run_dir, &lock_fd, &err), -EPERM);
	ck_assert_int_eq(chmod(folder, 01777), 0);
	ck_assert_int_eq(run_dir_open(run_dir, &lock_fd, &err), 0);
}
END_TEST

START_TEST(run_dir_that_is_a_link_is_refused)
{
	ck_assert_int_eq(symlink("/run", run_dir), 0);
	ck_assert_int_eq(run_dir_open(run_dir, &lock_fd, &err), -ENOTDIR);
}
END_TEST

START_TEST(run_dir_pid_file_that_is_a_link_is_replaced)
{
	struct stat status;
	char *text;
	size_t len;

	ck_assert_int_eq(mkdir(run_dir, 0755), 0);
	ck_assert_int_eq(file_write_atomic(in_run_dir("precious"), 0644, "text", 4, &err), 0);
	ck_assert_int_eq(symlink("precious", in_run_dir("xfrmd.pid")), 0);
	ck_assert_int_eq(run_dir_open(run_dir, &lock_fd, &err), 0);
	ck_assert_int_eq(run_dir_write_pid(run_dir, &err), 0);
	ck_assert_int_eq(lstat(in_run_dir("xfrmd.pid"), &status), 0);
	ck_assert(S_ISREG(status.st_mode));
	ck_assert_int_eq(file_read(in_run_dir("precious"), 10, &text, &len, &err), 0);
	ck_assert_str_eq(text, "text");
	free(text);
	ck_assert_int_eq(unlink(in_run_dir("precious")), 0);
}
END_TEST

START_TEST(run_dir_lock_that_is_a_link_is_refused)
{
	ck_assert_int_eq(mkdir(run_dir, 0755), 0);
	ck_assert_int_eq(symlink("/nowhere", in_run_dir("lock")), 0);
	ck_assert_int_eq(run_dir_open(run_dir, &lock_fd, &err), -EPERM);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("run_dir", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, run_dir_is_made_and_its_lock_is_private);
	tcase_add_test(tcase, run_dir_has_one_daemon);
	tcase_add_test(tcase, run_dir_of_an_older_xfrmd_is_refused);
	tcase_add_loop_test(tcase, run_dir_whose_pid_file_is_locked_by_anybody_is_taken, 0,
	                    sizeof(idle_locks) / sizeof(idle_locks[0]));
	tcase_add_test(tcase, run_dir_that_others_can_write_is_refused);
	tcase_add_test(tcase, run_dir_of_somebody_else_is_refused);
	tcase_add_test(tcase, run_dir_in_a_folder_where_it_can_be_replaced_is_refused);
	tcase_add_test(tcase, run_dir_that_is_a_link_is_refused);
	tcase_add_test(tcase, run_dir_pid_file_that_is_a_link_is_replaced);
	tcase_add_test(tcase, run_dir_lock_that_is_a_link_is_refused);
	return test_run(suite);
}
