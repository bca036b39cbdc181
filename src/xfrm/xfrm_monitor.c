/* SPDX-License-Identifier: MIT */
/*
 * What the kernel tells on its own. A socket for each kind, so that a flood of policy notifications
 * cannot cost an acquire or hide an SA. Invariants: after a callback that closed the monitor no
 * other callback runs; after sas_lost no notification is told that the kernel made before the loss.
 */
#include "xfrmd/xfrm/xfrm_monitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/xfrm.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "xfrmd/base/log.h"
#include "xfrmd/xfrm/xfrm_link.h"

/* A turn of the loop takes this many, so that a storm does not starve the rest of the daemon. */
#define DATAGRAMS_A_TURN 64

/* One event socket. */
struct channel {
	struct xfrm_link link;
	struct loop_fd *watch;
	struct xfrm_monitor *monitor;
};

struct xfrm_monitor {
	struct xfrm_events events;
	void *ctx;
	struct channel acquires; /* ACQUIRE and EXPIRE */
	struct channel policies;
	struct channel sas; /* open if wanted */
	bool sas_lost;      /* what is left in that socket is too old to be told */
	bool sas_flushed;   /* that is why */
	bool dispatching;   /* in a callback, so that closing must wait */
	bool closing;
};

static void monitor_free(struct xfrm_monitor *monitor)
{
	loop_fd_free(monitor->sas.watch);
	xfrm_link_close(&monitor->sas.link);
	loop_fd_free(monitor->policies.watch);
	xfrm_link_close(&monitor->policies.link);
	loop_fd_free(monitor->acquires.watch);
	xfrm_link_close(&monitor->acquires.link);
	free(monitor);
}

static void dispatch_acquire(struct xfrm_monitor *monitor, const struct nlmsghdr *header)
{
	struct xfrm_acquire acquire;

	if (xfrm_codec_acquire(header, &acquire) < 0)
		log_debug("xfrm monitor: malformed acquire ignored");
	else
		monitor->events.acquire(monitor->ctx, &acquire);
}

static void dispatch_expire(struct xfrm_monitor *monitor, const struct nlmsghdr *header)
{
	struct sa sa;
	bool hard;

	if (xfrm_codec_expire(header, &sa, &hard) < 0)
		log_debug("xfrm monitor: malformed expire ignored");
	else
		monitor->events.expire(monitor->ctx, &sa, hard);
}

static void dispatch_sa(struct xfrm_monitor *monitor, const struct nlmsghdr *header)
{
	struct sa sa;

	if (xfrm_codec_sa(header, &sa) < 0)
		log_debug("xfrm monitor: malformed SA ignored");
	else if (monitor->events.sa_new)
		monitor->events.sa_new(monitor->ctx, &sa, header->nlmsg_pid);
}

static void dispatch_sa_gone(struct xfrm_monitor *monitor, const struct nlmsghdr *header)
{
	struct sa sa;

	if (xfrm_codec_sa_gone(header, &sa) < 0)
		log_debug("xfrm monitor: malformed deletion of an SA ignored");
	else if (monitor->events.sa_gone)
		monitor->events.sa_gone(monitor->ctx, &sa, header->nlmsg_pid);
}

/* Returns whether the SPD changed: the caller tells so once for many messages. */
static bool dispatch_message(struct xfrm_monitor *monitor, const struct nlmsghdr *header)
{
	switch (header->nlmsg_type) {
	case XFRM_MSG_ACQUIRE:
		dispatch_acquire(monitor, header);
		return false;
	case XFRM_MSG_EXPIRE:
		dispatch_expire(monitor, header);
		return false;
	case XFRM_MSG_NEWSA:
	case XFRM_MSG_UPDSA:
		dispatch_sa(monitor, header);
		return false;
	case XFRM_MSG_DELSA:
		dispatch_sa_gone(monitor, header);
		return false;
	case XFRM_MSG_FLUSHSA:
		monitor->sas_lost = true;
		monitor->sas_flushed = true;
		return false;
	case XFRM_MSG_NEWPOLICY:
	case XFRM_MSG_UPDPOLICY:
	case XFRM_MSG_DELPOLICY:
	case XFRM_MSG_POLEXPIRE:
	case XFRM_MSG_FLUSHPOLICY:
		return true;
	default:
		return false;
	}
}

static bool dispatch_datagram(struct channel *channel, size_t len)
{
	struct nlmsghdr *header = (struct nlmsghdr *)channel->link.bytes;
	bool touched = false;

	for (int left = (int)len; nlmsg_ok(header, left) && !channel->monitor->closing;
	     header = nlmsg_next(header, &left))
		touched |= dispatch_message(channel->monitor, header);
	return touched;
}

static void drain(struct channel *channel)
{
	struct xfrm_monitor *monitor = channel->monitor;
	bool touched = false;

	for (int i = 0; i < DATAGRAMS_A_TURN && !monitor->closing; i++) {
		ssize_t len = xfrm_link_receive(&channel->link);

		if (len == -EAGAIN)
			break;
		if (len < 0) {
			monitor->events.lost(monitor->ctx, channel == &monitor->acquires);
			break;
		}
		touched |= dispatch_datagram(channel, (size_t)len);
	}
	if (touched && !monitor->closing)
		monitor->events.policies_touched(monitor->ctx);
}

/*
 * A loss is told before anything that is left in the socket, but all of that happened before it: it
 * is read to the end and left out, or an SA deleted by a lost notification would come back.
 */
static void drain_sas(struct channel *channel)
{
	struct xfrm_monitor *monitor = channel->monitor;
	bool flushed;

	for (int i = 0; (i < DATAGRAMS_A_TURN || monitor->sas_lost) && !monitor->closing; i++) {
		ssize_t len = xfrm_link_receive(&channel->link);

		if (len == -ENOBUFS || len == -EMSGSIZE)
			monitor->sas_lost = true;
		else if (len < 0)
			break;
		else if (!monitor->sas_lost)
			dispatch_datagram(channel, (size_t)len);
	}
	if (!monitor->sas_lost || monitor->closing)
		return;
	flushed = monitor->sas_flushed;
	monitor->sas_lost = monitor->sas_flushed = false;
	if (monitor->events.sas_lost)
		monitor->events.sas_lost(monitor->ctx, flushed);
}

static void channel_ready(void *ctx, unsigned ready)
{
	struct channel *channel = ctx;
	struct xfrm_monitor *monitor = channel->monitor;

	(void)ready;
	monitor->dispatching = true;
	if (channel == &monitor->sas)
		drain_sas(channel);
	else
		drain(channel);
	monitor->dispatching = false;
	if (monitor->closing)
		monitor_free(monitor);
}

static int set_receive_buffer(int fd, int size)
{
	/* without the privilege as much as the system allows */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0)
		return -errno;
	return 0;
}

static bool wants_sas(const struct xfrm_events *events)
{
	return events->sa_new || events->sa_gone || events->sas_lost;
}

/*
 * Lets the kernel leave out the notifications of our own changes: thousands come with the first
 * installation and would overrun the buffer. BPF loads numbers in network byte order.
 */
static int ignore_port(int fd, uint32_t port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(port), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	return 0;
}

/* @own_port 0: nothing is left out. */
static int channel_open(struct channel *channel, struct xfrm_monitor *monitor, uint32_t own_port)
{
	int r;

	channel->monitor = monitor;
	r = xfrm_link_open(&channel->link);
	if (r == 0)
		r = set_receive_buffer(nl_socket_get_fd(channel->link.nl),
		                       channel == &monitor->acquires ? XFRM_MONITOR_ACQUIRES_RCVBUF
		                                                     : XFRM_MONITOR_RCVBUF);
	if (r == 0 && own_port != 0)
		r = ignore_port(nl_socket_get_fd(channel->link.nl), own_port);
	if (r == 0)
		r = xfrm_link_error(nl_socket_set_nonblocking(channel->link.nl));
	return r;
}

static int channel_join(struct channel *channel, struct loop *loop, int group, int group2)
{
	int r = nl_socket_add_memberships(channel->link.nl, group, group2, 0);

	if (r < 0)
		return xfrm_link_error(r);
	return loop_fd_new(loop, nl_socket_get_fd(channel->link.nl), LOOP_READ, channel_ready,
	                   channel, &channel->watch);
}

static int open_channels(struct xfrm_monitor *monitor, struct loop *loop, uint32_t own_port)
{
	int r = channel_open(&monitor->acquires, monitor, own_port);

	if (r == 0)
		r = channel_open(&monitor->policies, monitor, own_port);
	if (r == 0)
		r = channel_join(&monitor->acquires, loop, XFRMNLGRP_ACQUIRE, XFRMNLGRP_EXPIRE);
	if (r == 0)
		r = channel_join(&monitor->policies, loop, XFRMNLGRP_POLICY, XFRMNLGRP_NONE);
	if (r < 0 || !wants_sas(&monitor->events))
		return r;
	/* an SA that we deleted ourselves is gone, too */
	r = channel_open(&monitor->sas, monitor, 0);
	if (r == 0)
		r = channel_join(&monitor->sas, loop, XFRMNLGRP_SA, XFRMNLGRP_NONE);
	return r;
}

int xfrm_monitor_open(struct loop *loop, uint32_t own_port, const struct xfrm_events *events,
                      void *ctx, struct xfrm_monitor **ret_monitor, struct err *err)
{
	struct xfrm_monitor *monitor = calloc(1, sizeof(*monitor));
	int r;

	if (!monitor)
		return err_set(err, -ENOMEM, "xfrm monitor: out of memory");
	monitor->events = *events;
	monitor->ctx = ctx;
	r = open_channels(monitor, loop, own_port);
	if (r < 0) {
		monitor_free(monitor);
		return err_set(err, r, "xfrm monitor: cannot be opened: %s", strerror(-r));
	}
	*ret_monitor = monitor;
	return 0;
}

void xfrm_monitor_close(struct xfrm_monitor *monitor)
{
	if (!monitor)
		return;
	if (monitor->dispatching)
		monitor->closing = true;
	else
		monitor_free(monitor);
}
