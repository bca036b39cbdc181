/* SPDX-License-Identifier: MIT */
/*
 * One client of charon's VICI socket. Requests are only queued by the caller and written by the
 * loop, so that no callback runs inside a call from outside. A callback may close the connection:
 * it is then marked, no further callback runs, and whoever called the callback frees it.
 */
#include "xfrmd/charon/vici_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"

#define HEADER_LEN   4u
#define READ_AT_ONCE 65536u

/* What charon still owes an answer for, in the order of the requests. */
struct pending {
	struct pending *next;
	bool subscription;
	vici_reply_fn reply;
	void *ctx;
};

struct vici_conn {
	struct vici_callbacks callbacks;
	void *ctx;
	int fd; /* -1: broken */
	struct loop_fd *watch;
	struct buf in;  /* the beginning of a packet */
	struct buf out; /* whole packets, of which the first @sent bytes are written */
	size_t sent;
	struct pending *pending, **pending_end;
	bool dispatching;
	bool closed; /* by the owner, from inside a callback */
};

static void disconnect(struct vici_conn *conn)
{
	loop_fd_free(conn->watch);
	conn->watch = NULL;
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
	buf_fini(&conn->out);
}

static struct pending *pending_pop(struct vici_conn *conn)
{
	struct pending *first = conn->pending;

	if (!first)
		return NULL;
	conn->pending = first->next;
	if (!conn->pending)
		conn->pending_end = &conn->pending;
	return first;
}

static void conn_free(struct vici_conn *conn)
{
	struct pending *pending;

	disconnect(conn);
	while ((pending = pending_pop(conn)))
		free(pending);
	buf_fini(&conn->in);
	free(conn);
}

void vici_conn_close(struct vici_conn *conn)
{
	if (!conn)
		return;
	if (!conn->dispatching) {
		conn_free(conn);
		return;
	}
	conn->closed = true;
	disconnect(conn);
}

static void answer(struct pending *pending, int error, const void *message, size_t len)
{
	vici_reply_fn reply = pending->reply;
	void *ctx = pending->ctx;

	free(pending);
	if (reply)
		reply(ctx, error, message, len);
}

static void conn_break(struct vici_conn *conn, int error)
{
	struct pending *pending;

	disconnect(conn);
	while (!conn->closed && (pending = pending_pop(conn)))
		answer(pending, -ECONNRESET, NULL, 0);
	if (!conn->closed)
		conn->callbacks.closed(conn->ctx, error);
}

static int packet_answer(struct vici_conn *conn, uint8_t type, struct wire *wire)
{
	bool subscription = type == VICI_PACKET_EVENT_CONFIRM || type == VICI_PACKET_EVENT_UNKNOWN;
	bool known = type == VICI_PACKET_CMD_RESPONSE || type == VICI_PACKET_EVENT_CONFIRM;
	size_t len = wire_left(wire);

	if (!conn->pending || conn->pending->subscription != subscription)
		return -EBADMSG;
	answer(pending_pop(conn), known ? 0 : -ENOENT, wire_bytes(wire, len), len);
	return 0;
}

static int packet_event(struct vici_conn *conn, struct wire *wire)
{
	char name[VICI_NAME_MAX + 1];
	size_t len;

	vici_read_name(wire, name);
	if (wire->error)
		return wire->error;
	len = wire_left(wire);
	conn->callbacks.event(conn->ctx, name, wire_bytes(wire, len), len);
	return 0;
}

static int packet_received(struct vici_conn *conn, const uint8_t *packet, size_t len)
{
	struct wire wire;
	uint8_t type;

	wire_init(&wire, packet, len);
	type = wire_u8(&wire);
	switch (type) {
	case VICI_PACKET_CMD_RESPONSE:
	case VICI_PACKET_CMD_UNKNOWN:
	case VICI_PACKET_EVENT_CONFIRM:
	case VICI_PACKET_EVENT_UNKNOWN:
		return packet_answer(conn, type, &wire);
	case VICI_PACKET_EVENT:
		return packet_event(conn, &wire);
	default:
		return -EBADMSG;
	}
}

/* Handles every whole packet of the input; the length is refused before anything of it is kept. */
static int packets_received(struct vici_conn *conn)
{
	struct wire wire;
	size_t done = 0;
	int error = 0;

	wire_init(&wire, conn->in.data, conn->in.len);
	while (!error && !conn->closed && wire_left(&wire) >= HEADER_LEN) {
		size_t len = wire_be32(&wire);

		if (!len || len > VICI_MSG_MAX)
			error = -EBADMSG;
		else if (wire_left(&wire) < len)
			break;
		else
			error = packet_received(conn, wire_bytes(&wire, len), len);
		done = wire.pos;
	}
	buf_consume(&conn->in, done);
	if (!conn->in.len)
		buf_fini(&conn->in);
	return error;
}

static int conn_read(struct vici_conn *conn)
{
	uint8_t bytes[READ_AT_ONCE];
	ssize_t len = recv(conn->fd, bytes, sizeof(bytes), 0);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!len)
		return -ECONNRESET;
	buf_append(&conn->in, bytes, (size_t)len);
	return conn->in.error ? conn->in.error : packets_received(conn);
}

static int conn_write(struct vici_conn *conn)
{
	ssize_t len = send(conn->fd, conn->out.data + conn->sent, conn->out.len - conn->sent,
	                   MSG_NOSIGNAL);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	conn->sent += (size_t)len;
	if (conn->sent < conn->out.len)
		return 0;
	buf_fini(&conn->out);
	conn->sent = 0;
	return loop_fd_set(conn->watch, LOOP_READ);
}

static void conn_ready(void *ctx, unsigned ready)
{
	struct vici_conn *conn = ctx;
	int error = 0;

	conn->dispatching = true;
	if (ready & LOOP_READ)
		error = conn_read(conn);
	if (!error && !conn->closed && (ready & LOOP_WRITE) && conn->out.len)
		error = conn_write(conn);
	if (error && !conn->closed)
		conn_break(conn, error);
	conn->dispatching = false;
	if (conn->closed)
		conn_free(conn);
}

int vici_connect(const char *path, pid_t *ret_listener)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_(cleanup_fd) int fd = -1;
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return -errno;
	if (peer.uid != 0 && peer.uid != geteuid())
		return -EPERM;
	*ret_listener = peer.pid;
	return steal_fd(&fd);
}

int vici_conn_open(struct loop *loop, const char *path, pid_t charon,
                   const struct vici_callbacks *callbacks, void *ctx, struct vici_conn **ret_conn)
{
	struct vici_conn *conn = calloc(1, sizeof(*conn));
	pid_t listener;
	int error = 0;

	if (!conn)
		return -ENOMEM;
	*conn = (struct vici_conn){.callbacks = *callbacks,
	                           .ctx = ctx,
	                           .fd = vici_connect(path, &listener),
	                           .pending_end = &conn->pending};
	if (conn->fd < 0)
		error = conn->fd;
	else if (charon && listener != charon)
		error = -EPERM;
	/* before anything is sent: the private key goes there */
	if (!error)
		error = loop_fd_new(loop, conn->fd, LOOP_READ, conn_ready, conn, &conn->watch);
	if (error) {
		conn_free(conn);
		return error;
	}
	*ret_conn = conn;
	return 0;
}

/* Appends one packet to the queue; on failure the queue is as it was. */
static int packet_queue(struct vici_conn *conn, enum vici_packet type, const char *name,
                        const struct buf *message)
{
	size_t name_len = strlen(name), before = conn->out.len;
	size_t len = 2 + name_len + message->len;
	int error;

	if (!name_len || name_len > VICI_NAME_MAX || len > VICI_MSG_MAX)
		return -EMSGSIZE;
	buf_be32(&conn->out, (uint32_t)len);
	buf_u8(&conn->out, (uint8_t)type);
	buf_u8(&conn->out, (uint8_t)name_len);
	buf_append(&conn->out, name, name_len);
	buf_append(&conn->out, message->data, message->len);
	error = conn->out.error;
	if (!error && !before)
		error = loop_fd_set(conn->watch, LOOP_READ | LOOP_WRITE);
	if (error) {
		conn->out.len = before;
		conn->out.error = 0;
	}
	return error;
}

static int enqueue(struct vici_conn *conn, enum vici_packet type, const char *name,
                   const struct buf *message, vici_reply_fn reply, void *ctx)
{
	struct pending *pending;
	int error;

	if (conn->fd < 0)
		return -ECONNRESET;
	if (message->error)
		return message->error;
	pending = malloc(sizeof(*pending));
	if (!pending)
		return -ENOMEM;
	*pending = (struct pending){
		.subscription = type == VICI_PACKET_EVENT_REGISTER, .reply = reply, .ctx = ctx};
	error = packet_queue(conn, type, name, message);
	if (error) {
		free(pending);
		return error;
	}
	*conn->pending_end = pending;
	conn->pending_end = &pending->next;
	return 0;
}

int vici_conn_request(struct vici_conn *conn, const char *command, struct buf *message,
                      vici_reply_fn reply, void *ctx)
{
	static const struct buf empty;
	int error = enqueue(conn, VICI_PACKET_CMD_REQUEST, command, message ? message : &empty,
	                    reply, ctx);

	if (message)
		buf_fini(message);
	return error;
}

int vici_conn_subscribe(struct vici_conn *conn, const char *event, vici_reply_fn reply, void *ctx)
{
	static const struct buf empty;

	return enqueue(conn, VICI_PACKET_EVENT_REGISTER, event, &empty, reply, ctx);
}
