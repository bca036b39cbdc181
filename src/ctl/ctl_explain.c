/* SPDX-License-Identifier: MIT */
/* The document of `xfrmctl explain`. Lists that exist per direction are one list: each policy says
 * its own. */
#include "xfrmd/ctl/ctl_explain.h"

#include <stdlib.h>

#include "ctl_json.h"
#include "json_writer.h"
#include "xfrmd/spd/role.h"

void ctl_explain_fini(struct ctl_explain *explain)
{
	if (!explain)
		return;
	explain_way_fini(&explain->out);
	explain_way_fini(&explain->in);
	explain_way_fini(&explain->forward);
	free(explain->others);
	free(explain->sas);
	*explain = (struct ctl_explain){0};
}

const char *ctl_explain_action(const struct explain_way *way)
{
	const struct policy *rule = explain_rule(way);

	return rule ? policy_action_names[rule->action] : NULL;
}

bool ctl_explain_has_sa(const struct ctl_explain *explain)
{
	const struct policy *rule = explain_rule(&explain->out);

	if (!rule || rule->action != POLICY_ACTION_PROTECT)
		return false;
	for (size_t i = 0; i < explain->sa_count; i++) {
		if (!rule->spi || rule->spi == explain->sas[i].spi_out)
			return true;
	}
	return false;
}

static json_t *verdict(const char *action, bool blocked)
{
	return json_string(action ? action : blocked ? "block" : "none");
}

static json_t *verdicts(const struct ctl_explain *explain)
{
	const struct xfrm_defaults *defaults = &explain->defaults;
	json_t *object = json_object();

	writer_put(&object, "out",
	           verdict(ctl_explain_action(&explain->out), defaults->out_blocked));
	writer_put(&object, "in", verdict(ctl_explain_action(&explain->in), defaults->in_blocked));
	writer_put(&object, "fwd",
	           verdict(ctl_explain_action(&explain->forward), defaults->fwd_blocked));
	return object;
}

static json_t *rule(const struct explain_way *way)
{
	return explain_rule(way) ? ctl_json_row(&way->matching.items[way->rule]) : json_null();
}

static json_t *rules(const struct ctl_explain *explain)
{
	json_t *object = json_object();

	writer_put(&object, "out", rule(&explain->out));
	writer_put(&object, "in", rule(&explain->in));
	writer_put(&object, "fwd", rule(&explain->forward));
	return object;
}

enum part {
	PART_MISSING,
	PART_PARTIAL,
	PART_BEATEN,
};

static enum part part_of(const struct policy_row *row)
{
	if (row->drift == DIFF_DRIFT_MISSING)
		return PART_MISSING;
	return explain_is_partial(&row->policy) ? PART_PARTIAL : PART_BEATEN;
}

/* What matches and is not the rule. */
static json_t *matching(const struct ctl_explain *explain, enum part part)
{
	const struct explain_way *ways[] = {&explain->out, &explain->in, &explain->forward};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const struct policy_rows *rows = &ways[i]->matching;

		for (size_t j = 0; j < rows->count; j++) {
			if (j != ways[i]->rule && part_of(&rows->items[j]) == part)
				writer_append(&list, ctl_json_row(&rows->items[j]));
		}
	}
	return list;
}

static json_t *entry(const struct ctl_explain *explain)
{
	const struct policy *policy = explain_entry(&explain->out);
	char text[PREFIX_TEXT_MAX];
	json_t *object;

	if (!policy)
		policy = explain_entry(&explain->in);
	if (!policy)
		return json_null();
	object = json_object();
	writer_put(&object, "list",
	           json_string(policy->action == POLICY_ACTION_ALLOW ? "no_ipsec_subnets"
	                                                             : "ipsec_subnets"));
	writer_put(&object, "prefix", json_string(prefix_format(role_remote(policy), text)));
	return object;
}

static json_t *route(const struct route *route)
{
	json_t *object;

	if (!route->found)
		return json_null();
	object = json_object();
	writer_put(&object, "interface", writer_text_or_null(route->ifname));
	writer_put(&object, "source", writer_addr(&route->source));
	writer_put(&object, "gateway", writer_addr(&route->gateway));
	writer_put(&object, "disable_xfrm", json_boolean(route->disable_xfrm));
	return object;
}

static json_t *others(const struct ctl_explain *explain)
{
	const struct xfrm_defaults *defaults = &explain->defaults;
	json_t *list = json_array();

	for (size_t i = 0; i < explain->other_count; i++) {
		const struct ctl_explain_other *other = &explain->others[i];
		json_t *object = json_object(), *both = json_object();

		writer_put(&both, "out", verdict(other->out, defaults->out_blocked));
		writer_put(&both, "in", verdict(other->in, defaults->in_blocked));
		writer_put(&object, "local", writer_addr(&other->local));
		writer_put(&object, "verdict", both);
		writer_put(&object, "same", json_boolean(other->same));
		writer_append(&list, object);
	}
	return list;
}

char *ctl_proto_explain(const struct ctl_explain *explain)
{
	json_t *root = json_object(), *sas = json_array();

	for (size_t i = 0; i < explain->sa_count; i++)
		writer_append(&sas, fields_write(ctl_sa_fields, &explain->sas[i]));
	writer_put(&root, "address", writer_addr(&explain->pair.remote));
	writer_put(&root, "kind", json_string(explain_kind_name(explain->kind)));
	writer_put(&root, "local", writer_addr(&explain->pair.local));
	writer_put(&root, "reason", writer_text(explain->reason));
	writer_put(&root, "verdict", verdicts(explain));
	writer_put(&root, "rule", rules(explain));
	writer_put(&root, "beaten", matching(explain, PART_BEATEN));
	writer_put(&root, "partial", matching(explain, PART_PARTIAL));
	writer_put(&root, "missing", matching(explain, PART_MISSING));
	writer_put(&root, "drift_known", json_boolean(explain->drift_known));
	writer_put(&root, "entry", entry(explain));
	writer_put(&root, "route", route(&explain->route));
	writer_put(&root, "others", others(explain));
	writer_put(&root, "sas", sas);
	writer_put(&root, "peer",
	           explain->peer ? fields_write(ctl_peer_fields, explain->peer) : json_null());
	return writer_dump(root);
}
