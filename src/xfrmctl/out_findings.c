/* SPDX-License-Identifier: MIT */
/* What was found, a line each; then each with why it matters and what to do. */
#include "out_findings.h"

#include "out_table.h"

static const enum out_colour colours[] = {
	[FINDING_SERIOUS] = OUT_COLOUR_BAD,
	[FINDING_WARNING] = OUT_COLOUR_WARN,
	[FINDING_NOTE] = OUT_COLOUR_HEAD,
};

static void put_what(const struct finding *finding, bool coloured, struct buf *out)
{
	out_coloured(out, coloured, colours[finding->severity],
	             finding_severity_names[finding->severity]);
	buf_printf(out, ": %s: %s\n", finding->area, finding->what);
}

void out_findings(const struct findings *findings, bool coloured, struct buf *out)
{
	if (!findings->count)
		buf_str(out, "no findings\n");
	/* whoever reads the beginning only shall not miss one */
	for (size_t i = 0; findings->count > 1 && i < findings->count; i++)
		put_what(&findings->items[i], coloured, out);
	for (size_t i = 0; i < findings->count; i++) {
		if (findings->count > 1)
			buf_str(out, "\n");
		put_what(&findings->items[i], coloured, out);
		buf_printf(out, "  why: %s\n  do:  %s\n", findings->items[i].why,
		           findings->items[i].action);
	}
}
