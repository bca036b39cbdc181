/* SPDX-License-Identifier: MIT */
/*
 * What charon writes into its VICI socket. The first byte says what was asked before, the second in
 * pieces of what size it comes: in whatever pieces, the same callbacks must be called.
 */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xfrmd/charon/vici_conn.h"

#define REQUESTS_MAX 6
/* As much as a socket takes at once. */
#define STREAM_MAX   65536

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);

static struct {
	struct loop *loop;
	struct loop_timer *turn;
	int charon; /* its end */
	unsigned replies, closed;
	uint64_t seen; /* a digest of all calls in order */
} f;

/* Instead of a path that is connected to: a pair of sockets. */
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
	int pair[2];

	(void)address;
	(void)len;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0 ||
	    dup2(pair[0], fd) < 0)
		abort();
	close(pair[0]);
	f.charon = pair[1];
	return 0;
}

static void saw(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	/* FNV-1a */
	for (size_t i = 0; i < len; i++)
		f.seen = (f.seen ^ at[i]) * 0x100000001b3;
	f.seen = (f.seen ^ len) * 0x100000001b3;
}

static void replied(void *ctx, int error, const void *message, size_t len)
{
	(void)ctx;
	if (f.closed)
		abort();
	f.replies++;
	saw(&error, sizeof(error));
	saw(message, len);
}

static void event(void *ctx, const char *name, const void *message, size_t len)
{
	(void)ctx;
	if (f.closed || !strlen(name) || strlen(name) > VICI_NAME_MAX)
		abort();
	saw(name, strlen(name));
	saw(message, len);
}

static void closed(void *ctx, int error)
{
	(void)ctx;
	f.closed++;
	saw(&error, sizeof(error));
}

static void stop(void *ctx)
{
	(void)ctx;
	loop_stop(f.loop);
}

static void turn(void)
{
	loop_timer_start(f.turn, 0);
	if (loop_run(f.loop) < 0)
		abort();
}

/* @asked: the number of requests in its lower bits, which of them subscribe in its upper ones. */
static unsigned ask(struct vici_conn *conn, uint8_t asked)
{
	unsigned count = (asked & 7) % (REQUESTS_MAX + 1);

	for (unsigned i = 0; i < count; i++) {
		int error = asked >> (3 + i % 5) & 1
		                    ? vici_conn_subscribe(conn, "log", replied, NULL)
		                    : vici_conn_request(conn, "stats", NULL, replied, NULL);

		if (error)
			abort();
	}
	return count;
}

/* Returns the digest. */
static uint64_t converse(uint8_t asked, const uint8_t *data, size_t size, size_t piece)
{
	static const struct vici_callbacks callbacks = {event, closed};
	struct vici_conn *conn;
	unsigned count;

	f.replies = f.closed = 0;
	f.seen = 0xcbf29ce484222325;
	if (vici_conn_open(f.loop, "vici", 0, &callbacks, NULL, &conn) < 0)
		abort();
	count = ask(conn, asked);
	for (size_t at = 0; at < size && !f.closed; at += piece) {
		size_t len = size - at < piece ? size - at : piece;

		if (send(f.charon, data + at, len, MSG_NOSIGNAL) != (ssize_t)len)
			abort();
		turn();
	}
	shutdown(f.charon, SHUT_WR);
	while (!f.closed)
		turn();
	if (f.closed != 1 || f.replies != count ||
	    vici_conn_request(conn, "late", NULL, replied, NULL) != -ECONNRESET)
		abort();
	vici_conn_close(conn);
	close(f.charon);
	return f.seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size - 2 > STREAM_MAX)
		return 0;
	if (!f.loop && (loop_new(&f.loop) < 0 || loop_timer_new(f.loop, stop, NULL, &f.turn) < 0))
		abort();
	if (converse(data[0], data + 2, size - 2, STREAM_MAX) !=
	    converse(data[0], data + 2, size - 2, data[1] ? data[1] : 1))
		abort();
	return 0;
}
