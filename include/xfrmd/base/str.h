/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_STR_H
#define XFRMD_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Strict text to value conversions: the whole text must be consumed, no sign, no blanks, no
 * octal or hexadecimal. 0, or -EINVAL (not of the form), or -ERANGE (outside @min..@max).
 */
int str_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value);

#define STR_DECIMAL_MAX 21 /* with the final NUL */
/* @value as text; its end. */
char *str_decimal(uint64_t value, char text[STR_DECIMAL_MAX]);

/* true, yes, on, 1 / false, no, off, 0, in any case; else -EINVAL. */
int str_parse_bool(const char *text, bool *ret_value);

/* "30", "30s", "5m", "4h", "1d" to seconds; -EINVAL or -ERANGE (more than @max_s seconds). */
int str_parse_seconds(const char *text, uint64_t max_s, uint64_t *ret_seconds);

/* Where @text is in @names, which a NULL ends: the names of an enum, by its values; -EINVAL. */
int str_index(const char *text, const char *const *names);

/* A growing list of owned strings. Zero-initialise; strlist_fini() accepts half-built lists. */
struct strlist {
	char **items;
	size_t count;
};

/* Adds a copy of the first @len bytes of @text (strlist_add: all of it). 0 or -ENOMEM. */
int strlist_add(struct strlist *list, const char *text);
int strlist_add_len(struct strlist *list, const char *text, size_t len);
int strlist_addf(struct strlist *list, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Adds every piece of @text between any of @separators; empty pieces are skipped. 0 or -ENOMEM. */
int strlist_split(struct strlist *list, const char *text, const char *separators);
bool strlist_contains(const struct strlist *list, const char *text);
bool strlist_equal(const struct strlist *a, const struct strlist *b);
void strlist_fini(struct strlist *list);

/*
 * Copies untrusted text for a log line or a terminal: control bytes and bytes outside printable
 * ASCII become \xNN, a backslash is doubled, the result is cut to @size - 1. Returns @out.
 */
const char *str_escape(const char *text, char *out, size_t size);

#endif
