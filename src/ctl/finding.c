/* SPDX-License-Identifier: MIT */
/* The list of what the doctor found, and its document. */
#include "xfrmd/ctl/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_writer.h"
#include "xfrmd/base/array.h"

const char *const finding_severity_names[] = {
	[FINDING_SERIOUS] = "serious",
	[FINDING_WARNING] = "warning",
	[FINDING_NOTE] = "note",
};

/* Cuts the first line off *text; empty when there is none left. */
static void take_line(const char **text, char line[FINDING_TEXT_MAX])
{
	size_t len = strcspn(*text, "\n");

	snprintf(line, FINDING_TEXT_MAX, "%.*s", (int)len, *text);
	*text += len + ((*text)[len] == '\n');
}

void findings_add(struct findings *findings, enum finding_severity severity, const char *area,
                  const char *format, ...)
{
	char lines[3 * FINDING_TEXT_MAX];
	const char *rest = lines;
	struct finding *finding;
	va_list args;

	if (array_grow(&findings->items, findings->count, sizeof(*finding)) < 0) {
		findings->out_of_memory = true;
		return;
	}
	va_start(args, format);
	vsnprintf(lines, sizeof(lines), format, args);
	va_end(args);
	finding = &findings->items[findings->count++];
	finding->severity = severity;
	finding->area = area;
	take_line(&rest, finding->what);
	take_line(&rest, finding->why);
	take_line(&rest, finding->action);
}

void findings_sort(struct findings *findings)
{
	/* insertion: few, and their order among equals tells causes before consequences */
	for (size_t i = 1; i < findings->count; i++) {
		struct finding finding = findings->items[i];
		size_t j = i;

		for (; j > 0 && findings->items[j - 1].severity > finding.severity; j--)
			findings->items[j] = findings->items[j - 1];
		findings->items[j] = finding;
	}
}

bool findings_any_serious(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->items[i].severity == FINDING_SERIOUS)
			return true;
	return false;
}

void findings_fini(struct findings *findings)
{
	free(findings->items);
	*findings = (struct findings){0};
}

char *findings_json(const struct findings *findings)
{
	json_t *root = json_object(), *list = json_array();

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		json_t *object = json_object();

		writer_put(&object, "severity",
		           json_string(finding_severity_names[finding->severity]));
		writer_put(&object, "area", json_string(finding->area));
		writer_put(&object, "what", writer_text(finding->what));
		writer_put(&object, "why", writer_text(finding->why));
		writer_put(&object, "action", writer_text(finding->action));
		writer_append(&list, object);
	}
	writer_put(&root, "serious", json_boolean(findings_any_serious(findings)));
	writer_put(&root, "findings", list);
	return writer_dump(root);
}
