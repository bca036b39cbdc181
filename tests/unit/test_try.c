/* SPDX-License-Identifier: MIT */
/* The machine of `xfrmctl try` around its timer; what it swaps are marked settings. */
#include "xfrmd/xfrmd/try.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"
#include "xfrmd/xfrmd/settings_swap.h"

static const struct part *const parts[] = {&try_part};
static struct daemon self;
static struct strlist changes, errors;
static char run_dir[64];
static struct {
	const char *path; /* that was read last */
	char path_copy[96];
	bool unreadable, flushed, shutdown;
	unsigned swaps;
} seen;

int __wrap_settings_read(struct daemon *of, const char *path, struct settings *ret_settings,
                         struct strlist *problems);
void __wrap_settings_swap(struct daemon *of, struct settings *settings, struct strlist *said,
                          struct strlist *problems);
void __wrap_policies_set_flushed(struct daemon *of, bool flushed);
bool __wrap_policies_flushed(const struct daemon *of);
bool __wrap_shutdown_is_under_way(const struct daemon *of);

int __wrap_settings_read(struct daemon *of, const char *path, struct settings *ret_settings,
                         struct strlist *problems)
{
	(void)of;
	snprintf(seen.path_copy, sizeof(seen.path_copy), "%s", path);
	seen.path = seen.path_copy;
	if (seen.unreadable)
		return strlist_add(problems, "unreadable") ? -ENOMEM : -EINVAL;
	*ret_settings = (struct settings){.hash = "new"};
	return 0;
}

void __wrap_settings_swap(struct daemon *of, struct settings *settings, struct strlist *said,
                          struct strlist *problems)
{
	struct settings former = of->settings;

	(void)said;
	(void)problems;
	of->settings = *settings;
	*settings = former;
	seen.swaps++;
}

void __wrap_policies_set_flushed(struct daemon *of, bool flushed)
{
	(void)of;
	seen.flushed = flushed;
}

bool __wrap_policies_flushed(const struct daemon *of)
{
	(void)of;
	return seen.flushed;
}

bool __wrap_shutdown_is_under_way(const struct daemon *of)
{
	(void)of;
	return seen.shutdown;
}

static void set_up(void)
{
	struct err err;

	memset(&seen, 0, sizeof(seen));
	strcpy(run_dir, "/tmp/test_try.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(run_dir));
	self = (struct daemon){
		.conf_path = "x.conf", .run_dir = run_dir, .settings = {.hash = "old"}};
	ck_assert_int_eq(loop_new(&self.loop), 0);
	ck_assert_int_eq(parts_open(parts, 1, &self, &err), 0);
}

static void tear_down(void)
{
	char command[96];

	parts_close(parts, 1, &self);
	loop_free(self.loop);
	strlist_fini(&changes);
	strlist_fini(&errors);
	snprintf(command, sizeof(command), "rm -r %s", run_dir);
	ck_assert_int_eq(system(command), 0);
}

static void begin(uint32_t timeout_s, bool copied)
{
	try_begin(&self, timeout_s, copied, &changes, &errors);
}

static void stop(void *ctx)
{
	loop_stop(ctx);
}

/* What is due in this turn, and so what a try of 0 seconds waits for, is done. */
static void run_a_little(void)
{
	struct loop_timer *timer;

	ck_assert_int_eq(loop_timer_new(self.loop, stop, self.loop, &timer), 0);
	loop_timer_start(timer, 50);
	ck_assert_int_eq(loop_run(self.loop), 0);
	loop_timer_free(timer);
}

static void assert_in_force(const char *hash, unsigned swaps)
{
	ck_assert_str_eq(self.settings.hash, hash);
	ck_assert_uint_eq(seen.swaps, swaps);
}

static void make_copy(void)
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", run_dir, CTL_TRY_NEW);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fclose(file), 0);
}

static bool has_file(const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/%s", run_dir, name);
	return access(path, F_OK) == 0;
}

START_TEST(try_goes_back_when_its_time_is_over)
{
	begin(0, false);
	assert_in_force("new", 1);
	ck_assert_str_eq(seen.path, "x.conf");
	run_a_little();
	assert_in_force("old", 2);
	ck_assert(!try_is_under_way(&self));
}
END_TEST

START_TEST(try_that_is_confirmed_stays)
{
	begin(0, false);
	try_confirm(&self, &changes, &errors);
	ck_assert_uint_eq(errors.count, 0);
	run_a_little();
	assert_in_force("new", 1);
}
END_TEST

START_TEST(try_goes_back_when_it_is_asked_to)
{
	begin(1000, false);
	ck_assert(try_is_under_way(&self));
	try_back(&self, &changes, &errors);
	assert_in_force("old", 2);
	run_a_little();
	assert_in_force("old", 2);
}
END_TEST

START_TEST(try_of_what_cannot_be_read_is_none)
{
	seen.unreadable = true;
	begin(0, false);
	ck_assert_uint_eq(errors.count, 1);
	ck_assert(!try_is_under_way(&self));
	run_a_little();
	assert_in_force("old", 0);
}
END_TEST

START_TEST(second_try_is_refused)
{
	begin(1000, false);
	begin(1000, false);
	ck_assert_uint_eq(errors.count, 1);
	assert_in_force("new", 1);
}
END_TEST

START_TEST(try_during_a_shutdown_is_refused)
{
	seen.shutdown = true;
	begin(1000, false);
	ck_assert_uint_eq(errors.count, 1);
	assert_in_force("old", 0);
}
END_TEST

START_TEST(nothing_is_confirmed_or_taken_back_without_a_try)
{
	try_confirm(&self, &changes, &errors);
	try_back(&self, &changes, &errors);
	ck_assert_uint_eq(errors.count, 2);
	assert_in_force("old", 0);
}
END_TEST

START_TEST(try_after_a_flush_goes_back_to_nothing)
{
	seen.flushed = true;
	begin(1000, false);
	ck_assert(!seen.flushed);
	try_back(&self, &changes, &errors);
	ck_assert(seen.flushed);
}
END_TEST

START_TEST(copy_stays_until_the_end_of_the_try)
{
	make_copy();
	begin(1000, true);
	ck_assert_ptr_nonnull(strstr(seen.path, CTL_TRY_FILE));
	ck_assert(!has_file(CTL_TRY_NEW));
	ck_assert(has_file(CTL_TRY_FILE));
	try_back(&self, &changes, &errors);
	ck_assert(!has_file(CTL_TRY_FILE));
}
END_TEST

START_TEST(copy_is_left_to_who_confirms)
{
	make_copy();
	begin(1000, true);
	try_confirm(&self, &changes, &errors);
	ck_assert(has_file(CTL_TRY_FILE));
}
END_TEST

START_TEST(status_tells_when_a_try_ends)
{
	struct ctl_status status = {0};

	try_status(&self, &status);
	ck_assert(!status.trying);
	begin(1000, false);
	try_status(&self, &status);
	ck_assert(status.trying);
	ck_assert(!status.try_copied);
	ck_assert_int_gt(status.try_ends, 0);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("try", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, try_goes_back_when_its_time_is_over);
	tcase_add_test(tcase, try_that_is_confirmed_stays);
	tcase_add_test(tcase, try_goes_back_when_it_is_asked_to);
	tcase_add_test(tcase, try_of_what_cannot_be_read_is_none);
	tcase_add_test(tcase, second_try_is_refused);
	tcase_add_test(tcase, try_during_a_shutdown_is_refused);
	tcase_add_test(tcase, nothing_is_confirmed_or_taken_back_without_a_try);
	tcase_add_test(tcase, try_after_a_flush_goes_back_to_nothing);
	tcase_add_test(tcase, copy_stays_until_the_end_of_the_try);
	tcase_add_test(tcase, copy_is_left_to_who_confirms);
	tcase_add_test(tcase, status_tells_when_a_try_ends);
	return test_run(suite);
}
