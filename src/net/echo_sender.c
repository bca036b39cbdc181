/* SPDX-License-Identifier: MIT */
#include "xfrmd/net/echo_sender.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/net/echo.h"

struct echo_sender {
	int fd4, fd6; /* or -1 */
	uint16_t sequence;
};

/* A raw socket gets all ICMP that comes; this one takes none. */
static int open_socket(int family, int protocol)
{
	struct sock_filter drop_all[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
	const struct sock_fprog program = {.len = 1, .filter = drop_all};
	_cleanup_(cleanup_fd) int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	                                      protocol);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	return steal_fd(&fd);
}

int echo_sender_open(struct echo_sender **ret_sender)
{
	struct echo_sender *sender = calloc(1, sizeof(*sender));
	int error;

	if (!sender)
		return -ENOMEM;
	sender->fd4 = open_socket(AF_INET, IPPROTO_ICMP);
	sender->fd6 = open_socket(AF_INET6, IPPROTO_ICMPV6);
	if (sender->fd4 < 0 && sender->fd6 < 0) {
		error = sender->fd4;
		free(sender);
		return error;
	}
	*ret_sender = sender;
	return 0;
}

void echo_sender_close(struct echo_sender *sender)
{
	if (!sender)
		return;
	if (sender->fd4 >= 0)
		close(sender->fd4);
	if (sender->fd6 >= 0)
		close(sender->fd6);
	free(sender);
}

union source {
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct cmsghdr aligned;
};

static void add_source(struct msghdr *message, const struct addr *local)
{
	bool ipv6 = local->family == AF_INET6;
	struct in6_pktinfo source6 = {.ipi6_ifindex = 0};
	struct in_pktinfo source4 = {.ipi_ifindex = 0};
	size_t len = ipv6 ? sizeof(source6) : sizeof(source4);
	struct cmsghdr *control;

	message->msg_controllen = CMSG_SPACE(len);
	control = CMSG_FIRSTHDR(message);
	control->cmsg_level = ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
	control->cmsg_type = ipv6 ? IPV6_PKTINFO : IP_PKTINFO;
	control->cmsg_len = CMSG_LEN(len);
	if (ipv6) {
		memcpy(&source6.ipi6_addr, local->bytes, sizeof(source6.ipi6_addr));
		memcpy(CMSG_DATA(control), &source6, len);
	} else {
		memcpy(&source4.ipi_spec_dst, local->bytes, sizeof(source4.ipi_spec_dst));
		memcpy(CMSG_DATA(control), &source4, len);
	}
}

int echo_sender_send(struct echo_sender *sender, const struct pair *pair)
{
	int fd = pair->local.family == AF_INET6 ? sender->fd6 : sender->fd4;
	uint8_t echo[ECHO_CHECK_LEN];
	union source source = {0};
	struct sockaddr_storage to;
	struct iovec data = {.iov_base = echo, .iov_len = sizeof(echo)};
	struct msghdr message = {.msg_name = &to,
	                         .msg_namelen = addr_to_sockaddr(&pair->remote, "", 0, &to),
	                         .msg_iov = &data,
	                         .msg_iovlen = 1,
	                         .msg_control = source.bytes};

	if (fd < 0)
		return -EAFNOSUPPORT;
	echo_build(pair->remote.family, (uint16_t)getpid(), sender->sequence++, echo, sizeof(echo));
	add_source(&message, &pair->local);
	return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}
