/* SPDX-License-Identifier: MIT */
/* The documents that hold policies: what `xfrmctl list` prints, and what the daemon desires. */
#include <stdlib.h>

#include "ctl_json.h"
#include "json_writer.h"
#include "xfrmd/base/buf.h"
#include "xfrmd/ctl/ctl_proto.h"

#define POLICY(member) FIELD_MEMBER(struct policy, member)

static const struct field policy_fields[] = {
	{"direction", FIELD_WORD, POLICY(dir), .words = policy_dir_names},
	{"action", FIELD_WORD, POLICY(action), .words = policy_action_names},
	{"source", FIELD_PREFIX, POLICY(src)},
	{"destination", FIELD_PREFIX, POLICY(dst)},
	{"priority", FIELD_COUNT, POLICY(priority)},
	{"level", FIELD_LEVEL, .later = true},
	{"protocol", FIELD_NUMBER, POLICY(proto)},
	{"icmp_type", FIELD_NUMBER, POLICY(icmp_type)},
	{"reqid", FIELD_NUMBER, POLICY(reqid)},
	{"spi", FIELD_SPI, POLICY(spi)},
	{"exotic", FIELD_BOOL, POLICY(unsupported)},
	{0},
};

static const struct field list_fields[] = {
	{"policies", FIELD_LIST(struct policy_list, items, count, policy_fields)},
	{0},
};

json_t *ctl_json_row(const struct policy_row *row)
{
	const char *drift = diff_drift_name(row->drift);
	json_t *object = fields_write(policy_fields, &row->policy);

	writer_put(&object, "owner", json_string(policy_is_ours(&row->policy) ? "xfrmd" : "other"));
	writer_put(&object, "drift", drift ? json_string(drift) : json_null());
	return object;
}

char *ctl_proto_list(const struct policy_rows *rows, bool drift_known)
{
	json_t *root = json_object(), *list = json_array();

	for (size_t i = 0; i < rows->count; i++)
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

	buf_str(&text, "{\"policies\":[");
	for (size_t i = 0; i < policies->count && !text.error; i++) {
		char *one = writer_dump(fields_write(policy_fields, &policies->items[i]));

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

int ctl_proto_parse_desired(const char *text, size_t len, struct policy_list *ret_policies,
                            struct err *err)
{
	int error;

	*ret_policies = (struct policy_list){0};
	error = fields_parse("desired policies", list_fields, text, len, ret_policies, err);
	if (error)
		policy_list_fini(ret_policies);
	return error;
}
