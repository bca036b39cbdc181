/* SPDX-License-Identifier: MIT */
/* Clients that watch: each test is server and clients in one loop. */
#include "xfrmd/ctl/ctl_server.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "test.h"
#include "xfrmd/ctl/ctl_client.h"

#define REQUEST "{\"command\":\"monitor\"}"
#define REFUSAL "{\"ok\":false,\"changes\":[],\"errors\":[\"too "

/* Added to the monotonic clock, so that no test waits for a timeout. */
static time_t clock_skipped_s;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int ret = (int)syscall(SYS_clock_gettime, clock, now);

	if (ret == 0 && clock == CLOCK_MONOTONIC)
		now->tv_sec += clock_skipped_s;
	return ret;
}

static char directory[64], path[128];
static struct loop *loop;
static struct loop_timer *turn_timer;
static struct ctl_server *server;
static const char *first; /* line of an answer */
static unsigned handled;

static void handle(void *ctx, struct ctl_request *request, const struct ctl_ask *ask)
{
	(void)ctx;
	ck_assert_int_eq(ask->command, CTL_COMMAND_MONITOR);
	handled++;
	ctl_request_watch(request, first);
}

static void stop(void *ctx)
{
	(void)ctx;
	loop_stop(loop);
}

/* All that is ready is done. */
static void turn(void)
{
	for (int i = 0; i < 5; i++) {
		loop_timer_start(turn_timer, 1);
		ck_assert_int_eq(loop_run(loop), 0);
	}
}

static void set_up(void)
{
	struct err err;

	clock_skipped_s = 0;
	first = "{\"n\":0}";
	handled = 0;
	strcpy(directory, "/tmp/xfrmd-watch-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/%s", directory, CTL_SOCKET_NAME);
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(loop_timer_new(loop, stop, NULL, &turn_timer), 0);
	ck_assert_int_eq(ctl_server_open(loop, path, handle, NULL, &server, &err), 0);
}

static void tear_down(void)
{
	ctl_server_close(server);
	loop_timer_free(turn_timer);
	loop_free(loop);
	ck_assert_int_eq(rmdir(directory), 0);
}

static int watch(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(address.sun_path, path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(send(fd, REQUEST, strlen(REQUEST), 0), strlen(REQUEST));
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	turn();
	return fd;
}

/* Reads what is there into @text; whether the server has closed. */
static bool take(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while ((got = recv(fd, text + len, size - 1 - len, 0)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	ck_assert(got == 0 || errno == EAGAIN);
	return got == 0;
}

static void assert_taken(int fd, const char *want, bool closed)
{
	char text[4096];

	ck_assert_int_eq(take(fd, text, sizeof(text)), closed);
	ck_assert_str_eq(text, want);
}

START_TEST(whoever_watches_gets_every_line)
{
	int one, two;

	ck_assert(!ctl_server_publish(server, "{\"n\":1}"));
	one = watch();
	assert_taken(one, "{\"n\":0}\n", false);
	ck_assert(ctl_server_publish(server, "{\"n\":2}"));
	two = watch();
	ck_assert(ctl_server_publish(server, "{\"n\":3}"));
	ck_assert(ctl_server_publish(server, "{\"n\":4}"));
	turn();
	assert_taken(one, "{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n", false);
	assert_taken(two, "{\"n\":0}\n{\"n\":3}\n{\"n\":4}\n", false);
	close(one);
	close(two);
}
END_TEST

START_TEST(who_is_gone_is_noticed_by_the_next_line)
{
	int fd = watch();

	close(fd);
	ck_assert(ctl_server_publish(server, "{\"n\":1}"));
	turn();
	ck_assert(!ctl_server_publish(server, "{\"n\":2}"));
}
END_TEST

START_TEST(who_is_gone_is_noticed_without_events)
{
	int fd = watch(), other = watch();

	close(fd);
	assert_taken(other, "{\"n\":0}\n", false);
	clock_skipped_s += CTL_WATCH_IDLE_MS / 1000 + 1;
	turn();
	assert_taken(other, "\n", false);
	close(other);
	clock_skipped_s += CTL_WATCH_IDLE_MS / 1000 + 1;
	turn();
	ck_assert(!ctl_server_publish(server, "{\"n\":2}"));
}
END_TEST

static char line[1000];

static void publish_too_much(void)
{
	memset(line, 'x', sizeof(line) - 1);
	/* the socket takes some, too */
	for (unsigned i = 0; i < 4 * CTL_WATCH_QUEUE_MAX / sizeof(line); i++)
		ck_assert(ctl_server_publish(server, line));
}

START_TEST(who_is_slow_gets_a_last_line)
{
	static char text[4 * CTL_WATCH_QUEUE_MAX];
	int slow = watch(), quick = watch();
	size_t len = 0;
	bool closed = false;

	publish_too_much();
	while (!closed) {
		closed = take(slow, text + len, sizeof(text) - len);
		len += strlen(text + len);
		turn();
	}
	ck_assert_uint_gt(len, CTL_WATCH_QUEUE_MAX - 2 * sizeof(line));
	/* a socket holds about as much again */
	ck_assert_uint_lt(len, 3 * CTL_WATCH_QUEUE_MAX);
	ck_assert_ptr_nonnull(strstr(text, "\n" REFUSAL "slow: "));
	ck_assert_ptr_eq(strchr(strstr(text, REFUSAL), '\n'), text + len - 1);
	close(slow);
	close(quick);
}
END_TEST

START_TEST(who_does_not_read_at_all_is_dropped)
{
	int fd = watch();

	publish_too_much();
	turn();
	clock_skipped_s += CTL_CLIENT_TIMEOUT_MS / 1000 + 1;
	turn();
	ck_assert(!ctl_server_publish(server, line));
	close(fd);
}
END_TEST

START_TEST(not_all_clients_may_watch)
{
	int fds[CTL_WATCHERS_MAX + 1];
	char text[4096];

	for (int i = 0; i <= CTL_WATCHERS_MAX; i++)
		fds[i] = watch();
	ck_assert(take(fds[CTL_WATCHERS_MAX], text, sizeof(text)));
	ck_assert_ptr_eq(strstr(text, REFUSAL "many "), text);
	assert_taken(fds[0], "{\"n\":0}\n", false);
	for (int i = 0; i <= CTL_WATCHERS_MAX; i++)
		close(fds[i]);
}
END_TEST

START_TEST(lack_of_memory_is_an_answer_too)
{
	int fd;

	first = NULL;
	fd = watch();
	assert_taken(fd, "{\"errors\":[\"daemon: out of memory\"]}", true);
	ck_assert(!ctl_server_publish(server, line));
	close(fd);
}
END_TEST

START_TEST(the_end_of_the_server_loses_no_line)
{
	int fd = watch();

	ctl_server_publish(server, "{\"n\":1}");
	ctl_server_close(server);
	server = NULL;
	assert_taken(fd, "{\"n\":0}\n{\"n\":1}\n", true);
	close(fd);
}
END_TEST

/* The operator's side, in a thread of its own. */

struct call {
	char text[256];
	unsigned lines, until; /* ends by itself after so many */
	int ret;
	struct err err;
};

static int take_line(void *ctx, const char *text, size_t len, struct err *err)
{
	struct call *call = ctx;

	(void)err;
	ck_assert_uint_eq(strlen(text), len);
	strcat(strcat(call->text, text), ";");
	return ++call->lines == call->until ? -EINTR : 0;
}

static void *call_thread(void *ctx)
{
	struct call *call = ctx;

	call->ret = ctl_client_watch(directory, CTL_COMMAND_MONITOR, 10000, take_line, call,
	                             &call->err);
	return NULL;
}

START_TEST(client_takes_lines_until_the_end)
{
	struct call call = {.until = _i ? 2 : 0};
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, call_thread, &call), 0);
	while (!handled)
		turn();
	ctl_server_publish(server, "");
	ctl_server_publish(server, "{\"n\":1}");
	turn();
	ctl_server_close(server);
	server = NULL;
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_str_eq(call.text, "{\"n\":0};{\"n\":1};");
	ck_assert_int_eq(call.ret, _i ? -EINTR : -ECONNRESET);
	if (!_i)
		ck_assert_str_eq(call.err.text, "xfrmd closed the connection");
}
END_TEST

START_TEST(client_says_that_nobody_is_there)
{
	struct call call = {0};

	ctl_server_close(server);
	server = NULL;
	call_thread(&call);
	ck_assert_int_eq(call.ret, -ENOENT);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("ctl_watch", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, whoever_watches_gets_every_line);
	tcase_add_test(tcase, who_is_gone_is_noticed_by_the_next_line);
	tcase_add_test(tcase, who_is_gone_is_noticed_without_events);
	tcase_add_test(tcase, who_is_slow_gets_a_last_line);
	tcase_add_test(tcase, who_does_not_read_at_all_is_dropped);
	tcase_add_test(tcase, not_all_clients_may_watch);
	tcase_add_test(tcase, lack_of_memory_is_an_answer_too);
	tcase_add_test(tcase, the_end_of_the_server_loses_no_line);
	tcase_add_loop_test(tcase, client_takes_lines_until_the_end, 0, 2);
	tcase_add_test(tcase, client_says_that_nobody_is_there);
	return test_run(suite);
}
