/* SPDX-License-Identifier: MIT */
/* From a manifest to a row for each property. */
#include "xfrmd/manifest/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/array.h"
#include "xfrmd/manifest/addon.h"
#include "xfrmd/manifest/judge.h"
#include "xfrmd/manifest/property.h"
#include "xfrmd/manifest/tree.h"

const char *const import_result_names[] = {"taken", "dropped", "refused"};

/* What bosh int, CredHub, ERB or a pipeline would have put something else for; NULL: nothing. */
static const char *find_placeholder(const struct node *node)
{
	const char *text = node->text;
	size_t len = node->kind == NODE_TEXT ? strlen(text) : 0;
	struct node inner;

	if (node->kind == NODE_MAPPING && node->count == 1) {
		/* {{name}} is a mapping whose name is a mapping */
		inner = node_key(node, 0);
		return inner.kind == NODE_MAPPING ? "{{...}}" : NULL;
	}
	for (size_t i = 0; node->kind == NODE_LIST && i < node->count; i++) {
		const char *found;

		inner = node_item(node, i);
		found = inner.kind == NODE_LIST ? NULL : find_placeholder(&inner);
		if (found)
			return found;
	}
	if (!len)
		return NULL;
	if ((strstr(text, "((") && strstr(text, "))")) ||
	    (strstr(text, "{{") && strstr(text, "}}")))
		return text;
	return text[0] == '<' && text[len - 1] == '>' ? text : NULL;
}

static struct import_row *add_row(struct property_reader *reader, const struct node *key)
{
	struct import *import = reader->import;
	struct import_row row = {.line = key->line, .name = strdup(key->text ? key->text : "")};

	if (!row.name || array_grow(&import->rows, import->row_count, sizeof(row)) < 0) {
		reader->out_of_memory = true;
		free(row.name);
		return NULL;
	}
	row.property = property_find(row.name);
	import->rows[import->row_count] = row;
	return &import->rows[import->row_count++];
}

/* The row before @row of the same property, or NULL. */
static const struct import_row *find_earlier(const struct import *import,
                                             const struct import_row *row)
{
	for (const struct import_row *other = import->rows; other < row; other++)
		if (strcmp(other->name, row->name) == 0)
			return other;
	return NULL;
}

static void refuse_unknown(struct property_reader *reader, const struct import_row *row)
{
	const struct property *nearest = property_nearest(row->name);
	char expected[128];

	snprintf(expected, sizeof(expected), "a property of the add-on%s%s%s",
	         nearest ? ": is it " : "", nearest ? nearest->name : "", nearest ? "?" : "");
	property_complain(reader, row->line, "unknown property", NULL,
	                  strcmp(row->name, "<<") == 0
	                          ? "the properties themselves: `bosh int` writes them out"
	                          : expected);
}

static bool is_empty(const struct node *value)
{
	return value->kind == NODE_NONE || (value->kind == NODE_LIST && !value->count);
}

static void read_value(struct property_reader *reader, const struct node *value)
{
	struct import_row *row = reader->row;
	const char *placeholder = find_placeholder(value);

	if (placeholder) {
		property_complain(reader, value->line, "a placeholder", placeholder,
		                  "what it stands for: `bosh int --vars-file` puts it there");
	} else if (row->property->required && is_empty(value)) {
		property_complain(reader, row->line, "has no value", NULL,
		                  "one: is it indented deeper than its name?");
	} else if (value->kind != NODE_NONE) {
		row->property->read(reader, value);
	} else {
		row->result = IMPORT_DROPPED;
		row->remark = strdup("has no value: the default holds");
		reader->out_of_memory |= !row->remark;
	}
}

static void read_member(struct property_reader *reader, const struct node *key,
                        const struct node *value)
{
	const struct import_row *earlier;
	char what[64];

	reader->row = add_row(reader, key);
	if (!reader->row)
		return;
	earlier = find_earlier(reader->import, reader->row);
	if (earlier) {
		snprintf(what, sizeof(what), "stands in line %zu already", earlier->line);
		property_complain(reader, reader->row->line, what, NULL, "it once");
	} else if (!reader->row->property) {
		refuse_unknown(reader, reader->row);
	} else {
		read_value(reader, value);
	}
}

static void check_missing(struct property_reader *reader, size_t line)
{
	for (size_t i = 0; i < PROPERTY_COUNT; i++) {
		bool found = !property_table[i].required;

		for (size_t j = 0; !found && j < reader->import->row_count; j++)
			found = reader->import->rows[j].property == &property_table[i];
		if (!found)
			problems_add(reader->problems, "%s:%zu: %s: is missing, expected it here",
			             reader->file, line, property_table[i].name);
	}
}

static int read_all(struct property_reader *reader, const struct node *mapping)
{
	for (size_t i = 0; i < mapping->count; i++) {
		struct node key = node_key(mapping, i), value = node_value(mapping, i);

		read_member(reader, &key, &value);
	}
	check_missing(reader, mapping->line);
	return reader->out_of_memory ? -ENOMEM : 0;
}

static int read_tree(const struct import_source *source, const struct tree *tree,
                     struct import *import, struct problems *problems)
{
	struct property_reader reader = {
		.file = source->file, .dir = source->dir, .import = import, .problems = problems};
	struct node root = tree_root(tree), mapping;
	int error = addon_find(source->file, &root, source->addon, &mapping, problems);

	if (!error)
		error = read_all(&reader, &mapping);
	return error ? error : import_judge(source, import, problems);
}

/* Of `FILE:LINE: PROPERTY: what`. What is about the whole manifest, or a folder, comes first. */
static size_t line_of(const char *problem)
{
	const char *colon = strchr(problem, ':');

	return colon ? strtoul(colon + 1, NULL, 10) : 0;
}

static int compare_lines(const void *a, const void *b)
{
	const char *left = *(char *const *)a, *right = *(char *const *)b;
	size_t one = line_of(left), other = line_of(right);

	return one != other ? (one > other) - (one < other) : strcmp(left, right);
}

int import_read(const struct import_source *source, struct import *ret_import,
                struct problems *problems)
{
	size_t before = problems->count;
	struct tree *tree = NULL;
	int error;

	*ret_import = (struct import){0};
	error = tree_parse(source->file, source->text, source->len, &tree, problems);
	if (!error)
		error = read_tree(source, tree, ret_import, problems);
	tree_free(tree);
	if (error == -ENOMEM || problems->out_of_memory || ret_import->notes.out_of_memory)
		return -ENOMEM;
	if (problems->count == before)
		return 0;
	qsort(problems->items + before, problems->count - before, sizeof(char *), compare_lines);
	return -EINVAL;
}

void import_fini(struct import *import)
{
	for (size_t i = 0; i < import->row_count; i++) {
		free(import->rows[i].name);
		free(import->rows[i].value);
		free(import->rows[i].remark);
	}
	for (size_t i = 0; i < import->pem_count; i++) {
		struct pem *pem = &import->pems[i];

		if (pem->text)
			explicit_bzero(pem->text, strlen(pem->text));
		free(pem->text);
		free(pem->label);
	}
	free(import->rows);
	free(import->pems);
	pki_bundle_fini(&import->bundle);
	problems_fini(&import->notes);
	*import = (struct import){0};
}
