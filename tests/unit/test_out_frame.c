/* SPDX-License-Identifier: MIT */
#include "src/xfrmctl/out_frame.h"

#include "test.h"

static const struct {
	const char *text;
	size_t rows;
	const char *frame;
} frames[] = {
	{"", 24, "\033[H\033[?7l\033[?7h\033[J"},
	{"one\n\ntwo\n", 24, "\033[H\033[?7lone\033[K\n\033[K\ntwo\033[K\n\033[?7h\033[J"},
	{"1\n2\n3\n", 4, "\033[H\033[?7l1\033[K\n2\033[K\n3\033[K\n\033[?7h\033[J"},
	{"1\n2\n3\n4\n", 4,
         "\033[H\033[?7l1\033[K\n2\033[K\n... and 2 more lines\033[K\n\033[?7h\033[J"},
	/* a terminal that does not know its size */
	{"1\n2\n3\n4\n", 0, "\033[H\033[?7l1\033[K\n... and 3 more lines\033[K\n\033[?7h\033[J"},
};

START_TEST(frame_covers_the_last_one_and_fits)
{
	struct buf text = {0}, out = {0};
	char *frame;

	buf_str(&text, frames[_i].text);
	out_frame(&text, frames[_i].rows, &out);
	frame = buf_take_str(&out);
	ck_assert_ptr_nonnull(frame);
	ck_assert_str_eq(frame, frames[_i].frame);
	free(frame);
	buf_fini(&text);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("out_frame", &tests);

	tcase_add_loop_test(tests, frame_covers_the_last_one_and_fits, 0,
	                    sizeof(frames) / sizeof(frames[0]));
	return test_run(suite);
}
