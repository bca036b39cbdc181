/* SPDX-License-Identifier: MIT */
/* Where in a manifest the properties stand, among all that BOSH allows and people write. */
#include "xfrmd/manifest/addon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/array.h"
#include "xfrmd/base/buf.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/str.h"
#include "xfrmd/manifest/property.h"

#define JOB "ipsec"

/* An addon, or an instance group, with our job. */
struct found {
	const char *name; /* NULL: without */
	size_t line;
	struct node properties;
};

struct search {
	const char *file;
	struct node root;
	struct found *items;
	size_t count;
	bool out_of_memory;
	struct problems *problems;
};

/* `properties: ipsec:` of an addon or a job. */
static struct node properties_of(const struct node *owner)
{
	struct node all = node_member(owner, "properties");

	return node_member(&all, JOB);
}

/* Of a name that stands twice, BOSH takes the last one and says nothing. */
static void check_once(struct search *search, const struct node *mapping, const char *name)
{
	size_t earlier = 0;

	for (size_t i = 0; mapping->kind == NODE_MAPPING && i < mapping->count; i++) {
		struct node key = node_key(mapping, i);

		if (!node_is_text(&key, name))
			continue;
		if (earlier)
			problems_add(
				search->problems,
				"%s: line %zu: %s: stands in line %zu already, expected it once",
				search->file, key.line, name, earlier);
		earlier = key.line;
	}
}

/* Whatever decides where the properties are. */
static void check_names(struct search *search, const struct node *owner)
{
	static const char *const names[] = {"addons", "instance_groups", "name",
	                                    "jobs",   "properties",      JOB};
	struct node below = node_member(owner, "properties");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_once(search, owner, names[i]);
	check_once(search, &below, JOB);
}

static void check_place(struct search *search, const struct node *job, const struct node *addon,
                        const struct node *properties)
{
	struct node other = properties_of(addon);

	if (properties->kind == NODE_NONE)
		problems_add(search->problems,
		             "%s: line %zu: the job " JOB " has no properties: " JOB
		             ":, expected it in the job or in its addon: is it indented as their "
		             "other members?",
		             search->file, job->line);
	else if (other.kind != NODE_NONE && other.line != properties->line)
		problems_add(
			search->problems,
			"%s: line %zu: properties of the addon beside those of its job in line "
			"%zu, expected them in one place",
			search->file, other.line, properties->line);
}

static void add_job(struct search *search, const struct node *job, const struct node *addon)
{
	struct node its = properties_of(job);

	if (its.kind == NODE_NONE)
		its = properties_of(addon);
	if (its.kind == NODE_NONE)
		its = properties_of(&search->root);
	check_place(search, job, addon, &its);
	if (array_grow(&search->items, search->count, sizeof(*search->items)) < 0) {
		search->out_of_memory = true;
		return;
	}
	search->items[search->count++] = (struct found){node_member(addon, "name").text, job->line,
	                                                its};
}

/* The items of a list, or the one that stands there without its dash. */
static size_t count_items(const struct node *list)
{
	return list->kind == NODE_LIST ? list->count : list->kind == NODE_MAPPING;
}

static struct node get_item(const struct node *list, size_t i)
{
	return list->kind == NODE_LIST ? node_item(list, i) : *list;
}

static void search_addons(struct search *search, const char *name)
{
	struct node addons = node_member(&search->root, name);

	for (size_t i = 0; i < count_items(&addons); i++) {
		struct node addon = get_item(&addons, i), jobs = node_member(&addon, "jobs");

		check_names(search, &addon);
		for (size_t j = 0; j < count_items(&jobs); j++) {
			struct node job = get_item(&jobs, j), its = node_member(&job, "name");

			check_names(search, &job);
			if (node_is_text(&its, JOB))
				add_job(search, &job, &addon);
		}
	}
}

static bool is_wanted(const struct found *found, const char *name)
{
	return !name || (found->name && strcmp(found->name, name) == 0);
}

/* "a" (line 3), "b" (line 9); the caller frees. */
static char *list_found(const struct search *search)
{
	struct buf list = {0};
	char shown[64];

	for (size_t i = 0; i < search->count; i++)
		buf_printf(&list, "%s\"%s\" (line %zu)", i ? ", " : "",
		           str_escape(search->items[i].name ? search->items[i].name : "", shown,
		                      sizeof(shown)),
		           search->items[i].line);
	return buf_take_str(&list);
}

static void choose(struct search *search, const char *name, struct node *ret_properties)
{
	_cleanup_(cleanup_free) char *list = list_found(search);
	const struct found *chosen = NULL;

	search->out_of_memory |= !list;
	for (size_t i = 0; list && i < search->count; i++) {
		const struct found *found = &search->items[i];

		if (!is_wanted(found, name))
			continue;
		if (chosen && !node_equal(&chosen->properties, &found->properties)) {
			problems_add(search->problems,
			             "%s: addons with different properties of the job " JOB
			             ", found %s, expected one of them chosen by --addon",
			             search->file, list);
			return;
		}
		if (!chosen)
			chosen = found;
	}
	if (chosen)
		*ret_properties = chosen->properties;
	else if (list)
		problems_add(search->problems,
		             "%s: no addon \"%s\" with a job " JOB
		             ", found %s, expected one of them",
		             search->file, name, list);
}

/* Whether the names are those of properties. */
static bool is_bare(const struct node *node)
{
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->count; i++) {
		struct node key = node_key(node, i);

		if (key.text && property_find(key.text))
			return true;
	}
	return false;
}

static bool has(const struct node *node, const char *name)
{
	return node_member(node, name).kind != NODE_NONE;
}

static void search_bare(struct search *search, struct node *ret_properties)
{
	struct node all = node_member(&search->root, "properties");
	struct node own = node_member(&search->root, JOB), below = node_member(&all, JOB);
	bool runtime = has(&search->root, "addons") || has(&search->root, "instance_groups");

	if (runtime)
		problems_add(search->problems,
		             "%s: no addon has a job with the name " JOB ", expected one",
		             search->file);
	else if (below.kind != NODE_NONE)
		*ret_properties = below;
	else if (own.kind != NODE_NONE)
		*ret_properties = own;
	else if (is_bare(&all))
		*ret_properties = all;
	else if (is_bare(&search->root))
		*ret_properties = search->root;
	else if (has(&search->root, "product-properties"))
		problems_add(
			search->problems,
			"%s: is the configuration of a tile, expected a runtime configuration: "
			"`bosh runtime-config` prints it",
			search->file);
	else
		problems_add(search->problems,
		             "%s: is no manifest of the add-on, expected addons: with a job " JOB
		             ", or its properties",
		             search->file);
}

int addon_find(const char *file, const struct node *root, const char *name,
               struct node *ret_properties, struct problems *problems)
{
	struct search search = {.file = file, .root = *root, .problems = problems};
	size_t before = problems->count;
	struct node properties = {0};

	check_names(&search, root);
	search_addons(&search, "addons");
	search_addons(&search, "instance_groups");
	if (search.count)
		choose(&search, name, &properties);
	else if (name)
		problems_add(problems,
		             "%s: no addon with a job " JOB ", found none, expected \"%s\"", file,
		             name);
	else
		search_bare(&search, &properties);
	free(search.items);
	if (search.out_of_memory || problems->out_of_memory)
		return -ENOMEM;
	if (problems->count > before)
		return -EINVAL;
	if (properties.kind != NODE_MAPPING) {
		problems_add(problems,
		             "%s: line %zu: " JOB ": has no names with colons, expected properties",
		             file, properties.line);
		return -EINVAL;
	}
	*ret_properties = properties;
	return 0;
}
