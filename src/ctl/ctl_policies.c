/* SPDX-License-Identifier: MIT */
/* The documents that hold policies: what `xfrmctl list` prints, and what the daemon desires. */
#include <stdlib.h>
#include <string.h>

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

static void print_row(const struct policy_row *row, struct buf *out)
{
	const char *drift = diff_drift_name(row->drift);

	buf_str(out, "{");
	fields_print(policy_fields, &row->policy, out);
	buf_str(out,
	        policy_is_ours(&row->policy) ? ",\"owner\":\"xfrmd\"" : ",\"owner\":\"other\"");
	buf_str(out, drift ? ",\"drift\":\"" : ",\"drift\":null}");
	if (drift) {
		buf_str(out, drift);
		buf_str(out, "\"}");
	}
}

char *ctl_proto_list(const struct policy_rows *rows, bool drift_known)
{
	struct buf text = {0};

	buf_str(&text, drift_known ? "{\"drift_known\":true,\"policies\":["
	                           : "{\"drift_known\":false,\"policies\":[");
	for (size_t i = 0; i < rows->count; i++) {
		buf_str(&text, i > 0 ? "," : "");
		print_row(&rows->items[i], &text);
	}
	buf_str(&text, "]}");
	return buf_take_str(&text);
}

char *ctl_proto_desired(const struct policy_list *policies)
{
	struct buf text = {0};

	buf_str(&text, "{\"policies\":[");
	for (size_t i = 0; i < policies->count; i++) {
		buf_str(&text, i > 0 ? ",{" : "{");
		fields_print(policy_fields, &policies->items[i], &text);
		buf_str(&text, "}");
	}
	buf_str(&text, "]}");
	return buf_take_str(&text);
}

static const char unchanged[] = "{\"unchanged\":true}";

char *ctl_proto_unchanged(void)
{
	return strdup(unchanged);
}

bool ctl_proto_is_unchanged(const char *text, size_t len)
{
	return len == sizeof(unchanged) - 1 && memcmp(text, unchanged, len) == 0;
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
