/* SPDX-License-Identifier: MIT */
/*
 * The daemon's side of the control socket. A connection is in one of three phases: it sends its
 * request (timed), it waits for the daemon (not timed, its fd is not watched), it takes its answer
 * (timed again at every progress), or lines from a queue for as long as it likes. A connection is
 * freed only from its own loop callbacks or by ctl_server_close(), never inside ctl_request_reply()
 * and the like, so handlers may answer at once.
 */
#include "xfrmd/ctl/ctl_server.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "xfrmd/base/buf.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"

/* Out of file descriptors: the pending client stays in the backlog meanwhile. */
#define LARGE_ANSWER    (64 * 1024)
#define ACCEPT_PAUSE_MS 200
#define READ_CHUNK      4096
#define OUT_OF_MEMORY   "{\"errors\":[\"daemon: out of memory\"]}"

struct connection {
	struct ctl_server *server;
	struct connection *next;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *timer;
	struct buf input;
	struct ctl_request *request; /* set while it waits for the daemon */
	const char *answer;
	char *answer_owned; /* NULL with an answer: it is OUT_OF_MEMORY */
	size_t answer_len, answer_sent;
	bool watches;
	bool last; /* watches no longer, once the queue is sent */
	struct buf queue;
};

struct ctl_request {
	struct connection *connection; /* NULL: gone */
};

struct ctl_server {
	struct loop *loop;
	char *path; /* NULL until the socket is ours */
	int fd;
	struct loop_fd *watch;
	struct loop_timer *accept_timer;
	struct log_limit accept_limit;
	ctl_request_fn handler;
	void *ctx;
	struct connection *connections;
	size_t connection_count;
};

static void connection_free(struct connection *connection)
{
	if (connection->request)
		connection->request->connection = NULL;
	loop_timer_free(connection->timer);
	loop_fd_free(connection->watch);
	cleanup_fd(&connection->fd);
	buf_fini(&connection->input);
	buf_fini(&connection->queue);
	free(connection->answer_owned);
	/* glibc would keep what a document of thousands of peers was made of */
	if (connection->answer_len > LARGE_ANSWER)
		malloc_trim(0);
	free(connection);
}

static void connection_drop(void *ctx)
{
	struct connection *connection = ctx;
	struct ctl_server *server = connection->server;
	struct connection **link = &server->connections;

	while (*link != connection)
		link = &(*link)->next;
	*link = connection->next;
	/* a full house had stopped accepting */
	if (server->connection_count-- == CTL_CLIENTS_MAX)
		loop_fd_set(server->watch, LOOP_READ);
	connection_free(connection);
}

static void connection_answer(struct connection *connection, char *json)
{
	connection->answer_owned = json;
	connection->answer = json ? json : OUT_OF_MEMORY;
	connection->answer_len = strlen(connection->answer);
	loop_timer_start(connection->timer, CTL_CLIENT_TIMEOUT_MS);
	/* should this fail, the timer clears up */
	loop_fd_set(connection->watch, LOOP_WRITE);
}

/* NULL: out of memory. */
static char *refusal(const char *sentence)
{
	struct strlist none = {0}, errors = {0};
	char *json = NULL;

	if (strlist_add(&errors, sentence) == 0)
		json = ctl_proto_result(false, &none, &errors);
	strlist_fini(&errors);
	return json;
}

static void connection_refuse(struct connection *connection, const char *sentence)
{
	connection_answer(connection, refusal(sentence));
}

/* @connection may be gone afterwards: the handler may close the server. */
static void connection_handle(struct connection *connection)
{
	struct ctl_server *server = connection->server;
	struct ctl_request *request;
	struct ctl_ask ask;
	struct err err;

	if (ctl_proto_parse_request((const char *)connection->input.data, connection->input.len,
	                            &ask, &err) < 0) {
		connection_refuse(connection, err.text);
		return;
	}
	request = calloc(1, sizeof(*request));
	if (!request) {
		connection_answer(connection, NULL);
		return;
	}
	request->connection = connection;
	connection->request = request;
	loop_timer_stop(connection->timer);
	loop_fd_set(connection->watch, 0);
	server->handler(server->ctx, request, &ask);
}

/* Reads until the client ends its side. */
static void connection_read(struct connection *connection)
{
	char chunk[READ_CHUNK];
	ssize_t len = recv(connection->fd, chunk, sizeof(chunk), 0);

	if (len < 0) {
		if (errno != EAGAIN && errno != EINTR)
			connection_drop(connection);
		return;
	}
	if (len == 0) {
		connection_handle(connection);
		return;
	}
	buf_append(&connection->input, chunk, (size_t)len);
	if (connection->input.error == -EMSGSIZE)
		connection_refuse(connection, "request: too long");
	else if (connection->input.error)
		connection_answer(connection, NULL);
}

/* How much of it fits, or negative errno. */
static ssize_t send_some(int fd, const void *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t sent = send(fd, (const char *)data + done, len - done, MSG_NOSIGNAL);

		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0 && errno != EINTR)
			return -errno;
		if (sent > 0)
			done += (size_t)sent;
	}
	return (ssize_t)done;
}

/* Writes what fits. False: more to come, else it is over, be it by an error. */
static bool connection_write(struct connection *connection)
{
	ssize_t sent = send_some(connection->fd, connection->answer + connection->answer_sent,
	                         connection->answer_len - connection->answer_sent);

	if (sent < 0)
		return true;
	connection->answer_sent += (size_t)sent;
	return connection->answer_sent == connection->answer_len;
}

/* Those who watch. */

static void queue_line(struct connection *connection, const char *json)
{
	/* a client that has read everything is timed only from now on */
	if (!connection->queue.len)
		loop_timer_start(connection->timer, CTL_CLIENT_TIMEOUT_MS);
	buf_printf(&connection->queue, "%s\n", json);
	if (connection->queue.error) {
		connection->last = true;
		loop_timer_start(connection->timer, 0);
	}
	loop_fd_set(connection->watch, LOOP_WRITE);
}

/* Writes what fits. 1: all is written, 0: more to come, or negative errno. */
static int queue_write(struct connection *connection)
{
	ssize_t sent = send_some(connection->fd, connection->queue.data, connection->queue.len);

	if (sent < 0)
		return (int)sent;
	buf_consume(&connection->queue, (size_t)sent);
	return !connection->queue.len;
}

static void queue_event(struct connection *connection, const char *json)
{
	char *last;

	if (connection->last)
		return;
	/* many events in one turn of the loop; an error shows in the next one */
	if (connection->queue.len + strlen(json) >= CTL_WATCH_QUEUE_MAX)
		(void)queue_write(connection);
	if (connection->queue.len + strlen(json) < CTL_WATCH_QUEUE_MAX) {
		queue_line(connection, json);
		return;
	}
	last = refusal("too slow: events wait that were not read, no more are sent");
	queue_line(connection, last ? last : OUT_OF_MEMORY);
	connection->last = true;
	free(last);
}

static void queue_ready(struct connection *connection)
{
	int ret = queue_write(connection);

	if (ret < 0 || (ret == 1 && connection->last)) {
		connection_drop(connection);
		return;
	}
	if (ret == 1)
		loop_fd_set(connection->watch, 0);
	loop_timer_start(connection->timer, ret == 1 ? CTL_WATCH_IDLE_MS : CTL_CLIENT_TIMEOUT_MS);
}

static void connection_late(void *ctx)
{
	struct connection *connection = ctx;

	if (connection->watches && !connection->last && !connection->queue.len)
		queue_line(connection, "");
	else
		connection_drop(connection);
}

static void connection_ready(void *ctx, unsigned ready)
{
	struct connection *connection = ctx;

	(void)ready;
	if (connection->watches) {
		queue_ready(connection);
	} else if (!connection->answer) {
		connection_read(connection);
	} else if (connection_write(connection)) {
		connection_drop(connection);
	} else {
		loop_timer_start(connection->timer, CTL_CLIENT_TIMEOUT_MS);
	}
}

static int connection_new(struct ctl_server *server, int fd)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	int ret;

	if (!connection) {
		close(fd);
		return -ENOMEM;
	}
	connection->server = server;
	connection->fd = fd;
	connection->input.limit = CTL_REQUEST_MAX;
	ret = loop_timer_new(server->loop, connection_late, connection, &connection->timer);
	if (ret == 0)
		ret = loop_fd_new(server->loop, fd, LOOP_READ, connection_ready, connection,
		                  &connection->watch);
	if (ret < 0) {
		connection_free(connection);
		return ret;
	}
	loop_timer_start(connection->timer, CTL_CLIENT_TIMEOUT_MS);
	connection->next = server->connections;
	server->connections = connection;
	server->connection_count++;
	return 0;
}

static void accept_pause(struct ctl_server *server, int error)
{
	if (log_allowed(&server->accept_limit, clock_now_ms(), "control: accept"))
		log_warning("control: accept: %s, trying again", strerror(error));
	loop_fd_set(server->watch, 0);
	loop_timer_start(server->accept_timer, ACCEPT_PAUSE_MS);
}

static void accept_resume(void *ctx)
{
	struct ctl_server *server = ctx;

	if (server->connection_count < CTL_CLIENTS_MAX)
		loop_fd_set(server->watch, LOOP_READ);
}

static void accept_ready(void *ctx, unsigned ready)
{
	struct ctl_server *server = ctx;
	int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int ret;

	(void)ready;
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			accept_pause(server, errno);
		return;
	}
	ret = connection_new(server, fd);
	if (ret < 0)
		accept_pause(server, -ret);
	else if (server->connection_count == CTL_CLIENTS_MAX)
		loop_fd_set(server->watch, 0);
}

/* 0 when the socket file at @address was left behind by nobody who lives, and is removed now. */
static int remove_stale(const struct sockaddr_un *address, struct err *err)
{
	_cleanup_(cleanup_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	                                      0);
	struct stat status;

	if (fd < 0)
		return err_set(err, -errno, "%s: socket: %s", address->sun_path, strerror(errno));
	if (lstat(address->sun_path, &status) == 0 && !S_ISSOCK(status.st_mode))
		return err_set(err, -EEXIST, "%s: exists and is not a socket, left alone",
		               address->sun_path);
	/* EAGAIN: alive, with a full backlog */
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		return err_set(err, -EADDRINUSE, "%s: another xfrmd answers there",
		               address->sun_path);
	if (errno != ECONNREFUSED && errno != ENOENT)
		return err_set(err, -errno, "%s: connect: %s", address->sun_path, strerror(errno));
	if (unlink(address->sun_path) < 0 && errno != ENOENT)
		return err_set(err, -errno, "%s: unlink: %s", address->sun_path, strerror(errno));
	return 0;
}

static int listen_at(const char *path, int *ret_fd, struct err *err)
{
	_cleanup_(cleanup_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	                                      0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int ret;

	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(err, -ENAMETOOLONG,
		               "%s: too long for a socket, expected at most %zu", path,
		               sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	/* the mode of the unbound socket is what bind() gives the file */
	if (fd < 0 || fchmod(fd, 0600) < 0)
		return err_set(err, -errno, "%s: socket: %s", path, strerror(errno));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno != EADDRINUSE)
			return err_set(err, -errno, "%s: bind: %s", path, strerror(errno));
		ret = remove_stale(&address, err);
		if (ret < 0)
			return ret;
		if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
			return err_set(err, -errno, "%s: bind: %s", path, strerror(errno));
	}
	if (listen(fd, CTL_CLIENTS_MAX) < 0) {
		ret = err_set(err, -errno, "%s: listen: %s", path, strerror(errno));
		unlink(path);
		return ret;
	}
	*ret_fd = steal_fd(&fd);
	return 0;
}

int ctl_server_open(struct loop *loop, const char *path, ctl_request_fn handler, void *ctx,
                    struct ctl_server **ret_server, struct err *err)
{
	struct ctl_server *server = calloc(1, sizeof(*server));
	int ret;

	if (!server)
		return err_set(err, -ENOMEM, "%s: out of memory", path);
	*server = (struct ctl_server){.loop = loop,
	                              .fd = -1,
	                              .handler = handler,
	                              .ctx = ctx,
	                              .accept_limit = {.burst = 1, .interval_ms = 60000}};
	ret = listen_at(path, &server->fd, err);
	if (ret < 0) {
		ctl_server_close(server);
		return ret;
	}
	server->path = strdup(path);
	if (!server->path) {
		unlink(path);
		ret = -ENOMEM;
	}
	if (ret == 0)
		ret = loop_timer_new(loop, accept_resume, server, &server->accept_timer);
	if (ret == 0)
		ret = loop_fd_new(loop, server->fd, LOOP_READ, accept_ready, server,
		                  &server->watch);
	if (ret < 0) {
		ctl_server_close(server);
		return err_set(err, ret, "%s: %s", path, strerror(-ret));
	}
	*ret_server = server;
	return 0;
}

void ctl_request_reply(struct ctl_request *request, char *json)
{
	struct connection *connection = request->connection;

	if (connection) {
		connection->request = NULL;
		connection_answer(connection, json);
	} else {
		free(json);
	}
	free(request);
}

static size_t count_watchers(const struct ctl_server *server)
{
	size_t count = 0;

	for (const struct connection *one = server->connections; one; one = one->next)
		count += one->watches;
	return count;
}

void ctl_request_watch(struct ctl_request *request, const char *json)
{
	struct connection *connection = request->connection;

	free(request);
	if (!connection)
		return;
	connection->request = NULL;
	if (count_watchers(connection->server) >= CTL_WATCHERS_MAX) {
		connection_refuse(connection, "too many clients watch already");
		return;
	}
	if (!json) {
		connection_answer(connection, NULL);
		return;
	}
	connection->watches = true;
	queue_line(connection, json);
}

bool ctl_server_publish(struct ctl_server *server, const char *json)
{
	bool watched = false;

	for (struct connection *one = server->connections; one; one = one->next) {
		if (!one->watches)
			continue;
		watched = true;
		queue_event(one, json);
	}
	return watched;
}

void ctl_server_close(struct ctl_server *server)
{
	if (!server)
		return;
	while (server->connections) {
		struct connection *connection = server->connections;

		server->connections = connection->next;
		if (connection->answer)
			connection_write(connection);
		if (connection->watches)
			queue_write(connection);
		connection_free(connection);
	}
	loop_fd_free(server->watch);
	loop_timer_free(server->accept_timer);
	/* before the close: a successor that binds then meets no file of ours */
	if (server->path)
		unlink(server->path);
	cleanup_fd(&server->fd);
	free(server->path);
	free(server);
}
