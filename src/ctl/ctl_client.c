/* SPDX-License-Identifier: MIT */
/* The operator's side of the control socket: one request, one answer, one deadline for both. */
#include "xfrmd/ctl/ctl_client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "xfrmd/base/buf.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"

#define READ_CHUNK (64 * 1024)

/* The deadline of connect() is the socket's own: a full backlog makes it wait. */
static int client_connect(const struct sockaddr_un *address, unsigned timeout_ms, int *ret_fd,
                          struct err *err)
{
	_cleanup_(cleanup_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t peer_len = sizeof(peer);
	struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
		return err_set(err, -errno, "socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
		int error = errno == EAGAIN ? ETIMEDOUT : errno;

		return err_set(err, -error, "%s: cannot reach xfrmd: %s", address->sun_path,
		               strerror(error));
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_len) < 0 ||
	    (peer.uid != 0 && peer.uid != geteuid()))
		return err_set(err, -EPERM, "%s: uid %u answers there, expected xfrmd of root",
		               address->sun_path, (unsigned)peer.uid);
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int client_send(int fd, const struct ctl_ask *ask, struct err *err)
{
	_cleanup_(cleanup_free) char *request = ctl_proto_request(ask);
	size_t len;

	if (!request)
		return err_set(err, -ENOMEM, "request: out of memory");
	/* a fresh stream socket holds far more than one request */
	len = strlen(request);
	if (send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len || shutdown(fd, SHUT_WR) < 0)
		return err_set(err, -ECONNRESET, "request: xfrmd closed the connection");
	return 0;
}

/* 0, or -ETIMEDOUT once @deadline_ms (0: none) has passed. */
static int client_wait(int fd, uint64_t deadline_ms)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};

	for (;;) {
		uint64_t now_ms = clock_now_ms();
		int left_ms = -1, ready;

		if (deadline_ms && now_ms >= deadline_ms)
			return -ETIMEDOUT;
		if (deadline_ms)
			left_ms = deadline_ms - now_ms > INT_MAX ? INT_MAX
			                                         : (int)(deadline_ms - now_ms);
		ready = poll(&pollfd, 1, left_ms);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
	}
}

/* Appends what has come; its length, 0 at the end, or negative errno and @err. */
static ssize_t client_read(int fd, uint64_t deadline_ms, struct buf *text, struct err *err)
{
	char chunk[READ_CHUNK];
	ssize_t len;

	do {
		int ret = client_wait(fd, deadline_ms);

		if (ret < 0)
			return err_set(err, ret, "answer: %s", strerror(-ret));
		len = recv(fd, chunk, sizeof(chunk), 0);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return err_set(err, -errno, "answer: %s", strerror(errno));
	buf_append(text, chunk, (size_t)len);
	return text->error ? err_set(err, text->error, "answer: %s", strerror(-text->error)) : len;
}

static int client_receive(int fd, uint64_t deadline_ms, struct buf *answer, struct err *err)
{
	ssize_t len;

	do
		len = client_read(fd, deadline_ms, answer, err);
	while (len > 0);
	if (len == 0 && answer->len == 0)
		return err_set(err, -ECONNRESET, "answer: xfrmd closed the connection");
	return (int)len;
}

/* Connected, and the request is sent. */
static int client_open(const char *run_dir, const struct ctl_ask *ask, unsigned timeout_ms,
                       int *ret_fd, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_(cleanup_fd) int fd = -1;
	int ret;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", run_dir,
	             CTL_SOCKET_NAME) >= (int)sizeof(address.sun_path))
		return err_set(err, -ENAMETOOLONG, "%s: too long for the path of a socket",
		               run_dir);
	ret = client_connect(&address, timeout_ms, &fd, err);
	if (ret == 0)
		ret = client_send(fd, ask, err);
	if (ret == 0)
		*ret_fd = steal_fd(&fd);
	return ret;
}

int ctl_client_request(const char *run_dir, const struct ctl_ask *ask, unsigned timeout_ms,
                       char **ret_text, size_t *ret_len, struct err *err)
{
	uint64_t deadline_ms = timeout_ms ? clock_now_ms() + timeout_ms : 0;
	_cleanup_(buf_fini) struct buf answer = {.limit = CTL_RESPONSE_MAX};
	_cleanup_(cleanup_fd) int fd = -1;
	char *text;
	size_t len;
	int ret;

	ret = client_open(run_dir, ask, timeout_ms, &fd, err);
	if (ret == 0)
		ret = client_receive(fd, deadline_ms, &answer, err);
	if (ret < 0)
		return ret;
	len = answer.len;
	text = buf_take_str(&answer);
	if (!text)
		return err_set(err, -ENOMEM, "answer: out of memory");
	*ret_text = text;
	*ret_len = len;
	return 0;
}

/* Hands over all whole lines; what is left is the beginning of one. */
static int take_lines(struct buf *text, ctl_line_fn fn, void *ctx, struct err *err)
{
	char *end;
	int ret = 0;

	while (!ret && text->len && (end = memchr(text->data, '\n', text->len))) {
		size_t len = (size_t)(end - (char *)text->data);

		*end = '\0';
		if (len)
			ret = fn(ctx, (const char *)text->data, len, err);
		buf_consume(text, len + 1);
	}
	return ret;
}

int ctl_client_watch(const char *run_dir, enum ctl_command command, unsigned timeout_ms,
                     ctl_line_fn fn, void *ctx, struct err *err)
{
	const struct ctl_ask ask = {.command = command};
	_cleanup_(buf_fini) struct buf text = {.limit = CTL_RESPONSE_MAX};
	_cleanup_(cleanup_fd) int fd = -1;
	ssize_t len = 1;
	int ret = client_open(run_dir, &ask, timeout_ms, &fd, err);

	while (!ret && len > 0) {
		len = client_read(fd, 0, &text, err);
		if (len < 0)
			return (int)len;
		/* a refusal at the beginning has no line end */
		if (len == 0)
			buf_str(&text, "\n");
		ret = take_lines(&text, fn, ctx, err);
	}
	return ret ? ret : err_set(err, -ECONNRESET, "xfrmd closed the connection");
}
