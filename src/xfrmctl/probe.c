/* SPDX-License-Identifier: MIT */
/*
 * Sends echo requests and looks at the wire with packet sockets, which see what leaves and what
 * comes before IPsec opens it; what IPsec opened in transport mode does not pass them again.
 */
#include "probe.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "sighting.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/net/bound_socket.h"
#include "xfrmd/net/echo.h"
#include "xfrmd/net/greeting.h"

/* An answer in clear that IPsec does not drop reaches us within this time. */
#define GRACE_US    50000
#define AGAIN_US    250000
#define MESSAGE_LEN 40

static uint64_t clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Lets packets from and to @remote pass, as far as four bytes of an address tell. */
static int attach_filter(int fd, const struct addr *remote)
{
	bool six = remote->family == AF_INET6;
	const uint8_t *end = remote->bytes + addr_len(remote) - 4;
	uint32_t tail = (uint32_t)end[0] << 24 | (uint32_t)end[1] << 16 | (uint32_t)end[2] << 8 |
	                end[3];
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, six ? 20 : 12), /* end of the source */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, tail, 2, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, six ? 36 : 16), /* of the destination */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, tail, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SIGHTING_LEN),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
	                                                                                   : 0;
}

static int open_wire(const struct probe *probe, int *ret_fd)
{
	/* without protocol it takes nothing until it is bound, and then only what the filter lets
	 * pass */
	_cleanup_(cleanup_fd) int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	                                      0);
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
	                              .sll_protocol = htons(ETH_P_ALL),
	                              .sll_ifindex = (int)if_nametoindex(probe->ifname)};
	int on = 1, error;

	if (fd < 0)
		return -errno;
	error = attach_filter(fd, &probe->pair.remote);
	if (error)
		return error;
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* Also of a host that cannot be reached now. */
static bool hear_errors(int fd, uint8_t family)
{
	bool six = family == AF_INET6;
	int on = 1;

	return setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVERR : IP_RECVERR, &on,
	                  sizeof(on)) == 0;
}

static int open_icmp(const struct probe *probe, int *ret_fd)
{
	_cleanup_(cleanup_fd) int fd = bound_socket_open(&probe->pair.local, probe->ifname,
	                                                 SOCK_RAW);

	if (fd < 0)
		return fd;
	if (!hear_errors(fd, probe->pair.remote.family))
		return -errno;
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* IKE itself must pass all policies; so does what asks for it. */
static bool bypass(int fd, uint8_t family)
{
	struct xfrm_userpolicy_info policy = {.sel.family = family, .action = XFRM_POLICY_ALLOW};
	bool six = family == AF_INET6;

	for (policy.dir = XFRM_POLICY_IN; policy.dir <= XFRM_POLICY_OUT; policy.dir++)
		if (setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP,
		               six ? IPV6_XFRM_POLICY : IP_XFRM_POLICY, &policy,
		               sizeof(policy)) < 0)
			return false;
	return true;
}

/*
 * One keepalive of NAT (RFC 3948), which who speaks IKE takes without a word; who does not says
 * that the port is closed, and the kernel that there is no neighbour. Nothing is lost without it.
 */
static void knock(struct probe *probe)
{
	static const uint8_t keepalive = GREETING_BYTE;
	_cleanup_(cleanup_fd) int fd = bound_socket_open(&probe->pair.local, probe->ifname,
	                                                 SOCK_DGRAM);

	if (fd < 0 || !bypass(fd, probe->pair.remote.family) ||
	    !hear_errors(fd, probe->pair.remote.family) ||
	    bound_socket_connect(fd, &probe->pair.remote, probe->ifname, GREETING_PORT) < 0 ||
	    send(fd, &keepalive, sizeof(keepalive), 0) < 0)
		return;
	probe->knock_fd = steal_fd(&fd);
}

static void hear(struct probe *probe)
{
	socklen_t size = sizeof(int);
	int error = 0;

	if (probe->knock_fd >= 0)
		getsockopt(probe->knock_fd, SOL_SOCKET, SO_ERROR, &error, &size);
	probe->seen.no_ike |= error == ECONNREFUSED;
	probe->seen.unreachable |= error == EHOSTUNREACH;
}

static int open_probe(struct probe *probe, struct err *err)
{
	char text[ADDR_TEXT_MAX];
	int error = open_wire(probe, &probe->wire_fd);

	if (error)
		return err_set(err, error, "%s: cannot look at the wire: %s", probe->ifname,
		               strerror(-error));
	error = open_icmp(probe, &probe->icmp_fd);
	if (error)
		return err_set(err, error, "%s: cannot send pings from it: %s",
		               addr_format(&probe->pair.local, text), strerror(-error));
	return 0;
}

/* An errno, or 0. */
static int send_echo(struct probe *probe)
{
	uint8_t message[MESSAGE_LEN];
	int error;

	echo_build(probe->pair.remote.family, probe->id, 1, message, sizeof(message));
	probe->sent_us = clock_us();
	/* connected, it is told of errors about this peer only */
	error = bound_socket_connect(probe->icmp_fd, &probe->pair.remote, probe->ifname, 0);
	if (error)
		return -error;
	return send(probe->icmp_fd, message, sizeof(message), 0) < 0 ? errno : 0;
}

/* One that was silent is blocked until xfrmd sees that traffic asks for it, and it answers. */
static void send_again(struct probe *probe)
{
	struct verdict_seen *seen = &probe->seen;

	if ((seen->send_error == EPERM || seen->send_error == EACCES) &&
	    clock_us() - probe->sent_us > AGAIN_US)
		seen->send_error = send_echo(probe);
}

static void send_probe(struct probe *probe)
{
	if (getrandom(&probe->id, sizeof(probe->id), GRND_NONBLOCK) < 0)
		probe->id = (uint16_t)getpid();
	probe->begin_us = clock_us();
	if (probe->knock)
		knock(probe);
	probe->seen.send_error = send_echo(probe);
	if (probe->seen.send_error)
		probe->done = probe->knock_fd < 0;
}

static void note_esp(struct verdict_esp *list, size_t *count, const struct sighting *sighting,
                     uint64_t us)
{
	for (size_t i = 0; i < *count; i++)
		if (list[i].spi == sighting->spi)
			return;
	if (*count < VERDICT_ESP_MAX)
		list[(*count)++] = (struct verdict_esp){
			.spi = sighting->spi, .first_us = us, .udp = sighting->udp};
}

static void note(struct probe *probe, const struct sighting *sighting, bool out, uint64_t us)
{
	const struct addr *src = out ? &probe->pair.local : &probe->pair.remote;
	const struct addr *dst = out ? &probe->pair.remote : &probe->pair.local;
	struct verdict_seen *seen = &probe->seen;

	if (!addr_equal(&sighting->src, src) || !addr_equal(&sighting->dst, dst))
		return;
	switch (sighting->kind) {
	case SIGHTING_ESP:
		if (out)
			note_esp(seen->out, &seen->out_count, sighting, us);
		else
			note_esp(seen->in, &seen->in_count, sighting, us);
		break;
	case SIGHTING_NO_IKE:
		seen->no_ike |= !out;
		break;
	case SIGHTING_ECHO_REQUEST:
		if (!out || sighting->id != probe->id || seen->out_clear)
			break;
		seen->out_clear = true;
		seen->out_clear_us = us;
		break;
	case SIGHTING_ECHO_REPLY:
		if (out || sighting->id != probe->id || seen->in_clear)
			break;
		seen->in_clear = true;
		seen->in_clear_us = us;
		break;
	case SIGHTING_OTHER:
		break;
	}
}

/* When the kernel saw the packet of @message; now, if it does not say. */
static uint64_t stamp_us(struct msghdr *message)
{
	struct timespec stamp;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
		return (uint64_t)stamp.tv_sec * 1000000 + (uint64_t)stamp.tv_nsec / 1000;
	}
	return clock_us();
}

static void read_wire(struct probe *probe)
{
	for (;;) {
		_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
		uint8_t packet[SIGHTING_LEN];
		struct sockaddr_ll from;
		struct iovec part = {.iov_base = packet, .iov_len = sizeof(packet)};
		struct msghdr message = {.msg_name = &from,
		                         .msg_namelen = sizeof(from),
		                         .msg_iov = &part,
		                         .msg_iovlen = 1,
		                         .msg_control = control,
		                         .msg_controllen = sizeof(control)};
		struct sighting sighting;
		ssize_t len = recvmsg(probe->wire_fd, &message, 0);
		uint64_t us;

		if (len < 0)
			return;
		us = stamp_us(&message);
		if (us < probe->begin_us || sighting_read(packet, (size_t)len, &sighting) < 0)
			continue;
		note(probe, &sighting, from.sll_pkttype == PACKET_OUTGOING, us - probe->begin_us);
	}
}

static void read_icmp(struct probe *probe)
{
	socklen_t size = sizeof(probe->seen.later_error);
	uint8_t message[SIGHTING_LEN];
	uint16_t sequence;
	ssize_t len;

	while ((len = recv(probe->icmp_fd, message, sizeof(message), 0)) >= 0) {
		/* connected, so it is from the peer */
		if (probe->seen.answered || !echo_is_answer(probe->pair.remote.family, message,
		                                            (size_t)len, probe->id, &sequence))
			continue;
		probe->seen.answered = true;
	}
	if (errno != EAGAIN)
		probe->seen.later_error = errno;
	else
		getsockopt(probe->icmp_fd, SOL_SOCKET, SO_ERROR, &probe->seen.later_error, &size);
}

static void look(struct probe *probe)
{
	struct verdict_seen *seen = &probe->seen;

	/* first the program's side: what it has by then has passed the wire */
	read_icmp(probe);
	read_wire(probe);
	hear(probe);
	send_again(probe);
	if (seen->answered || seen->later_error ||
	    (seen->send_error && (seen->no_ike || seen->unreachable)) ||
	    (seen->in_clear && clock_us() - probe->begin_us > seen->in_clear_us + GRACE_US))
		probe->done = true;
}

static size_t watch_list(const struct probe *probes, size_t count, struct pollfd *ret_list)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (probes[i].done)
			continue;
		ret_list[used++] = (struct pollfd){.fd = probes[i].icmp_fd, .events = POLLIN};
		ret_list[used++] = (struct pollfd){.fd = probes[i].wire_fd, .events = POLLIN};
	}
	return used;
}

static int watch(struct probe *probes, size_t count, unsigned timeout_ms, struct err *err)
{
	struct pollfd *list = calloc(2 * count, sizeof(*list));
	uint64_t end_ms = clock_now_ms() + timeout_ms, now_ms;
	size_t used;

	if (!list)
		return err_set(err, -ENOMEM, "out of memory");
	while ((used = watch_list(probes, count, list)) > 0 && (now_ms = clock_now_ms()) < end_ms) {
		uint64_t left_ms = end_ms - now_ms;

		poll(list, used, (int)(left_ms < GRACE_US / 1000 ? left_ms : GRACE_US / 1000));
		for (size_t i = 0; i < count; i++)
			if (!probes[i].done)
				look(&probes[i]);
	}
	free(list);
	return 0;
}

int probes_run(struct probe *probes, size_t count, unsigned timeout_ms, struct err *err)
{
	int error = 0;

	for (size_t i = 0; i < count; i++)
		probes[i].wire_fd = probes[i].icmp_fd = probes[i].knock_fd = -1;
	for (size_t i = 0; !error && i < count; i++)
		error = open_probe(&probes[i], err);
	for (size_t i = 0; !error && i < count; i++)
		send_probe(&probes[i]);
	if (!error)
		error = watch(probes, count, timeout_ms, err);
	for (size_t i = 0; i < count; i++) {
		cleanup_fd(&probes[i].wire_fd);
		cleanup_fd(&probes[i].icmp_fd);
		cleanup_fd(&probes[i].knock_fd);
	}
	return error;
}
