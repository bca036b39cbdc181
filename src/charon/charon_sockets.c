/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/charon_sockets.h"

#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/str.h"
#include "xfrmd/charon/charon.h"

/*
 * charon sets no sizes and no filter itself, so this is done through copies of its descriptors. They are
 * closed at once: while one is open the port is taken, also when charon has died.
 */

static const uint16_t ports[] = {CHARON_PORT_IKE, CHARON_PORT_NATT};

#define PORTS (sizeof(ports) / sizeof(ports[0]))

/* The filter. Offsets from the UDP header on (RFC 7296, sections 3.1 and 3.2; RFC 3948, 2.2). */
#define IKE_OFFSET              8
#define NON_ESP_MARKER          4
#define RESPONDER_SPI           8
#define NEXT_PAYLOAD            16
#define NEXT_PAYLOAD_NOTIFY     41
#define ACCEPTED                UINT32_MAX
#define JUMP_IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define LOAD(size, offset)      BPF_STMT(BPF_LD | (size) | BPF_ABS, offset)

int charon_socket_admit(int fd, uint16_t port, unsigned one_in)
{
	const unsigned ike = IKE_OFFSET + (port == CHARON_PORT_NATT ? NON_ESP_MARKER : 0);
	const unsigned cookies_one_in = one_in > CHARON_COOKIES_FROM ? one_in / CHARON_COOKIES_FROM
	                                                             : 1;
	struct sock_filter code[] = {
		LOAD(BPF_W, ike + RESPONDER_SPI),
		JUMP_IF(0, 0, 10),
		LOAD(BPF_W, ike + RESPONDER_SPI + 4),
		JUMP_IF(0, 0, 8),
		LOAD(BPF_B, ike + NEXT_PAYLOAD),
		JUMP_IF(NEXT_PAYLOAD_NOTIFY, 3, 0),
		LOAD(BPF_W, (unsigned)(SKF_AD_OFF + SKF_AD_RANDOM)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, one_in - 1),
		JUMP_IF(0, 3, 4),
		LOAD(BPF_W, (unsigned)(SKF_AD_OFF + SKF_AD_RANDOM)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, cookies_one_in - 1),
		JUMP_IF(0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ACCEPTED),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
	int unused = 0, result;

	if (one_in > 1)
		result = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	else
		result = setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
	return result < 0 && !(one_in == 1 && errno == ENOENT) ? -errno : 0;
}

/* A copy of charon's descriptor; negative errno. */
static int copy(const struct charon_sockets *sockets, size_t i)
{
	int fd = pidfd_getfd(sockets->pidfd, sockets->numbers[i], 0);

	return fd < 0 ? -errno : fd;
}

static int admit(int fd, unsigned one_in)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return -errno;
	/* the port is in the same place in both families */
	return charon_socket_admit(fd, ntohs(((struct sockaddr_in *)&address)->sin_port), one_in);
}

int charon_sockets_admit(const struct charon_sockets *sockets, unsigned one_in)
{
	int error = 0;

	for (size_t i = 0; !error && i < sockets->count; i++) {
		_cleanup_(cleanup_fd) int fd = copy(sockets, i);

		error = fd < 0 ? fd : admit(fd, one_in);
	}
	return error;
}

static int prepare(const struct charon_sockets *sockets, size_t i)
{
	const int sending = CHARON_SENDING_MAX / 2, receiving = CHARON_RECEIVING_MAX / 2;
	_cleanup_(cleanup_fd) int fd = copy(sockets, i);

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &sending, sizeof(sending)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receiving, sizeof(receiving)) < 0)
		return -errno;
	return admit(fd, 1);
}

static bool has_inode(const char *link, const struct udp_socket *found, size_t count)
{
	unsigned long inode;

	if (sscanf(link, "socket:[%lu]", &inode) != 1)
		return false;
	for (size_t i = 0; i < count; i++)
		if (found[i].inode == inode)
			return true;
	return false;
}

int charon_sockets_find(pid_t pid, const struct udp_socket *sockets, size_t count, int *ret_numbers,
                        int max)
{
	const struct dirent *entry;
	char path[64], target[64];
	uint64_t number;
	int found = 0;
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (found < max && (entry = readdir(dir))) {
		len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (has_inode(target, sockets, count) &&
		    str_parse_u64(entry->d_name, 0, INT32_MAX, &number) == 0)
			ret_numbers[found++] = (int)number;
	}
	closedir(dir);
	return found;
}

static int find(pid_t pid, struct charon_sockets *sockets)
{
	struct udp_socket found[PORTS * UDP_SOCKETS_MAX];
	size_t count, all = 0;
	int result;

	for (size_t i = 0; i < PORTS; i++) {
		result = udp_sockets_of(ports[i], found + all, &count);
		if (result < 0)
			return result;
		all += count;
	}
	result = charon_sockets_find(pid, found, all, sockets->numbers, CHARON_SOCKETS_MAX);
	if (result < 0)
		return result;
	sockets->count = (size_t)result;
	return 0;
}

int charon_sockets_open(int pidfd, pid_t pid, struct charon_sockets *ret_sockets, struct err *err)
{
	int error;

	*ret_sockets = (struct charon_sockets){.pidfd = pidfd};
	error = find(pid, ret_sockets);
	for (size_t i = 0; !error && i < ret_sockets->count; i++)
		error = prepare(ret_sockets, i);
	if (!error)
		return 0;
	ret_sockets->count = 0;
	return err_set(err, error, "its sockets cannot be reached: %s", strerror(-error));
}

struct charon_waiting charon_sockets_waiting(const struct charon_sockets *sockets)
{
	struct charon_waiting waiting = {0};

	for (size_t i = 0; i < sockets->count; i++) {
		_cleanup_(cleanup_fd) int fd = copy(sockets, i);
		uint32_t memory[SK_MEMINFO_VARS] = {0};
		socklen_t len = sizeof(memory);

		if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &len) < 0)
			continue;
		if (memory[SK_MEMINFO_WMEM_ALLOC] > waiting.sending)
			waiting.sending = memory[SK_MEMINFO_WMEM_ALLOC];
		if (memory[SK_MEMINFO_RMEM_ALLOC] > waiting.receiving)
			waiting.receiving = memory[SK_MEMINFO_RMEM_ALLOC];
		waiting.dropped += memory[SK_MEMINFO_DROPS];
	}
	return waiting;
}
