/* SPDX-License-Identifier: MIT */
#include "xfrmd/ctl/finding.h"

#include <string.h>

#include "test.h"

START_TEST(finding_is_cut_into_its_three_lines)
{
	struct findings findings = {0};

	findings_add(&findings, FINDING_WARNING, "mtu", "what %d\nwhy\nact", 7);
	ck_assert_uint_eq(findings.count, 1);
	ck_assert_str_eq(findings.items[0].area, "mtu");
	ck_assert_str_eq(findings.items[0].what, "what 7");
	ck_assert_str_eq(findings.items[0].why, "why");
	ck_assert_str_eq(findings.items[0].action, "act");
	findings_fini(&findings);
}
END_TEST

START_TEST(finding_that_is_too_long_is_cut)
{
	struct findings findings = {0};
	char text[4 * FINDING_TEXT_MAX];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	findings_add(&findings, FINDING_NOTE, "a", "%s\ny\nz", text);
	ck_assert_uint_eq(strlen(findings.items[0].what), FINDING_TEXT_MAX - 1);
	ck_assert_str_eq(findings.items[0].why, "");
	findings_fini(&findings);
}
END_TEST

START_TEST(findings_are_sorted_by_severity_and_then_as_they_came)
{
	static const char *const expected[] = {"c", "f", "b", "e", "a", "d"};
	struct findings findings = {0};

	findings_add(&findings, FINDING_NOTE, "a", "1\n2\n3");
	ck_assert(!findings_any_serious(&findings));
	findings_add(&findings, FINDING_WARNING, "b", "1\n2\n3");
	findings_add(&findings, FINDING_SERIOUS, "c", "1\n2\n3");
	findings_add(&findings, FINDING_NOTE, "d", "1\n2\n3");
	findings_add(&findings, FINDING_WARNING, "e", "1\n2\n3");
	findings_add(&findings, FINDING_SERIOUS, "f", "1\n2\n3");
	findings_sort(&findings);
	for (size_t i = 0; i < 6; i++)
		ck_assert_str_eq(findings.items[i].area, expected[i]);
	ck_assert(findings_any_serious(&findings));
	findings_fini(&findings);
}
END_TEST

START_TEST(findings_are_written_by_the_documented_names)
{
	struct findings findings = {0};
	char *text = findings_json(&findings);

	ck_assert_str_eq(text, "{\"serious\":false,\"findings\":[]}");
	free(text);
	findings_add(&findings, FINDING_SERIOUS, "dns", "a\nb\nc");
	text = findings_json(&findings);
	ck_assert_str_eq(text, "{\"serious\":true,\"findings\":[{\"severity\":\"serious\","
	                       "\"area\":\"dns\",\"what\":\"a\",\"why\":\"b\",\"action\":\"c\"}]}");
	free(text);
	findings_fini(&findings);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("finding", &tcase);

	tcase_add_test(tcase, finding_is_cut_into_its_three_lines);
	tcase_add_test(tcase, finding_that_is_too_long_is_cut);
	tcase_add_test(tcase, findings_are_sorted_by_severity_and_then_as_they_came);
	tcase_add_test(tcase, findings_are_written_by_the_documented_names);
	return test_run(suite);
}
