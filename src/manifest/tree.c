/* SPDX-License-Identifier: MIT */
/*
 * libyaml's document behind plain nodes. It has resolved the aliases, so a node may be reached on
 * several ways, even through itself: nobody walks deeper than he knows what to find.
 */
#include "xfrmd/manifest/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "xfrmd/manifest/yaml_mistake.h"

/* Properties, lists, texts. */
#define EQUAL_DEPTH 3

struct tree {
	yaml_document_t document;
};

static yaml_node_t *get_node(const struct tree *tree, int id)
{
	yaml_node_t *nodes = tree->document.nodes.start;

	return id > 0 ? &nodes[id - 1] : NULL;
}

static enum node_style style_of(const yaml_node_t *node)
{
	switch (node->data.scalar.style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return NODE_STYLE_SINGLE;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return NODE_STYLE_DOUBLE;
	case YAML_LITERAL_SCALAR_STYLE:
		return NODE_STYLE_LITERAL;
	case YAML_FOLDED_SCALAR_STYLE:
		return NODE_STYLE_FOLDED;
	default:
		return NODE_STYLE_PLAIN;
	}
}

/* As YAML 1.1 has it. */
static bool is_null(const char *text, enum node_style style)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	for (size_t i = 0; style == NODE_STYLE_PLAIN && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static struct node make_node(const struct tree *tree, int id)
{
	const yaml_node_t *found = get_node(tree, id);
	struct node node = {.tree = tree, .id = id};

	if (!found)
		return node;
	node.line = found->start_mark.line + 1;
	switch (found->type) {
	case YAML_SCALAR_NODE:
		node.text = (const char *)found->data.scalar.value;
		node.style = style_of(found);
		node.kind = is_null(node.text, node.style) ? NODE_NONE : NODE_TEXT;
		break;
	case YAML_SEQUENCE_NODE:
		node.kind = NODE_LIST;
		node.count =
			(size_t)(found->data.sequence.items.top - found->data.sequence.items.start);
		break;
	case YAML_MAPPING_NODE:
		node.kind = NODE_MAPPING;
		node.count =
			(size_t)(found->data.mapping.pairs.top - found->data.mapping.pairs.start);
		break;
	default:
		break;
	}
	return node;
}

struct node tree_root(const struct tree *tree)
{
	bool empty = tree->document.nodes.top == tree->document.nodes.start;

	return make_node(tree, empty ? 0 : 1);
}

struct node node_item(const struct node *list, size_t i)
{
	return make_node(list->tree, get_node(list->tree, list->id)->data.sequence.items.start[i]);
}

struct node node_key(const struct node *mapping, size_t i)
{
	return make_node(mapping->tree,
	                 get_node(mapping->tree, mapping->id)->data.mapping.pairs.start[i].key);
}

struct node node_value(const struct node *mapping, size_t i)
{
	return make_node(mapping->tree,
	                 get_node(mapping->tree, mapping->id)->data.mapping.pairs.start[i].value);
}

struct node node_member(const struct node *mapping, const char *name)
{
	for (size_t i = 0; mapping->kind == NODE_MAPPING && i < mapping->count; i++) {
		struct node key = node_key(mapping, i);

		if (node_is_text(&key, name))
			return node_value(mapping, i);
	}
	return (struct node){.line = mapping->line};
}

bool node_is_text(const struct node *node, const char *text)
{
	return node->kind == NODE_TEXT && strcmp(node->text, text) == 0;
}

static bool equal_within(const struct node *a, const struct node *b, unsigned depth)
{
	if (a->id == b->id && a->tree == b->tree)
		return true;
	if (a->kind != b->kind || a->count != b->count || !depth)
		return false;
	if (a->kind == NODE_TEXT)
		return strcmp(a->text, b->text) == 0;
	for (size_t i = 0; i < a->count; i++) {
		bool list = a->kind == NODE_LIST;
		struct node key = list ? *a : node_key(a, i);
		struct node one = list ? node_item(a, i) : node_value(a, i);
		struct node other = list        ? node_item(b, i)
		                    : !key.text ? (struct node){0}
		                                : node_member(b, key.text);

		if (!equal_within(&one, &other, depth - 1))
			return false;
	}
	return true;
}

bool node_equal(const struct node *a, const struct node *b)
{
	return equal_within(a, b, EQUAL_DEPTH);
}

/* Of bytes that are no UTF-8 libyaml knows no line. */
static size_t line_of(const char *text, size_t offset)
{
	size_t line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

static int fail(const char *file, const char *text, size_t len, const yaml_parser_t *parser,
                struct problems *problems)
{
	struct yaml_mistake mistake = {
		.problem = parser->problem,
		.line = parser->problem_mark.line + 1,
		.column = parser->problem_mark.column,
		.context = parser->context,
		.context_line = parser->context_mark.line + 1,
		.context_column = parser->context_mark.column,
	};
	struct err err;

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->error == YAML_READER_ERROR)
		mistake.line = line_of(text,
		                       parser->problem_offset < len ? parser->problem_offset : len);
	yaml_mistake_explain(text, len, &mistake, &err);
	problems_add(problems, "%s: %s", file, err.text);
	return -EINVAL;
}

/* What a text may have and we do not take. */
static int check_texts(const char *file, const struct tree *tree, struct problems *problems)
{
	int result = 0;

	for (yaml_node_t *node = tree->document.nodes.start; node < tree->document.nodes.top;
	     node++) {
		if (node->type != YAML_SCALAR_NODE ||
		    strlen((const char *)node->data.scalar.value) == node->data.scalar.length)
			continue;
		problems_add(problems, "%s: line %zu: NUL byte in a text, expected none", file,
		             node->start_mark.line + 1);
		result = -EINVAL;
	}
	return result;
}

/* The end of the file, or another document behind ours. */
static int check_end(const char *file, const char *text, size_t len, yaml_parser_t *parser,
                     struct problems *problems)
{
	yaml_document_t next;
	bool another;
	size_t line;

	if (!yaml_parser_load(parser, &next))
		return fail(file, text, len, parser, problems);
	another = yaml_document_get_root_node(&next) != NULL;
	line = next.start_mark.line + 1;
	yaml_document_delete(&next);
	if (!another)
		return 0;
	problems_add(problems, "%s: line %zu: a second document begins, expected one in a file",
	             file, line);
	return -EINVAL;
}

int tree_parse(const char *file, const char *text, size_t len, struct tree **ret_tree,
               struct problems *problems)
{
	struct tree *tree = calloc(1, sizeof(*tree));
	yaml_parser_t parser;
	int error = 0;

	if (!tree)
		return -ENOMEM;
	if (!yaml_parser_initialize(&parser)) {
		free(tree);
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, &tree->document)) {
		error = fail(file, text, len, &parser, problems);
		memset(tree, 0, sizeof(*tree));
	} else {
		error = check_texts(file, tree, problems);
	}
	if (!error)
		error = check_end(file, text, len, &parser, problems);
	yaml_parser_delete(&parser);
	if (error)
		tree_free(tree);
	else
		*ret_tree = tree;
	return problems->out_of_memory ? -ENOMEM : error;
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	for (yaml_node_t *node = tree->document.nodes.start; node < tree->document.nodes.top;
	     node++)
		if (node->type == YAML_SCALAR_NODE)
			explicit_bzero(node->data.scalar.value, node->data.scalar.length);
	if (tree->document.nodes.start)
		yaml_document_delete(&tree->document);
	free(tree);
}
