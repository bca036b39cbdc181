/* SPDX-License-Identifier: MIT */
#include "xfrmd/ctl/ctl_metrics.h"

#include <errno.h>
#include <string.h>

#include "test.h"

#define FAMILY(name, type, samples)                                                   \
	"{\"metrics\":[{\"name\":\"" name "\",\"type\":\"" type "\",\"help\":\"A.\"," \
	"\"samples\":[" samples "]}]}"

START_TEST(metrics_survive_the_round_trip)
{
	const char *want =
		"{\"metrics\":[{\"name\":\"a_total\",\"type\":\"counter\",\"help\":"
		"\"A.\",\"samples\":[{\"name\":\"a_total\",\"labels\":{\"z\":\"1\",\"b\":"
		"\"\\\"\"},\"value\":1795000000},{\"name\":\"a_total\",\"labels\":{},"
		"\"value\":0.5}]},{\"name\":\"b\",\"type\":\"histogram\",\"help\":\"B.\","
		"\"samples\":[]}]}";
	struct metrics metrics = {0}, again;
	struct err err;
	char *text;

	metrics_family(&metrics, "a_total", METRIC_TYPE_COUNTER, "A.");
	metrics_labelled(&metrics, "z", "1", 1795000000);
	metrics_label(&metrics, "b", "\"");
	metrics_sample(&metrics, 0.5);
	metrics_family(&metrics, "b", METRIC_TYPE_HISTOGRAM, "B.");
	text = ctl_metrics_write(&metrics);
	ck_assert_str_eq(text, want);
	ck_assert_int_eq(ctl_metrics_parse(text, strlen(text), &again, &err), 0);
	free(text);
	text = ctl_metrics_write(&again);
	ck_assert_str_eq(text, want);
	free(text);
	metrics_fini(&metrics);
	metrics_fini(&again);
}
END_TEST

START_TEST(lack_of_memory_is_no_document)
{
	const struct metrics metrics = {.error = -ENOMEM};

	ck_assert_ptr_null(ctl_metrics_write(&metrics));
}
END_TEST

static const struct {
	const char *text, *part;
} refused[] = {
	{"", "empty"},
	{"{}", "metrics: expected a list"},
	{"{\"errors\":[\"no\"]}", "refused: no"},
	{"{\"metrics\":[1]}", "expected"},
	{FAMILY("a b", "gauge", ""), "name: expected"},
	{FAMILY("", "gauge", ""), "name: expected"},
	{FAMILY("a", "other", ""), "type: expected"},
	{FAMILY("a", "gauge", "{\"name\":\"a\",\"labels\":{},\"value\":\"1\"}"), "value: expected"},
	{FAMILY("a", "gauge", "{\"name\":\"a\\n\",\"labels\":{},\"value\":1}"), "name: expected"},
	{FAMILY("a", "gauge", "{\"name\":\"a\",\"labels\":{\"\":\"x\"},\"value\":1}"), "labels"},
	{FAMILY("a", "gauge", "{\"name\":\"a\",\"labels\":{\"x\":1},\"value\":1}"), "labels"},
	{FAMILY("a", "gauge", "{\"name\":\"a\",\"value\":1}"), "labels"},
};

START_TEST(other_documents_are_refused)
{
	struct metrics metrics = {.error = 1};
	struct err err = {0};

	ck_assert_int_eq(
		ctl_metrics_parse(refused[_i].text, strlen(refused[_i].text), &metrics, &err),
		-EBADMSG);
	ck_assert_msg(strstr(err.text, refused[_i].part) != NULL, "%s", err.text);
	ck_assert_uint_eq(metrics.family_count, 0);
	ck_assert_int_eq(metrics.error, 0);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("ctl_metrics", &tcase);

	tcase_add_test(tcase, metrics_survive_the_round_trip);
	tcase_add_test(tcase, lack_of_memory_is_no_document);
	tcase_add_loop_test(tcase, other_documents_are_refused, 0,
	                    sizeof(refused) / sizeof(refused[0]));
	return test_run(suite);
}
