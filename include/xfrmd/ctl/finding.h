/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CTL_FINDING_H
#define XFRMD_CTL_FINDING_H

#include <stdbool.h>
#include <stddef.h>

enum finding_severity {
	FINDING_SERIOUS, /* traffic is stopped, unprotected, or about to be */
	FINDING_WARNING,
	FINDING_NOTE,
};
extern const char *const finding_severity_names[];

#define FINDING_TEXT_MAX 512
/* Three sentences without a full stop. A value type. */
struct finding {
	enum finding_severity severity;
	const char *area; /* "mtu", "dns", ...: static, for scripts */
	char what[FINDING_TEXT_MAX], why[FINDING_TEXT_MAX], action[FINDING_TEXT_MAX];
};

/* Zero-initialise; findings_fini() frees. */
struct findings {
	struct finding *items;
	size_t count;
	bool out_of_memory; /* at least one could not be stored */
};

/* @format makes three lines: what it is, why it matters, what to do. Texts of others among the
 * arguments must be escaped. */
void findings_add(struct findings *findings, enum finding_severity severity, const char *area,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The most severe first, else in the order of their additions. */
void findings_sort(struct findings *findings);
bool findings_any_serious(const struct findings *findings);
void findings_fini(struct findings *findings);
/* `doctor --json`. The caller frees; NULL: out of memory. */
char *findings_json(const struct findings *findings);

#endif
