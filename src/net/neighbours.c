/* SPDX-License-Identifier: MIT */
#include "xfrmd/net/neighbours.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <netlink/errno.h>
#include <stdlib.h>

#include "xfrmd/net/route.h"
#include "xfrmd/net/rtnl.h"

/* The kernel gives up after 3 s (mcast_solicit times retrans_time_ms, by default). */
#define LISTEN_MS     5000
/* Of all that are asked for at once the kernel tells in the same moment, of each by some 800 bytes. */
#define EVENTS_RCVBUF (4 * 1024 * 1024)

struct neighbours {
	struct nl_sock *questions, *events;
	struct loop_fd *readable;
	struct loop_timer *quiet;
	bool listening;
	struct neighbour_questions asked;
	neighbours_fn answered;
	void *ctx;
};

/* NULL: it is another message, or tells no address. */
static const struct ndmsg *read_neighbour(struct nl_msg *msg, struct addr *ret_addr)
{
	struct nlattr *attrs[NDA_MAX + 1];
	const struct ndmsg *info;

	if (!rtnl_parse(msg, RTM_NEWNEIGH, sizeof(*info), attrs, NDA_MAX))
		return NULL;
	info = nlmsg_data(nlmsg_hdr(msg));
	*ret_addr = (struct addr){0};
	rtnl_read_addr(info->ndm_family, attrs[NDA_DST], ret_addr);
	return ret_addr->family != AF_UNSPEC ? info : NULL;
}

static int take_state(struct nl_msg *msg, void *ctx)
{
	struct addr addr;
	const struct ndmsg *info = read_neighbour(msg, &addr);
	unsigned *state = ctx;

	if (!info)
		return NL_SKIP;
	*state = info->ndm_state;
	return NL_OK;
}

/* The state of the neighbour after it was asked for; 0: none is known. */
static unsigned use(struct neighbours *neighbours, const struct route *route,
                    const struct addr *remote)
{
	struct ndmsg info = {.ndm_family = remote->family,
	                     .ndm_ifindex = (int)route->ifindex,
	                     .ndm_flags = NTF_USE};
	struct rtnl_request request = {.type = RTM_NEWNEIGH,
	                               .flags = NLM_F_CREATE | NLM_F_ACK,
	                               .body = &info,
	                               .len = sizeof(info),
	                               .attr = NDA_DST,
	                               .value = remote->bytes,
	                               .value_len = addr_len(remote)};
	unsigned state = 0;

	if (rtnl_ask(neighbours->questions, &request, take_state, &state) < 0)
		return 0;
	info.ndm_flags = 0;
	request.type = RTM_GETNEIGH;
	request.flags = 0;
	return rtnl_ask(neighbours->questions, &request, take_state, &state) < 0 ? 0 : state;
}

static void set_listening(struct neighbours *neighbours, bool on)
{
	struct nl_sock *events = neighbours->events;

	if (neighbours->listening == on)
		return;
	if ((on ? nl_socket_add_memberships(events, RTNLGRP_NEIGH, 0)
	        : nl_socket_drop_memberships(events, RTNLGRP_NEIGH, 0)) == 0)
		neighbours->listening = on;
}

enum neighbour neighbours_resolve(struct neighbours *neighbours, const struct addr *remote)
{
	struct route route = {0};

	if (route_ask(neighbours->questions, remote, &route) < 0 || !route.unicast ||
	    route.gateway.family != AF_UNSPEC || !route.ifindex)
		return NEIGHBOUR_UNTOLD;
	/* before it is asked for, or the answer may be missed */
	set_listening(neighbours, true);
	loop_timer_start(neighbours->quiet, LISTEN_MS);
	if (!neighbours->listening)
		return NEIGHBOUR_UNTOLD;
	return neighbour_ask(&neighbours->asked, remote, route.ifindex,
	                     use(neighbours, &route, remote));
}

static int take_event(struct nl_msg *msg, void *ctx)
{
	struct neighbours *neighbours = ctx;
	struct addr addr;
	const struct ndmsg *info = read_neighbour(msg, &addr);
	enum neighbour neighbour = NEIGHBOUR_UNTOLD;

	if (info)
		neighbour = neighbour_told(&neighbours->asked, &addr, (unsigned)info->ndm_ifindex,
		                           info->ndm_state);
	if (neighbour == NEIGHBOUR_THERE || neighbour == NEIGHBOUR_ABSENT)
		neighbours->answered(neighbours->ctx, &addr, neighbour);
	return NL_SKIP;
}

/* What is lost is not made up for: who asks does not wait for ever. */
static void drain_events(void *ctx, unsigned ready)
{
	struct neighbours *neighbours = ctx;
	int code;

	(void)ready;
	do {
		code = nl_recvmsgs_default(neighbours->events);
	} while (code == 0 || code == -NLE_NOMEM);
}

static void be_quiet(void *ctx)
{
	set_listening(ctx, false);
}

static int open_events(struct neighbours *neighbours)
{
	static const int size = EVENTS_RCVBUF;
	int code;

	neighbours->events = nl_socket_alloc();
	if (!neighbours->events)
		return -NLE_NOMEM;
	nl_socket_disable_seq_check(neighbours->events);
	code = nl_socket_modify_cb(neighbours->events, NL_CB_MSG_IN, NL_CB_CUSTOM, take_event,
	                           neighbours);
	if (code == 0)
		code = nl_connect(neighbours->events, NETLINK_ROUTE);
	if (code == 0)
		code = nl_socket_set_nonblocking(neighbours->events);
	/* more than the default if it can be had */
	if (code == 0)
		(void)setsockopt(nl_socket_get_fd(neighbours->events), SOL_SOCKET, SO_RCVBUFFORCE,
		                 &size, sizeof(size));
	return code;
}

int neighbours_open(struct loop *loop, neighbours_fn answered, void *ctx,
                    struct neighbours **ret_neighbours)
{
	struct neighbours *neighbours = calloc(1, sizeof(*neighbours));
	int error;

	if (!neighbours)
		return -ENOMEM;
	neighbours->answered = answered;
	neighbours->ctx = ctx;
	error = rtnl_open(&neighbours->questions) < 0 || open_events(neighbours) < 0 ? -EIO : 0;
	if (!error)
		error = loop_fd_new(loop, nl_socket_get_fd(neighbours->events), LOOP_READ,
		                    drain_events, neighbours, &neighbours->readable);
	if (!error)
		error = loop_timer_new(loop, be_quiet, neighbours, &neighbours->quiet);
	if (error) {
		neighbours_close(neighbours);
		return error;
	}
	*ret_neighbours = neighbours;
	return 0;
}

void neighbours_close(struct neighbours *neighbours)
{
	if (!neighbours)
		return;
	loop_timer_free(neighbours->quiet);
	loop_fd_free(neighbours->readable);
	nl_socket_free(neighbours->events);
	nl_socket_free(neighbours->questions);
	free(neighbours);
}
