/* SPDX-License-Identifier: MIT */
/*
 * The configuration file and its subnet files -> struct conf. iniparser reads the values, but it
 * merges duplicates, forgets line numbers, stops at syntax errors, and drops what follows a closing
 * quote or a comment sign. So scan() looks at the lines first, reports those problems, and hands
 * iniparser only lines that mean the same to it as to the operator.
 */
#include "xfrmd/conf/conf_ini.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include <iniparser/iniparser.h>

#include "xfrmd/base/buf.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/trust.h"
#include "xfrmd/conf/conf_key.h"

/* Escaped text of a value in a message. */
#define SHOWN_MAX        256
/* Prefixes listed more than once that are named; the rest is counted. */
#define DUPLICATES_SHOWN 20

/* The lines on their way to iniparser. */
struct scan {
	struct conf_reader *reader;
	size_t number;                /* of the line, or of the first line of a continued one */
	const char *section;          /* NULL before the first; "" in one that is not ours */
	size_t found[CONF_KEY_COUNT]; /* line numbers; 0: not in the file */
	struct buf clean;             /* what iniparser gets */
	size_t handed_over;           /* values in it */
};

static bool names_a_psk(const char *name)
{
	static const char *const words[] = {"psk", "secret", "preshared", "pre_shared",
	                                    "pre-shared"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasestr(name, words[i]))
			return true;
	}
	return false;
}

static void scan_section(struct scan *scan, char *name)
{
	struct conf_reader *reader = scan->reader;
	char shown[SHOWN_MAX];

	conf_key_trim(name);
	for (size_t i = 0; i < CONF_KEY_COUNT; i++) {
		if (strcasecmp(name, conf_keys[i].section) != 0)
			continue;
		scan->section = conf_keys[i].section;
		buf_printf(&scan->clean, "[%s]\n", scan->section);
		return;
	}
	scan->section = "";
	str_escape(name, shown, sizeof(shown));
	if (names_a_psk(name))
		problems_add(reader->problems,
		             "%s: [%s]: pre-shared keys are not supported, found in line %zu, "
		             "expected certificates in [ipsec]",
		             reader->file, shown, scan->number);
	else
		problems_add(reader->problems,
		             "%s: [%s]: unknown section, found in line %zu, expected [ipsec], "
		             "[kernel], [charon], [certificates] or [log]",
		             reader->file, shown, scan->number);
}

static void refuse_key(struct scan *scan, const char *name)
{
	const struct conf_key *elsewhere = conf_key_find(NULL, name);
	struct conf_reader *reader = scan->reader;
	const char *section = scan->section ? scan->section : "";
	char shown[SHOWN_MAX];

	str_escape(name, shown, sizeof(shown));
	if (names_a_psk(name))
		problems_add(reader->problems,
		             "%s: %s%s%s%s: pre-shared keys are not supported, found in line %zu, "
		             "expected certificates",
		             reader->file, *section ? "[" : "", section, *section ? "] " : "",
		             shown, scan->number);
	else if (!scan->section)
		problems_add(reader->problems,
		             "%s: %s: key outside of a section, found in line %zu, expected "
		             "below [%s]",
		             reader->file, shown, scan->number,
		             elsewhere ? elsewhere->section : "ipsec");
	else if (*section)
		problems_add(reader->problems,
		             "%s: [%s] %s: unknown key, found in line %zu, expected %s%s%s",
		             reader->file, section, shown, scan->number,
		             elsewhere ? "it in [" : "a key of xfrmd.conf(5)",
		             elsewhere ? elsewhere->section : "", elsewhere ? "]" : "");
}

/* What of @value iniparser would drop without a word; NULL: nothing. */
static const char *find_dropped(const char *value)
{
	size_t len = strlen(value);
	const char *end;

	if (len > 0 && value[len - 1] == '\\')
		return "a backslash at the end";
	if (*value == '"' || *value == '\'') {
		end = strchr(value + 1, *value);
		if (!end)
			return "a quote without its end";
		end += 1 + strspn(end + 1, " \t");
		return *end && !strchr("#;", *end) ? "text behind the closing quote" : NULL;
	}
	end = value + strcspn(value, "#;");
	return *end && end > value && !isblank((unsigned char)end[-1])
	               ? "a comment sign inside the value"
	               : NULL;
}

static void scan_value(struct scan *scan, const struct conf_key *key, const char *value, size_t len)
{
	struct conf_reader *reader = scan->reader;
	size_t *found = &scan->found[key - conf_keys];
	const char *dropped = find_dropped(value);
	char what[64];

	if (*found) {
		problems_add(
			reader->problems,
			"%s: [%s] %s: duplicate key, found in lines %zu and %zu, expected once",
			reader->file, key->section, key->name, *found, scan->number);
		return;
	}
	*found = scan->number;
	if (len > CONF_LINE_MAX) {
		problems_add(reader->problems,
		             "%s: [%s] %s: line %zu is too long, found %zu characters, expected "
		             "at most %d (a long list of subnets belongs into a file of its own)",
		             reader->file, key->section, key->name, scan->number, len,
		             CONF_LINE_MAX);
	} else if (dropped) {
		snprintf(what, sizeof(what), "%s in line %zu", dropped, scan->number);
		conf_key_complain(
			reader, key, what, value,
			"plain text or quotes around all of it, and blanks before a comment");
	} else {
		buf_printf(&scan->clean, "%s=%s\n", key->name, value);
		scan->handed_over++;
	}
}

/* One whole line without blanks around it, not a comment. */
static void scan_line(struct scan *scan, char *line)
{
	char *value = strchr(line, '=');
	size_t len = strlen(line);
	const struct conf_key *key;
	char shown[SHOWN_MAX];

	if (line[0] == '[' && line[len - 1] == ']') {
		line[len - 1] = '\0';
		scan_section(scan, line + 1);
		return;
	}
	if (!value || value == line) {
		problems_add(scan->reader->problems,
		             "%s: line %zu: malformed, found \"%s\", expected [section] or "
		             "key = value",
		             scan->reader->file, scan->number,
		             str_escape(line, shown, sizeof(shown)));
		return;
	}
	*value++ = '\0';
	conf_key_trim(line);
	key = scan->section ? conf_key_find(scan->section, line) : NULL;
	if (key)
		scan_value(scan, key, value + strspn(value, " \t"), len);
	else
		refuse_key(scan, line);
}

static void scan_text(struct scan *scan, char *text)
{
	_cleanup_(cleanup_free) char *joined = NULL;
	size_t joined_len = 0, number = 1;

	joined = malloc(strlen(text) + 1);
	if (!joined) {
		scan->reader->out_of_memory = true;
		return;
	}
	for (char *line = text, *next; line; line = next, number++) {
		bool continued;
		size_t len;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		conf_key_trim(line);
		if (joined_len == 0 && (!*line || strchr("#;", *line)))
			continue;
		if (joined_len == 0)
			scan->number = number;
		len = strlen(line);
		continued = len > 0 && line[len - 1] == '\\';
		if (continued)
			line[len - 1] = ' ';
		memcpy(joined + joined_len, line, len);
		joined_len += len;
		if (continued && next)
			continue;
		joined[joined_len] = '\0';
		joined_len = 0;
		conf_key_trim(joined);
		if (*joined)
			scan_line(scan, joined);
	}
}

/* Its messages say nothing that scan_text() does not. */
__attribute__((format(printf, 1, 2))) static int mute(const char *format, ...)
{
	(void)format;
	return 0;
}

/* iniparser 4.1 opens a file by name and knows no other way. */
static dictionary *load_dictionary(const void *text, size_t len)
{
	_cleanup_(cleanup_fd) int fd = memfd_create("xfrmd.conf", MFD_CLOEXEC);
	char path[32];

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	iniparser_set_error_callback(mute);
	return iniparser_load(path);
}

static void read_values(struct scan *scan)
{
	struct conf_reader *reader = scan->reader;
	dictionary *values = load_dictionary(scan->clean.data, scan->clean.len);
	size_t received = 0;

	for (size_t i = 0; i < CONF_KEY_COUNT; i++) {
		const struct conf_key *key = &conf_keys[i];
		const char *value = NULL;
		char name[64];

		snprintf(name, sizeof(name), "%s:%s", key->section, key->name);
		if (values)
			value = iniparser_getstring(values, name, NULL);
		if (value) {
			received++;
			key->read(reader, key, value);
		} else if (!scan->found[i] && key->flags & CONF_KEY_REQUIRED) {
			conf_key_complain(reader, key, "missing", "", "an absolute path");
		}
	}
	if (!values || received != scan->handed_over)
		problems_add(reader->problems, "%s: iniparser lost values, found %zu, expected %zu",
		             reader->file, received, scan->handed_over);
	iniparser_freedict(values);
}

/* Sealing alone would drop duplicates without a word. */
static void seal(struct conf_reader *reader, const char *name, struct prefixset *set)
{
	struct problems *notes = &reader->conf->notes;
	size_t duplicates = 0;

	if (set->count > 1)
		qsort(set->items, set->count, sizeof(*set->items), prefix_compare_items);
	for (size_t i = 1; i < set->count; i++) {
		const struct prefix *prefix = &set->items[i];
		char text[PREFIX_TEXT_MAX];

		/* the second of its kind, not the third */
		if (!prefix_equal(prefix, prefix - 1) ||
		    (i > 1 && prefix_equal(prefix, prefix - 2)) || duplicates++ >= DUPLICATES_SHOWN)
			continue;
		problems_add(notes, "%s: [ipsec] %s: %s is listed more than once", reader->file,
		             name, prefix_format(prefix, text));
	}
	if (duplicates > DUPLICATES_SHOWN)
		problems_add(notes, "%s: [ipsec] %s: ... and %zu more listed more than once",
		             reader->file, name, duplicates - DUPLICATES_SHOWN);
	prefixset_seal(set);
}

/* `name:` of a manifest of the add-on, whose properties are called as our keys. */
static bool is_of_manifest(const char *line)
{
	static const char *const names[] = {"addons", "instance_groups", "ipsec", "properties",
	                                    "releases"};
	char name[64];
	size_t len;

	line += strspn(line, " -");
	len = strcspn(line, ":\n");
	if (line[len] != ':' || len >= sizeof(name))
		return false;
	memcpy(name, line, len);
	name[len] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return conf_key_find("ipsec", name) != NULL;
}

/* Whether the text is one, which would be refused line by line: a text without any section. */
static bool refuse_manifest(struct conf_reader *reader, const char *text)
{
	size_t number = 1, found = 0;

	for (const char *line = text; line; number++) {
		const char *end = strchr(line, '\n');

		if (line[0] == '[')
			return false;
		if (!found && is_of_manifest(line))
			found = number;
		line = end ? end + 1 : NULL;
	}
	if (found)
		problems_add(reader->problems,
		             "%s: line %zu: is YAML, found a manifest of the IPsec add-on, "
		             "expected [section] and key = value: xfrmpki import makes a "
		             "configuration of it",
		             reader->file, found);
	return found;
}

static void read_text(struct conf_reader *reader, const char *text, size_t len)
{
	_cleanup_(cleanup_free) char *copy = strndup(text, len);
	struct scan scan = {.reader = reader};

	if (!copy) {
		reader->out_of_memory = true;
		return;
	}
	if (strlen(copy) != len) {
		problems_add(reader->problems, "%s: NUL bytes, expected a text file", reader->file);
		return;
	}
	if (refuse_manifest(reader, copy))
		return;
	scan_text(&scan, copy);
	read_values(&scan);
	reader->out_of_memory |= scan.clean.error != 0;
	seal(reader, "ipsec_subnets", &reader->conf->protect);
	seal(reader, "no_ipsec_subnets", &reader->conf->allow);
	conf_check(reader->conf, reader->file, reader->problems);
	buf_fini(&scan.clean);
}

int conf_ini_parse(const char *name, const char *text, size_t len, struct conf *conf,
                   struct problems *problems)
{
	struct conf_reader reader = {.file = name, .conf = conf, .problems = problems};
	size_t before = problems->count;

	*conf = (struct conf){0};
	if (conf_set_defaults(conf) < 0)
		return -ENOMEM;
	read_text(&reader, text, len);
	if (reader.out_of_memory || problems->out_of_memory)
		return -ENOMEM;
	return problems->count > before ? -EINVAL : 0;
}

int conf_ini_load(const char *path, struct conf *conf, struct problems *problems)
{
	_cleanup_(cleanup_free) char *text = NULL;
	struct err err;
	size_t len;
	int error;

	*conf = (struct conf){0};
	if (file_read(path, CONF_FILE_MAX, &text, &len, &err) < 0) {
		problems_add(problems, "%s", err.text);
		return -EINVAL;
	}
	error = conf_ini_parse(path, text, len, conf, problems);
	trust_check_file(path, TRUST_FILE, &conf->distrust);
	return conf->distrust.out_of_memory ? -ENOMEM : error;
}
