/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon_unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"
#include "xfrmd/file.h"

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
	ck_assert_int_eq(charon_unit_start(UNIT, &err), 0);
	ck_assert_int_eq(charon_unit_stop(UNIT, &err), 0);
	ck_assert_int_eq(file_read(asked, 256, &text, &len, &err), 0);
	ck_assert_str_eq(text, "--no-block start " UNIT "\n--no-block stop " UNIT "\n");
	free(text);
}
END_TEST

START_TEST(charon_unit_says_that_systemd_refused)
{
	write_program("#!/bin/sh\nexit 5\n");
	ck_assert_int_eq(charon_unit_start(UNIT, &err), -EIO);
	ck_assert_str_eq(err.text, "charon: systemctl start " UNIT ": exit status 5");
}
END_TEST

START_TEST(charon_unit_says_that_there_is_no_systemctl)
{
	ck_assert_int_eq(charon_unit_stop(UNIT, &err), -ENOENT);
	ck_assert_str_eq(err.text, "charon: systemctl stop " UNIT ": No such file or directory");
}
END_TEST

START_TEST(charon_unit_kills_a_command_that_hangs)
{
	write_program("#!/bin/sh\nexec /bin/sleep 100\n");
	ck_assert_int_eq(charon_unit_start(UNIT, &err), -ETIMEDOUT);
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
	return test_run(suite);
}
