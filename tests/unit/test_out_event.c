/* SPDX-License-Identifier: MIT */
#include "../../src/xfrmctl/out_event.h"

#include <time.h>

#include "test.h"

static char line[] = "peer: 10.0.0.2: up\x1b[31m";

static const struct {
	enum log_level level;
	bool coloured;
	const char *want;
} shown[] = {
	{LOG_LEVEL_NOTICE, false, "2026-11-22 07:01:02.007 peer: 10.0.0.2: up\\x1b[31m\n"},
	{LOG_LEVEL_ERROR, false, "2026-11-22 07:01:02.007 peer: 10.0.0.2: up\\x1b[31m\n"},
	{LOG_LEVEL_DEBUG, true, "2026-11-22 07:01:02.007 peer: 10.0.0.2: up\\x1b[31m\n"},
	{LOG_LEVEL_WARNING, true,
         "2026-11-22 07:01:02.007 \x1b[33mpeer: 10.0.0.2: up\\x1b[31m\x1b[0m\n"},
};

START_TEST(an_event_is_one_line)
{
	const struct ctl_event event = {
		.time_ms = 1795330862007, .level = shown[_i].level, .text = line};
	struct buf out = {0};
	char *text;

	setenv("TZ", "UTC", 1);
	tzset();
	out_event(&event, shown[_i].coloured, &out);
	text = buf_take_str(&out);
	ck_assert_str_eq(text, shown[_i].want);
	free(text);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("out_event", &tcase);

	tcase_add_loop_test(tcase, an_event_is_one_line, 0, sizeof(shown) / sizeof(shown[0]));
	return test_run(suite);
}
