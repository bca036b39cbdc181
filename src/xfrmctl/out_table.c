/* SPDX-License-Identifier: MIT */
/* Aligned columns without trailing blanks. Widths are bytes: cells hold printable ASCII only. */
#include "out_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define GAP      2
#define CELL_MAX 511

/* ECMA-48, SGR */
static const char *const colour_codes[] = {
	[OUT_COLOUR_NONE] = "0",  [OUT_COLOUR_HEAD] = "1", [OUT_COLOUR_GOOD] = "32",
	[OUT_COLOUR_WARN] = "33", [OUT_COLOUR_BAD] = "31",
};

void out_coloured(struct buf *out, bool coloured, enum out_colour colour, const char *text)
{
	if (coloured && colour != OUT_COLOUR_NONE && *text)
		buf_printf(out, "\033[%sm%s\033[0m", colour_codes[colour], text);
	else
		buf_str(out, text);
}

void out_table_init(struct out_table *table, const struct out_column *columns, size_t count)
{
	*table = (struct out_table){.columns = columns, .column_count = count};
	for (size_t i = 0; i < count; i++)
		out_table_text(table, OUT_COLOUR_HEAD, columns[i].title);
}

void out_table_text(struct out_table *table, enum out_colour colour, const char *text)
{
	size_t column = table->cell_count++ % table->column_count;
	size_t len = strnlen(text, CELL_MAX);

	if (len > table->widths[column])
		table->widths[column] = len;
	buf_u8(&table->cells, (uint8_t)colour);
	buf_append(&table->cells, text, len);
	buf_u8(&table->cells, '\0');
}

void out_table_cell(struct out_table *table, enum out_colour colour, const char *format, ...)
{
	char text[CELL_MAX + 1];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	out_table_text(table, colour, text);
}

static void put_blanks(struct buf *out, size_t count)
{
	static const char blanks[] = "                                ";

	for (; count >= sizeof(blanks); count -= sizeof(blanks) - 1)
		buf_append(out, blanks, sizeof(blanks) - 1);
	buf_append(out, blanks, count);
}

void out_table_render(struct out_table *table, bool coloured, struct buf *out)
{
	const char *cell = (const char *)table->cells.data;
	size_t blanks = 0;

	for (size_t i = 0; !table->cells.error && i < table->cell_count; i++) {
		size_t column = i % table->column_count, len = strlen(cell + 1);
		size_t spare = table->widths[column] - len;

		if (table->columns[column].right)
			blanks += spare;
		if (len) {
			put_blanks(out, blanks);
			out_coloured(out, coloured, (enum out_colour) * cell, cell + 1);
			blanks = 0;
		}
		blanks += (table->columns[column].right ? 0 : spare) + GAP;
		if (column == table->column_count - 1) {
			buf_u8(out, '\n');
			blanks = 0;
		}
		cell += len + 2;
	}
	if (table->cells.error && !out->error)
		out->error = table->cells.error;
	buf_fini(&table->cells);
}
