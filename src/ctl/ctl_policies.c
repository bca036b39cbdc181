/* SPDX-License-Identifier: MIT */
/* The documents that hold policies: what `xfrmctl list` prints, and what the daemon desires. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl_json.h"
#include "json_reader.h"
#include "json_writer.h"
#include "xfrmd/base/buf.h"
#include "xfrmd/ctl/ctl_proto.h"

static json_t *policy_json(const struct policy *policy)
{
	char text[PREFIX_TEXT_MAX];
	json_t *object = json_object(), *level = json_null();

	if (policy->action == POLICY_ACTION_PROTECT)
		level = json_string(policy->optional ? "optional" : "required");
	writer_put(&object, "direction", json_string(policy_dir_names[policy->dir]));
	writer_put(&object, "action", json_string(policy_action_names[policy->action]));
	writer_put(&object, "source", json_string(prefix_format(&policy->src, text)));
	writer_put(&object, "destination", json_string(prefix_format(&policy->dst, text)));
	writer_put(&object, "priority", json_integer(policy->priority));
	writer_put(&object, "level", level);
	writer_put(&object, "protocol", writer_number_or_null(policy->proto));
	writer_put(&object, "icmp_type", writer_number_or_null(policy->icmp_type));
	writer_put(&object, "reqid", writer_number_or_null(policy->reqid));
	writer_put(&object, "spi", writer_spi(policy->spi));
	writer_put(&object, "exotic", json_boolean(policy->unsupported));
	return object;
}

json_t *ctl_json_row(const struct policy_row *row)
{
	const char *drift = diff_drift_name(row->drift);
	json_t *object = policy_json(&row->policy);

	writer_put(&object, "owner", json_string(policy_is_ours(&row->policy) ? "xfrmd" : "other"));
	writer_put(&object, "drift", drift ? json_string(drift) : json_null());
	return object;
}

char *ctl_proto_list(const struct policy_rows *rows, bool drift_known)
{
	json_t *root = json_object(), *list = json_array();
	size_t i;

	for (i = 0; i < rows->count; i++)
		writer_append(&list, ctl_json_row(&rows->items[i]));
	writer_put(&root, "drift_known", json_boolean(drift_known));
	writer_put(&root, "policies", list);
	return writer_dump(root);
}

/*
 * One policy after the other: a tree of 30,000 would leave the daemon's heap in pieces, many times
 * larger than its policies.
 */
char *ctl_proto_desired(const struct policy_list *policies)
{
	struct buf text = {0};
	size_t i;

	buf_str(&text, "{\"policies\":[");
	for (i = 0; i < policies->count && !text.error; i++) {
		char *one = writer_dump(policy_json(&policies->items[i]));

		if (!one) {
			buf_fini(&text);
			return NULL;
		}
		buf_str(&text, i > 0 ? "," : "");
		buf_str(&text, one);
		free(one);
	}
	buf_str(&text, "]}");
	return buf_take_str(&text);
}

static bool read_level(struct reader *reader, json_t *object)
{
	const char *text = reader_is_null(object, "level") ? "required"
	                                                   : reader_text(reader, object, "level");
	bool optional = strcmp(text, "optional") == 0;

	if (!optional && strcmp(text, "required") != 0)
		reader_fail(reader, "level", "required, optional or null");
	return optional;
}

static void read_policy(struct reader *reader, json_t *object, struct policy *policy)
{
	memset(policy, 0, sizeof(*policy));
	policy->dir = (uint8_t)reader_choice(reader, object, "direction", policy_dir_names);
	policy->action = (uint8_t)reader_choice(reader, object, "action", policy_action_names);
	policy->src = reader_prefix(reader, object, "source");
	policy->dst = reader_prefix(reader, object, "destination");
	policy->priority = (uint32_t)reader_count(reader, object, "priority", UINT32_MAX);
	policy->optional = read_level(reader, object);
	policy->proto = (uint8_t)reader_number(reader, object, "protocol", UINT8_MAX);
	policy->icmp_type = (uint8_t)reader_number(reader, object, "icmp_type", UINT8_MAX);
	policy->reqid = (uint32_t)reader_number(reader, object, "reqid", UINT32_MAX);
	policy->spi = reader_spi(reader, object, "spi");
	policy->unsupported = reader_bool(reader, object, "exotic");
}

int ctl_proto_parse_desired(const char *text, size_t len, struct policy_list *ret_policies,
                            struct err *err)
{
	struct reader reader = {.document = "desired policies", .err = err};
	json_t *root = reader_load_answer(text, len, CTL_RESPONSE_MAX, &reader);
	json_t *list = reader_list(&reader, root, "policies");
	size_t i;

	memset(ret_policies, 0, sizeof(*ret_policies));
	for (i = 0; i < json_array_size(list); i++) {
		json_t *item = json_array_get(list, i);
		struct policy policy;

		read_policy(&reader, item, &policy);
		if (reader.error)
			break;
		if (policy_list_add(ret_policies, &policy) < 0) {
			reader_fail_memory(&reader);
			break;
		}
	}
	if (reader.error)
		policy_list_fini(ret_policies);
	json_decref(root);
	return reader.error;
}
