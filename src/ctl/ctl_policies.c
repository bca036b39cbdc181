/* SPDX-License-Identifier: MIT */
/* The documents that hold policies: what `xfrmctl list` prints, and what the daemon desires. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl_json.h"
#include "json_fields.h"
#include "json_writer.h"
#include "xfrmd/base/buf.h"
#include "xfrmd/ctl/ctl_proto.h"

static const char *const directions[] = {
	[POLICY_DIR_OUT] = "out", [POLICY_DIR_IN] = "in", [POLICY_DIR_FWD] = "fwd", NULL};
static const char *const actions[] = {[POLICY_ACTION_PROTECT] = "protect",
                                      [POLICY_ACTION_ALLOW] = "allow",
                                      [POLICY_ACTION_BLOCK] = "block",
                                      NULL};
static const char *const levels[] = {[false] = "required", [true] = "optional", NULL};

#define POLICY(member) FIELD_MEMBER(struct policy, member)

static const struct field policy_fields[] = {
	{"direction", FIELD_WORD, POLICY(dir), .words = directions},
	{"action", FIELD_WORD, POLICY(action), .words = actions},
	{"source", FIELD_PREFIX, POLICY(src)},
	{"destination", FIELD_PREFIX, POLICY(dst)},
	{"priority", FIELD_COUNT, POLICY(priority)},
	{"level", FIELD_WORD, POLICY(optional), .words = levels, .later = true},
	{"protocol", FIELD_NUMBER, POLICY(proto)},
	{"icmp_type", FIELD_NUMBER, POLICY(icmp_type)},
	{"reqid", FIELD_NUMBER, POLICY(reqid)},
	{"spi", FIELD_SPI, POLICY(spi)},
	{"exotic", FIELD_BOOL, POLICY(unsupported)},
	{0},
};

static json_t *policy_json(const struct policy *policy)
{
	json_t *object = fields_write(policy_fields, policy);

	/* only who protects has one */
	if (policy->action != POLICY_ACTION_PROTECT)
		writer_put(&object, "level", json_null());
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
		struct policy policy = {0};

		fields_read(policy_fields, &reader, item, &policy);
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
