/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_OUT_TABLE_H
#define XFRMCTL_OUT_TABLE_H

#include <stdbool.h>

#include "xfrmd/base/buf.h"

#define OUT_TABLE_COLUMNS_MAX 16

enum out_colour {
	OUT_COLOUR_NONE,
	OUT_COLOUR_HEAD,
	OUT_COLOUR_GOOD,
	OUT_COLOUR_WARN,
	OUT_COLOUR_BAD,
};

/* Appends @text, between escape sequences when @coloured. */
void out_coloured(struct buf *out, bool coloured, enum out_colour colour, const char *text);

struct out_column {
	const char *title;
	bool right; /* numbers: aligned at their last digit */
};

/*
 * A table of cells, row by row; columns are as wide as their widest cell. out_table_init() adds the
 * titles as first row and borrows @columns until out_table_render(), which frees. Out of memory
 * shows in the rendered buf.
 */
struct out_table {
	const struct out_column *columns;
	size_t column_count;
	size_t widths[OUT_TABLE_COLUMNS_MAX];
	size_t cell_count;
	struct buf cells; /* each: enum out_colour as one byte, text, NUL */
};

void out_table_init(struct out_table *table, const struct out_column *columns, size_t count);
void out_table_cell(struct out_table *table, enum out_colour colour, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same without a format, for tables of many thousand rows. */
void out_table_text(struct out_table *table, enum out_colour colour, const char *text);
void out_table_render(struct out_table *table, bool coloured, struct buf *out);

#endif
