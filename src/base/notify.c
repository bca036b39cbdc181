/* SPDX-License-Identifier: MIT */
/* The sd_notify(3) protocol: the few lines of it that we need. */
#include "xfrmd/base/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/str.h"

/* sd_listen_fds(3) */
#define FIRST_PASSED 3

/* @passed: a descriptor that goes with it; -1: none. */
static void send_text(char *text, size_t len, int passed)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_(cleanup_fd) int fd = -1;
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec part = {text, len};
	struct msghdr message = {.msg_name = &address, .msg_iov = &part, .msg_iovlen = 1};
	size_t path_len = path ? strlen(path) : 0;

	if (path_len < 2 || path_len >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, path_len);
	if (*path == '@')
		address.sun_path[0] = '\0';
	message.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_len);
	if (passed >= 0) {
		memcpy(CMSG_DATA(&control.header), &passed, sizeof(passed));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		(void)sendmsg(fd, &message, MSG_NOSIGNAL);
}

void notify_send(const char *format, ...)
{
	char text[512];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len < 0)
		return;
	send_text(text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1, -1);
}

void notify_store(const char *name, int fd)
{
	char text[128];
	int len = snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s", name);

	send_text(text, (size_t)len, fd);
}

/* Whether the variable @name, if there is one, means this process. */
static bool is_for_us(const char *name)
{
	const char *pid = getenv(name);
	uint64_t wanted;

	return !pid ||
	       (str_parse_u64(pid, 1, UINT32_MAX, &wanted) == 0 && wanted == (uint64_t)getpid());
}

int notify_stored(const char *name)
{
	const char *names = getenv("LISTEN_FDNAMES");
	size_t len;

	if (!is_for_us("LISTEN_PID"))
		return -ENOENT;
	for (int fd = FIRST_PASSED; names; fd++) {
		len = strcspn(names, ":");
		if (len == strlen(name) && strncmp(names, name, len) == 0)
			return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : fd;
		names = names[len] ? names + len + 1 : NULL;
	}
	return -ENOENT;
}

uint64_t notify_watchdog_ms(void)
{
	const char *interval = getenv("WATCHDOG_USEC");
	uint64_t interval_us;

	if (!interval || str_parse_u64(interval, 1, UINT64_MAX, &interval_us) ||
	    !is_for_us("WATCHDOG_PID"))
		return 0;
	return interval_us / 2000;
}
