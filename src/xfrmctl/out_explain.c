/* SPDX-License-Identifier: MIT */
/* The text of `xfrmctl explain`. */
#include "out_explain.h"

#include "explanation_words.h"
#include "out_list.h"
#include "out_peers.h"
#include "out_text.h"
#include "xfrmd/spd/role.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum out_colour reason_colour(const struct ctl_explain *explain)
{
	const struct policy *rule = explain_rule(&explain->out);

	if (ctl_explain_has_sa(explain))
		return OUT_COLOUR_GOOD;
	if (rule ? rule->action == POLICY_ACTION_BLOCK : explain->defaults.out_blocked)
		return OUT_COLOUR_BAD;
	return OUT_COLOUR_WARN;
}

/* How one that is not the rule stands to it. */
static const char *place_of(const struct explain_way *way, size_t i)
{
	if (way->matching.items[i].drift == DIFF_DRIFT_MISSING)
		return "  missing";
	return i < way->rule ? "  except" : "  beats";
}

static void put_row(struct out_table *table, const struct policy_row *row, const char *place)
{
	const struct policy *policy = &row->policy;
	const char *drift = diff_drift_name(row->drift);
	char role[EXPLANATION_ROLE_MAX];

	out_table_cell(table, OUT_COLOUR_NONE, "%s", place);
	out_list_cells(table, policy);
	out_table_cell(table, drift ? OUT_COLOUR_BAD : OUT_COLOUR_NONE, "%s%s%s",
	               explanation_role(policy, role), drift ? ", " : "", drift ? drift : "");
}

static void put_rule(struct out_table *table, const struct explain_way *way, const char *direction,
                     bool blocked)
{
	if (explain_rule(way)) {
		put_row(table, &way->matching.items[way->rule], direction);
		return;
	}
	out_table_cell(table, OUT_COLOUR_NONE, "%s", direction);
	out_table_cell(table, blocked ? OUT_COLOUR_BAD : OUT_COLOUR_WARN, "%s",
	               blocked ? "block" : "none");
	for (size_t i = 2; i < table->column_count - 1; i++)
		out_table_cell(table, OUT_COLOUR_NONE, "%s", "");
	out_table_cell(table, OUT_COLOUR_NONE, "the kernel's default");
}

/* Neighbour discovery is five policies in each direction that nobody needs to see every time. */
static void put_way(struct out_table *table, const struct explain_way *way, const char *direction,
                    bool blocked)
{
	put_rule(table, way, direction, blocked);
	for (size_t i = 0; i < way->matching.count; i++) {
		const struct policy_row *row = &way->matching.items[i];

		if (i != way->rule && (row->drift || role_of(&row->policy) != ROLE_NEIGHBOUR))
			put_row(table, row, place_of(way, i));
	}
}

static void put_policies(const struct ctl_explain *explain, bool coloured, struct buf *out)
{
	static const struct out_column columns[] = {
		{"", false},           {"ACTION", false},
		{"SOURCE", false},     {"DESTINATION", false},
		{"PRIORITY", true},    {"LEVEL", false},
		{"WHAT IT IS", false},
	};
	struct out_table table;

	if (explain_kind_is_exempt(explain->kind, explain->pair.remote.family))
		return;
	buf_str(out, "\n");
	out_table_init(&table, columns, COUNT(columns));
	put_way(&table, &explain->out, "out", explain->defaults.out_blocked);
	if (explain->kind == EXPLAIN_KIND_REMOTE || explain->in.matching.count)
		put_way(&table, &explain->in, "in", explain->defaults.in_blocked);
	if (explain_rule(&explain->forward))
		put_rule(&table, &explain->forward, "forwarded", false);
	out_table_render(&table, coloured, out);
}

static bool others_equal(const struct ctl_explain_other *a, const struct ctl_explain_other *b)
{
	return a->same == b->same && a->out == b->out && a->in == b->in;
}

/* One line for all local addresses of which the same is true. */
static void put_equal(const struct ctl_explain *explain, size_t first, struct buf *out)
{
	const struct ctl_explain_other *others = explain->others;
	char addr[ADDR_TEXT_MAX];

	out_text_key(out, others[first].same ? "also from" : "but from");
	for (size_t i = first; i < explain->other_count; i++) {
		if (others_equal(&others[i], &others[first]))
			buf_printf(out, "%s%s", i > first ? ", " : "",
			           addr_format(&others[i].local, addr));
	}
	if (others[first].same)
		buf_str(out, "\n");
	else
		buf_printf(out, ": out %s, in %s\n", others[first].out ? others[first].out : "none",
		           others[first].in ? others[first].in : "none");
}

static void put_others(const struct ctl_explain *explain, struct buf *out)
{
	for (size_t i = 0; i < explain->other_count; i++) {
		size_t first = 0;

		while (!others_equal(&explain->others[first], &explain->others[i]))
			first++;
		if (first == i)
			put_equal(explain, i, out);
	}
}

static void put_route(const struct ctl_explain *explain, struct buf *out)
{
	const struct route *route = &explain->route;
	char addr[ADDR_TEXT_MAX];

	out_text_key(out, "route");
	if (!route->found) {
		buf_str(out, "none\n");
		return;
	}
	buf_printf(out, "%s", route->ifname);
	if (route->gateway.family)
		buf_printf(out, " via %s", addr_format(&route->gateway, addr));
	if (explain->pair.local.family)
		buf_printf(out, " from %s", addr_format(&explain->pair.local, addr));
	buf_str(out, "\n");
}

void out_explain(const struct ctl_explain *explain, int64_t now, bool coloured, struct buf *out)
{
	char addr[ADDR_TEXT_MAX];

	buf_printf(out, "%s: ", addr_format(&explain->pair.remote, addr));
	out_coloured(out, coloured, reason_colour(explain), explain->reason);
	buf_str(out, "\n");
	if (explain->why)
		buf_printf(out, "  why: %s\n  do:  %s\n", explain->why, explain->action);
	put_policies(explain, coloured, out);
	buf_str(out, "\n");
	put_route(explain, out);
	put_others(explain, out);
	if (explain->peer)
		out_peers_state(explain->peer, now, coloured, out);
	for (size_t i = 0; i < explain->sa_count; i++)
		out_peers_sa(&explain->sas[i], now, out);
}
