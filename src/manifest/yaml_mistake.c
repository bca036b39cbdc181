/* SPDX-License-Identifier: MIT */
/* From the place where a parser gave up to the mistake that people make there. */
#include "xfrmd/manifest/yaml_mistake.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* As many characters of base64 in a row are no word. */
#define BASE64_MIN 32

/* One line of the text, without its end. */
struct line {
	const char *text;
	size_t len, indent; /* blanks before anything else */
};

static struct line get_line(const char *text, size_t len, size_t number)
{
	const char *end = text + len, *next;
	struct line line = {text, 0, 0};

	while (--number && line.text < end) {
		next = memchr(line.text, '\n', (size_t)(end - line.text));
		line.text = next ? next + 1 : end;
	}
	next = memchr(line.text, '\n', (size_t)(end - line.text));
	line.len = (size_t)((next ? next : end) - line.text);
	while (line.indent < line.len && line.text[line.indent] == ' ')
		line.indent++;
	return line;
}

static bool starts_with(struct line line, const char *word)
{
	size_t len = strlen(word);

	return line.len >= len && memcmp(line.text, word, len) == 0;
}

static bool has(struct line line, const char *word)
{
	return memmem(line.text, line.len, word, strlen(word)) != NULL;
}

/* Behind the blanks that YAML indents with. */
static bool is_tab_indented(struct line line)
{
	return line.indent < line.len && line.text[line.indent] == '\t';
}

static bool is_base64(char byte)
{
	return byte &&
	       strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", byte);
}

/* Text of a certificate or key. */
static bool is_pem(struct line line)
{
	size_t end = line.indent;

	while (end < line.len && is_base64(line.text[end]))
		end++;
	return end - line.indent >= BASE64_MIN || has(line, "--BEGIN ") || has(line, "--END ");
}

/* What the command writes around the manifest that it shows. */
static bool is_of_bosh(struct line line)
{
	return starts_with(line, "Acting as user") || starts_with(line, "Using environment") ||
	       starts_with(line, "Using deployment");
}

static bool is_about(const char *words, const char *what)
{
	return words && strstr(words, what);
}

/* `a: b: c` */
static bool has_two_colons(struct line line)
{
	const char *first = memmem(line.text, line.len, ": ", 2);
	const char *end = line.text + line.len;

	return first && memmem(first + 1, (size_t)(end - first - 1), ":", 1);
}

static void explain_key(size_t number, struct line line, struct err *err)
{
	if (has_two_colons(line))
		err_set(err, -EINVAL,
		        "line %zu: a second \": \" in one line, expected quotes around a value that "
		        "has one",
		        number);
	else
		err_set(err, -EINVAL,
		        "line %zu: a name with a colon where none can begin, expected it indented "
		        "as the names above that it belongs to, which end with \": \" or \":\"",
		        number);
}

static void explain_indent(const struct yaml_mistake *mistake, struct line line, struct err *err)
{
	if (line.indent == mistake->context_column)
		err_set(err, -EINVAL,
		        "line %zu: found neither a name with a colon nor an item with a dash, as "
		        "the list or mapping of line %zu goes on",
		        mistake->line, mistake->context_line);
	else
		err_set(err, -EINVAL,
		        "line %zu: is indented by %zu blanks, expected %zu as in line %zu, where "
		        "what it belongs to begins",
		        mistake->line, line.indent, mistake->context_column, mistake->context_line);
}

void yaml_mistake_explain(const char *text, size_t len, const struct yaml_mistake *mistake,
                          struct err *ret_err)
{
	/* a text that is no key is noticed behind it */
	bool key = is_about(mistake->context, "simple key");
	size_t number = key ? mistake->context_line : mistake->line;
	struct line line = get_line(text, len, number), first = get_line(text, len, 1);

	if (is_tab_indented(line))
		err_set(ret_err, -EINVAL, "line %zu: begins with a tab, expected blanks only",
		        number);
	else if (is_of_bosh(first))
		err_set(ret_err, -EINVAL,
		        "line 1: what the bosh command says, expected only the manifest below it");
	else if (is_pem(line))
		err_set(ret_err, -EINVAL,
		        "line %zu: text of a certificate or key that is not indented as the rest "
		        "of it, expected `|` behind the property and every line deeper than it",
		        number);
	else if (is_about(mistake->problem, "mapping values are not allowed"))
		explain_key(number, line, ret_err);
	else if (is_about(mistake->context, "parsing a block"))
		explain_indent(mistake, line, ret_err);
	else if (key)
		err_set(ret_err, -EINVAL,
		        "line %zu: text without a name, expected a name and \": \", or a dash and "
		        "a blank, before it",
		        number);
	else
		err_set(ret_err, -EINVAL, "line %zu: no YAML: %s%s%s", number,
		        mistake->problem ? mistake->problem : "unknown reason",
		        mistake->context ? " " : "", mistake->context ? mistake->context : "");
}
