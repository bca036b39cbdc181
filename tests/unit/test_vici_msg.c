/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/vici_msg.h"

#include <errno.h>
#include <string.h>

#include "test.h"

/* The example of the protocol's own document. */
static const uint8_t example[] = {
	/* key1 = value1 */
	3,
	4,
	'k',
	'e',
	'y',
	'1',
	0,
	6,
	'v',
	'a',
	'l',
	'u',
	'e',
	'1',
	/* section1 { sub-section { key2 = value2 } */
	1,
	8,
	's',
	'e',
	'c',
	't',
	'i',
	'o',
	'n',
	'1',
	1,
	11,
	's',
	'u',
	'b',
	'-',
	's',
	'e',
	'c',
	't',
	'i',
	'o',
	'n',
	3,
	4,
	'k',
	'e',
	'y',
	'2',
	0,
	6,
	'v',
	'a',
	'l',
	'u',
	'e',
	'2',
	2,
	/* list1 = [ item1, item2 ] } */
	4,
	5,
	'l',
	'i',
	's',
	't',
	'1',
	5,
	0,
	5,
	'i',
	't',
	'e',
	'm',
	'1',
	5,
	0,
	5,
	'i',
	't',
	'e',
	'm',
	'2',
	6,
	2,
};

static void put_example(struct buf *buf)
{
	vici_text(buf, "key1", "value1");
	vici_section_start(buf, "section1");
	vici_section_start(buf, "sub-section");
	vici_text(buf, "key2", "value2");
	vici_section_end(buf);
	vici_list_start(buf, "list1");
	vici_item(buf, "item1");
	vici_item_data(buf, "item2", 5);
	vici_list_end(buf);
	vici_section_end(buf);
}

/* 0 when the iterator accepts the whole message; twice, since an error must stay. */
static int walk(const void *message, size_t len)
{
	struct vici_reader reader;
	struct vici_elem elem;
	int error;

	vici_reader_init(&reader, message, len);
	do
		error = vici_next(&reader, &elem);
	while (!error && elem.type != VICI_ELEM_END);
	ck_assert_int_eq(vici_next(&reader, &elem), error);
	return error;
}

START_TEST(builder_writes_the_example_of_the_document)
{
	struct buf buf = {0};

	put_example(&buf);
	ck_assert_int_eq(buf.error, 0);
	ck_assert_uint_eq(buf.len, sizeof(example));
	ck_assert_mem_eq(buf.data, example, sizeof(example));
	buf_fini(&buf);
}
END_TEST

START_TEST(reader_returns_the_elements_of_the_example)
{
	static const struct {
		enum vici_elem_type type;
		const char *name, *value;
		unsigned depth;
	} expected[] = {
		{VICI_ELEM_KEY_VALUE, "key1", "value1", 0},
		{VICI_ELEM_SECTION_START, "section1", "", 0},
		{VICI_ELEM_SECTION_START, "sub-section", "", 1},
		{VICI_ELEM_KEY_VALUE, "key2", "value2", 2},
		{VICI_ELEM_SECTION_END, "", "", 1},
		{VICI_ELEM_LIST_START, "list1", "", 1},
		{VICI_ELEM_LIST_ITEM, "", "item1", 1},
		{VICI_ELEM_LIST_ITEM, "", "item2", 1},
		{VICI_ELEM_LIST_END, "", "", 1},
		{VICI_ELEM_SECTION_END, "", "", 0},
		{VICI_ELEM_END, "", "", 0},
		{VICI_ELEM_END, "", "", 0},
	};
	struct vici_reader reader;
	struct vici_elem elem;
	char text[32];

	vici_reader_init(&reader, example, sizeof(example));
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		ck_assert_int_eq(vici_next(&reader, &elem), 0);
		ck_assert_int_eq(elem.type, expected[i].type);
		ck_assert_str_eq(elem.name, expected[i].name);
		ck_assert_uint_eq(elem.depth, expected[i].depth);
		ck_assert_int_eq(vici_elem_text(&elem, text, sizeof(text)), 0);
		ck_assert_str_eq(text, expected[i].value);
	}
}
END_TEST

/* Cut between two elements outside of any section it is a shorter valid message. */
START_TEST(reader_refuses_every_truncation)
{
	size_t end_of_key1 = 14;

	for (size_t len = 1; len < sizeof(example); len++)
		ck_assert_int_eq(walk(example, len), len == end_of_key1 ? 0 : -EBADMSG);
	ck_assert_int_eq(walk(example, 0), 0);
	ck_assert_int_eq(walk(NULL, 0), 0);
}
END_TEST

static const struct {
	const char *what, *bytes;
	size_t len;
} malformed[] = {
	{"type 0", "\0", 1},
	{"type 7", "\7\1x", 3},
	{"section end outside", "\2", 1},
	{"list item outside", "\5\0\0", 3},
	{"list end outside", "\6", 1},
	{"list in a list", "\4\1l\4\1m\6\6", 8},
	{"section in a list", "\4\1l\1\1s\2\6", 8},
	{"key in a list", "\4\1l\3\1k\0\0\6", 9},
	{"section end in a list", "\1\1s\4\1l\2\6", 8},
	{"open list at the end", "\4\1l", 3},
	{"open section at the end", "\1\1s", 3},
	{"name without length", "\3", 1},
	{"name of no length", "\3\0\0\1v", 5},
	{"name longer than the message", "\3\377k\0\1v", 6},
	{"name with a NUL byte", "\3\3a\0b\0\1v", 8},
	{"value length cut", "\3\1k\0", 4},
	{"value longer than the message", "\3\1k\377\377v", 6},
	{"item longer than the message", "\4\1l\5\0\2x", 7},
};

START_TEST(reader_refuses_malformed_messages)
{
	ck_assert_msg(walk(malformed[_i].bytes, malformed[_i].len) == -EBADMSG, "%s",
	              malformed[_i].what);
}
END_TEST

START_TEST(reader_limits_nesting)
{
	for (unsigned depth = VICI_DEPTH_MAX; depth <= VICI_DEPTH_MAX + 1; depth++) {
		struct buf buf = {0};

		for (unsigned i = 0; i < depth; i++)
			vici_section_start(&buf, "s");
		for (unsigned i = 0; i < depth; i++)
			vici_section_end(&buf);
		ck_assert_int_eq(walk(buf.data, buf.len), depth > VICI_DEPTH_MAX ? -EBADMSG : 0);
		buf_fini(&buf);
	}
}
END_TEST

START_TEST(reader_survives_flipped_bits)
{
	uint8_t copy[sizeof(example)];

	for (size_t bit = 0; bit < sizeof(example) * 8; bit++) {
		int error;

		memcpy(copy, example, sizeof(example));
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		error = walk(copy, sizeof(copy));
		ck_assert(error == 0 || error == -EBADMSG);
	}
}
END_TEST

START_TEST(builder_keeps_names_and_values_of_full_length)
{
	char name[VICI_NAME_MAX + 1];
	static char value[VICI_VALUE_MAX];
	struct vici_reader reader;
	struct vici_elem elem;
	struct buf buf = {0};

	memset(name, 'n', VICI_NAME_MAX);
	name[VICI_NAME_MAX] = '\0';
	memset(value, 'v', sizeof(value));
	vici_data(&buf, name, value, sizeof(value));
	ck_assert_int_eq(buf.error, 0);
	vici_reader_init(&reader, buf.data, buf.len);
	ck_assert_int_eq(vici_next(&reader, &elem), 0);
	ck_assert_str_eq(elem.name, name);
	ck_assert_uint_eq(elem.value_len, sizeof(value));
	ck_assert_mem_eq(elem.value, value, sizeof(value));
	buf_fini(&buf);
}
END_TEST

START_TEST(builder_refuses_names_and_values_that_do_not_fit)
{
	char name[VICI_NAME_MAX + 2];
	static char value[VICI_VALUE_MAX + 1];
	struct buf buf = {0};

	memset(name, 'n', VICI_NAME_MAX + 1);
	name[VICI_NAME_MAX + 1] = '\0';
	vici_section_start(&buf, name);
	ck_assert_int_eq(buf.error, -EMSGSIZE);
	buf_fini(&buf);
	vici_list_start(&buf, "");
	ck_assert_int_eq(buf.error, -EMSGSIZE);
	buf_fini(&buf);
	vici_data(&buf, "k", value, sizeof(value));
	ck_assert_int_eq(buf.error, -EMSGSIZE);
	vici_text(&buf, "k", "v");
	ck_assert_int_eq(buf.error, -EMSGSIZE);
	buf_fini(&buf);
	vici_item_data(&buf, value, sizeof(value));
	ck_assert_int_eq(buf.error, -EMSGSIZE);
	buf_fini(&buf);
}
END_TEST

START_TEST(numbers_are_decimal_text)
{
	struct buf buf = {0};
	char text[32];

	vici_number(&buf, "n", UINT64_MAX);
	ck_assert_int_eq(vici_find_text(buf.data, buf.len, "n", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "18446744073709551615");
	buf_fini(&buf);
}
END_TEST

static const struct {
	const char *path;
	int error;
	const char *text;
} lookups[] = {
	{"key1", 0, "value1"},
	{"section1/sub-section/key2", 0, "value2"},
	{"*/sub-section/key2", 0, "value2"},
	{"section1/*/key2", 0, "value2"},
	{"*/*/key2", 0, "value2"},
	{"key2", -ENOENT, NULL},
	{"*", -ENOENT, NULL},
	{"section1", -ENOENT, NULL},
	{"section1/key1", -ENOENT, NULL},
	{"section1/sub-section", -ENOENT, NULL},
	{"sub-section/key2", -ENOENT, NULL},
	{"section1/sub-section/key2/more", -ENOENT, NULL},
	{"section1/list1", -ENOENT, NULL},
	{"key", -ENOENT, NULL},
	{"key11", -ENOENT, NULL},
	{"", -ENOENT, NULL},
};

START_TEST(find_follows_the_path)
{
	char text[32] = "untouched";
	int error = vici_find_text(example, sizeof(example), lookups[_i].path, text, sizeof(text));

	ck_assert_msg(error == lookups[_i].error, "%s: %d", lookups[_i].path, error);
	ck_assert_str_eq(text, error ? "untouched" : lookups[_i].text);
}
END_TEST

START_TEST(find_leaves_a_section_that_did_not_have_the_key)
{
	struct buf buf = {0};
	char text[8];

	vici_section_start(&buf, "a");
	vici_section_start(&buf, "x");
	vici_section_end(&buf);
	vici_section_end(&buf);
	vici_text(&buf, "k", "outside");
	vici_section_start(&buf, "b");
	vici_text(&buf, "k", "inside");
	vici_section_end(&buf);
	ck_assert_int_eq(vici_find_text(buf.data, buf.len, "*/k", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "inside");
	ck_assert_int_eq(vici_find_text(buf.data, buf.len, "a/k", text, sizeof(text)), -ENOENT);
	buf_fini(&buf);
}
END_TEST

START_TEST(find_refuses_what_is_no_text_or_does_not_fit)
{
	struct buf buf = {0};
	char text[4] = "abc";

	vici_data(&buf, "nul", "a\0b", 3);
	vici_text(&buf, "long", "1234");
	vici_text(&buf, "fits", "123");
	ck_assert_int_eq(vici_find_text(buf.data, buf.len, "nul", text, sizeof(text)), -EBADMSG);
	ck_assert_int_eq(vici_find_text(buf.data, buf.len, "long", text, sizeof(text)), -ERANGE);
	ck_assert_str_eq(text, "abc");
	ck_assert_int_eq(vici_find_text(buf.data, buf.len, "fits", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "123");
	ck_assert_int_eq(vici_find_text(buf.data, buf.len - 1, "none", text, sizeof(text)),
	                 -EBADMSG);
	buf_fini(&buf);
}
END_TEST

START_TEST(reply_status_tells_success_from_refusal)
{
	struct buf buf = {0};
	char reason[64] = "";

	vici_text(&buf, "success", "yes");
	ck_assert_int_eq(vici_reply_status(buf.data, buf.len, reason, sizeof(reason)), 0);
	ck_assert_str_eq(reason, "");
	buf_fini(&buf);

	vici_text(&buf, "success", "no");
	ck_assert_int_eq(vici_reply_status(buf.data, buf.len, reason, sizeof(reason)), -EREMOTEIO);
	ck_assert_str_eq(reason, "no reason given");
	vici_text(&buf, "errmsg", "line\none");
	ck_assert_int_eq(vici_reply_status(buf.data, buf.len, reason, sizeof(reason)), -EREMOTEIO);
	ck_assert_str_eq(reason, "line\\x0aone");
	ck_assert_int_eq(vici_reply_status(NULL, 0, reason, sizeof(reason)), -EREMOTEIO);
	ck_assert_str_eq(reason, "no reason given");
	ck_assert_int_eq(vici_reply_status("\2", 1, reason, sizeof(reason)), -EREMOTEIO);
	ck_assert_str_eq(reason, "malformed reply");
	buf_fini(&buf);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("vici_msg", &tcase);

	tcase_add_test(tcase, builder_writes_the_example_of_the_document);
	tcase_add_test(tcase, reader_returns_the_elements_of_the_example);
	tcase_add_test(tcase, reader_refuses_every_truncation);
	tcase_add_loop_test(tcase, reader_refuses_malformed_messages, 0,
	                    (int)(sizeof(malformed) / sizeof(malformed[0])));
	tcase_add_test(tcase, reader_limits_nesting);
	tcase_add_test(tcase, reader_survives_flipped_bits);
	tcase_add_test(tcase, builder_keeps_names_and_values_of_full_length);
	tcase_add_test(tcase, builder_refuses_names_and_values_that_do_not_fit);
	tcase_add_test(tcase, numbers_are_decimal_text);
	tcase_add_loop_test(tcase, find_follows_the_path, 0,
	                    (int)(sizeof(lookups) / sizeof(lookups[0])));
	tcase_add_test(tcase, find_leaves_a_section_that_did_not_have_the_key);
	tcase_add_test(tcase, find_refuses_what_is_no_text_or_does_not_fit);
	tcase_add_test(tcase, reply_status_tells_success_from_refusal);
	return test_run(suite);
}
