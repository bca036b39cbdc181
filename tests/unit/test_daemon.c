/* SPDX-License-Identifier: MIT */
/* The parts of a daemon, opened and closed. Those that need a kernel or a charon are made up. */
#include "xfrmd/xfrmd/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"
#include "xfrmd/base/log.h"
#include "xfrmd/xfrmd/parts.h"

static struct strlist opened, closed;
static const char *failing; /* the part that cannot be opened; NULL: all can */

static int fake(const char *name, struct err *err)
{
	return failing && strcmp(failing, name) == 0 ? err_set(err, -EIO, "%s fails", name) : 0;
}

#define FAKE_PART(name)                                                   \
	int __wrap_##name##_open(struct daemon *daemon, struct err *err); \
	int __wrap_##name##_open(struct daemon *daemon, struct err *err)  \
	{                                                                 \
		(void)daemon;                                             \
		return fake(#name, err);                                  \
	}                                                                 \
	void __wrap_##name##_close(struct daemon *daemon);                \
	void __wrap_##name##_close(struct daemon *daemon)                 \
	{                                                                 \
		(void)daemon;                                             \
	}
FAKE_PART(charon_events)
FAKE_PART(network)
FAKE_PART(recent_peers)
FAKE_PART(kernel_events)
FAKE_PART(carried)

int __wrap_installed_spd_open(struct installed_spd **ret_keeper, struct err *err);
int __wrap_installed_spd_read(struct installed_spd *keeper, struct err *err);
void __wrap_installed_spd_close(struct installed_spd *keeper);
int __wrap_known_hosts_open(struct daemon *daemon, void (*lost)(struct daemon *daemon),
                            struct err *err);
void __wrap_known_hosts_close(struct daemon *daemon);
int __wrap_network_begin(struct daemon *daemon, struct err *err);
int __wrap_sysctls_write(struct daemon *daemon, struct err *err);
void __wrap_host_policies_unpin(struct daemon *daemon);
int __wrap_charon_start(struct charon *charon, struct err *err);
void __wrap_monitor_end(void);

int __wrap_installed_spd_open(struct installed_spd **ret_keeper, struct err *err)
{
	(void)ret_keeper;
	return fake("spd", err);
}

int __wrap_installed_spd_read(struct installed_spd *keeper, struct err *err)
{
	(void)keeper;
	(void)err;
	return 0;
}

void __wrap_installed_spd_close(struct installed_spd *keeper)
{
	(void)keeper;
}

int __wrap_known_hosts_open(struct daemon *daemon, void (*lost)(struct daemon *daemon),
                            struct err *err)
{
	(void)daemon;
	ck_assert(lost != NULL);
	return fake("known_hosts", err);
}

void __wrap_known_hosts_close(struct daemon *daemon)
{
	(void)daemon;
}

int __wrap_network_begin(struct daemon *daemon, struct err *err)
{
	(void)daemon;
	return fake("protection", err);
}

int __wrap_sysctls_write(struct daemon *daemon, struct err *err)
{
	(void)daemon;
	(void)err;
	return 0;
}

void __wrap_host_policies_unpin(struct daemon *daemon)
{
	(void)daemon;
}

int __wrap_charon_start(struct charon *charon, struct err *err)
{
	(void)charon;
	return fake("charon", err);
}

/* It would end our own look at the log. */
void __wrap_monitor_end(void)
{
}

static void on_line(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	if (level == LOG_LEVEL_DEBUG && strncmp(line, "open ", 5) == 0)
		ck_assert_int_eq(strlist_add(&opened, line + 5), 0);
	if (level == LOG_LEVEL_DEBUG && strncmp(line, "close ", 6) == 0)
		ck_assert_int_eq(strlist_add(&closed, line + 6), 0);
}

static void set_up(void)
{
	failing = NULL;
	log_set_tap(on_line, NULL);
}

static void tear_down(void)
{
	log_set_tap(NULL, NULL);
	strlist_fini(&opened);
	strlist_fini(&closed);
}

static void assert_mirrored(void)
{
	ck_assert_uint_eq(opened.count, closed.count);
	for (size_t i = 0; i < opened.count; i++)
		ck_assert_str_eq(opened.items[i], closed.items[closed.count - 1 - i]);
}

/* Returns how many parts there were, and leaves no trace. */
static size_t open_and_close(void)
{
	char run_dir[] = "/tmp/test_daemon.XXXXXX", command[64];
	struct daemon daemon = {.conf_path = "xfrmd.conf", .ready_fd = -1};
	struct err err;
	int error;

	ck_assert_ptr_nonnull(mkdtemp(run_dir));
	daemon.run_dir = run_dir;
	error = daemon_open(&daemon, &err);
	ck_assert_int_eq(error, failing ? -EIO : 0);
	if (!error)
		daemon_close(&daemon);
	assert_mirrored();
	ck_assert_ptr_null(daemon.loop);
	for (size_t i = 0; i < sizeof(daemon.parts) / sizeof(void *); i++)
		ck_assert_ptr_null(((void **)&daemon.parts)[i]);
	snprintf(command, sizeof(command), "rm -r %s", run_dir);
	ck_assert_int_eq(system(command), 0);
	return opened.count;
}

START_TEST(daemon_closes_its_parts_in_the_reverse_order)
{
	ck_assert_uint_gt(open_and_close(), 20);
	ck_assert_str_eq(opened.items[0], "loop");
	ck_assert_str_eq(opened.items[opened.count - 1], "charon");
}
END_TEST

static const char *const failures[] = {"charon_events", "network",     "spd",
                                       "recent_peers",  "known_hosts", "protection",
                                       "kernel_events", "carried",     "charon"};

START_TEST(daemon_that_cannot_open_a_part_closes_that_one_and_those_before)
{
	failing = failures[_i];
	ck_assert_uint_gt(open_and_close(), 0);
	ck_assert_str_eq(opened.items[opened.count - 1], failing);
}
END_TEST

static int open_fails(struct daemon *daemon, struct err *err)
{
	(void)daemon;
	return err_set(err, -EIO, "no");
}

static int open_succeeds(struct daemon *daemon, struct err *err)
{
	(void)daemon;
	(void)err;
	return 0;
}

START_TEST(parts_behind_one_that_fails_are_not_opened)
{
	static const struct part parts[] = {{"a", open_succeeds, NULL},
	                                    {"b", open_succeeds, NULL},
	                                    {"c", open_fails, NULL},
	                                    {"d", open_succeeds, NULL}};
	struct err err;

	ck_assert_int_eq(parts_open(parts, 4, NULL, &err), -EIO);
	ck_assert_str_eq(err.text, "no");
	ck_assert_uint_eq(opened.count, 3);
	assert_mirrored();
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("daemon", &tcase);

	signal(SIGPIPE, SIG_IGN);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, daemon_closes_its_parts_in_the_reverse_order);
	tcase_add_loop_test(tcase, daemon_that_cannot_open_a_part_closes_that_one_and_those_before,
	                    0, sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(tcase, parts_behind_one_that_fails_are_not_opened);
	return test_run(suite);
}
