/* SPDX-License-Identifier: MIT */
#include "xfrm_batch.h"

#include <errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>

#include "xfrm_read.h"

void xfrm_batch_init(struct xfrm_batch *batch, struct xfrm_link *link, xfrm_batch_failed_fn failed,
                     void *ctx)
{
	batch->link = link;
	batch->failed = failed;
	batch->ctx = ctx;
	batch->len = batch->count = 0;
}

void xfrm_batch_add(struct xfrm_batch *batch, struct nl_msg *msg, size_t id)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	size_t size = NLMSG_ALIGN(header->nlmsg_len);

	if (batch->count == XFRM_BATCH_COUNT || size > XFRM_BATCH_BYTES - batch->len)
		xfrm_batch_send(batch);
	header->nlmsg_flags |= NLM_F_REQUEST;
	header->nlmsg_pid = nl_socket_get_local_port(batch->link->nl);
	header->nlmsg_seq = nl_socket_use_seq(batch->link->nl);
	if (batch->count == 0)
		batch->first_seq = header->nlmsg_seq;
	memcpy(batch->bytes + batch->len, header, header->nlmsg_len);
	batch->len += size;
	batch->ids[batch->count++] = id;
	nlmsg_free(msg);
}

static void ack_last(struct xfrm_batch *batch)
{
	struct nlmsghdr *header = (struct nlmsghdr *)batch->bytes;
	int left = (int)batch->len;

	for (size_t i = 1; i < batch->count; i++)
		header = nlmsg_next(header, &left);
	header->nlmsg_flags |= NLM_F_ACK;
}

/* Whether it is the answer to the last. */
static bool take_answer(struct xfrm_batch *batch, const struct nlmsghdr *header)
{
	uint32_t place = header->nlmsg_seq - batch->first_seq;
	int error = -EBADMSG;

	if (header->nlmsg_type != NLMSG_ERROR || place >= batch->count)
		return false;
	(void)xfrm_read_fixed(header, &error, sizeof(error));
	if (error < 0)
		batch->failed(batch->ctx, batch->ids[place], error);
	return place == batch->count - 1;
}

static int await_last(struct xfrm_batch *batch)
{
	bool done = false;

	while (!done) {
		struct nlmsghdr *header = (struct nlmsghdr *)batch->link->bytes;
		ssize_t len = xfrm_link_receive(batch->link);
		int left;

		if (len < 0)
			return (int)len;
		for (left = (int)len; nlmsg_ok(header, left); header = nlmsg_next(header, &left))
			done |= take_answer(batch, header);
	}
	return 0;
}

void xfrm_batch_send(struct xfrm_batch *batch)
{
	int error;

	if (batch->count == 0)
		return;
	ack_last(batch);
	error = nl_sendto(batch->link->nl, batch->bytes, batch->len);
	error = error < 0 ? xfrm_link_error(error) : await_last(batch);
	if (error == -ENOBUFS)
		xfrm_link_drain(batch->link);
	for (size_t i = 0; error < 0 && i < batch->count; i++)
		batch->failed(batch->ctx, batch->ids[i], error);
	batch->len = batch->count = 0;
}
