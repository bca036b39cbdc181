/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_MANIFEST_TREE_H
#define XFRMD_MANIFEST_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "xfrmd/base/err.h"

/* Bound on a manifest: some thousand certificates, or 50,000 subnets. */
#define TREE_TEXT_MAX (1024u * 1024)

/* One YAML document. The only user of libyaml. */
struct tree;

enum node_kind {
	NODE_NONE, /* nothing there: a member that is missing, or without a value */
	NODE_TEXT,
	NODE_LIST,
	NODE_MAPPING,
};
/* How a text was written. */
enum node_style {
	NODE_STYLE_PLAIN,
	NODE_STYLE_SINGLE, /* quotes */
	NODE_STYLE_DOUBLE,
	NODE_STYLE_LITERAL, /* behind `|` */
	NODE_STYLE_FOLDED,  /* behind `>` */
};
/* A value type, good as long as its tree. Behind an alias stands the node that it means. */
struct node {
	enum node_kind kind;
	size_t line;      /* where it begins, from 1 */
	const char *text; /* NODE_TEXT; without NUL bytes */
	enum node_style style;
	size_t count; /* NODE_LIST: items; NODE_MAPPING: members */
	const struct tree *tree;
	int id; /* of libyaml; the same node, the same id */
};

/*
 * Reads exactly @len bytes with one YAML document. Every problem is added as `FILE: line N: what`;
 * of a text that is no YAML it is one, in the words of yaml_mistake.h. 0 and a tree that
 * tree_free() takes, or -EINVAL, or -ENOMEM.
 */
int tree_parse(const char *file, const char *text, size_t len, struct tree **ret_tree,
               struct problems *problems);
/* The texts, among which is a private key, are cleansed. */
void tree_free(struct tree *tree);

struct node tree_root(const struct tree *tree);
struct node node_item(const struct node *list, size_t i);
struct node node_key(const struct node *mapping, size_t i);
struct node node_value(const struct node *mapping, size_t i);
/* The first member of that name; NODE_NONE: there is none, or @mapping is no mapping. */
struct node node_member(const struct node *mapping, const char *name);
bool node_is_text(const struct node *node, const char *text);
/* Texts, and lists and mappings of texts, that say the same; anything deeper is different. */
bool node_equal(const struct node *a, const struct node *b);

#endif
