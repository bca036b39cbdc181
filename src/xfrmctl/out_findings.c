/* SPDX-License-Identifier: MIT */
/* What was found, a line each; then each with why it matters and what to do. */
#include "out_findings.h"

#include "out_table.h"

static enum out_colour colour_of(enum finding_severity severity)
{
	switch (severity) {
	case FINDING_SERIOUS:
		return OUT_COLOUR_BAD;
	case FINDING_WARNING:
		return OUT_COLOUR_WARN;
	case FINDING_NOTE:
		return OUT_COLOUR_HEAD;
	}
	return OUT_COLOUR_NONE;
}

static void put_what(const struct finding *finding, bool coloured, struct buf *out)
{
	out_coloured(out, coloured, colour_of(finding->severity),
	             finding_severity_name(finding->severity));
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
