/* SPDX-License-Identifier: MIT */
/* The parts of a daemon, opened and closed. Those that need a kernel or a charon are made up, but for
 * their state and their timers. */
#include "xfrmd/xfrmd/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "test.h"
#include "xfrmd/base/log.h"

#define PARTS_MAX  64
/* The first one of those. */
#define FIRST_FAKE "charon_events"

static struct strlist opened, closed;
static const char *failing; /* the part that cannot be opened; NULL: all can */

static void on_line(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	if (level == LOG_LEVEL_DEBUG && strncmp(line, "daemon: open ", 13) == 0)
		ck_assert_int_eq(strlist_add(&opened, line + 13), 0);
	if (level == LOG_LEVEL_DEBUG && strncmp(line, "daemon: close ", 14) == 0)
		ck_assert_int_eq(strlist_add(&closed, line + 14), 0);
}

static int open_fake(struct daemon *daemon, struct err *err)
{
	const char *name = opened.items[opened.count - 1];

	(void)daemon;
	return failing && strcmp(failing, name) == 0 ? err_set(err, -EIO, "%s fails", name) : 0;
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

/* All parts in order, from FIRST_FAKE on made up. Returns how many. */
static size_t make_parts(struct part copies[PARTS_MAX], const struct part *ret_parts[PARTS_MAX])
{
	bool fake = false;
	size_t count;
	const struct part *const *parts = daemon_parts(&count);

	ck_assert_uint_lt(count, PARTS_MAX);
	for (size_t i = 0; i < count; i++) {
		copies[i] = *parts[i];
		fake |= strcmp(copies[i].name, FIRST_FAKE) == 0;
		if (fake) {
			copies[i].open = open_fake;
			copies[i].close = NULL;
		}
		ret_parts[i] = &copies[i];
	}
	ck_assert(fake);
	return count;
}

static void make_folder(char *folder)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(const char *folder)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void open_and_close(void)
{
	char run_dir[] = "/tmp/test_daemon.XXXXXX";
	struct daemon daemon = {.conf_path = "xfrmd.conf", .run_dir = run_dir, .ready_fd = -1};
	static const struct parts none;
	const struct part *parts[PARTS_MAX];
	struct part copies[PARTS_MAX];
	size_t count = make_parts(copies, parts);
	struct err err;
	int error;

	make_folder(run_dir);
	error = parts_open(parts, count, &daemon, &err);
	ck_assert_int_eq(error, failing ? -EIO : 0);
	if (!error) {
		ck_assert_uint_eq(opened.count, count);
		parts_close(parts, count, &daemon);
	}
	assert_mirrored();
	ck_assert_ptr_null(daemon.loop);
	ck_assert_mem_eq(&daemon.parts, &none, sizeof(none));
	remove_folder(run_dir);
}

START_TEST(parts_are_closed_in_the_reverse_order)
{
	open_and_close();
	ck_assert_str_eq(opened.items[0], "loop");
	ck_assert_str_eq(opened.items[opened.count - 1], "charon");
}
END_TEST

static const char *const failures[] = {FIRST_FAKE, "spd",     "known_hosts",
                                       "commands", "carried", "charon"};

START_TEST(part_that_cannot_be_opened_is_closed_with_those_before)
{
	failing = failures[_i];
	open_and_close();
	ck_assert_str_eq(opened.items[opened.count - 1], failing);
}
END_TEST

START_TEST(daemon_without_its_charon_closes_what_was_open)
{
	char run_dir[] = "/tmp/test_daemon.XXXXXX", nowhere[] = "/nowhere/charon";
	struct daemon daemon = {.conf_path = "xfrmd.conf", .run_dir = run_dir, .ready_fd = -1};
	struct err err;

	make_folder(run_dir);
	ck_assert_int_eq(conf_set_defaults(&daemon.settings.conf), 0);
	free(daemon.settings.conf.charon_binary);
	daemon.settings.conf.charon_binary = nowhere;
	ck_assert_int_lt(daemon_open(&daemon, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, nowhere));
	ck_assert_str_eq(opened.items[opened.count - 1], FIRST_FAKE);
	assert_mirrored();
	daemon.settings.conf.charon_binary = NULL;
	settings_fini(&daemon.settings);
	remove_folder(run_dir);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("daemon", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, parts_are_closed_in_the_reverse_order);
	tcase_add_loop_test(tcase, part_that_cannot_be_opened_is_closed_with_those_before, 0,
	                    sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(tcase, daemon_without_its_charon_closes_what_was_open);
	return test_run(suite);
}
