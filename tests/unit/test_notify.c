/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

/* In the place of systemd: a socket by an abstract name, and the environment. */

static int systemd;

static void set_up(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(address);
	char name[sizeof(address.sun_path) + 1] = "";

	systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	/* the kernel chooses the name */
	ck_assert_int_eq(bind(systemd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	ck_assert_int_eq(getsockname(systemd, (struct sockaddr *)&address, &len), 0);
	memcpy(name, address.sun_path, len - sizeof(sa_family_t));
	name[0] = '@';
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static void tear_down(void)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	close(systemd);
}

/* What came, and the descriptor that came with it; -1: none. */
static int receive(char ret_text[128])
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {ret_text, 127};
	struct msghdr message = {.msg_iov = &part,
	                         .msg_iovlen = 1,
	                         .msg_control = control,
	                         .msg_controllen = sizeof(control)};
	ssize_t len = recvmsg(systemd, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int passed = -1;

	ck_assert_int_ge(len, 0);
	ret_text[len] = '\0';
	if (header)
		memcpy(&passed, CMSG_DATA(header), sizeof(passed));
	return passed;
}

START_TEST(notify_sends_one_datagram)
{
	char text[128];

	notify_send("READY=%d\nSTATUS=%s", 1, "up");
	ck_assert_int_eq(receive(text), -1);
	ck_assert_str_eq(text, "READY=1\nSTATUS=up");
	unsetenv("NOTIFY_SOCKET");
	notify_send("READY=1");
	ck_assert_int_eq(recv(systemd, text, sizeof(text), 0), -1);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

START_TEST(notify_passes_what_is_to_be_kept)
{
	int ends[2], kept;
	char text[128], byte;

	ck_assert_int_eq(pipe(ends), 0);
	notify_store("acquires", ends[0]);
	kept = receive(text);
	ck_assert_str_eq(text, "FDSTORE=1\nFDNAME=acquires");
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	ck_assert_int_eq(read(kept, &byte, 1), 1);
	close(kept);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* @fd: of the name "acquires", the first that is passed being 3. */
static const struct {
	const char *names;
	int fd;
} stored[] = {
	{NULL, -ENOENT},      {"", -ENOENT},   {"other", -ENOENT},      {"acquires2", -ENOENT},
	{"acquire", -ENOENT}, {"acquires", 3}, {"other:acquires:x", 4}, {"a::acquires", 5},
};

START_TEST(notify_finds_what_was_kept)
{
	char pid[16];
	int saved[3];

	for (int i = 0; i < 3; i++) {
		saved[i] = fcntl(3 + i, F_DUPFD_CLOEXEC, 10);
		ck_assert_int_eq(dup2(STDIN_FILENO, 3 + i), 3 + i);
	}
	if (stored[_i].names)
		setenv("LISTEN_FDNAMES", stored[_i].names, 1);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	ck_assert_int_eq(notify_stored("acquires"), stored[_i].fd);
	if (stored[_i].fd >= 0)
		ck_assert_int_eq(fcntl(stored[_i].fd, F_GETFD), FD_CLOEXEC);
	/* it was for another */
	setenv("LISTEN_PID", "1", 1);
	ck_assert_int_eq(notify_stored("acquires"), -ENOENT);
	for (int i = 0; i < 3; i++) {
		close(3 + i);
		if (saved[i] >= 0)
			ck_assert_int_eq(dup2(saved[i], 3 + i), 3 + i);
	}
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("notify", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, notify_sends_one_datagram);
	tcase_add_test(tcase, notify_passes_what_is_to_be_kept);
	tcase_add_loop_test(tcase, notify_finds_what_was_kept, 0,
	                    sizeof(stored) / sizeof(stored[0]));
	return test_run(suite);
}
