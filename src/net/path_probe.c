/* SPDX-License-Identifier: MIT */
/*
 * The pings of path_mtu.c, for many paths at once: all of a round, then their answers. Each size is
 * sent twice, so that one that is lost by chance costs no round.
 */
#include "xfrmd/net/path_probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/net/bound_socket.h"
#include "xfrmd/net/echo.h"

#define COPIES     2
/* As much of an answer as is looked at: header of IP with options, and of ICMP. */
#define ANSWER_LEN (60 + ECHO_HEADER_LEN)

static bool forbid_fragments(int fd, uint8_t family)
{
	int four = IP_PMTUDISC_DO, six = IPV6_PMTUDISC_DO, on = 1;

	if (family == AF_INET)
		return setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &four, sizeof(four)) == 0;
	return setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &six, sizeof(six)) == 0 &&
	       setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof(on)) == 0;
}

static int open_probe(const struct path_probe *probe)
{
	_cleanup_(cleanup_fd) int fd = bound_socket_open(&probe->pair.local, probe->ifname,
	                                                 SOCK_RAW);

	if (fd < 0 || !forbid_fragments(fd, probe->pair.remote.family) ||
	    bound_socket_connect(fd, &probe->pair.remote, probe->ifname, 0) < 0)
		return -1;
	return steal_fd(&fd);
}

/* What the kernel has learned about the path, less what ESP needs of it; 0: not known. */
static unsigned read_mtu(const struct path_probe *probe)
{
	bool six = probe->pair.remote.family == AF_INET6;
	socklen_t len = sizeof(int);
	int mtu;

	/* connected again, for the path as it is now */
	if (bound_socket_connect(probe->fd, &probe->pair.remote, probe->ifname, 0) < 0 ||
	    getsockopt(probe->fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_MTU : IP_MTU, &mtu,
	               &len) < 0)
		return 0;
	return mtu > 0 ? (unsigned)mtu : 0;
}

static unsigned read_link_mtu(const struct path_probe *probe)
{
	struct ifreq request = {0};

	memcpy(request.ifr_name, probe->ifname, sizeof(request.ifr_name));
	return ioctl(probe->fd, SIOCGIFMTU, &request) < 0 ? 0 : (unsigned)request.ifr_mtu;
}

static int send_one(const struct path_probe *probe, size_t i)
{
	unsigned header = probe->pair.remote.family == AF_INET6 ? 40 : 20;
	size_t len = probe->sizes[i] - header;
	_cleanup_(cleanup_free) uint8_t *message = malloc(len);
	uint16_t sequence = (uint16_t)(probe->search.rounds << 8 | i);

	if (!message)
		return -ENOMEM;
	echo_build(probe->pair.remote.family, probe->id, sequence, message, len);
	return send(probe->fd, message, len, 0) < 0 ? -errno : 0;
}

static int send_all(const struct path_probe *probe)
{
	int error = 0;

	for (size_t i = 0; i < COPIES * probe->count && !error; i++)
		error = send_one(probe, i % probe->count);
	return error;
}

/* The network may have told the kernel that packets are too large: that is no fault. */
static void begin_round(struct path_probe *probe)
{
	int error;

	probe->count = path_mtu_sizes(&probe->search, probe->sizes);
	memset(probe->answered, 0, sizeof(probe->answered));
	error = send_all(probe);
	if (error == -EMSGSIZE && read_mtu(probe) < probe->search.top) {
		path_mtu_begin(&probe->search, read_mtu(probe));
		probe->count = path_mtu_sizes(&probe->search, probe->sizes);
		error = send_all(probe);
	}
	if (!error)
		return;
	probe->count = 0;
	probe->search = (struct path_mtu){.over = true};
}

static bool misses_answers(const struct path_probe *probe)
{
	for (size_t i = 0; i < probe->count; i++)
		if (!probe->answered[i])
			return true;
	return false;
}

static void read_answers(struct path_probe *probe)
{
	socklen_t size = sizeof(int);
	uint8_t packet[ANSWER_LEN];
	uint16_t sequence;
	ssize_t len;
	int error;

	/* what routers say is taken off, or it would be said instead of an answer */
	getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	while ((len = recv(probe->fd, packet, sizeof(packet), 0)) >= 0) {
		if (!echo_is_answer(probe->pair.remote.family, packet, (size_t)len, probe->id,
		                    &sequence))
			continue;
		if (sequence >> 8 == probe->search.rounds && (sequence & 0xff) < probe->count)
			probe->answered[sequence & 0xff] = true;
	}
}

static void wait_for_answers(struct path_probe *probes, size_t count, struct pollfd *list,
                             unsigned wait_ms)
{
	uint64_t end_ms = clock_now_ms() + wait_ms, now_ms;

	while ((now_ms = clock_now_ms()) < end_ms) {
		nfds_t used = 0;

		for (size_t i = 0; i < count; i++) {
			if (misses_answers(&probes[i]))
				list[used++] = (struct pollfd){.fd = probes[i].fd,
				                               .events = POLLIN};
		}
		if (!used)
			return;
		poll(list, used, (int)(end_ms - now_ms));
		for (size_t i = 0; i < count; i++)
			if (probes[i].count)
				read_answers(&probes[i]);
	}
}

/* False: nothing is left to ask. */
static bool run_round(struct path_probe *probes, size_t count, struct pollfd *list,
                      unsigned wait_ms)
{
	bool more = false;

	for (size_t i = 0; i < count; i++) {
		probes[i].count = 0;
		if (!probes[i].search.over)
			begin_round(&probes[i]);
	}
	wait_for_answers(probes, count, list, wait_ms);
	for (size_t i = 0; i < count; i++) {
		struct path_probe *probe = &probes[i];

		if (probe->count)
			path_mtu_judge(&probe->search, probe->sizes, probe->answered, probe->count);
		more |= !probe->search.over;
	}
	return more;
}

void path_probes_run(struct path_probe *probes, size_t count, unsigned wait_ms)
{
	_cleanup_(cleanup_free) struct pollfd *list = calloc(count + 1, sizeof(*list));

	for (size_t i = 0; i < count; i++) {
		struct path_probe *probe = &probes[i];

		if (getrandom(&probe->id, sizeof(probe->id), GRND_NONBLOCK) < 0)
			probe->id = (uint16_t)(getpid() + (int)i);
		probe->fd = list ? open_probe(probe) : -1;
		probe->link_mtu = probe->fd < 0 ? 0 : read_link_mtu(probe);
		path_mtu_begin(&probe->search, probe->fd < 0 ? 0 : read_mtu(probe));
	}
	while (list && run_round(probes, count, list, wait_ms)) {
	}
	for (size_t i = 0; i < count; i++)
		cleanup_fd(&probes[i].fd);
}
