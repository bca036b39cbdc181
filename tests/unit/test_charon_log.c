/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/charon_log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

/* Who still waits then has waited for a reader. */
#define PATIENCE_S 20

#define LINE \
	"05[IKE] <10.0.1.1-10.0.1.2|12> a line of charon's, of which one negotiation brings many\n"

static char folder[64], path[80];
static struct loop *loop;
static struct charon_log *charon_log;
static struct {
	size_t whole, others;
} seen;

static void on_line(void *ctx, const char *line)
{
	(void)ctx;
	if (strlen(line) == strlen(LINE) - 1 && strncmp(line, LINE, strlen(line)) == 0)
		seen.whole++;
	else
		seen.others++;
}

static void set_up(void)
{
	struct err err = {0};

	memset(&seen, 0, sizeof(seen));
	strcpy(folder, "/tmp/test-charon-log-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/charon.log", folder);
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_msg(charon_log_open(loop, path, on_line, NULL, &charon_log, &err) == 0, "%s",
	              err.text);
}

static void tear_down(void)
{
	charon_log_close(charon_log);
	loop_free(loop);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* As charon does: opens its log by the path, and writes whether somebody reads or not. Tells of its
 * opening and how many lines it got rid of by @tell, writes when something comes by @go. */
static int write_until_full(int go, int tell)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t count = 0;
	char byte = 0;

	/* check has a handler of its own */
	signal(SIGALRM, SIG_DFL);
	alarm(PATIENCE_S);
	if (fd < 0 || write(tell, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		return 1;
	while (write(fd, LINE, strlen(LINE)) == (ssize_t)strlen(LINE))
		count++;
	if (errno != EAGAIN || write(tell, &count, sizeof(count)) != sizeof(count))
		return 1;
	/* what is no log is left alone */
	return fcntl(go, F_GETFL) & O_NONBLOCK ? 1 : 0;
}

START_TEST(charon_that_fills_its_log_loses_lines_and_does_not_wait)
{
	int go[2], tell[2], pidfd, status;
	size_t written;
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(go, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(tell, O_CLOEXEC), 0);
	pid = fork();
	if (!pid)
		_exit(write_until_full(go[0], tell[1]));
	close(tell[1]);
	ck_assert_int_eq(read(tell[0], &byte, 1), 1);
	pidfd = pidfd_open(pid, 0);
	ck_assert_int_ge(pidfd, 0);
	ck_assert_int_eq(charon_log_unblock(charon_log, pidfd, pid), 0);

	ck_assert_int_eq(write(go[1], "", 1), 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(read(tell[0], &written, sizeof(written)), sizeof(written));
	charon_log_drain(charon_log);
	ck_assert_uint_eq(seen.whole, written);
	ck_assert_uint_eq(seen.others, 0);
	/* what lines of a few hundred negotiations need */
	ck_assert_uint_gt(written * strlen(LINE), 512 * 1024);

	close(pidfd);
	close(go[0]);
	close(go[1]);
	close(tell[0]);
}
END_TEST

START_TEST(charon_that_is_gone_cannot_be_told)
{
	pid_t pid = fork();
	int pidfd, status;

	if (!pid)
		_exit(0);
	pidfd = pidfd_open(pid, 0);
	ck_assert_int_ge(pidfd, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(charon_log_unblock(charon_log, pidfd, pid), -ENOENT);
	close(pidfd);
}
END_TEST

int main(void)
{
	int fd = pidfd_open(getpid(), 0);
	TCase *tcase;
	Suite *suite;

	if (fd < 0) {
		printf("1..0 # SKIP needs pidfd_open, which valgrind may not know\n");
		return EXIT_SUCCESS;
	}
	close(fd);
	suite = test_suite("charon_log", &tcase);
	tcase_set_timeout(tcase, 3 * PATIENCE_S);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, charon_that_fills_its_log_loses_lines_and_does_not_wait);
	tcase_add_test(tcase, charon_that_is_gone_cannot_be_told);
	return test_run(suite);
}
