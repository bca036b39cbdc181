/* SPDX-License-Identifier: MIT */
/* The sd_notify(3) protocol: the few lines of it that we need. */
#include "xfrmd/base/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/str.h"

void notify_send(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_(cleanup_fd) int fd = -1;
	char text[512];
	size_t path_len;
	va_list args;
	int len;

	path_len = path ? strlen(path) : 0;
	if (path_len < 2 || path_len >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, path_len);
	if (*path == '@')
		address.sun_path[0] = '\0';
	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || len < 0)
		return;
	if ((size_t)len >= sizeof(text))
		len = sizeof(text) - 1;
	(void)sendto(fd, text, (size_t)len, MSG_NOSIGNAL, (struct sockaddr *)&address,
	             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_len));
}

uint64_t notify_watchdog_ms(void)
{
	const char *interval = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t interval_us, wanted_pid;

	if (!interval || str_parse_u64(interval, 1, UINT64_MAX, &interval_us))
		return 0;
	if (pid &&
	    (str_parse_u64(pid, 1, UINT32_MAX, &wanted_pid) || wanted_pid != (uint64_t)getpid()))
		return 0;
	return interval_us / 2000;
}
