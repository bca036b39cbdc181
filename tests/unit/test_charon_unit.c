/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/charon_unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"
#include "xfrmd/base/file.h"

/* Commands go to a systemctl of our own, the first on PATH. */

#define UNIT "xfrmd-charon.service"

static char folder[64], program[96], asked[96];
static struct err err;

static void set_up(void)
{
	err.text[0] = '\0';
	strcpy(folder, "/tmp/test-charon-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(program, sizeof(program), "%s/systemctl", folder);
	snprintf(asked, sizeof(asked), "%s/asked", folder);
	ck_assert_int_eq(setenv("PATH", folder, 1), 0);
}

static void tear_down(void)
{
	unlink(program);
	unlink(asked);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void write_program(const char *text)
{
	ck_assert_int_eq(file_write_atomic(program, 0700, text, strlen(text), &err), 0);
}

static const struct {
	const char *cgroup;
	bool found;
} cgroups[] = {
	{"0::/system.slice/" UNIT "\n", true},
	{"0::/system.slice/" UNIT, true},
	{"12:cpu:/\n1:name=systemd:/system.slice/" UNIT "\n0::/\n", true},
	{"0::/system.slice/xfrmd.service\n", false},
	{"0::/system.slice/not-" UNIT "\n", false},
	{"0::/system.slice/" UNIT "/inner\n", false},
	{"0::/\n", false},
	{UNIT, false},
	{"\n\n", false},
	{"", false},
};

START_TEST(charon_unit_is_the_last_part_of_a_cgroup)
{
	ck_assert_int_eq(charon_unit_in_cgroup(UNIT, cgroups[_i].cgroup), cgroups[_i].found);
}
END_TEST

START_TEST(charon_unit_does_not_have_other_processes)
{
	ck_assert(!charon_unit_has(UNIT, getpid()));
	ck_assert(!charon_unit_has(UNIT, -1));
}
END_TEST

START_TEST(charon_unit_commands_do_not_wait_for_the_job)
{
	char script[128], *text;
	size_t len;

	snprintf(script, sizeof(script), "#!/bin/sh\necho \"$@\" >>%s\n", asked);
	write_program(script);
	ck_assert_int_eq(charon_unit_command("start", UNIT, &err), 0);
	ck_assert_int_eq(charon_unit_command("stop", UNIT, &err), 0);
	ck_assert_int_eq(file_read(asked, 256, &text, &len, &err), 0);
	ck_assert_str_eq(text, "--no-block start " UNIT "\n--no-block stop " UNIT "\n");
	free(text);
}
END_TEST

START_TEST(charon_unit_says_that_systemd_refused)
{
	write_program("#!/bin/sh\nexit 5\n");
	ck_assert_int_eq(charon_unit_command("start", UNIT, &err), -EIO);
	ck_assert_str_eq(err.text, "charon: systemctl start " UNIT ": exit status 5");
}
END_TEST

START_TEST(charon_unit_says_that_there_is_no_systemctl)
{
	ck_assert_int_eq(charon_unit_command("stop", UNIT, &err), -ENOENT);
	ck_assert_str_eq(err.text, "charon: systemctl stop " UNIT ": No such file or directory");
}
END_TEST

START_TEST(charon_unit_kills_a_command_that_hangs)
{
	write_program("#!/bin/sh\nexec /bin/sleep 100\n");
	ck_assert_int_eq(charon_unit_command("start", UNIT, &err), -ETIMEDOUT);
}
END_TEST

/* What the loop does meanwhile. */
static struct loop *loop;
static unsigned turns;
static struct loop_timer *turn_timer;
static char said[sizeof(err.text)];

static void on_turn(void *ctx)
{
	(void)ctx;
	turns++;
	loop_timer_start(turn_timer, 10);
}

static void on_done(void *ctx, const struct err *problem)
{
	(void)ctx;
	snprintf(said, sizeof(said), "%s", problem->text);
	loop_stop(loop);
}

static const struct {
	const char *script, *said;
	unsigned turns;
} starts[] = {
	{"#!/bin/sh\nexit 0\n", "", 0},
	{"#!/bin/sh\nexit 5\n", "charon: systemctl start " UNIT ": exit status 5", 0},
	{"#!/bin/sh\nexec /bin/sleep 100\n",
         "charon: systemctl start " UNIT ": Connection timed out", 10},
};

START_TEST(charon_unit_start_does_not_block_the_loop)
{
	struct charon_unit_job *job;

	write_program(starts[_i].script);
	turns = 0;
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(loop_timer_new(loop, on_turn, NULL, &turn_timer), 0);
	loop_timer_start(turn_timer, 10);
	ck_assert_int_eq(charon_unit_begin_start(loop, UNIT, on_done, NULL, &job, &err), 0);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_str_eq(said, starts[_i].said);
	ck_assert_uint_ge(turns, starts[_i].turns);
	loop_timer_free(turn_timer);
	loop_free(loop);
}
END_TEST

START_TEST(charon_unit_start_can_be_given_up)
{
	struct charon_unit_job *job;

	write_program("#!/bin/sh\nexec /bin/sleep 100\n");
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(charon_unit_begin_start(loop, UNIT, on_done, NULL, &job, &err), 0);
	charon_unit_job_free(job);
	loop_free(loop);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(charon_unit_start_says_that_there_is_no_systemctl)
{
	struct charon_unit_job *job;

	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(charon_unit_begin_start(loop, UNIT, on_done, NULL, &job, &err), -ENOENT);
	ck_assert_str_eq(err.text, "charon: systemctl start " UNIT ": No such file or directory");
	loop_free(loop);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("charon_unit", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, charon_unit_is_the_last_part_of_a_cgroup, 0,
	                    sizeof(cgroups) / sizeof(cgroups[0]));
	tcase_add_test(tcase, charon_unit_does_not_have_other_processes);
	tcase_add_test(tcase, charon_unit_commands_do_not_wait_for_the_job);
	tcase_add_test(tcase, charon_unit_says_that_systemd_refused);
	tcase_add_test(tcase, charon_unit_says_that_there_is_no_systemctl);
	tcase_add_test(tcase, charon_unit_kills_a_command_that_hangs);
	tcase_add_loop_test(tcase, charon_unit_start_does_not_block_the_loop, 0,
	                    sizeof(starts) / sizeof(starts[0]));
	tcase_add_test(tcase, charon_unit_start_can_be_given_up);
	tcase_add_test(tcase, charon_unit_start_says_that_there_is_no_systemctl);
	return test_run(suite);
}
