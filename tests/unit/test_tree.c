/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "xfrmd/manifest/tree.h"

static struct problems problems;
static struct tree *tree;

static void teardown(void)
{
	tree_free(tree);
	tree = NULL;
	problems_fini(&problems);
}

static struct node parse(const char *text)
{
	teardown();
	ck_assert_int_eq(tree_parse("f", text, strlen(text), &tree, &problems), 0);
	ck_assert_uint_eq(problems.count, 0);
	return tree_root(tree);
}

static const char *refuse(const char *text, size_t len)
{
	teardown();
	ck_assert_int_eq(tree_parse("f", text, len, &tree, &problems), -EINVAL);
	ck_assert_ptr_null(tree);
	ck_assert_uint_eq(problems.count, 1);
	return problems.items[0];
}

START_TEST(tree_has_kinds_lines_and_counts)
{
	struct node root = parse("a: b\nc:\n- d\n-\n- {e: f}\n");
	struct node list = node_member(&root, "c"), item;

	ck_assert_int_eq(root.kind, NODE_MAPPING);
	ck_assert_uint_eq(root.count, 2);
	ck_assert_str_eq(node_member(&root, "a").text, "b");
	ck_assert_int_eq(list.kind, NODE_LIST);
	ck_assert_uint_eq(list.count, 3);
	item = node_item(&list, 1);
	ck_assert_int_eq(item.kind, NODE_NONE);
	item = node_item(&list, 2);
	ck_assert_int_eq(item.kind, NODE_MAPPING);
	ck_assert_uint_eq(item.line, 5);
	item = node_member(&root, "missing");
	ck_assert_int_eq(item.kind, NODE_NONE);
	ck_assert_ptr_null(node_member(&list, "a").text);
}
END_TEST

START_TEST(tree_knows_how_a_text_was_written)
{
	struct node root = parse("a: x\nb: 'x'\nc: \"x\"\nd: |\n  x\ne: >\n  x\n");

	for (size_t i = 0; i < root.count; i++) {
		struct node value = node_value(&root, i);

		ck_assert_int_eq(value.style, (enum node_style)i);
		ck_assert_int_eq(value.text[0], 'x');
	}
}
END_TEST

START_TEST(tree_has_no_value_where_yaml_has_none)
{
	struct node root = parse("a:\nb: ~\nc: null\nd: ''\ne: 'null'\n");
	const enum node_kind kinds[] = {NODE_NONE, NODE_NONE, NODE_NONE, NODE_TEXT, NODE_TEXT};

	for (size_t i = 0; i < root.count; i++) {
		struct node value = node_value(&root, i);

		ck_assert_int_eq(value.kind, kinds[i]);
	}
}
END_TEST

START_TEST(tree_of_an_empty_file_has_no_root)
{
	ck_assert_int_eq(parse("").kind, NODE_NONE);
	ck_assert_int_eq(parse("# nothing\n").kind, NODE_NONE);
}
END_TEST

START_TEST(tree_follows_aliases)
{
	struct node root = parse("a: &x [1]\nb: *x\n");
	struct node one = node_member(&root, "a"), other = node_member(&root, "b");

	ck_assert_int_eq(one.id, other.id);
	ck_assert_uint_eq(other.line, 1);
}
END_TEST

START_TEST(tree_compares_what_is_said)
{
	static const struct {
		const char *text;
		bool equal;
	} cases[] = {
		{"- {a: 1, b: [x, y]}\n- b: ['x', \"y\"]\n  a: '1'\n", true},
		{"- {a: 1}\n- {a: 2}\n", false},
		{"- {a: 1}\n- {b: 1}\n", false},
		{"- {a: 1}\n- {a: 1, b: 2}\n", false},
		{"- [x, y]\n- [y, x]\n", false},
		{"- x\n- [x]\n", false},
		{"- {a: ~}\n- {a: ~}\n", true},
		{"- {a: [[[x]]]}\n- {a: [[[x]]]}\n", false}, /* too deep to look at */
		{"- {{a: b}: c}\n- {{a: b}: c}\n", false},
		{"- &a {b: *a}\n- &c {b: *c}\n", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct node root = parse(cases[i].text);
		struct node one = node_item(&root, 0), other = node_item(&root, 1);

		ck_assert_msg(node_equal(&one, &other) == cases[i].equal, "%s", cases[i].text);
		ck_assert_int_eq(node_equal(&one, &one), true);
	}
}
END_TEST

START_TEST(tree_refuses_what_it_does_not_take)
{
	ck_assert_str_eq(refuse("a: \"x\\0y\"\n", 10),
	                 "f: line 1: NUL byte in a text, expected none");
	ck_assert_str_eq(refuse("---\na: 1\n---\nb: 2\n", 18),
	                 "f: line 3: a second document begins, expected one in a file");
	ck_assert_str_eq(refuse("a:\n\tb: 1\n", 9),
	                 "f: line 2: begins with a tab, expected blanks only");
	ck_assert_str_eq(refuse("a: 1\nb: \xff\n", 10),
	                 "f: line 2: no YAML: invalid leading UTF-8 octet");
}
END_TEST

START_TEST(tree_survives_every_truncation)
{
	static const char text[] = "a: &x\n- |\n  b\n- \"c\\n\"\nd: {e: *x, f: >\n  g\n}\n";

	for (size_t len = 0; len < sizeof(text); len++) {
		int result;

		teardown();
		result = tree_parse("f", text, len, &tree, &problems);
		ck_assert_int_eq(result == 0, problems.count == 0);
	}
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite = test_suite("tree", &test_case);

	tcase_add_checked_fixture(test_case, NULL, teardown);
	tcase_add_test(test_case, tree_has_kinds_lines_and_counts);
	tcase_add_test(test_case, tree_knows_how_a_text_was_written);
	tcase_add_test(test_case, tree_has_no_value_where_yaml_has_none);
	tcase_add_test(test_case, tree_of_an_empty_file_has_no_root);
	tcase_add_test(test_case, tree_follows_aliases);
	tcase_add_test(test_case, tree_compares_what_is_said);
	tcase_add_test(test_case, tree_refuses_what_it_does_not_take);
	tcase_add_test(test_case, tree_survives_every_truncation);
	return test_run(suite);
}
