/* SPDX-License-Identifier: MIT */
#include "xfrmd/ctl/ctl_server.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "test.h"
#include "xfrmd/ctl/ctl_client.h"

#define STATUS_REQUEST "{\"command\":\"status\"}"
/* Far more than a socket takes at once. */
#define LARGE_ANSWER   (8u * 1024 * 1024)
/* No test needs as long, unless something hangs. */
#define PATIENCE_MS    20000

/* Added to the monotonic clock, so that no test waits for a timeout. */
static time_t clock_skipped_s;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int ret = (int)syscall(SYS_clock_gettime, clock, now);

	if (ret == 0 && clock == CLOCK_MONOTONIC)
		now->tv_sec += clock_skipped_s;
	return ret;
}

/* What accept4() fails with; 0: it works. */
static int accept_error;

/* The server asks for no address. __SOCKADDR_ARG: as glibc declares it. */
int accept4(int fd, __SOCKADDR_ARG addr, socklen_t *len, int flags)
{
	(void)addr;
	(void)len;
	if (accept_error) {
		errno = accept_error;
		return -1;
	}
	return (int)syscall(SYS_accept4, fd, NULL, NULL, flags);
}

/* A server whose handler does what the test has set. */
static struct {
	char dir[32], path[64];
	struct loop *loop;
	struct loop_timer *patience;
	struct ctl_server *server;
	struct err err;

	bool hold;          /* keep requests instead of answering */
	size_t answer_size; /* 0: {"n":1} */
	bool answer_null;
	bool close_inside; /* of the handler, after the answer */

	struct ctl_request *held[2];
	size_t held_count, handled;
	enum ctl_command last;
} world;

/* One raw connection that is read in the loop of the server. */
struct client {
	int fd;
	char *text;
	size_t len;
	int error;
	bool done;
	struct loop_fd *watch;
};

static void world_handle(void *ctx, struct ctl_request *request, const struct ctl_ask *ask)
{
	char *json = NULL;

	ck_assert_ptr_eq(ctx, &world);
	world.handled++;
	world.last = ask->command;
	if (world.hold) {
		world.held[world.held_count++] = request;
		loop_stop(world.loop);
		return;
	}
	if (world.answer_size) {
		json = malloc(world.answer_size + 1);
		ck_assert_ptr_nonnull(json);
		memset(json, 'x', world.answer_size);
		json[world.answer_size] = '\0';
	} else if (!world.answer_null) {
		json = strdup("{\"n\":1}");
	}
	ctl_request_reply(request, json);
	if (world.close_inside) {
		ctl_server_close(world.server);
		world.server = NULL;
	}
}

static void world_hangs(void *ctx)
{
	(void)ctx;
	ck_abort_msg("the loop waits for something that does not come");
}

static void setup(void)
{
	memset(&world, 0, sizeof(world));
	clock_skipped_s = 0;
	accept_error = 0;
	strcpy(world.dir, "/tmp/xfrmd-ctl-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(world.dir));
	snprintf(world.path, sizeof(world.path), "%s/%s", world.dir, CTL_SOCKET_NAME);
	ck_assert_int_eq(loop_new(&world.loop), 0);
	ck_assert_int_eq(loop_timer_new(world.loop, world_hangs, NULL, &world.patience), 0);
	loop_timer_start(world.patience, PATIENCE_MS);
	ck_assert_int_eq(ctl_server_open(world.loop, world.path, world_handle, &world,
	                                 &world.server, &world.err),
	                 0);
}

static void teardown(void)
{
	ctl_server_close(world.server);
	loop_timer_free(world.patience);
	loop_free(world.loop);
	ck_assert_int_eq(access(world.path, F_OK), -1);
	ck_assert_int_eq(rmdir(world.dir), 0);
}

static int raw_connect(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	ck_assert_int_ge(fd, 0);
	strcpy(address.sun_path, world.path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void client_ready(void *ctx, unsigned ready)
{
	struct client *client = ctx;
	char chunk[65536];
	ssize_t len = recv(client->fd, chunk, sizeof(chunk), 0);

	(void)ready;
	if (len > 0) {
		client->text = realloc(client->text, client->len + (size_t)len + 1);
		ck_assert_ptr_nonnull(client->text);
		memcpy(client->text + client->len, chunk, (size_t)len);
		client->len += (size_t)len;
		client->text[client->len] = '\0';
		return;
	}
	if (len < 0 && errno == EAGAIN)
		return;
	client->error = len < 0 ? errno : 0;
	client->done = true;
	loop_fd_free(client->watch);
	client->watch = NULL;
	loop_stop(world.loop);
}

static void client_open(struct client *client)
{
	memset(client, 0, sizeof(*client));
	client->fd = raw_connect();
	ck_assert_int_ge(client->fd, 0);
	ck_assert_int_eq(loop_fd_new(world.loop, client->fd, LOOP_READ, client_ready, client,
	                             &client->watch),
	                 0);
}

static void client_send(struct client *client, const char *text)
{
	ck_assert_int_eq(send(client->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	ck_assert_int_eq(shutdown(client->fd, SHUT_WR), 0);
}

static void client_run(struct client *client)
{
	while (!client->done)
		ck_assert_int_eq(loop_run(world.loop), 0);
}

static void client_close(struct client *client)
{
	loop_fd_free(client->watch);
	close(client->fd);
	free(client->text);
	memset(client, 0, sizeof(*client));
	client->fd = -1;
}

static void assert_answered(const char *request, const char *answer)
{
	struct client client;

	client_open(&client);
	client_send(&client, request);
	client_run(&client);
	ck_assert_int_eq(client.error, 0);
	ck_assert_ptr_nonnull(client.text);
	ck_assert_str_eq(client.text, answer);
	client_close(&client);
}

START_TEST(socket_is_private_whatever_the_umask)
{
	mode_t old = umask(0);
	struct stat status;

	ctl_server_close(world.server);
	ck_assert_int_eq(ctl_server_open(world.loop, world.path, world_handle, &world,
	                                 &world.server, &world.err),
	                 0);
	umask(old);
	ck_assert_int_eq(lstat(world.path, &status), 0);
	ck_assert_int_eq(S_ISSOCK(status.st_mode), 1);
	ck_assert_int_eq(status.st_mode & 07777, 0600);
}
END_TEST

START_TEST(request_reaches_the_handler_and_the_answer_the_client)
{
	assert_answered("{\"command\":\"reload\"}", "{\"n\":1}");
	ck_assert_int_eq(world.last, CTL_COMMAND_RELOAD);
	ck_assert_uint_eq(world.handled, 1);
}
END_TEST

START_TEST(request_may_come_byte_by_byte)
{
	static const char request[] = STATUS_REQUEST;
	struct client client;
	size_t i;

	client_open(&client);
	for (i = 0; i < strlen(request); i++)
		ck_assert_int_eq(send(client.fd, request + i, 1, MSG_NOSIGNAL), 1);
	client_send(&client, "");
	client_run(&client);
	ck_assert_str_eq(client.text, "{\"n\":1}");
	client_close(&client);
}
END_TEST

START_TEST(bad_requests_are_answered_and_never_handled)
{
	assert_answered("", "{\"ok\":false,\"changes\":[],\"errors\":[\"request: empty\"]}");
	assert_answered(
		"{\"command\":\"open\"}",
		"{\"ok\":false,\"changes\":[],\"errors\":[\"request: unknown command "
		"\\\"open\\\", expected one of status, peers, metrics, monitor, desired, reload, shutdown, "
		"flush, retry, rekey, try, confirm, back\"]}");
	ck_assert_uint_eq(world.handled, 0);
}
END_TEST

START_TEST(request_without_end_is_cut_off)
{
	struct client client;
	char blanks[8192];
	size_t sent = 0;

	memset(blanks, ' ', sizeof(blanks));
	client_open(&client);
	while (sent <= CTL_REQUEST_MAX) {
		ck_assert_int_eq(send(client.fd, blanks, sizeof(blanks), MSG_NOSIGNAL),
		                 sizeof(blanks));
		sent += sizeof(blanks);
	}
	client_run(&client);
	ck_assert_ptr_nonnull(client.text);
	ck_assert_str_eq(client.text,
	                 "{\"ok\":false,\"changes\":[],\"errors\":[\"request: too long\"]}");
	ck_assert_uint_eq(world.handled, 0);
	client_close(&client);
}
END_TEST

START_TEST(lack_of_memory_is_an_answer_too)
{
	world.answer_null = true;
	assert_answered(STATUS_REQUEST, "{\"errors\":[\"daemon: out of memory\"]}");
}
END_TEST

START_TEST(large_answer_is_written_as_the_client_reads)
{
	struct client slow, quick;

	world.answer_size = LARGE_ANSWER;
	client_open(&slow);
	client_send(&slow, STATUS_REQUEST);
	loop_fd_set(slow.watch, 0);
	/* meanwhile others are served */
	client_open(&quick);
	client_send(&quick, STATUS_REQUEST);
	client_run(&quick);
	ck_assert_uint_eq(quick.len, LARGE_ANSWER);
	ck_assert_uint_eq(slow.len, 0);
	loop_fd_set(slow.watch, LOOP_READ);
	client_run(&slow);
	ck_assert_uint_eq(slow.len, LARGE_ANSWER);
	ck_assert_int_eq(slow.error, 0);
	client_close(&slow);
	client_close(&quick);
}
END_TEST

START_TEST(request_outlives_a_client_that_vanished)
{
	struct client client;

	world.hold = true;
	client_open(&client);
	client_send(&client, STATUS_REQUEST);
	ck_assert_int_eq(loop_run(world.loop), 0);
	ck_assert_uint_eq(world.held_count, 1);
	client_close(&client);
	ctl_request_reply(world.held[0], strdup("{\"n\":2}"));
	world.hold = false;
	assert_answered(STATUS_REQUEST, "{\"n\":1}");
}
END_TEST

START_TEST(client_that_vanishes_in_the_middle_of_its_answer_hurts_nobody)
{
	struct client client, other;

	world.answer_size = LARGE_ANSWER;
	client_open(&client);
	client_send(&client, STATUS_REQUEST);
	while (client.len == 0) {
		client_open(&other);
		client_send(&other, STATUS_REQUEST);
		client_run(&other);
		client_close(&other);
	}
	client_close(&client);
	world.answer_size = 0;
	assert_answered(STATUS_REQUEST, "{\"n\":1}");
}
END_TEST

START_TEST(client_that_vanishes_before_its_request_hurts_nobody)
{
	struct client client;

	client_open(&client);
	client_close(&client);
	client_open(&client);
	ck_assert_int_eq(send(client.fd, "{", 1, MSG_NOSIGNAL), 1);
	client_close(&client);
	assert_answered(STATUS_REQUEST, "{\"n\":1}");
	ck_assert_uint_eq(world.handled, 1);
}
END_TEST

START_TEST(answers_may_come_later_and_in_any_order)
{
	struct client first, second;

	world.hold = true;
	client_open(&first);
	client_send(&first, STATUS_REQUEST);
	ck_assert_int_eq(loop_run(world.loop), 0);
	client_open(&second);
	client_send(&second, "{\"command\":\"peers\"}");
	ck_assert_int_eq(loop_run(world.loop), 0);
	ck_assert_uint_eq(world.held_count, 2);
	ctl_request_reply(world.held[1], strdup("2"));
	client_run(&second);
	ctl_request_reply(world.held[0], strdup("1"));
	client_run(&first);
	ck_assert_str_eq(first.text, "1");
	ck_assert_str_eq(second.text, "2");
	client_close(&first);
	client_close(&second);
}
END_TEST

static void skip_timeout(void *ctx)
{
	(void)ctx;
	clock_skipped_s += CTL_CLIENT_TIMEOUT_MS / 1000;
	loop_timer_start(world.patience, PATIENCE_MS);
}

/* Lets the server do everything that is due, then lets its timeout pass. */
static void run_into_timeout(struct client *client)
{
	struct loop_timer *timer;

	ck_assert_int_eq(loop_timer_new(world.loop, skip_timeout, NULL, &timer), 0);
	loop_timer_start(timer, 50);
	client_run(client);
	loop_timer_free(timer);
}

START_TEST(client_that_does_not_finish_its_request_is_dropped)
{
	struct client client;

	client_open(&client);
	ck_assert_int_eq(send(client.fd, "{", 1, MSG_NOSIGNAL), 1);
	run_into_timeout(&client);
	ck_assert_uint_eq(client.len, 0);
	ck_assert_uint_eq(world.handled, 0);
	client_close(&client);
}
END_TEST

START_TEST(client_that_does_not_read_its_answer_is_dropped)
{
	struct client stuck, other;

	world.answer_size = LARGE_ANSWER;
	client_open(&stuck);
	client_send(&stuck, STATUS_REQUEST);
	loop_fd_set(stuck.watch, 0);
	client_open(&other);
	ck_assert_int_eq(send(other.fd, "{", 1, MSG_NOSIGNAL), 1);
	run_into_timeout(&other);
	loop_fd_set(stuck.watch, LOOP_READ);
	client_run(&stuck);
	ck_assert_uint_gt(stuck.len, 0);
	ck_assert_uint_lt(stuck.len, LARGE_ANSWER);
	client_close(&stuck);
	client_close(&other);
}
END_TEST

START_TEST(request_that_the_daemon_works_on_has_no_timeout)
{
	struct client waiting, other;

	world.hold = true;
	client_open(&waiting);
	client_send(&waiting, STATUS_REQUEST);
	ck_assert_int_eq(loop_run(world.loop), 0);
	client_open(&other);
	run_into_timeout(&other);
	ctl_request_reply(world.held[0], strdup("late"));
	client_run(&waiting);
	ck_assert_str_eq(waiting.text, "late");
	client_close(&waiting);
	client_close(&other);
}
END_TEST

START_TEST(clients_beyond_the_limit_wait_for_their_turn)
{
	struct client clients[CTL_CLIENTS_MAX], late;
	size_t i;

	for (i = 0; i < CTL_CLIENTS_MAX; i++)
		client_open(&clients[i]);
	client_open(&late);
	client_send(&late, STATUS_REQUEST);
	client_send(&clients[CTL_CLIENTS_MAX - 1], STATUS_REQUEST);
	client_run(&clients[CTL_CLIENTS_MAX - 1]);
	client_run(&late);
	ck_assert_uint_eq(world.handled, 2);
	ck_assert_str_eq(late.text, "{\"n\":1}");
	for (i = 0; i < CTL_CLIENTS_MAX; i++)
		client_close(&clients[i]);
	client_close(&late);
}
END_TEST

static void accept_again(void *ctx)
{
	(void)ctx;
	accept_error = 0;
}

START_TEST(lack_of_file_descriptors_only_delays)
{
	struct loop_timer *timer;
	struct client client;

	accept_error = EMFILE;
	client_open(&client);
	client_send(&client, STATUS_REQUEST);
	ck_assert_int_eq(loop_timer_new(world.loop, accept_again, NULL, &timer), 0);
	loop_timer_start(timer, 50);
	client_run(&client);
	loop_timer_free(timer);
	ck_assert_str_eq(client.text, "{\"n\":1}");
	client_close(&client);
}
END_TEST

START_TEST(living_socket_is_not_taken_over)
{
	struct ctl_server *second = NULL;
	char expected[128];

	ck_assert_int_eq(
		ctl_server_open(world.loop, world.path, world_handle, &world, &second, &world.err),
		-EADDRINUSE);
	snprintf(expected, sizeof(expected), "%s: another xfrmd answers there", world.path);
	ck_assert_str_eq(world.err.text, expected);
	ck_assert_ptr_null(second);
	assert_answered(STATUS_REQUEST, "{\"n\":1}");
}
END_TEST

START_TEST(stale_socket_is_replaced)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ctl_server_close(world.server);
	strcpy(address.sun_path, world.path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	ck_assert_int_eq(ctl_server_open(world.loop, world.path, world_handle, &world,
	                                 &world.server, &world.err),
	                 0);
	assert_answered(STATUS_REQUEST, "{\"n\":1}");
}
END_TEST

START_TEST(file_that_is_no_socket_is_left_alone)
{
	struct ctl_server *second = NULL;
	struct err err = {0};
	char path[64], expected[128];
	int fd;

	snprintf(path, sizeof(path), "%s/file", world.dir);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(ctl_server_open(world.loop, path, world_handle, &world, &second, &err),
	                 -EEXIST);
	snprintf(expected, sizeof(expected), "%s: exists and is not a socket, left alone", path);
	ck_assert_str_eq(err.text, expected);
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(impossible_paths_are_refused)
{
	struct ctl_server *second = NULL;
	struct err err = {0};
	char path[256];

	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(ctl_server_open(world.loop, path, world_handle, &world, &second, &err),
	                 -ENAMETOOLONG);
	ck_assert_int_eq(
		ctl_server_open(world.loop, "/nowhere/at/all", world_handle, &world, &second, &err),
		-ENOENT);
	ck_assert_str_eq(err.text, "/nowhere/at/all: bind: No such file or directory");
}
END_TEST

START_TEST(close_sends_what_was_answered)
{
	struct client client;

	world.close_inside = true;
	client_open(&client);
	client_send(&client, STATUS_REQUEST);
	client_run(&client);
	ck_assert_ptr_null(world.server);
	ck_assert_ptr_nonnull(client.text);
	ck_assert_str_eq(client.text, "{\"n\":1}");
	client_close(&client);
}
END_TEST

START_TEST(request_outlives_the_server)
{
	struct client client;

	world.hold = true;
	client_open(&client);
	client_send(&client, STATUS_REQUEST);
	ck_assert_int_eq(loop_run(world.loop), 0);
	ctl_server_close(world.server);
	world.server = NULL;
	ctl_request_reply(world.held[0], strdup("never read"));
	client_run(&client);
	ck_assert_uint_eq(client.len, 0);
	client_close(&client);
}
END_TEST

/* The library's client, which blocks: it gets a thread. */
struct call {
	unsigned timeout_ms;
	int ret;
	char *text;
	size_t len;
	struct err err;
	int done[2];
};

static const struct ctl_ask flush = {.command = CTL_COMMAND_FLUSH};
static const struct ctl_ask status = {.command = CTL_COMMAND_STATUS};

static void *call_thread(void *ctx)
{
	struct call *call = ctx;

	call->ret = ctl_client_request(world.dir, &flush, call->timeout_ms, &call->text, &call->len,
	                               &call->err);
	close(call->done[1]);
	return NULL;
}

static void call_ended(void *ctx, unsigned ready)
{
	(void)ctx;
	(void)ready;
	loop_stop(world.loop);
}

static void call_run(struct call *call)
{
	struct loop_fd *watch;
	pthread_t thread;

	ck_assert_int_eq(pipe2(call->done, O_CLOEXEC), 0);
	ck_assert_int_eq(
		loop_fd_new(world.loop, call->done[0], LOOP_READ, call_ended, NULL, &watch), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, call_thread, call), 0);
	do {
		ck_assert_int_eq(loop_run(world.loop), 0);
	} while (world.hold && world.held_count == 0);
	if (world.hold) /* stopped by the handler: now for the client's end */
		ck_assert_int_eq(loop_run(world.loop), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	loop_fd_free(watch);
	close(call->done[0]);
}

START_TEST(client_gets_the_whole_answer)
{
	struct call call = {.timeout_ms = PATIENCE_MS};

	world.answer_size = LARGE_ANSWER;
	call_run(&call);
	ck_assert_int_eq(call.ret, 0);
	ck_assert_int_eq(world.last, CTL_COMMAND_FLUSH);
	ck_assert_uint_eq(call.len, LARGE_ANSWER);
	ck_assert_uint_eq(strlen(call.text), LARGE_ANSWER);
	free(call.text);
}
END_TEST

START_TEST(client_gives_up_in_time)
{
	struct call call = {.timeout_ms = 50};

	world.hold = true;
	call_run(&call);
	ck_assert_int_eq(call.ret, -ETIMEDOUT);
	ck_assert_str_eq(call.err.text, "answer: Connection timed out");
	ctl_request_reply(world.held[0], strdup("late"));
}
END_TEST

START_TEST(client_says_that_nobody_is_there)
{
	struct err err = {0};
	char expected[160];
	char *text = NULL;
	size_t len = 0;

	ctl_server_close(world.server);
	world.server = NULL;
	ck_assert_int_eq(ctl_client_request(world.dir, &status, 1000, &text, &len, &err), -ENOENT);
	snprintf(expected, sizeof(expected), "%s: cannot reach xfrmd: No such file or directory",
	         world.path);
	ck_assert_str_eq(err.text, expected);
	ck_assert_ptr_null(text);
}
END_TEST

START_TEST(client_refuses_a_run_dir_that_is_too_long)
{
	char dir[200], *text = NULL;
	struct err err = {0};
	size_t len = 0;

	memset(dir, 'a', sizeof(dir));
	dir[sizeof(dir) - 1] = '\0';
	ck_assert_int_eq(ctl_client_request(dir, &status, 1000, &text, &len, &err), -ENAMETOOLONG);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("ctl_server", &tests);

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, socket_is_private_whatever_the_umask);
	tcase_add_test(tests, request_reaches_the_handler_and_the_answer_the_client);
	tcase_add_test(tests, request_may_come_byte_by_byte);
	tcase_add_test(tests, bad_requests_are_answered_and_never_handled);
	tcase_add_test(tests, request_without_end_is_cut_off);
	tcase_add_test(tests, lack_of_memory_is_an_answer_too);
	tcase_add_test(tests, large_answer_is_written_as_the_client_reads);
	tcase_add_test(tests, request_outlives_a_client_that_vanished);
	tcase_add_test(tests, client_that_vanishes_in_the_middle_of_its_answer_hurts_nobody);
	tcase_add_test(tests, client_that_vanishes_before_its_request_hurts_nobody);
	tcase_add_test(tests, answers_may_come_later_and_in_any_order);
	tcase_add_test(tests, client_that_does_not_finish_its_request_is_dropped);
	tcase_add_test(tests, client_that_does_not_read_its_answer_is_dropped);
	tcase_add_test(tests, request_that_the_daemon_works_on_has_no_timeout);
	tcase_add_test(tests, clients_beyond_the_limit_wait_for_their_turn);
	tcase_add_test(tests, lack_of_file_descriptors_only_delays);
	tcase_add_test(tests, living_socket_is_not_taken_over);
	tcase_add_test(tests, stale_socket_is_replaced);
	tcase_add_test(tests, file_that_is_no_socket_is_left_alone);
	tcase_add_test(tests, impossible_paths_are_refused);
	tcase_add_test(tests, close_sends_what_was_answered);
	tcase_add_test(tests, request_outlives_the_server);
	tcase_add_test(tests, client_gets_the_whole_answer);
	tcase_add_test(tests, client_gives_up_in_time);
	tcase_add_test(tests, client_says_that_nobody_is_there);
	tcase_add_test(tests, client_refuses_a_run_dir_that_is_too_long);
	return test_run(suite);
}
