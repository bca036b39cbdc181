/* SPDX-License-Identifier: MIT */
/* Pid files as they lie around, and the processes that they name. */
#include "xfrmd/xfrmd/stop_jobs.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static char folder[] = "/tmp/test_stop_jobs.XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

/* Those that "*.pid" and then @more (may be NULL) match. */
static void read_jobs(const char *more, struct stop_jobs *ret_jobs)
{
	struct strlist globs = {0};
	char pattern[64];

	snprintf(pattern, sizeof(pattern), "%s/*.pid", folder);
	ck_assert_int_eq(strlist_add(&globs, pattern), 0);
	snprintf(pattern, sizeof(pattern), "%s/%s", folder, more ? more : "");
	if (more)
		ck_assert_int_eq(strlist_add(&globs, pattern), 0);
	ck_assert_int_eq(stop_jobs_read(&globs, ret_jobs), 0);
	strlist_fini(&globs);
}

static void make_folder(void)
{
	strcpy(strrchr(folder, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(stop_jobs_of_no_file_are_none)
{
	struct stop_jobs jobs;

	read_jobs("nowhere/*", &jobs);
	ck_assert_uint_eq(jobs.count, 0);
	stop_jobs_fini(&jobs);
}
END_TEST

START_TEST(stop_jobs_of_a_running_process_tell_its_start)
{
	struct stop_jobs jobs;
	char text[32];

	snprintf(text, sizeof(text), "%d\nand more\n", (int)getpid());
	write_file("a.pid", text);
	read_jobs(NULL, &jobs);
	ck_assert_uint_eq(jobs.count, 1);
	ck_assert_int_eq(jobs.items[0].pid, getpid());
	ck_assert(jobs.items[0].runs);
	ck_assert_int_le(llabs(jobs.items[0].started - time(NULL)), 60);
	ck_assert_int_le(llabs(jobs.items[0].written - time(NULL)), 5);
	stop_jobs_fini(&jobs);
}
END_TEST

START_TEST(stop_jobs_of_a_zombie_do_not_run)
{
	struct stop_jobs jobs;
	char text[32];
	siginfo_t info;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (!child)
		_exit(0);
	ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	snprintf(text, sizeof(text), "%d\n", (int)child);
	write_file("a.pid", text);
	read_jobs(NULL, &jobs);
	ck_assert_int_eq(jobs.items[0].pid, child);
	ck_assert(!jobs.items[0].runs);
	stop_jobs_fini(&jobs);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

START_TEST(stop_jobs_of_strange_files_have_no_pid)
{
	struct stop_jobs jobs;
	char path[64];

	write_file("empty.pid", "");
	write_file("text.pid", "none\n");
	write_file("negative.pid", "-1\n");
	write_file("zero.pid", "0\n");
	write_file("huge.pid", "99999999999999999999\n");
	snprintf(path, sizeof(path), "%s/folder.pid", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/fifo.pid", folder);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/link.pid", folder);
	ck_assert_int_eq(symlink("nowhere", path), 0);
	read_jobs(NULL, &jobs);
	ck_assert_uint_eq(jobs.count, 8);
	for (size_t i = 0; i < jobs.count; i++)
		ck_assert_msg(!jobs.items[i].pid && !jobs.items[i].runs, "%s", jobs.items[i].path);
	stop_jobs_fini(&jobs);
}
END_TEST

START_TEST(stop_jobs_that_two_globs_match_are_one)
{
	struct stop_jobs jobs;

	write_file("a.pid", "1\n");
	write_file("b.pid", "1\n");
	read_jobs("a*", &jobs);
	ck_assert_uint_eq(jobs.count, 2);
	stop_jobs_fini(&jobs);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("stop_jobs", &tcase);

	tcase_add_checked_fixture(tcase, make_folder, remove_folder);
	tcase_add_test(tcase, stop_jobs_of_no_file_are_none);
	tcase_add_test(tcase, stop_jobs_of_a_running_process_tell_its_start);
	tcase_add_test(tcase, stop_jobs_of_a_zombie_do_not_run);
	tcase_add_test(tcase, stop_jobs_of_strange_files_have_no_pid);
	tcase_add_test(tcase, stop_jobs_that_two_globs_match_are_one);
	return test_run(suite);
}
