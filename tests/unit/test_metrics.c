/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/metrics.h"

#include <stdio.h>

#include "test.h"

static struct metrics metrics;

static void teardown(void)
{
	metrics_fini(&metrics);
}

static void assert_text(const char *want)
{
	struct buf out = {0};
	char *text;

	ck_assert_int_eq(metrics.error, 0);
	metrics_text(&metrics, &out);
	text = buf_take_str(&out);
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(families_have_help_type_and_samples)
{
	metrics_family(&metrics, "a_total", METRIC_TYPE_COUNTER, "Number of a.");
	metrics_sample(&metrics, 3);
	metrics_family(&metrics, "b", METRIC_TYPE_GAUGE, "Number of b.");
	metrics_labelled(&metrics, "state", "up", 0);
	metrics_labelled(&metrics, "state", "down", 1);
	metrics_label(&metrics, "why", "none");
	assert_text("# HELP a_total Number of a.\n"
	            "# TYPE a_total counter\n"
	            "a_total 3\n"
	            "# HELP b Number of b.\n"
	            "# TYPE b gauge\n"
	            "b{state=\"up\"} 0\n"
	            "b{state=\"down\",why=\"none\"} 1\n");
}
END_TEST

START_TEST(families_without_samples_are_left_out)
{
	metrics_family(&metrics, "a", METRIC_TYPE_GAUGE, "Number of a.");
	assert_text("");
}
END_TEST

START_TEST(texts_are_escaped)
{
	metrics_family(&metrics, "a", METRIC_TYPE_GAUGE, "A \\ \"quoted\"\nline.");
	metrics_labelled(&metrics, "file", "\\ \"x\"\ny", 1);
	assert_text("# HELP a A \\\\ \"quoted\"\\nline.\n"
	            "# TYPE a gauge\n"
	            "a{file=\"\\\\ \\\"x\\\"\\ny\"} 1\n");
}
END_TEST

START_TEST(numbers_are_exact)
{
	const struct {
		double value;
		const char *text;
	} cases[] = {
		{0, "0"},
		{-3, "-3"},
		{1795000000, "1795000000"},
		{123456789012345, "123456789012345"},
		{0.05, "0.05"},
		{12.345, "12.345"},
	};
	char want[128];

	metrics_family(&metrics, "a", METRIC_TYPE_GAUGE, "A.");
	metrics_sample(&metrics, cases[_i].value);
	snprintf(want, sizeof(want), "# HELP a A.\n# TYPE a gauge\na %s\n", cases[_i].text);
	assert_text(want);
}
END_TEST

START_TEST(histograms_are_cumulative_and_in_seconds)
{
	struct histogram histogram = {0};

	histogram_add(&histogram, 7);
	histogram_add(&histogram, 40);
	histogram_add(&histogram, 60000);
	metrics_family(&metrics, "d_seconds", METRIC_TYPE_HISTOGRAM, "D.");
	metrics_histogram(&metrics, "result", "up", &histogram);
	assert_text("# HELP d_seconds D.\n"
	            "# TYPE d_seconds histogram\n"
	            "d_seconds_bucket{result=\"up\",le=\"0.005\"} 0\n"
	            "d_seconds_bucket{result=\"up\",le=\"0.01\"} 1\n"
	            "d_seconds_bucket{result=\"up\",le=\"0.025\"} 1\n"
	            "d_seconds_bucket{result=\"up\",le=\"0.05\"} 2\n"
	            "d_seconds_bucket{result=\"up\",le=\"0.1\"} 2\n"
	            "d_seconds_bucket{result=\"up\",le=\"0.25\"} 2\n"
	            "d_seconds_bucket{result=\"up\",le=\"0.5\"} 2\n"
	            "d_seconds_bucket{result=\"up\",le=\"1\"} 2\n"
	            "d_seconds_bucket{result=\"up\",le=\"2.5\"} 2\n"
	            "d_seconds_bucket{result=\"up\",le=\"5\"} 2\n"
	            "d_seconds_bucket{result=\"up\",le=\"10\"} 2\n"
	            "d_seconds_bucket{result=\"up\",le=\"30\"} 2\n"
	            "d_seconds_bucket{result=\"up\",le=\"+Inf\"} 3\n"
	            "d_seconds_sum{result=\"up\"} 60.047\n"
	            "d_seconds_count{result=\"up\"} 3\n");
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("metrics", &tcase);

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, families_have_help_type_and_samples);
	tcase_add_test(tcase, families_without_samples_are_left_out);
	tcase_add_test(tcase, texts_are_escaped);
	tcase_add_loop_test(tcase, numbers_are_exact, 0, 6);
	tcase_add_test(tcase, histograms_are_cumulative_and_in_seconds);
	return test_run(suite);
}
