/* SPDX-License-Identifier: MIT */
/*
 * The client against a charon of our own in the same loop: a listening socket in a temporary
 * directory whose side of the connection is read and written by the tests.
 */
#include "xfrmd/charon/vici_conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

#define DEADLINE_MS 10000

/* What the callbacks of the client saw, as one line of text per call. */
struct seen {
	char text[4096];
	unsigned calls;
	/* in the callback of this number, counted from 1 */
	unsigned close_at, request_at;
};

struct fixture {
	char dir[64];
	char path[96];
	struct loop *loop;
	struct loop_timer *deadline, *turn;
	int listener, charon;
	struct vici_conn *conn;
	struct seen seen;
	struct loop_fd *charon_watch;
	size_t drained; /* bytes that a slow charon has read */
};
static struct fixture f;

static void reply_seen(void *ctx, int error, const void *message, size_t len);

/* The context of a reply: its name in what was seen. */
static void *tag(const char *name)
{
	return (void *)(uintptr_t)name;
}

static void seen_add(const char *what, int error, const void *message, size_t len)
{
	struct seen *seen = &f.seen;
	size_t used = strlen(seen->text);

	seen->calls++;
	snprintf(seen->text + used, sizeof(seen->text) - used, "%s %d %.*s\n", what, error,
	         (int)len, message ? (const char *)message : "");
	if (seen->calls == seen->request_at)
		ck_assert_int_eq(vici_conn_request(f.conn, "again", NULL, reply_seen, tag("again")),
		                 0);
	if (seen->calls == seen->close_at) {
		vici_conn_close(f.conn);
		f.conn = NULL;
	}
}

static void reply_seen(void *ctx, int error, const void *message, size_t len)
{
	seen_add(ctx, error, message, len);
}

static void event_seen(void *ctx, const char *name, const void *message, size_t len)
{
	ck_assert_ptr_eq(ctx, &f);
	seen_add(name, 0, message, len);
}

static void closed_seen(void *ctx, int error)
{
	ck_assert_ptr_eq(ctx, &f);
	seen_add("closed", error, NULL, 0);
}

static const struct vici_callbacks callbacks = {event_seen, closed_seen};

static void too_late(void *ctx)
{
	(void)ctx;
	ck_abort_msg("nothing happened for %d ms, seen:\n%s", DEADLINE_MS, f.seen.text);
}

static void stop(void *ctx)
{
	(void)ctx;
	loop_stop(f.loop);
}

/* One turn of the loop: what is ready is handled. */
static void turn(void)
{
	loop_timer_start(f.turn, 0);
	ck_assert_int_eq(loop_run(f.loop), 0);
}

static void run_until_calls(unsigned calls)
{
	while (f.seen.calls < calls)
		turn();
}

static int listen_at(const char *path, int backlog)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, backlog), 0);
	return fd;
}

static void setup(void)
{
	f = (struct fixture){.dir = "/tmp/test_vici_conn.XXXXXX", .listener = -1, .charon = -1};
	ck_assert_ptr_nonnull(mkdtemp(f.dir));
	snprintf(f.path, sizeof(f.path), "%s/vici", f.dir);
	ck_assert_int_eq(loop_new(&f.loop), 0);
	ck_assert_int_eq(loop_timer_new(f.loop, too_late, NULL, &f.deadline), 0);
	ck_assert_int_eq(loop_timer_new(f.loop, stop, NULL, &f.turn), 0);
	loop_timer_start(f.deadline, DEADLINE_MS);
	f.listener = listen_at(f.path, 4);
	ck_assert_int_eq(vici_conn_open(f.loop, f.path, getpid(), &callbacks, &f, &f.conn), 0);
	f.charon = accept4(f.listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(f.charon, 0);
}

static void teardown(void)
{
	vici_conn_close(f.conn);
	loop_fd_free(f.charon_watch);
	loop_timer_free(f.deadline);
	loop_timer_free(f.turn);
	loop_free(f.loop);
	close(f.listener);
	if (f.charon >= 0)
		close(f.charon);
	unlink(f.path);
	rmdir(f.dir);
}

/* What the client wrote, exactly. */
static void charon_expects(const void *bytes, size_t len)
{
	uint8_t got[256];
	size_t have = 0;

	ck_assert_uint_le(len, sizeof(got));
	while (have < len) {
		ssize_t part;

		turn();
		part = recv(f.charon, got + have, sizeof(got) - have, MSG_DONTWAIT);
		if (part > 0)
			have += (size_t)part;
	}
	ck_assert_uint_eq(have, len);
	ck_assert_mem_eq(got, bytes, len);
}

static void charon_sends(const void *bytes, size_t len)
{
	ck_assert_int_eq(send(f.charon, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void request(const char *command)
{
	ck_assert_int_eq(vici_conn_request(f.conn, command, NULL, reply_seen, tag(command)), 0);
}

static void charon_vanishes(void)
{
	close(f.charon);
	f.charon = -1;
}

/* Packets as charon sends them; the message of the tests is text, the client does not look at
 * it. */
#define RESPONSE_A    "\0\0\0\2\1A"
#define RESPONSE_B    "\0\0\0\2\1B"
#define UNKNOWN       "\0\0\0\1\2"
#define CONFIRM       "\0\0\0\1\5"
#define EVENT_UNKNOWN "\0\0\0\1\6"
#define EVENT_LOG     "\0\0\0\6\7\3logE"
#define SEND(bytes)   charon_sends(bytes, sizeof(bytes) - 1)

START_TEST(requests_are_written_as_packets)
{
	struct buf message = {0};

	vici_text(&message, "k", "v");
	ck_assert_int_eq(vici_conn_request(f.conn, "stats", &message, NULL, NULL), 0);
	ck_assert_ptr_null(message.data);
	ck_assert_int_eq(vici_conn_subscribe(f.conn, "log", NULL, NULL), 0);
	charon_expects("\0\0\0\15\0\5stats\3\1k\0\1v\0\0\0\5\3\3log", 26);
}
END_TEST

START_TEST(replies_match_requests_in_order)
{
	request("one");
	request("two");
	ck_assert_int_eq(vici_conn_subscribe(f.conn, "log", reply_seen, tag("log")), 0);
	request("three");
	ck_assert_int_eq(vici_conn_subscribe(f.conn, "nothing", reply_seen, tag("nothing")), 0);
	SEND(RESPONSE_A RESPONSE_B CONFIRM UNKNOWN EVENT_UNKNOWN);
	run_until_calls(5);
	ck_assert_str_eq(f.seen.text, "one 0 A\ntwo 0 B\nlog 0 \nthree -2 \nnothing -2 \n");
}
END_TEST

START_TEST(packets_may_come_byte_by_byte)
{
	static const char bytes[] = EVENT_LOG RESPONSE_A EVENT_LOG;

	request("one");
	for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
		charon_sends(bytes + i, 1);
		turn();
	}
	run_until_calls(3);
	ck_assert_str_eq(f.seen.text, "log 0 E\none 0 A\nlog 0 E\n");
}
END_TEST

START_TEST(events_come_between_request_and_reply)
{
	request("one");
	SEND(EVENT_LOG EVENT_LOG RESPONSE_A);
	run_until_calls(3);
	ck_assert_str_eq(f.seen.text, "log 0 E\nlog 0 E\none 0 A\n");
}
END_TEST

START_TEST(reply_without_callback_is_dropped)
{
	ck_assert_int_eq(vici_conn_request(f.conn, "one", NULL, NULL, NULL), 0);
	request("two");
	SEND(RESPONSE_A RESPONSE_B);
	run_until_calls(1);
	ck_assert_str_eq(f.seen.text, "two 0 B\n");
}
END_TEST

/* Each ends the connection at once; whatever charon would read behind it is never looked at. */
static const struct {
	const char *what, *bytes;
	size_t len;
} bad_packets[] = {
	{"length 0", "\0\0\0\0", 4},
	{"length of 2 GiB", "\177\377\377\377", 4},
	{"length of 4 GiB", "\377\377\377\377", 4},
	{"one byte more than allowed", "\0\10\0\1", 4},
	{"event of 1 byte", "\0\0\0\1\7", 5},
	{"event name cut", "\0\0\0\2\7\1", 6},
	{"event name longer than the packet", "\0\0\0\4\7\377ab", 8},
	{"event name of no length", "\0\0\0\2\7\0", 6},
	{"event name with a NUL byte", "\0\0\0\5\7\3a\0b", 9},
	{"a request", "\0\0\0\3\0\1a", 7},
	{"type 8", "\0\0\0\1\10", 5},
	{"reply that nobody asked for", RESPONSE_A, 6},
	{"confirmation that nobody asked for", CONFIRM, 5},
};

START_TEST(malformed_packets_close_the_connection)
{
	charon_sends(bad_packets[_i].bytes, bad_packets[_i].len);
	run_until_calls(1);
	ck_assert_msg(!strcmp(f.seen.text, "closed -74 \n"), "%s: %s", bad_packets[_i].what,
	              f.seen.text);
	ck_assert_int_eq(vici_conn_request(f.conn, "late", NULL, NULL, NULL), -ECONNRESET);
	ck_assert_int_eq(vici_conn_subscribe(f.conn, "late", NULL, NULL), -ECONNRESET);
}
END_TEST

START_TEST(reply_of_the_wrong_kind_closes_the_connection)
{
	request("one");
	SEND(CONFIRM);
	run_until_calls(2);
	ck_assert_str_eq(f.seen.text, "one -104 \nclosed -74 \n");
}
END_TEST

START_TEST(charon_that_vanishes_fails_what_is_pending)
{
	request("one");
	request("two");
	charon_vanishes();
	run_until_calls(3);
	ck_assert_str_eq(f.seen.text, "one -104 \ntwo -104 \nclosed -104 \n");
}
END_TEST

START_TEST(packet_cut_by_the_end_is_not_delivered)
{
	request("one");
	charon_expects("\0\0\0\5\0\3one", 9);
	charon_sends("\0\0\0\2\1", 5);
	charon_vanishes();
	run_until_calls(2);
	ck_assert_str_eq(f.seen.text, "one -104 \nclosed -104 \n");
}
END_TEST

/* What is read before the end is still delivered. */
START_TEST(reply_before_the_end_is_delivered)
{
	request("one");
	charon_expects("\0\0\0\5\0\3one", 9);
	SEND(RESPONSE_A);
	charon_vanishes();
	run_until_calls(2);
	ck_assert_str_eq(f.seen.text, "one 0 A\nclosed -104 \n");
}
END_TEST

/* No callback after a close in the first (event), second (reply) or third one (reply). */
static const char *const until_close[] = {
	"log 0 E\n",
	"log 0 E\none 0 A\n",
	"log 0 E\none 0 A\ntwo 0 B\n",
};

START_TEST(close_inside_a_callback_ends_all_callbacks)
{
	request("one");
	request("two");
	request("three");
	f.seen.close_at = (unsigned)_i + 1;
	SEND(EVENT_LOG RESPONSE_A RESPONSE_B RESPONSE_A);
	run_until_calls(f.seen.close_at);
	turn();
	turn();
	ck_assert_str_eq(f.seen.text, until_close[_i]);
	ck_assert_ptr_null(f.conn);
}
END_TEST

static const char *const until_close_at_end[] = {
	"one -104 \n",
	"one -104 \ntwo -104 \n",
	"one -104 \ntwo -104 \nclosed -104 \n",
};

START_TEST(close_while_the_connection_breaks)
{
	request("one");
	request("two");
	f.seen.close_at = (unsigned)_i + 1;
	charon_vanishes();
	run_until_calls(f.seen.close_at);
	turn();
	turn();
	ck_assert_str_eq(f.seen.text, until_close_at_end[_i]);
}
END_TEST

START_TEST(close_calls_nobody)
{
	request("one");
	vici_conn_close(f.conn);
	f.conn = NULL;
	turn();
	ck_assert_uint_eq(f.seen.calls, 0);
	vici_conn_close(NULL);
}
END_TEST

START_TEST(requests_may_be_queued_inside_callbacks)
{
	f.seen.request_at = (unsigned)_i + 1;
	request("one");
	charon_expects("\0\0\0\5\0\3one", 9);
	SEND(EVENT_LOG RESPONSE_A);
	charon_expects("\0\0\0\7\0\5again", 11);
	SEND(RESPONSE_B);
	run_until_calls(3);
	ck_assert_str_eq(f.seen.text, "log 0 E\none 0 A\nagain 0 B\n");
}
END_TEST

static void slow_charon(void *ctx, unsigned ready)
{
	uint8_t bytes[10000];
	ssize_t len = recv(f.charon, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)ctx;
	(void)ready;
	if (len > 0)
		f.drained += (size_t)len;
}

/* Far more than the socket holds, so that it is written in pieces. */
START_TEST(queue_is_larger_than_the_socket_buffer)
{
	static char value[VICI_VALUE_MAX];
	size_t expected = 0;

	for (unsigned i = 0; i < 40; i++) {
		struct buf message = {0};

		vici_data(&message, "k", value, sizeof(value));
		expected += 4 + 1 + 1 + strlen("load") + message.len;
		ck_assert_int_eq(
			vici_conn_request(f.conn, "load", &message, reply_seen, tag("load")), 0);
	}
	ck_assert_int_eq(
		loop_fd_new(f.loop, f.charon, LOOP_READ, slow_charon, NULL, &f.charon_watch), 0);
	while (f.drained < expected)
		turn();
	for (unsigned i = 0; i < 40; i++)
		SEND(RESPONSE_A);
	run_until_calls(40);
	ck_assert_uint_eq(f.drained, expected);
}
END_TEST

START_TEST(largest_reply_is_delivered)
{
	static uint8_t packet[4 + VICI_MSG_MAX] = {0, 8, 0, 0, VICI_PACKET_CMD_RESPONSE};
	size_t sent = 0;

	memset(packet + 5, 'x', sizeof(packet) - 5);
	request("one");
	while (sent < sizeof(packet)) {
		ssize_t part = send(f.charon, packet + sent, sizeof(packet) - sent,
		                    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (part > 0)
			sent += (size_t)part;
		turn();
	}
	run_until_calls(1);
	ck_assert_int_eq(strncmp(f.seen.text, "one 0 xxxx", 10), 0);
}
END_TEST

START_TEST(requests_that_do_not_fit_are_refused)
{
	static char value[VICI_VALUE_MAX];
	char name[VICI_NAME_MAX + 2] = "";
	struct buf message = {0};

	memset(name, 'n', VICI_NAME_MAX + 1);
	ck_assert_int_eq(vici_conn_request(f.conn, name, NULL, reply_seen, tag("x")), -EMSGSIZE);
	ck_assert_int_eq(vici_conn_request(f.conn, "", NULL, reply_seen, tag("x")), -EMSGSIZE);
	ck_assert_int_eq(vici_conn_subscribe(f.conn, name, reply_seen, tag("x")), -EMSGSIZE);
	vici_text(&message, name, "v");
	ck_assert_int_eq(vici_conn_request(f.conn, "a", &message, reply_seen, tag("x")), -EMSGSIZE);
	ck_assert_ptr_null(message.data);
	for (unsigned i = 0; i < 8; i++)
		vici_data(&message, "k", value, sizeof(value));
	ck_assert_int_eq(message.error, 0);
	ck_assert_int_eq(vici_conn_request(f.conn, "a", &message, reply_seen, tag("x")), -EMSGSIZE);
	ck_assert_ptr_null(message.data);
	request("good");
	charon_expects("\0\0\0\6\0\4good", 10);
	SEND(RESPONSE_A);
	run_until_calls(1);
	ck_assert_str_eq(f.seen.text, "good 0 A\n");
}
END_TEST

START_TEST(open_tells_why_it_cannot_connect)
{
	char path[200];
	struct vici_conn *conn = NULL, *filling[8] = {NULL};
	size_t filled = 0;
	int listener, error;

	snprintf(path, sizeof(path), "%s/nobody", f.dir);
	ck_assert_int_eq(vici_conn_open(f.loop, path, 0, &callbacks, &f, &conn), -ENOENT);
	listener = listen_at(path, 0);
	do
		error = vici_conn_open(f.loop, path, 0, &callbacks, &f, &filling[filled]);
	while (!error && ++filled < 8);
	ck_assert_int_eq(error, -EAGAIN);
	while (filled-- > 0)
		vici_conn_close(filling[filled]);
	close(listener);
	ck_assert_int_eq(vici_conn_open(f.loop, path, 0, &callbacks, &f, &conn), -ECONNREFUSED);
	unlink(path);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(vici_conn_open(f.loop, path, 0, &callbacks, &f, &conn), -ENAMETOOLONG);
	ck_assert_ptr_null(conn);
}
END_TEST

START_TEST(open_refuses_who_is_not_charon)
{
	struct vici_conn *conn = NULL;
	char byte;
	int fd;

	ck_assert_int_eq(vici_conn_open(f.loop, f.path, 1, &callbacks, &f, &conn), -EPERM);
	ck_assert_ptr_null(conn);
	fd = accept4(f.listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, &byte, 1), 0);
	close(fd);
}
END_TEST

/* The only socket here that nobody else opened non-blocking. */
START_TEST(socket_is_closed_on_exec_and_does_not_block)
{
	unsigned found = 0;

	for (int fd = 3; fd < 64; fd++) {
		struct sockaddr_un peer;
		socklen_t len = sizeof(peer);

		if (fd == f.charon || getpeername(fd, (struct sockaddr *)&peer, &len) < 0 ||
		    peer.sun_family != AF_UNIX || len <= sizeof(sa_family_t) ||
		    strcmp(peer.sun_path, f.path) != 0)
			continue;
		found++;
		ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	}
	ck_assert_uint_eq(found, 1);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("vici_conn", &tcase);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, requests_are_written_as_packets);
	tcase_add_test(tcase, replies_match_requests_in_order);
	tcase_add_test(tcase, packets_may_come_byte_by_byte);
	tcase_add_test(tcase, events_come_between_request_and_reply);
	tcase_add_test(tcase, reply_without_callback_is_dropped);
	tcase_add_loop_test(tcase, malformed_packets_close_the_connection, 0,
	                    (int)(sizeof(bad_packets) / sizeof(bad_packets[0])));
	tcase_add_test(tcase, reply_of_the_wrong_kind_closes_the_connection);
	tcase_add_test(tcase, charon_that_vanishes_fails_what_is_pending);
	tcase_add_test(tcase, packet_cut_by_the_end_is_not_delivered);
	tcase_add_test(tcase, reply_before_the_end_is_delivered);
	tcase_add_loop_test(tcase, close_inside_a_callback_ends_all_callbacks, 0, 3);
	tcase_add_loop_test(tcase, close_while_the_connection_breaks, 0, 3);
	tcase_add_test(tcase, close_calls_nobody);
	tcase_add_loop_test(tcase, requests_may_be_queued_inside_callbacks, 0, 2);
	tcase_add_test(tcase, queue_is_larger_than_the_socket_buffer);
	tcase_add_test(tcase, largest_reply_is_delivered);
	tcase_add_test(tcase, requests_that_do_not_fit_are_refused);
	tcase_add_test(tcase, open_tells_why_it_cannot_connect);
	tcase_add_test(tcase, open_refuses_who_is_not_charon);
	tcase_add_test(tcase, socket_is_closed_on_exec_and_does_not_block);
	return test_run(suite);
}
