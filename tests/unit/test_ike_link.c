/* SPDX-License-Identifier: MIT */
/*
 * The link against a charon of our own in the same loop. Its timers run a hundred times as fast, and
 * commands can be made to fail as without memory.
 */
#include "xfrmd/charon/ike_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"
#include "xfrmd/base/log.h"
#include "xfrmd/charon/vici_msg.h"

#define FASTER      100
#define DEADLINE_MS 10000

int __real_vici_conn_request(struct vici_conn *conn, const char *command, struct buf *message,
                             vici_reply_fn reply, void *ctx);
int __wrap_vici_conn_request(struct vici_conn *conn, const char *command, struct buf *message,
                             vici_reply_fn reply, void *ctx);
void __real_loop_timer_start(struct loop_timer *timer, uint64_t delay_ms);
void __wrap_loop_timer_start(struct loop_timer *timer, uint64_t delay_ms);

struct fixture {
	char dir[64], path[96];
	struct loop *loop;
	struct loop_timer *deadline, *turn;
	int listener, charon;
	struct loop_fd *listener_watch, *charon_watch;
	struct ike_link *link;
	const char *unsendable; /* this command cannot be sent */
	bool mute;
	const char *line_of, *event; /* charon writes and sends this meanwhile */
	unsigned unsent, heartbeats, looks, events, connected, disconnected, loaded, stuck, replies;
};
static struct fixture f;

static unsigned char der[] = {0x30, 0x00};
static struct pki_cert leaf = {.der = der, .der_len = sizeof(der)};
static const struct pki_bundle bundle = {.chain = {.items = &leaf, .count = 1}};
static const struct conf conf;

int __wrap_vici_conn_request(struct vici_conn *conn, const char *command, struct buf *message,
                             vici_reply_fn reply, void *ctx)
{
	if (f.unsendable && strcmp(command, f.unsendable) == 0) {
		f.unsent++;
		if (message)
			buf_fini(message);
		return -ENOMEM;
	}
	return __real_vici_conn_request(conn, command, message, reply, ctx);
}

/* The charon: agrees to everything. */

/* Whoever has hung up meanwhile is told no more. */
static void tell(const char *bytes, size_t len)
{
	if (send(f.charon, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
		ck_assert_int_eq(errno, EPIPE);
}

static void tell_event(const char *name)
{
	char packet[64];
	size_t len = strlen(name);

	tell(packet, (size_t)snprintf(packet, sizeof(packet), "%c%c%c%c%c%c%s", 0, 0, 0,
	                              (int)len + 2, VICI_PACKET_EVENT, (int)len, name));
}

static void answer(const unsigned char *packet, size_t len)
{
	static const char confirmed[] = "\0\0\0\1\5";
	static const char success[] = "\0\0\0\x0f\1\3\7success\0\3yes";
	bool registers = packet[0] == 3;

	if (len >= 7 && memcmp(packet + 2, "stats", 5) == 0)
		f.heartbeats++;
	if (f.mute)
		return;
	if (registers)
		tell(confirmed, sizeof(confirmed) - 1);
	else
		tell(success, sizeof(success) - 1);
}

static void on_packet(void *ctx, unsigned ready)
{
	unsigned char header[4], packet[4096];
	size_t len;

	(void)ctx;
	(void)ready;
	if (read(f.charon, header, sizeof(header)) != sizeof(header)) {
		loop_fd_free(f.charon_watch);
		f.charon_watch = NULL;
		close(f.charon);
		f.charon = -1;
		return;
	}
	len = (size_t)header[2] << 8 | header[3];
	ck_assert_uint_le(len, sizeof(packet));
	ck_assert_int_eq(read(f.charon, packet, len), (ssize_t)len);
	answer(packet, len);
}

static void on_client(void *ctx, unsigned ready)
{
	(void)ctx;
	(void)ready;
	loop_fd_free(f.charon_watch);
	if (f.charon >= 0)
		close(f.charon);
	f.charon = accept4(f.listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_eq(loop_fd_new(f.loop, f.charon, LOOP_READ, on_packet, NULL, &f.charon_watch),
	                 0);
}

void __wrap_loop_timer_start(struct loop_timer *timer, uint64_t delay_ms)
{
	if (delay_ms == IKE_LINK_HEARTBEAT_MS) {
		f.looks++;
		if (f.line_of)
			ike_link_heard(f.link, f.line_of);
		if (f.event)
			tell_event(f.event);
	}
	__real_loop_timer_start(timer, delay_ms / FASTER);
}

/* What the link tells. */

static void on_connected(void *ctx)
{
	(void)ctx;
	f.connected++;
}

static void on_disconnected(void *ctx)
{
	(void)ctx;
	f.disconnected++;
}

static void on_event(void *ctx, const char *name, const void *message, size_t len)
{
	(void)ctx;
	(void)name;
	(void)message;
	(void)len;
	f.events++;
}

static bool keeps_conn(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return true;
}

static void on_settings_read(void *ctx)
{
	(void)ctx;
}

static void on_loaded(void *ctx)
{
	(void)ctx;
	f.loaded++;
}

static void on_half_open(void *ctx, size_t count)
{
	(void)ctx;
	(void)count;
}

static void on_stuck(void *ctx)
{
	(void)ctx;
	f.stuck++;
}

static void on_reply(void *ctx, int error, const void *message, size_t len)
{
	(void)ctx;
	(void)error;
	(void)message;
	(void)len;
	f.replies++;
}

static const struct ike_link_callbacks callbacks = {
	.connected = on_connected,
	.disconnected = on_disconnected,
	.event = on_event,
	.keeps_conn = keeps_conn,
	.settings_read = on_settings_read,
	.loaded = on_loaded,
	.stuck = on_stuck,
	.half_open = on_half_open,
};

static void too_late(void *ctx)
{
	(void)ctx;
	ck_abort_msg("nothing happened for %d ms", DEADLINE_MS);
}

static void stop(void *ctx)
{
	(void)ctx;
	loop_stop(f.loop);
}

/* Until @counter has this value. */
static void run_until(const unsigned *counter, unsigned value)
{
	while (*counter < value) {
		__real_loop_timer_start(f.turn, 1);
		ck_assert_int_eq(loop_run(f.loop), 0);
	}
}

static void run_for(uint64_t ms)
{
	__real_loop_timer_start(f.turn, ms);
	ck_assert_int_eq(loop_run(f.loop), 0);
}

static void setup(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	f = (struct fixture){.dir = "/tmp/test_ike_link.XXXXXX", .charon = -1};
	ck_assert_ptr_nonnull(mkdtemp(f.dir));
	snprintf(f.path, sizeof(f.path), "%s/vici", f.dir);
	memcpy(address.sun_path, f.path, strlen(f.path) + 1);
	ck_assert_int_eq(log_open("test", LOG_TARGET_FILE, "/dev/null", LOG_LEVEL_ERROR), 0);
	ck_assert_int_eq(loop_new(&f.loop), 0);
	ck_assert_int_eq(loop_timer_new(f.loop, too_late, NULL, &f.deadline), 0);
	ck_assert_int_eq(loop_timer_new(f.loop, stop, NULL, &f.turn), 0);
	__real_loop_timer_start(f.deadline, DEADLINE_MS);
	f.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(f.listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(f.listener, 4), 0);
	ck_assert_int_eq(
		loop_fd_new(f.loop, f.listener, LOOP_READ, on_client, NULL, &f.listener_watch), 0);
	ck_assert_int_eq(ike_link_new(f.loop, f.path, &callbacks, NULL, &f.link), 0);
}

static void teardown(void)
{
	ike_link_free(f.link);
	loop_fd_free(f.charon_watch);
	loop_fd_free(f.listener_watch);
	if (f.charon >= 0)
		close(f.charon);
	close(f.listener);
	loop_timer_free(f.turn);
	loop_timer_free(f.deadline);
	loop_free(f.loop);
	log_close();
	unlink(f.path);
	rmdir(f.dir);
}

static void connect_and_load(void)
{
	ck_assert_int_eq(ike_link_connect(f.link, getpid(), &conf, &bundle), 0);
	run_until(&f.loaded, 1);
}

START_TEST(link_calls_a_charon_stuck_that_does_not_answer)
{
	connect_and_load();
	run_until(&f.heartbeats, 2);
	ck_assert_uint_eq(f.stuck, 0);
	f.mute = true;
	run_until(&f.stuck, 1);
}
END_TEST

/* What charon may be heard of, and whether it shows that charon is at work. */
static const struct {
	const char *line_of, *event;
	bool at_work;
} signs[] = {
	{.line_of = "10.0.1.1-10.0.1.2", .at_work = true},
	{.event = "child-updown", .at_work = true},
	{.line_of = ""},
	{.event = "alert"},
};

START_TEST(link_is_patient_with_a_charon_that_is_at_work)
{
	connect_and_load();
	f.mute = true;
	f.line_of = signs[_i].line_of;
	f.event = signs[_i].event;
	f.looks = f.events = 0;
	run_until(&f.stuck, 1);
	/* the first one asks */
	ck_assert_uint_eq(f.looks, 1 + (signs[_i].at_work ? IKE_LINK_LATE_MAX : 0));
	ck_assert(!f.event || f.events);
}
END_TEST

START_TEST(link_calls_no_charon_stuck_for_what_it_could_not_send)
{
	connect_and_load();
	f.unsendable = "stats";
	run_until(&f.unsent, 3);
	ck_assert_uint_eq(f.stuck, 0);
	f.unsendable = NULL;
	run_until(&f.heartbeats, 2);
	ck_assert_uint_eq(f.stuck, 0);
}
END_TEST

START_TEST(link_tells_who_asks_that_nothing_was_sent)
{
	struct buf message = {0};

	buf_u8(&message, 0);
	ck_assert_int_eq(ike_link_request(f.link, "stats", &message, on_reply, NULL), -ENOTCONN);
	ck_assert_ptr_null(message.data);
	connect_and_load();
	f.unsendable = "stats";
	buf_u8(&message, 0);
	ck_assert_int_eq(ike_link_request(f.link, "stats", &message, on_reply, NULL), -ENOMEM);
	ck_assert_ptr_null(message.data);
	run_for(20);
	ck_assert_uint_eq(f.replies, 0);
	f.unsendable = NULL;
	ck_assert_int_eq(ike_link_request(f.link, "stats", &message, on_reply, NULL), 0);
	run_until(&f.replies, 1);
}
END_TEST

static const char *const commands[] = {"load-key", "load-conn", "get-authorities", "flush-certs",
                                       "get-conns"};

START_TEST(link_is_renewed_until_charon_got_everything)
{
	f.unsendable = commands[_i];
	ck_assert_int_eq(ike_link_connect(f.link, getpid(), &conf, &bundle), 0);
	run_until(&f.connected, 3);
	ck_assert_uint_eq(f.loaded, 0);
	ck_assert_ptr_nonnull(strstr(ike_link_problem(f.link), commands[_i]));
	f.unsendable = NULL;
	run_until(&f.loaded, 1);
	ck_assert_str_eq(ike_link_problem(f.link), "");
	ck_assert_uint_eq(f.stuck, 0);
}
END_TEST

START_TEST(link_that_is_renewed_soon_lasts_until_then)
{
	connect_and_load();
	ike_link_renew_soon(f.link);
	ike_link_renew_soon(f.link);
	ck_assert(ike_link_is_up(f.link));
	ck_assert_uint_eq(f.disconnected, 0);
	run_until(&f.loaded, 2);
	ck_assert_uint_eq(f.disconnected, 1);
	ck_assert_uint_eq(f.connected, 2);
	run_for(30);
	ck_assert_uint_eq(f.connected, 2);
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite = test_suite("ike_link", &test_case);

	tcase_add_checked_fixture(test_case, setup, teardown);
	tcase_add_test(test_case, link_calls_a_charon_stuck_that_does_not_answer);
	tcase_add_loop_test(test_case, link_is_patient_with_a_charon_that_is_at_work, 0,
	                    sizeof(signs) / sizeof(signs[0]));
	tcase_add_test(test_case, link_calls_no_charon_stuck_for_what_it_could_not_send);
	tcase_add_test(test_case, link_tells_who_asks_that_nothing_was_sent);
	tcase_add_loop_test(test_case, link_is_renewed_until_charon_got_everything, 0,
	                    sizeof(commands) / sizeof(commands[0]));
	tcase_add_test(test_case, link_that_is_renewed_soon_lasts_until_then);
	return test_run(suite);
}
