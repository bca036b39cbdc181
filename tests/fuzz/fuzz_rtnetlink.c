/* SPDX-License-Identifier: MIT */
/*
 * What the kernel answers about addresses, interfaces, forwarding and routes: datagrams, each behind
 * its length in two bytes.
 */
#include "fuzz.h"

#include <netlink/handlers.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/wire.h"
#include "xfrmd/net/addr_watch.h"
#include "xfrmd/net/route.h"

int __wrap_nl_connect(struct nl_sock *sock, int protocol);
int __wrap_nl_send_auto(struct nl_sock *sock, struct nl_msg *msg);
int __wrap_nl_recvmsgs_default(struct nl_sock *sock);

static struct wire answers;

int __wrap_nl_connect(struct nl_sock *sock, int protocol)
{
	(void)sock;
	(void)protocol;
	return 0;
}

int __wrap_nl_send_auto(struct nl_sock *sock, struct nl_msg *msg)
{
	(void)sock;
	(void)msg;
	return 0;
}

/* The next datagram, instead of nl_recv(), whose caller frees it. */
static int receive(struct nl_sock *sock, struct sockaddr_nl *ret_sender, unsigned char **ret_data,
                   struct ucred **ret_creds)
{
	size_t len = wire_be16(&answers);
	const uint8_t *bytes = wire_bytes(&answers, len);

	(void)sock;
	(void)ret_creds;
	if (!bytes || !len)
		return 0;
	*ret_data = malloc(len);
	if (!*ret_data)
		abort();
	memcpy(*ret_data, bytes, len);
	*ret_sender = (struct sockaddr_nl){.nl_family = AF_NETLINK};
	return (int)len;
}

int __wrap_nl_recvmsgs_default(struct nl_sock *sock)
{
	struct nl_cb *callbacks = nl_socket_get_cb(sock);
	int code;

	nl_socket_disable_seq_check(sock);
	nl_cb_overwrite_recv(callbacks, receive);
	code = nl_recvmsgs(sock, callbacks);
	nl_cb_put(callbacks);
	return code;
}

static void read_addresses(void)
{
	struct forwarding forwarding;
	struct local_addr *list;
	size_t count;

	if (addr_watch_dump(&list, &count, &forwarding, NULL) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		if (!addr_len(&list[i].addr) || !list[i].ifname[0] ||
		    strnlen(list[i].ifname, IF_NAMESIZE) == IF_NAMESIZE ||
		    (i && local_addr_compare(&list[i - 1], &list[i]) > 0))
			abort();
	}
	free(list);
}

static void read_route(void)
{
	struct addr remote = {.family = AF_INET, .bytes = {10, 0, 0, 1}};
	struct route route;

	if (route_lookup(&remote, &route, NULL) == 0 && !route.found &&
	    (route.source.family || route.gateway.family || route.ifname[0]))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	wire_init(&answers, data, size);
	read_addresses();
	wire_init(&answers, data, size);
	read_route();
	return 0;
}
