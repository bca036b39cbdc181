/* SPDX-License-Identifier: MIT */
/* Lines are read back from a file target, or from a file that stands for stderr. */
#include "xfrmd/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"
#include "xfrmd/base/file.h"

#define SKIPPED 77 /* exit status of a child that may not do its test */

static char directory[64];
static char path[128], moved[128];

static void enter_directory(void)
{
	strcpy(directory, "/tmp/xfrmd-test-log.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/log", directory);
	snprintf(moved, sizeof(moved), "%s/log.1", directory);
}

static void leave_directory(void)
{
	log_close();
	unlink(path);
	unlink(moved);
	ck_assert_int_eq(rmdir(directory), 0);
}

static char *content(const char *file)
{
	char *data;
	size_t len;

	ck_assert_int_eq(file_read(file, 65536, &data, &len, NULL), 0);
	return data;
}

static void assert_contains(const char *file, const char *want, bool contained)
{
	char *text = content(file);

	ck_assert_msg(!!strstr(text, want) == contained, "\"%s\" in \"%s\": expected %d", want,
	              text, contained);
	free(text);
}

static size_t count_lines(const char *file)
{
	char *text = content(file);
	size_t lines = 0;

	for (const char *byte = text; *byte; byte++)
		lines += *byte == '\n';
	free(text);
	return lines;
}

static void open_file_at(enum log_level level)
{
	ck_assert_int_eq(log_open("prog", LOG_TARGET_FILE, path, level), 0);
}

START_TEST(a_line_in_a_file_has_time_program_and_pid)
{
	char *text, tail[64];
	int year;

	open_file_at(LOG_LEVEL_INFO);
	log_notice("peers: %s: up", "10.0.0.1");
	text = content(path);
	ck_assert_int_eq(sscanf(text, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d", &year), 1);
	ck_assert_int_ge(year, 2020);
	snprintf(tail, sizeof(tail), " prog[%d]: peers: 10.0.0.1: up\n", (int)getpid());
	ck_assert_ptr_nonnull(strstr(text, tail));
	free(text);
}
END_TEST

START_TEST(the_file_is_created_readable_by_its_group_only)
{
	mode_t old_umask = umask(0);
	struct stat status;

	open_file_at(LOG_LEVEL_INFO);
	umask(old_umask);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0640);
}
END_TEST

START_TEST(lines_are_appended_to_an_existing_file)
{
	open_file_at(LOG_LEVEL_INFO);
	log_info("first");
	open_file_at(LOG_LEVEL_INFO);
	log_info("second");
	assert_contains(path, ": first\n", true);
	assert_contains(path, ": second\n", true);
}
END_TEST

START_TEST(lines_above_the_level_are_left_out)
{
	static const char *const words[] = {"anerror", "awarning", "anotice", "aninfo", "adebug"};

	open_file_at((enum log_level)_i);
	log_error("anerror");
	log_warning("awarning");
	log_notice("anotice");
	log_info("aninfo");
	log_debug("adebug");
	log_at(LOG_LEVEL_ERROR, "%s", "always");
	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
		assert_contains(path, words[level], level <= _i);
	assert_contains(path, "always", true);
}
END_TEST

START_TEST(one_event_is_one_line)
{
	open_file_at(LOG_LEVEL_INFO);
	log_info("said: %s", "a\nforged: line\r\n");
	ck_assert_uint_eq(count_lines(path), 1);
	assert_contains(path, ": said: a forged: line  \n", true);
}
END_TEST

START_TEST(a_long_line_is_cut_and_ends)
{
	open_file_at(LOG_LEVEL_INFO);
	log_info("%5000s", "x");
	log_info("next");
	ck_assert_uint_eq(count_lines(path), 2);
	assert_contains(path, ": next\n", true);
}
END_TEST

START_TEST(logging_leaves_errno_alone)
{
	open_file_at(LOG_LEVEL_INFO);
	errno = ENOTTY;
	log_info("written");
	ck_assert_int_eq(errno, ENOTTY);
	log_debug("left out");
	ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

START_TEST(reopen_follows_a_moved_file)
{
	open_file_at(LOG_LEVEL_INFO);
	log_info("before");
	ck_assert_int_eq(rename(path, moved), 0);
	log_info("between");
	ck_assert_int_eq(log_reopen(), 0);
	log_info("after");
	assert_contains(moved, "before", true);
	assert_contains(moved, "between", true);
	assert_contains(moved, "after", false);
	assert_contains(path, "after", true);
	ck_assert_uint_eq(count_lines(path), 1);
}
END_TEST

START_TEST(a_failing_reopen_keeps_the_old_file)
{
	open_file_at(LOG_LEVEL_INFO);
	ck_assert_int_eq(rename(path, moved), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(log_reopen(), -EISDIR);
	log_info("still here");
	assert_contains(moved, "still here", true);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(a_failing_open_keeps_the_old_sink)
{
	char missing[256];

	snprintf(missing, sizeof(missing), "%s/missing/log", directory);
	open_file_at(LOG_LEVEL_DEBUG);
	ck_assert_int_eq(log_open("other", LOG_TARGET_FILE, missing, LOG_LEVEL_ERROR), -ENOENT);
	log_debug("still here");
	assert_contains(path, "prog[", true);
	assert_contains(path, "still here", true);
}
END_TEST

START_TEST(a_fifo_without_reader_does_not_block)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(log_open("prog", LOG_TARGET_FILE, path, LOG_LEVEL_INFO), -ENXIO);
}
END_TEST

/* Runs @say with stderr going to the file at path. */
static void catch_stderr(void (*say)(void))
{
	int saved = dup(STDERR_FILENO), fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	say();
	ck_assert_int_eq(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	close(fd);
}

static void assert_file_is(const char *want)
{
	char *text = content(path);

	ck_assert_str_eq(text, want);
	free(text);
}

static void say_to_stderr(void)
{
	ck_assert_int_eq(log_open("prog", LOG_TARGET_STDERR, NULL, LOG_LEVEL_INFO), 0);
	log_warning("a line");
}

START_TEST(stderr_lines_carry_the_program)
{
	unsetenv("JOURNAL_STREAM");
	catch_stderr(say_to_stderr);
	assert_file_is("prog: a line\n");
}
END_TEST

START_TEST(stderr_lines_carry_the_priority_for_the_journal)
{
	setenv("JOURNAL_STREAM", "8:1234", 1);
	catch_stderr(say_to_stderr);
	unsetenv("JOURNAL_STREAM");
	assert_file_is("<4>a line\n");
}
END_TEST

static void say_after_close(void)
{
	open_file_at(LOG_LEVEL_INFO);
	log_close();
	log_error("a line");
	ck_assert_int_eq(log_reopen(), 0);
}

START_TEST(after_close_lines_go_to_stderr)
{
	char *text;

	unsetenv("JOURNAL_STREAM");
	catch_stderr(say_after_close);
	text = content(path);
	ck_assert_ptr_nonnull(strstr(text, ": a line\n"));
	ck_assert_ptr_null(strstr(text, "["));
	free(text);
}
END_TEST

START_TEST(syslog_accepts_lines_even_when_nobody_listens)
{
	ck_assert_int_eq(log_open("prog", LOG_TARGET_SYSLOG, NULL, LOG_LEVEL_ERROR), 0);
	log_debug("left out");
	ck_assert_int_eq(log_reopen(), 0);
}
END_TEST

/* What one line looks like to journald; in a child, whose mounts are its own. */
static int receive_as_journal(char *ret_text, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX,
	                              .sun_path = "/run/systemd/journal/socket"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t got;

	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0 || mkdir("/run/systemd", 0700) < 0 ||
	    log_open("prog", LOG_TARGET_JOURNAL, NULL, LOG_LEVEL_INFO) != -ENOENT ||
	    mkdir("/run/systemd/journal", 0700) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    log_open("prog", LOG_TARGET_JOURNAL, NULL, LOG_LEVEL_INFO) < 0)
		return -1;
	log_error("a %s", "line\nFORGED=1");
	got = recv(fd, ret_text, size - 1, MSG_DONTWAIT);
	if (got < 0)
		return -1;
	ret_text[got] = '\0';
	return 0;
}

START_TEST(journal_lines_are_fields)
{
	char text[256];
	int status;
	pid_t pid;

	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0)
			_exit(SKIPPED);
		if (receive_as_journal(text, sizeof(text)) < 0)
			_exit(2);
		_exit(strcmp(text, "PRIORITY=3\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=prog\n"
		                   "MESSAGE=a line FORGED=1\n") != 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WIFEXITED(status), true);
	if (WEXITSTATUS(status) != SKIPPED)
		ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(limit_passes_a_burst_and_reports_the_rest)
{
	struct log_limit limit = {.burst = 2, .interval_ms = 1000};

	open_file_at(LOG_LEVEL_INFO);
	ck_assert_int_eq(log_allowed(&limit, 5000, "acquire"), true);
	ck_assert_int_eq(log_allowed(&limit, 5400, "acquire"), true);
	ck_assert_int_eq(log_allowed(&limit, 5500, "acquire"), false);
	ck_assert_int_eq(log_allowed(&limit, 5999, "acquire"), false);
	ck_assert_uint_eq(count_lines(path), 0);
	ck_assert_int_eq(log_allowed(&limit, 6000, "acquire"), true);
	ck_assert_uint_eq(count_lines(path), 1);
	assert_contains(path, "acquire: suppressed 2 ", true);
	ck_assert_int_eq(log_allowed(&limit, 6001, "acquire"), true);
	ck_assert_int_eq(log_allowed(&limit, 6002, "acquire"), false);
}
END_TEST

START_TEST(limit_reports_nothing_when_nothing_was_suppressed)
{
	struct log_limit limit = {.burst = 1, .interval_ms = 1000};

	open_file_at(LOG_LEVEL_INFO);
	for (uint64_t now_ms = 0; now_ms < 10000; now_ms += 1000)
		ck_assert_int_eq(log_allowed(&limit, now_ms, "acquire"), true);
	ck_assert_uint_eq(count_lines(path), 0);
}
END_TEST

static uint64_t repeats_due_ms_seen;

static void note_due(void *ctx, uint64_t due_ms)
{
	ck_assert_ptr_eq(ctx, &repeats_due_ms_seen);
	repeats_due_ms_seen = due_ms;
	/* it may log: a line that comes again is written then */
	log_notice("timer: set");
	log_notice("timer: set");
}

START_TEST(repeats_are_counted_and_told)
{
	open_file_at(LOG_LEVEL_DEBUG);
	repeats_due_ms_seen = 0;
	log_count_repeats(note_due, &repeats_due_ms_seen);
	log_notice("peer: a: failed");
	log_debug("peer: a: asked");
	log_debug("peer: a: asked");
	ck_assert_uint_eq(count_lines(path), 3);
	ck_assert_uint_eq(repeats_due_ms_seen, 0);
	log_notice("peer: a: failed");
	ck_assert_uint_eq(count_lines(path), 5);
	ck_assert_uint_gt(repeats_due_ms_seen, 0);
	log_tell_repeats(); /* too early */
	ck_assert_uint_eq(count_lines(path), 7);
	log_notice("peer: a: up");
	ck_assert_uint_eq(count_lines(path), 9);
	assert_contains(path, "peer: a: failed (repeated 1 times in 0 s)\n", true);
}
END_TEST

START_TEST(what_is_counted_is_told_at_the_end)
{
	open_file_at(LOG_LEVEL_INFO);
	log_count_repeats(note_due, &repeats_due_ms_seen);
	log_notice("peer: a: failed");
	log_notice("peer: a: failed");
	/* nor does a reload lose it */
	open_file_at(LOG_LEVEL_INFO);
	assert_contains(path, "repeated", false);
	log_close();
	assert_contains(path, "peer: a: failed (repeated 1 times in 0 s)\n", true);
}
END_TEST

static char tapped[256];

static void note_line(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	snprintf(tapped, sizeof(tapped), "%s %s", log_level_names[level], line);
	log_notice("in the tap");
}

START_TEST(the_tap_gets_every_line)
{
	open_file_at(LOG_LEVEL_NOTICE);
	log_set_tap(note_line, NULL);
	log_debug("peer: %s", "a");
	ck_assert_str_eq(tapped, "debug peer: a");
	log_error("b\nc");
	ck_assert_str_eq(tapped, "error b c");
	ck_assert_uint_eq(count_lines(path), 3);
	log_set_tap(NULL, NULL);
	log_error("d");
	ck_assert_str_eq(tapped, "error b c");
}
END_TEST

static void add_sink_tests(TCase *tcase)
{
	tcase_add_test(tcase, reopen_follows_a_moved_file);
	tcase_add_test(tcase, a_failing_reopen_keeps_the_old_file);
	tcase_add_test(tcase, a_failing_open_keeps_the_old_sink);
	tcase_add_test(tcase, a_fifo_without_reader_does_not_block);
	tcase_add_test(tcase, stderr_lines_carry_the_program);
	tcase_add_test(tcase, stderr_lines_carry_the_priority_for_the_journal);
	tcase_add_test(tcase, after_close_lines_go_to_stderr);
	tcase_add_test(tcase, syslog_accepts_lines_even_when_nobody_listens);
	tcase_add_test(tcase, journal_lines_are_fields);
}

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("log", &tcase);

	tcase_add_checked_fixture(tcase, enter_directory, leave_directory);
	tcase_add_test(tcase, a_line_in_a_file_has_time_program_and_pid);
	tcase_add_test(tcase, the_file_is_created_readable_by_its_group_only);
	tcase_add_test(tcase, lines_are_appended_to_an_existing_file);
	tcase_add_loop_test(tcase, lines_above_the_level_are_left_out, LOG_LEVEL_ERROR,
	                    LOG_LEVEL_DEBUG + 1);
	tcase_add_test(tcase, one_event_is_one_line);
	tcase_add_test(tcase, a_long_line_is_cut_and_ends);
	tcase_add_test(tcase, logging_leaves_errno_alone);
	add_sink_tests(tcase);
	tcase_add_test(tcase, limit_passes_a_burst_and_reports_the_rest);
	tcase_add_test(tcase, limit_reports_nothing_when_nothing_was_suppressed);
	tcase_add_test(tcase, repeats_are_counted_and_told);
	tcase_add_test(tcase, what_is_counted_is_told_at_the_end);
	tcase_add_test(tcase, the_tap_gets_every_line);
	return test_run(suite);
}
