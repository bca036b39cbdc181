/* SPDX-License-Identifier: MIT */
/* Strict text to value conversions, and a list of owned strings. */
#include "xfrmd/base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xfrmd/base/array.h"

static int parse_digits(const char *text, size_t len, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!len)
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
			return -ERANGE;
	}
	*ret_value = value;
	return 0;
}

int str_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value)
{
	uint64_t value;
	int error = parse_digits(text, strlen(text), &value);

	if (error)
		return error;
	if (value < min || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

char *str_decimal(uint64_t value, char text[STR_DECIMAL_MAX])
{
	uint64_t rest = value;
	char *end = text;

	do
		end++;
	while (rest /= 10);
	*end = '\0';
	for (char *digit = end; digit > text; value /= 10)
		*--digit = (char)('0' + value % 10);
	return end;
}

int str_index(const char *text, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	return -EINVAL;
}

int str_parse_bool(const char *text, bool *ret_value)
{
	static const char *const words[] = {"false", "no", "off", "0", "true", "yes", "on", "1"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*ret_value = i >= 4;
			return 0;
		}
	}
	return -EINVAL;
}

int str_parse_seconds(const char *text, uint64_t max_s, uint64_t *ret_seconds)
{
	static const struct {
		char suffix;
		uint64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	size_t len = strlen(text);
	uint64_t unit = 1, value;
	int error;

	for (size_t i = 0; len && i < sizeof(units) / sizeof(units[0]); i++) {
		if (text[len - 1] == units[i].suffix) {
			unit = units[i].seconds;
			len--;
			break;
		}
	}
	error = parse_digits(text, len, &value);
	if (error)
		return error;
	if (__builtin_mul_overflow(value, unit, &value) || value > max_s)
		return -ERANGE;
	*ret_seconds = value;
	return 0;
}

int strlist_add_len(struct strlist *list, const char *text, size_t len)
{
	if (array_grow(&list->items, list->count, sizeof(*list->items)) < 0)
		return -ENOMEM;
	list->items[list->count] = strndup(text, len);
	if (!list->items[list->count])
		return -ENOMEM;
	list->count++;
	return 0;
}

int strlist_add(struct strlist *list, const char *text)
{
	return strlist_add_len(list, text, strlen(text));
}

int strlist_addf(struct strlist *list, const char *format, ...)
{
	va_list args;
	int len;

	if (array_grow(&list->items, list->count, sizeof(*list->items)) < 0)
		return -ENOMEM;
	va_start(args, format);
	len = vasprintf(&list->items[list->count], format, args);
	va_end(args);
	if (len < 0)
		return -ENOMEM;
	list->count++;
	return 0;
}

int strlist_split(struct strlist *list, const char *text, const char *separators)
{
	for (text += strspn(text, separators); *text; text += strspn(text, separators)) {
		size_t len = strcspn(text, separators);
		int error = strlist_add_len(list, text, len);

		if (error)
			return error;
		text += len;
	}
	return 0;
}

bool strlist_contains(const struct strlist *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

bool strlist_equal(const struct strlist *a, const struct strlist *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

void strlist_fini(struct strlist *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct strlist){0};
}

const char *str_escape(const char *text, char *out, size_t size)
{
	size_t used = 0;

	for (const unsigned char *byte = (const unsigned char *)text; *byte; byte++) {
		char piece[5];
		int len;

		if (*byte == '\\')
			len = snprintf(piece, sizeof(piece), "\\\\");
		else if (*byte < 0x20 || *byte > 0x7e)
			len = snprintf(piece, sizeof(piece), "\\x%02x", *byte);
		else
			len = snprintf(piece, sizeof(piece), "%c", *byte);
		if (used + (size_t)len >= size)
			break;
		memcpy(out + used, piece, (size_t)len);
		used += (size_t)len;
	}
	if (size)
		out[used] = '\0';
	return out;
}
