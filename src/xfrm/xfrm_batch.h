/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRM_BATCH_H
#define XFRMD_XFRM_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "xfrmd/xfrm/xfrm_link.h"

struct nl_msg;

/*
 * Many requests in one datagram, which the kernel runs in their order, one after the other, whether
 * or not one fails. Only the last is acked, the others are heard of if they fail.
 */
#define XFRM_BATCH_BYTES (32 * 1024)
#define XFRM_BATCH_COUNT 128 /* so many errors, with their requests, find room in the socket */

/* Request @id failed with @error, a negative errno; in the order of the requests. */
typedef void (*xfrm_batch_failed_fn)(void *ctx, size_t id, int error);

struct xfrm_batch {
	struct xfrm_link *link;
	xfrm_batch_failed_fn failed;
	void *ctx;
	size_t len, count;
	uint32_t first_seq;
	size_t ids[XFRM_BATCH_COUNT];
	_Alignas(struct nlmsghdr) unsigned char bytes[XFRM_BATCH_BYTES];
};

void xfrm_batch_init(struct xfrm_batch *batch, struct xfrm_link *link, xfrm_batch_failed_fn failed,
                     void *ctx);
/* Frees @msg. What was added before is sent when it no longer fits in. */
void xfrm_batch_add(struct xfrm_batch *batch, struct nl_msg *msg, size_t id);
/* Sends what is left, and returns when all was done. If the answers got lost all that were under way
 * count as failed. */
void xfrm_batch_send(struct xfrm_batch *batch);

#endif
