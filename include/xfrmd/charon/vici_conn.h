/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_VICI_CONN_H
#define XFRMD_CHARON_VICI_CONN_H

#include <sys/types.h>

#include "xfrmd/base/loop.h"
#include "xfrmd/charon/vici_msg.h"

/*
 * One connection to charon's VICI socket, driven by the loop, never blocking. charon answers the
 * requests of one connection in order, so replies are matched first in, first out.
 */
struct vici_conn;

/*
 * @error: 0 and a reply; -ENOENT: charon does not know the command; -ECONNRESET: the connection
 * ended first. @message is borrowed for the call.
 */
typedef void (*vici_reply_fn)(void *ctx, int error, const void *message, size_t len);

struct vici_callbacks {
	/* An event that was subscribed. @message is borrowed for the call. */
	void (*event)(void *ctx, const char *name, const void *message, size_t len);
	/* The connection broke or charon sent what is no VICI (-EBADMSG). Called once, after every
	 * pending reply was called with -ECONNRESET. vici_conn_close() is still due and may be
	 * called from here. */
	void (*closed)(void *ctx, int error);
};

/* A socket that is connected to @path, and who listens there, root or one of our user (-EPERM: another);
 * the caller closes it. Negative errno. */
int vici_connect(const char *path, pid_t *ret_listener);

/*
 * Connects at once (a Unix socket does not wait). 0 or negative errno: -ENOENT and -ECONNREFUSED
 * mean that charon does not listen yet, -EAGAIN that it does not accept at the moment, -EPERM that
 * who listens there is another than @charon (0: is any other than root and us).
 */
int vici_conn_open(struct loop *loop, const char *path, pid_t charon,
                   const struct vici_callbacks *callbacks, void *ctx, struct vici_conn **ret_conn);
/* No callback is called any more, pending replies included. May be called inside any callback;
 * NULL is accepted. */
void vici_conn_close(struct vici_conn *conn);

/*
 * Queues a command; @message (NULL: empty) is consumed: emptied, also on failure. @reply may be
 * NULL. 0, -ENOMEM, -EMSGSIZE (larger than VICI_MSG_MAX, or the builder's own error), or
 * -ECONNRESET (already closed).
 */
int vici_conn_request(struct vici_conn *conn, const char *command, struct buf *message,
                      vici_reply_fn reply, void *ctx);
/* Registers for an event; @reply (may be NULL) as above. */
int vici_conn_subscribe(struct vici_conn *conn, const char *event, vici_reply_fn reply, void *ctx);

#endif
