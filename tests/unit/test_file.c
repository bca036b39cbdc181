/* SPDX-License-Identifier: MIT */
/* Each test has an empty directory of its own, which must be empty of leftovers at its end. */
#include "xfrmd/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char directory[64];
static char path[128]; /* of the file that most tests work on */

static void enter_directory(void)
{
	strcpy(directory, "/tmp/xfrmd-test-file.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/file", directory);
}

static void leave_directory(void)
{
	remove(path);
	/* fails when something else is left */
	ck_assert_int_eq(rmdir(directory), 0);
}

static void write_file(const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

static void assert_content(const char *want)
{
	char *data;
	size_t len;

	ck_assert_int_eq(file_read(path, 4096, &data, &len, NULL), 0);
	ck_assert_uint_eq(len, strlen(want));
	ck_assert_str_eq(data, want);
	free(data);
}

START_TEST(read_gives_all_bytes_and_a_nul)
{
	char *data;
	size_t len;

	write_file("line 1\nline 2\n", 0600);
	ck_assert_int_eq(file_read(path, 14, &data, &len, NULL), 0);
	ck_assert_uint_eq(len, 14);
	ck_assert_str_eq(data, "line 1\nline 2\n");
	free(data);
}
END_TEST

START_TEST(read_of_an_empty_file_is_an_empty_text)
{
	write_file("", 0600);
	assert_content("");
}
END_TEST

START_TEST(read_gives_files_that_show_no_size)
{
	char *data;
	size_t len;

	ck_assert_int_eq(file_read("/proc/self/stat", 4096, &data, &len, NULL), 0);
	ck_assert_uint_gt(len, 0);
	ck_assert_uint_eq(strlen(data), len);
	free(data);
}
END_TEST

static const char *const too_long[] = {"/proc/self/stat", path};

START_TEST(read_refuses_more_than_the_maximum)
{
	char *data = NULL;
	struct err err;
	size_t len = 77;

	write_file("12345", 0600);
	ck_assert_int_eq(file_read(too_long[_i], 4, &data, &len, &err), -EFBIG);
	ck_assert_ptr_null(data);
	ck_assert_uint_eq(len, 77);
	ck_assert_ptr_nonnull(strstr(err.text, too_long[_i]));
	ck_assert_ptr_nonnull(strstr(err.text, "4"));
}
END_TEST

START_TEST(read_refuses_a_fifo_without_waiting_for_its_writer)
{
	struct err err;
	char *data;
	size_t len;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(file_read(path, 4096, &data, &len, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
}
END_TEST

START_TEST(read_refuses_a_directory)
{
	char *data;
	size_t len;

	ck_assert_int_eq(file_read(directory, 4096, &data, &len, NULL), -EINVAL);
}
END_TEST

START_TEST(read_names_a_missing_file)
{
	struct err err;
	char *data, want[256];
	size_t len;

	ck_assert_int_eq(file_read(path, 4096, &data, &len, &err), -ENOENT);
	snprintf(want, sizeof(want), "%s: cannot open: No such file or directory", path);
	ck_assert_str_eq(err.text, want);
}
END_TEST

START_TEST(write_atomic_creates_with_the_mode_whatever_the_umask)
{
	mode_t old_umask = umask(0077);
	struct stat status;

	ck_assert_int_eq(file_write_atomic(path, 0644, "text", 4, NULL), 0);
	umask(old_umask);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0644);
	assert_content("text");
}
END_TEST

START_TEST(write_atomic_replaces_content_and_mode)
{
	struct stat status;

	write_file("a long old text", 0644);
	ck_assert_int_eq(file_write_atomic(path, 0600, "new", 3, NULL), 0);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0600);
	assert_content("new");
}
END_TEST

START_TEST(write_atomic_leaves_the_open_old_file_whole)
{
	char text[4] = "";
	int fd;

	write_file("old", 0600);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(file_write_atomic(path, 0600, "new", 3, NULL), 0);
	ck_assert_int_eq(read(fd, text, 3), 3);
	ck_assert_str_eq(text, "old");
	close(fd);
}
END_TEST

START_TEST(remove_temporaries_removes_only_those)
{
	char temporary[256];
	struct err err;

	write_file("old", 0600);
	snprintf(temporary, sizeof(temporary), "%s.Xy12zZ", path);
	ck_assert_int_eq(file_write_atomic(temporary, 0600, "ha", 2, &err), 0);
	file_remove_temporaries(path);
	ck_assert_int_eq(access(temporary, F_OK), -1);
	assert_content("old");
	file_remove_temporaries(temporary);
}
END_TEST
START_TEST(write_atomic_takes_a_relative_path)
{
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(chdir(directory), 0);
	ck_assert_int_eq(file_write_atomic("file", 0600, "text", 4, NULL), 0);
	ck_assert_int_eq(fchdir(here), 0);
	close(here);
	assert_content("text");
}
END_TEST

START_TEST(write_atomic_refuses_a_missing_directory)
{
	char missing[256];
	struct err err;

	snprintf(missing, sizeof(missing), "%s/missing/file", directory);
	ck_assert_int_eq(file_write_atomic(missing, 0600, "text", 4, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, missing));
}
END_TEST

/* The rename fails, after the temporary file was written: leave_directory() looks for it. */
START_TEST(write_atomic_keeps_what_it_cannot_replace)
{
	struct stat status;
	struct err err;

	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(file_write_atomic(path, 0600, "text", 4, &err), -EISDIR);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(S_ISDIR(status.st_mode), true);
}
END_TEST

/* A name that fits, while the temporary name beside it does not. */
START_TEST(write_atomic_keeps_the_old_file_on_failure)
{
	char longest[512], *data;
	struct err err;
	size_t len;
	int fd;

	snprintf(longest, sizeof(longest), "%s/%0250d", directory, 0);
	fd = open(longest, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(fd, "old", 3), 3);
	close(fd);
	ck_assert_int_eq(file_write_atomic(longest, 0600, "new", 3, &err), -ENAMETOOLONG);
	ck_assert_int_eq(file_read(longest, 4096, &data, &len, NULL), 0);
	ck_assert_str_eq(data, "old");
	free(data);
	unlink(longest);
}
END_TEST

START_TEST(program_is_a_file_that_can_be_executed)
{
	ck_assert_int_eq(file_check_program("/bin/sh"), 0);
	ck_assert_int_eq(file_check_program("/nowhere/at/all"), -ENOENT);
	ck_assert_int_eq(file_check_program(directory), -EACCES);
	ck_assert_int_eq(file_check_program("/dev/null"), -EACCES);
	write_file("#!/bin/sh", 0644);
	ck_assert_int_eq(file_check_program(path), -EACCES);
	write_file("#!/bin/sh", 0755);
	ck_assert_int_eq(file_check_program(path), 0);
}
END_TEST

START_TEST(write_value_writes_into_an_existing_file)
{
	write_file("1", 0600);
	ck_assert_int_eq(file_write_value(path, "6", NULL), 0);
	assert_content("6");
}
END_TEST

START_TEST(write_value_leaves_alone_what_has_the_value)
{
	struct stat before, after;

	write_file("6\n", 0400);
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_int_eq(file_write_value(path, "6", NULL), 0);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	assert_content("6\n");
}
END_TEST

START_TEST(write_value_never_creates_a_file)
{
	struct err err;

	ck_assert_int_eq(file_write_value(path, "6", &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(write_value_reports_what_the_kernel_refuses)
{
	struct err err;

	ck_assert_int_eq(file_write_value("/dev/full", "6", &err), -ENOSPC);
	ck_assert_str_eq(err.text,
	                 "/dev/full: cannot be written: No space left on device, expected 6");
}
END_TEST

static void add_read_tests(TCase *tcase)
{
	tcase_add_test(tcase, read_gives_all_bytes_and_a_nul);
	tcase_add_test(tcase, read_of_an_empty_file_is_an_empty_text);
	tcase_add_test(tcase, read_gives_files_that_show_no_size);
	tcase_add_loop_test(tcase, read_refuses_more_than_the_maximum, 0, 2);
	tcase_add_test(tcase, read_refuses_a_fifo_without_waiting_for_its_writer);
	tcase_add_test(tcase, read_refuses_a_directory);
	tcase_add_test(tcase, read_names_a_missing_file);
}

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("file", &tcase);

	tcase_add_checked_fixture(tcase, enter_directory, leave_directory);
	add_read_tests(tcase);
	tcase_add_test(tcase, write_atomic_creates_with_the_mode_whatever_the_umask);
	tcase_add_test(tcase, write_atomic_replaces_content_and_mode);
	tcase_add_test(tcase, write_atomic_leaves_the_open_old_file_whole);
	tcase_add_test(tcase, remove_temporaries_removes_only_those);
	tcase_add_test(tcase, write_atomic_takes_a_relative_path);
	tcase_add_test(tcase, write_atomic_refuses_a_missing_directory);
	tcase_add_test(tcase, write_atomic_keeps_what_it_cannot_replace);
	tcase_add_test(tcase, write_atomic_keeps_the_old_file_on_failure);
	tcase_add_test(tcase, program_is_a_file_that_can_be_executed);
	tcase_add_test(tcase, write_value_writes_into_an_existing_file);
	tcase_add_test(tcase, write_value_leaves_alone_what_has_the_value);
	tcase_add_test(tcase, write_value_never_creates_a_file);
	tcase_add_test(tcase, write_value_reports_what_the_kernel_refuses);
	return test_run(suite);
}
