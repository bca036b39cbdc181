/* SPDX-License-Identifier: MIT */
/* One screen for terminals as xterm and its kin are (ECMA-48). */
#include "out_frame.h"

#include <string.h>

/* To the upper left corner, without wrapping of long lines; and the rest of the screen empty. */
#define FRAME_BEGIN "\033[H\033[?7l"
#define LINE_END    "\033[K\n"
#define FRAME_END   "\033[?7h\033[J"

static size_t count_lines(const char *text, size_t len)
{
	size_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

void out_frame(const struct buf *text, size_t rows, struct buf *out)
{
	const char *line = (const char *)text->data;
	size_t left = text->len, lines = text->error ? 0 : count_lines(line, left);
	/* the last row stays empty: a newline there would scroll; the one above may hold the
	 * count */
	size_t most = rows > 3 ? rows - 1 : 2;
	size_t shown = lines > most ? most - 1 : lines;

	buf_str(out, FRAME_BEGIN);
	for (size_t i = 0; i < shown; i++) {
		size_t len = (size_t)((const char *)memchr(line, '\n', left) - line);

		buf_append(out, line, len);
		buf_str(out, LINE_END);
		line += len + 1;
		left -= len + 1;
	}
	if (shown < lines)
		buf_printf(out, "... and %zu more lines" LINE_END, lines - shown);
	buf_str(out, FRAME_END);
}
