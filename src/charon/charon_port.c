/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/charon.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/str.h"
#include "xfrmd/charon/charon_unit.h"
#include "xfrmd/net/udp_sockets.h"

/*
 * Who holds an IKE port: charon starts without a word when its port is taken and then hears nobody,
 * so this is asked before. The kernel tells the socket's inode, /proc/PID/fd whose it is.
 */

static int try_bind(int family, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	_cleanup_(cleanup_fd) int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int on = 1;
	int result;

	if (fd < 0)
		return -errno;
	if (family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		result = bind(fd, (struct sockaddr *)&v6, sizeof(v6));
	} else {
		result = bind(fd, (struct sockaddr *)&v4, sizeof(v4));
	}
	return result < 0 ? -errno : 0;
}

/* 0: nobody whom we may look at. */
static pid_t holder_of(const struct udp_socket *socket)
{
	const struct dirent *entry;
	uint64_t pid, holder = 0;
	DIR *dir = opendir("/proc");
	int number;

	if (!dir)
		return 0;
	while (!holder && (entry = readdir(dir))) {
		if (str_parse_u64(entry->d_name, 1, INT32_MAX, &pid) == 0 &&
		    charon_sockets_find((pid_t)pid, socket, 1, &number, 1) > 0)
			holder = pid;
	}
	closedir(dir);
	return (pid_t)holder;
}

static int name_holder(uint16_t port, pid_t pid, struct err *err)
{
	_cleanup_(cleanup_free) char *comm = NULL;
	char path[64], name[128];
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (!pid || file_read(path, 64, &comm, &len, NULL))
		return err_set(err, -EBUSY, "UDP port %u is taken by another process", port);
	comm[strcspn(comm, "\n")] = '\0';
	return err_set(err, -EADDRINUSE, "UDP port %u is taken by pid %d (%s)", port, (int)pid,
	               str_escape(comm, name, sizeof(name)));
}

static bool is_ours(pid_t pid, pid_t own, const char *unit)
{
	return pid && (pid == own || (unit && charon_unit_has(unit, pid)));
}

/* Names the first holder that is not ours; 0 when all sockets of the port are. */
static int find_holder(int family, uint16_t port, pid_t own, const char *unit, struct err *err)
{
	struct udp_socket sockets[UDP_SOCKETS_MAX];
	bool own_found = false;
	size_t count;

	if (udp_sockets_of(port, sockets, &count) < 0)
		return name_holder(port, 0, err);
	for (size_t i = 0; i < count; i++) {
		pid_t pid;

		if (sockets[i].family != family)
			continue;
		pid = holder_of(&sockets[i]);
		if (!is_ours(pid, own, unit))
			return name_holder(port, pid, err);
		own_found = true;
	}
	return own_found ? 0 : name_holder(port, 0, err);
}

static int check_family(int family, uint16_t port, pid_t own, const char *unit, struct err *err)
{
	int error = try_bind(family, port);

	/* A kernel without IPv6 has no port to lose. */
	if (!error || error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL)
		return 0;
	if (error == -EADDRINUSE)
		return find_holder(family, port, own, unit, err);
	return err_set(err, error, "UDP port %u cannot be used: %s", port, strerror(-error));
}

int charon_check_port(uint16_t port, pid_t own, const char *unit, struct err *err)
{
	int error = check_family(AF_INET, port, own, unit, err);

	return error ? error : check_family(AF_INET6, port, own, unit, err);
}
