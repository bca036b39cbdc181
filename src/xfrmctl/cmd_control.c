/* SPDX-License-Identifier: MIT */
/* The commands that make the daemon do something, and then tell what it did, or why not. */
#include <errno.h>

#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/xfrm/xfrm_sock.h"

/* Shutdown waits for the jobs of stop_wait_for and for the peers: the daemon bounds both. */
#define SHUTDOWN_TIMEOUT_MS 0

/* @err is filled when there is no answer; the caller says so. */
static int try_control(const struct options *options, const struct ctl_ask *ask,
                       unsigned timeout_ms, struct output *output, struct err *err)
{
	_cleanup_(strlist_fini) struct strlist changes = {0}, errors = {0};
	_cleanup_(cleanup_free) char *text = NULL;
	bool ok = false;
	size_t len = 0;
	int ret = ask_daemon_for(options, ask, timeout_ms, &text, &len, err);

	if (ret == EXIT_OK && ctl_proto_parse_result(text, len, &ok, &changes, &errors, err) < 0)
		ret = EXIT_FAILED;
	if (ret != EXIT_OK)
		return ret;
	if (options->json)
		output_json(output, steal_ptr(text));
	else
		output_result(output, false, &changes, &errors);
	return ok ? EXIT_OK : EXIT_FAILED;
}

int control(const struct options *options, const struct ctl_ask *ask, unsigned timeout_ms,
            struct output *output)
{
	struct err err = {0};
	int ret = try_control(options, ask, timeout_ms, output, &err);

	if (*err.text)
		output_complain(output, 0, "%s: %s", ctl_command_names[ask->command], err.text);
	return ret;
}

int cmd_reload(const struct options *options, struct output *output)
{
	return control(options, &(struct ctl_ask){.command = CTL_COMMAND_RELOAD}, CHANGE_TIMEOUT_MS,
	               output);
}

int cmd_shutdown(const struct options *options, struct output *output)
{
	const struct ctl_ask ask = {.command = CTL_COMMAND_SHUTDOWN, .now = options->now};

	return control(options, &ask, SHUTDOWN_TIMEOUT_MS, output);
}

static bool has_reqid(const struct diff *diff, uint32_t reqid)
{
	for (size_t i = 0; i < diff->count; i++)
		if (diff->ops[i].kind == DIFF_OP_DELETE &&
		    diff->ops[i].policy.action == POLICY_ACTION_PROTECT &&
		    diff->ops[i].policy.reqid == reqid)
			return true;
	return false;
}

/* The SAs of the policies that @removed deletes: a charon that was killed leaves them. */
static int flush_sas(struct xfrm_sock *sock, const struct diff *removed, size_t *ret_removed,
                     struct err *err)
{
	_cleanup_(cleanup_free) struct sa *sas = NULL;
	size_t count = 0;
	int error = xfrm_sock_dump_sas(sock, &sas, &count, err);

	for (size_t i = 0; !error && i < count; i++)
		if (has_reqid(removed, sas[i].reqid) && xfrm_sock_delete_sa(sock, &sas[i]) == 0)
			++*ret_removed;
	return error;
}

/* Removes our policies and SAs from the kernel, and counts them. Negative errno and @err. */
static int flush_kernel(size_t *ret_policies, size_t *ret_sas, struct err *err)
{
	_cleanup_(policy_list_fini) struct policy_list have = {0};
	const struct policy_list want = {0};
	struct xfrm_sock *sock = NULL;
	struct diff diff = {0};
	int error;

	error = xfrm_sock_open(&sock, err);
	if (error)
		return error;
	error = xfrm_sock_dump_policies(sock, &have, err);
	if (!error && diff_build(&have, &want, &diff) < 0)
		error = err_set(err, -ENOMEM, "out of memory");
	if (!error && xfrm_sock_apply(sock, &diff, err))
		error = -EIO;
	if (!error)
		error = flush_sas(sock, &diff, ret_sas, err);
	*ret_policies = diff.deletes;
	diff_fini(&diff);
	xfrm_sock_close(sock);
	return error;
}

/*
 * Policies outlive the daemon, and after `xfrmctl shutdown` with stop_action = block nobody else is
 * there to remove them.
 */
static int flush_without_daemon(const struct options *options, struct output *output)
{
	_cleanup_(strlist_fini) struct strlist changes = {0}, errors = {0};
	struct err err = {0};
	size_t policies = 0, sas = 0;
	int error = flush_kernel(&policies, &sas, &err);

	if ((error ? strlist_add(&errors, err.text)
	           : strlist_addf(&changes, "policies: %zu removed, SAs: %zu, no daemon runs",
	                          policies, sas)) < 0)
		return EXIT_FAILED;
	output_result(output, options->json, &changes, &errors);
	return error ? EXIT_FAILED : EXIT_OK;
}

int cmd_flush(const struct options *options, struct output *output)
{
	const struct ctl_ask ask = {.command = CTL_COMMAND_FLUSH};
	struct err err = {0};
	int ret = try_control(options, &ask, CHANGE_TIMEOUT_MS, output, &err);

	if (ret == EXIT_UNREACHABLE)
		return flush_without_daemon(options, output);
	if (*err.text)
		output_complain(output, 0, "%s: %s", ctl_command_names[CTL_COMMAND_FLUSH],
		                err.text);
	return ret;
}
