/* SPDX-License-Identifier: MIT */
/* A stand-in is known by what it listens to: acquires alone. charon's own socket hears expiries as well. */
#include "xfrmd/charon/stand_in.h"

#include <dirent.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/xfrm.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/notify.h"
#include "xfrmd/base/str.h"

#define STORED_NAME   "acquires"
#define GROUP(number) (1u << ((number)-1))

static int open_socket(void)
{
	_cleanup_(cleanup_fd) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	                                      NETLINK_XFRM);
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK,
	                                    .nl_groups = GROUP(XFRMNLGRP_ACQUIRE)};
	const int room = STAND_IN_ROOM / 2, on = 1;

	/* the kernel doubles the room; full is no error, for which systemd would close it */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* 0: it is no socket of XFRM. */
static uint32_t groups_of(int fd)
{
	struct sockaddr_nl address = {0};
	socklen_t len = sizeof(address), protocol_len = sizeof(int);
	int protocol;

	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0 ||
	    address.nl_family != AF_NETLINK ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &protocol_len) < 0 ||
	    protocol != NETLINK_XFRM)
		return 0;
	return address.nl_groups;
}

/* A copy of the first descriptor that listens to the groups @wanted, and if @only to no other; negative
 * errno. */
static int find(int pidfd, pid_t pid, uint32_t wanted, bool only)
{
	const struct dirent *entry;
	int found = -ENOENT;
	uint64_t number;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (found == -ENOENT && (entry = readdir(dir))) {
		_cleanup_(cleanup_fd) int fd = -1;
		uint32_t groups;

		if (str_parse_u64(entry->d_name, 0, INT32_MAX, &number) < 0)
			continue;
		fd = pidfd_getfd(pidfd, (int)number, 0);
		groups = fd < 0 ? 0 : groups_of(fd);
		if (only ? groups == wanted : (groups & wanted) == wanted)
			found = steal_fd(&fd);
	}
	closedir(dir);
	return found;
}

/* Whether charon hears acquires from now on. What cannot be done costs time and nothing else. */
static void set_spared(int pidfd, pid_t pid, bool spared)
{
	const int option = spared ? NETLINK_DROP_MEMBERSHIP : NETLINK_ADD_MEMBERSHIP;
	_cleanup_(cleanup_fd) int fd = find(pidfd, pid, GROUP(XFRMNLGRP_EXPIRE), false);
	const int group = XFRMNLGRP_ACQUIRE;

	if (fd >= 0)
		(void)setsockopt(fd, SOL_NETLINK, option, &group, sizeof(group));
}

void stand_in_open(struct stand_in *stand_in, bool by_systemd)
{
	*stand_in = (struct stand_in){.fd = by_systemd ? notify_stored(STORED_NAME) : -1,
	                              .by_systemd = by_systemd};
	if (stand_in->fd >= 0)
		return;
	stand_in->fd = open_socket();
	if (by_systemd && stand_in->fd >= 0)
		notify_store(STORED_NAME, stand_in->fd);
}

void stand_in_spare_charon(struct stand_in *stand_in, int pidfd, pid_t pid)
{
	int inherited;

	if (!stand_in->by_systemd) {
		inherited = find(pidfd, pid, GROUP(XFRMNLGRP_ACQUIRE), true);
		/* ours is for the next charon */
		if (inherited < 0)
			return;
		stand_in_close(stand_in);
		stand_in->fd = inherited;
	}
	if (stand_in->fd >= 0)
		set_spared(pidfd, pid, true);
}

void stand_in_unspare_charon(int pidfd, pid_t pid)
{
	set_spared(pidfd, pid, false);
}

void stand_in_close(struct stand_in *stand_in)
{
	if (stand_in->fd >= 0)
		close(steal_fd(&stand_in->fd));
}

void stand_in_drain(const struct stand_in *stand_in)
{
	uint32_t memory[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(memory);

	if (stand_in->fd < 0 ||
	    getsockopt(stand_in->fd, SOL_SOCKET, SO_MEMINFO, memory, &len) < 0 ||
	    memory[SK_MEMINFO_RMEM_ALLOC] < STAND_IN_ROOM / 2)
		return;
	while (recv(stand_in->fd, NULL, 0, MSG_TRUNC | MSG_DONTWAIT) >= 0)
		;
}
