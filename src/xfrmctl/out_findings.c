/* SPDX-License-Identifier: MIT */
/* Three lines for each finding: what it is, why it matters, what to do. */
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

void out_findings(const struct findings *findings, bool coloured, struct buf *out)
{
	if (!findings->count)
		buf_str(out, "no findings\n");
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];

		out_coloured(out, coloured, colour_of(finding->severity),
		             finding_severity_name(finding->severity));
		buf_printf(out, ": %s: %s\n  why: %s\n  do:  %s\n", finding->area, finding->what,
		           finding->why, finding->action);
	}
}
