/* SPDX-License-Identifier: MIT */
/* The tables of `xfrmctl list`. */
#include "out_list.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "xfrmd/base/str.h"

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define CONDITIONS_MAX 32

static const char *format_protocol(const struct policy *policy, char *text, size_t size)
{
	if (policy->proto == 0)
		text[0] = '\0';
	else if (policy->proto == IPPROTO_ICMPV6 && !policy->unsupported_key)
		snprintf(text, size, " icmpv6 type %u", policy->icmp_type);
	else if (policy->proto == IPPROTO_ICMPV6)
		snprintf(text, size, " icmpv6");
	else if (policy->proto == IPPROTO_ICMP)
		snprintf(text, size, " icmp");
	else if (policy->proto == IPPROTO_TCP)
		snprintf(text, size, " tcp");
	else if (policy->proto == IPPROTO_UDP)
		snprintf(text, size, " udp");
	else
		snprintf(text, size, " protocol %u", policy->proto);
	return text;
}

/* What else must hold, to be written behind the destination: " icmpv6 type 135", " tcp +". */
static const char *format_conditions(const struct policy *policy, char text[CONDITIONS_MAX])
{
	char protocol[24];

	text[0] = '\0';
	if (policy->proto == 0 && !policy->unsupported_key)
		return text;
	snprintf(text, CONDITIONS_MAX, "%s%s", format_protocol(policy, protocol, sizeof(protocol)),
	         policy->unsupported_key ? " +" : "");
	return text;
}

static const enum out_colour colours[] = {
	[POLICY_ACTION_PROTECT] = OUT_COLOUR_GOOD,
	[POLICY_ACTION_ALLOW] = OUT_COLOUR_WARN,
	[POLICY_ACTION_BLOCK] = OUT_COLOUR_BAD,
};

static const char *level_of(const struct policy *policy)
{
	if (policy->action != POLICY_ACTION_PROTECT)
		return "-";
	return policy->optional ? "optional" : "required";
}

void out_list_cells(struct out_table *table, const struct policy *policy)
{
	char prefix[PREFIX_TEXT_MAX + CONDITIONS_MAX], conditions[CONDITIONS_MAX],
		priority[STR_DECIMAL_MAX];

	out_table_text(table, colours[policy->action], policy_action_names[policy->action]);
	out_table_text(table, OUT_COLOUR_NONE, prefix_format(&policy->src, prefix));
	prefix_format(&policy->dst, prefix);
	out_table_text(table, OUT_COLOUR_NONE,
	               strcat(prefix, format_conditions(policy, conditions)));
	str_decimal(policy->priority, priority);
	out_table_text(table, OUT_COLOUR_NONE, priority);
	out_table_text(table, OUT_COLOUR_NONE, level_of(policy));
}

static void put_row(struct out_table *table, const struct policy_row *row)
{
	const struct policy *policy = &row->policy;
	const char *drift = diff_drift_name(row->drift);

	out_table_text(table, OUT_COLOUR_NONE, policy_dir_names[policy->dir]);
	out_list_cells(table, policy);
	out_table_text(table, OUT_COLOUR_NONE, policy_is_ours(policy) ? "xfrmd" : "other");
	out_table_text(table, OUT_COLOUR_BAD, drift ? drift : "");
}

static void init_table(struct out_table *table)
{
	static const struct out_column columns[] = {
		{"DIRECTION", false}, {"ACTION", false}, {"SOURCE", false}, {"DESTINATION", false},
		{"PRIORITY", true},   {"LEVEL", false},  {"OWNER", false},  {"DRIFT", false},
	};

	out_table_init(table, columns, COUNT(columns));
}

void out_list_all(const struct policy_row *rows, size_t count, bool coloured, struct buf *out)
{
	struct out_table table;

	init_table(&table);
	for (size_t i = 0; i < count; i++)
		put_row(&table, &rows[i]);
	out_table_render(&table, coloured, out);
}

static void put_group(struct out_table *table, const struct list_group *group)
{
	const struct policy policy = {.action = group->action, .optional = group->optional};
	char prefix[PREFIX_TEXT_MAX];

	out_table_text(table, OUT_COLOUR_NONE, prefix_format(&group->prefix, prefix));
	out_table_text(table, colours[group->action], policy_action_names[group->action]);
	out_table_text(table, OUT_COLOUR_NONE, level_of(&policy));
	out_table_cell(table, OUT_COLOUR_NONE, "%u", group->priority);
	out_table_cell(table, OUT_COLOUR_NONE, "%zu", group->out);
	out_table_cell(table, OUT_COLOUR_NONE, "%zu", group->in);
	out_table_cell(table, OUT_COLOUR_NONE, "%zu", group->forward);
	if (group->drift)
		out_table_cell(table, OUT_COLOUR_BAD, "%zu", group->drift);
	else
		out_table_cell(table, OUT_COLOUR_NONE, "-");
}

static void put_groups(const struct list_groups *groups, bool coloured, struct buf *out)
{
	static const struct out_column columns[] = {
		{"SUBNET", false}, {"ACTION", false}, {"LEVEL", false}, {"PRIORITY", true},
		{"OUT", true},     {"IN", true},      {"FWD", true},    {"DRIFT", true},
	};
	struct out_table table;

	out_table_init(&table, columns, COUNT(columns));
	for (size_t i = 0; i < groups->count; i++)
		put_group(&table, &groups->items[i]);
	out_table_render(&table, coloured, out);
}

/* Those that are no entries of the lists. */
static void put_numbers(const struct list_groups *groups, struct buf *out)
{
	size_t peers = groups->pinned + groups->held + groups->unpinned + groups->blocked;
	size_t exceptions = groups->own + groups->neighbour + groups->broadcast;

	if (peers + exceptions + groups->fallback)
		buf_str(out, "\n");
	if (peers)
		buf_printf(out,
		           "known peers   %zu pinned to an SA, %zu held until they have one, %zu "
		           "not pinned, %zu silent and blocked\n",
		           groups->pinned, groups->held, groups->unpinned, groups->blocked);
	if (exceptions)
		buf_printf(out,
		           "exceptions    %zu for own addresses, %zu for neighbour discovery, %zu "
		           "for broadcast and multicast\n",
		           groups->own, groups->neighbour, groups->broadcast);
	if (groups->fallback)
		buf_printf(out, "fallback      %zu for local addresses without policies\n",
		           groups->fallback);
}

static void put_single(const struct list_groups *groups, bool coloured, struct buf *out)
{
	struct out_table table;
	size_t i;

	buf_str(out, "\npolicies of others, and ours that are not as they should be:\n");
	init_table(&table);
	for (i = 0; i < groups->single_count && i < OUT_LIST_SINGLE_MAX; i++)
		put_row(&table, groups->single[i]);
	out_table_render(&table, coloured, out);
	if (i < groups->single_count)
		buf_printf(out, "... and %zu more, see xfrmctl list --all\n",
		           groups->single_count - i);
}

void out_list_grouped(const struct policy_rows *rows, bool coloured, struct buf *out)
{
	struct list_groups groups;

	if (list_groups_build(rows, &groups) < 0) {
		out->error = -ENOMEM;
		return;
	}
	put_groups(&groups, coloured, out);
	put_numbers(&groups, out);
	if (groups.single_count)
		put_single(&groups, coloured, out);
	list_groups_fini(&groups);
}
