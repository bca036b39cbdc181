/* SPDX-License-Identifier: MIT */
/*
 * `xfrmctl list`: the kernel's policies as they are, and beside each what the daemon thinks of it.
 * The kernel is asked first and the daemon may be away: this must work when nothing else does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "out_text.h"
#include "xfrmctl.h"
#include "xfrmd/cleanup.h"
#include "xfrmd/xfrm_sock.h"

struct rows {
	struct ctl_policy_row *items;
	size_t count;
};

static int read_kernel(struct policy_list *ret_have, struct err *err)
{
	struct xfrm_sock *sock = NULL;
	int ret = xfrm_sock_open(&sock, err);

	if (ret == 0)
		ret = xfrm_sock_dump_policies(sock, ret_have, err);
	xfrm_sock_close(sock);
	return ret;
}

/* Sorted by key, as diff_drift_of() needs it. False: nobody can tell, @err says why. */
static bool ask_desired(const struct options *options, struct policy_list *ret_want,
                        struct err *err)
{
	_cleanup_(cleanup_free) char *text = NULL;
	size_t len = 0;

	if (ask_daemon(options, CTL_COMMAND_DESIRED, QUESTION_TIMEOUT_MS, &text, &len, err) !=
	            EXIT_OK ||
	    ctl_proto_parse_desired(text, len, ret_want, err) < 0)
		return false;
	policy_list_sort_key(ret_want);
	return true;
}

static int compare_rows(const void *a, const void *b)
{
	const struct ctl_policy_row *x = a, *y = b;

	return policy_compare_order(&x->policy, &y->policy);
}

/* All that is there, and what should be: @want NULL if nobody knows. 0 or -ENOMEM. */
static int make_rows(const struct policy_list *have, const struct policy_list *want,
                     struct rows *ret_rows)
{
	size_t most = have->count + (want ? want->count : 0), count = 0, i;
	struct ctl_policy_row *items = calloc(most ? most : 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (i = 0; i < have->count; i++) {
		const struct policy *policy = &have->items[i];

		items[count++] = (struct ctl_policy_row){
			*policy, want ? diff_drift_of(have, want, policy) : DIFF_DRIFT_NONE};
	}
	for (i = 0; want && i < want->count; i++) {
		const struct policy *policy = &want->items[i];

		if (!policy_list_find(have, policy))
			items[count++] = (struct ctl_policy_row){*policy, DIFF_DRIFT_MISSING};
	}
	qsort(items, count, sizeof(*items), compare_rows);
	*ret_rows = (struct rows){items, count};
	return 0;
}

static int print_rows(const struct options *options, const struct rows *rows, bool drift_known)
{
	_cleanup_(cleanup_free) char *json = NULL;
	_cleanup_(buf_fini) struct buf out = {0};

	if (options->json) {
		json = ctl_proto_list(rows->items, rows->count, drift_known);
		return print_json(json);
	}
	out_text_list(rows->items, rows->count, options->coloured, &out);
	return print_buf(&out);
}

int cmd_list(const struct options *options)
{
	_cleanup_(policy_list_fini) struct policy_list have = {0}, want = {0};
	struct rows rows = {0};
	struct err err = {0};
	bool drift_known;
	int ret;

	if (read_kernel(&have, &err) < 0) {
		complain("%s", err.text);
		return EXIT_FAILED;
	}
	drift_known = ask_desired(options, &want, &err);
	if (!drift_known && !options->json)
		complain("%s, drift is unknown", err.text);
	if (make_rows(&have, drift_known ? &want : NULL, &rows) < 0) {
		complain("list: out of memory");
		return EXIT_FAILED;
	}
	ret = print_rows(options, &rows, drift_known);
	free(rows.items);
	return ret;
}
