/* SPDX-License-Identifier: MIT */
#include "xfrmd/ctl/ctl_event.h"

#include <errno.h>
#include <string.h>

#include "test.h"

#define TEXT "{\"time\":1795330862.007,\"level\":\"notice\",\"text\":\"peer: a: \\\"b\\\"\"}"

START_TEST(events_survive_the_round_trip)
{
	char line[] = "peer: a: \"b\"";
	const struct ctl_event event = {
		.time_ms = 1795330862007, .level = LOG_LEVEL_NOTICE, .text = line};
	struct ctl_event again;
	struct err err;
	char *text = ctl_event_write(&event);

	ck_assert_str_eq(text, TEXT);
	ck_assert_int_eq(ctl_event_parse(text, strlen(text), &again, &err), 0);
	ck_assert_int_eq(again.time_ms, event.time_ms);
	ck_assert_int_eq(again.level, event.level);
	ck_assert_str_eq(again.text, line);
	ctl_event_fini(&again);
	free(text);
}
END_TEST

static const struct {
	const char *text, *part;
} refused[] = {
	{"", "empty"},
	{"x", "not JSON"},
	{"{\"errors\":[\"too slow\"]}", "refused: too slow"},
	{"{\"level\":\"notice\",\"text\":\"\"}", "time: expected"},
	{"{\"time\":-1,\"level\":\"notice\",\"text\":\"\"}", "time: expected"},
	{"{\"time\":1e300,\"level\":\"notice\",\"text\":\"\"}", "time: expected"},
	{"{\"time\":1,\"level\":\"loud\",\"text\":\"\"}", "level: expected"},
	{"{\"time\":1,\"level\":\"notice\",\"text\":1}", "text: expected"},
};

START_TEST(other_documents_are_refused)
{
	struct ctl_event event;
	struct err err = {0};

	ck_assert_int_eq(ctl_event_parse(refused[_i].text, strlen(refused[_i].text), &event, &err),
	                 -EBADMSG);
	ck_assert_msg(strstr(err.text, refused[_i].part) != NULL, "%s", err.text);
	ck_assert_ptr_null(event.text);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("ctl_event", &tcase);

	tcase_add_test(tcase, events_survive_the_round_trip);
	tcase_add_loop_test(tcase, other_documents_are_refused, 0,
	                    sizeof(refused) / sizeof(refused[0]));
	return test_run(suite);
}
