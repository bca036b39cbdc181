/* SPDX-License-Identifier: MIT */
/* The two that are asked: the daemon by its socket, the kernel by netlink. */
#include <errno.h>

#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/ctl/ctl_client.h"
#include "xfrmd/spd/policy_digest.h"
#include "xfrmd/xfrm/xfrm_sock.h"

int ask_daemon_for(const struct options *options, const struct ctl_ask *ask, unsigned timeout_ms,
                   char **ret_text, size_t *ret_len, struct err *err)
{
	int ret = ctl_client_request(options->run_dir, ask, timeout_ms, ret_text, ret_len, err);

	if (ret == 0)
		return EXIT_OK;
	return ret == -ENOMEM || ret == -EMSGSIZE || ret == -ENAMETOOLONG ? EXIT_FAILED
	                                                                  : EXIT_UNREACHABLE;
}

int ask_daemon(const struct options *options, enum ctl_command command, char **ret_text,
               size_t *ret_len, struct err *err)
{
	return ask_daemon_for(options, &(struct ctl_ask){.command = command}, QUESTION_TIMEOUT_MS,
	                      ret_text, ret_len, err);
}

int ask_kernel(struct policy_list *ret_have, struct err *err)
{
	struct xfrm_sock *sock = NULL;
	int ret = xfrm_sock_open(&sock, err);

	if (ret == 0)
		ret = xfrm_sock_dump_policies(sock, ret_have, err);
	xfrm_sock_close(sock);
	return ret;
}

int ask_kernel_sas(struct sa **ret_sas, size_t *ret_count, struct err *err)
{
	struct xfrm_sock *sock = NULL;
	int ret = xfrm_sock_open(&sock, err);

	if (ret == 0)
		ret = xfrm_sock_dump_sas(sock, ret_sas, ret_count, err);
	xfrm_sock_close(sock);
	return ret;
}

/* Sorted by key, as policy_rows_build() needs it; nothing but *ret_same if what the daemon wants is what
 * @unless says. */
static int ask_desired(const struct options *options, uint64_t unless, struct policy_list *ret_want,
                       bool *ret_same, struct err *err)
{
	const struct ctl_ask ask = {.command = CTL_COMMAND_DESIRED, .unless = unless};
	_cleanup_(cleanup_free) char *text = NULL;
	size_t len = 0;
	int ret = ask_daemon_for(options, &ask, QUESTION_TIMEOUT_MS, &text, &len, err);

	*ret_same = ret == EXIT_OK && ctl_proto_is_unchanged(text, len);
	if (ret != EXIT_OK || *ret_same)
		return ret;
	if (ctl_proto_parse_desired(text, len, ret_want, err) < 0) /* older ones refuse @unless */
		return unless ? ask_desired(options, 0, ret_want, ret_same, err) : EXIT_FAILED;
	policy_list_sort_key(ret_want);
	return EXIT_OK;
}

int ask_policies(const struct options *options, struct policy_rows *ret_rows, bool *ret_drift_known,
                 struct output *output)
{
	_cleanup_(policy_list_fini) struct policy_list have = {0}, want = {0};
	bool drift_known, same = false;
	struct err err = {0};

	/* the kernel first: the daemon, asked later, desires what is newer */
	if (ask_kernel(&have, &err) < 0)
		return output_complain(output, EXIT_FAILED, "%s", err.text);
	drift_known = ask_desired(options, policy_digest(&have), &want, &same, &err) == EXIT_OK;
	if (!drift_known && !options->json)
		output_complain(output, 0, "%s, drift is unknown", err.text);
	if (policy_rows_build(&have, drift_known && !same ? &want : NULL, ret_rows) < 0)
		return output_complain(output, EXIT_FAILED, "policies: out of memory");
	*ret_drift_known = drift_known;
	return EXIT_OK;
}

int ask_status(const struct options *options, struct ctl_status *ret_status, char **ret_text,
               struct err *err)
{
	_cleanup_(cleanup_free) char *text = NULL;
	size_t len = 0;
	int ret = ask_daemon(options, CTL_COMMAND_STATUS, &text, &len, err);

	if (ret == EXIT_OK && ctl_proto_parse_status(text, len, ret_status, err) < 0)
		ret = EXIT_FAILED;
	if (ret == EXIT_OK && ret_text)
		*ret_text = steal_ptr(text);
	return ret;
}

int ask_peers(const struct options *options, struct ctl_peers *ret_peers, struct err *err)
{
	_cleanup_(cleanup_free) char *text = NULL;
	size_t len = 0;
	int ret = ask_daemon(options, CTL_COMMAND_PEERS, &text, &len, err);

	if (ret == EXIT_OK && ctl_proto_parse_peers(text, len, ret_peers, err) < 0)
		ret = EXIT_FAILED;
	return ret;
}

int ask_to_begin(const struct options *options, enum ctl_command command,
                 const struct addr *address, struct err *err)
{
	const struct ctl_ask ask = {.command = command, .address = *address};
	_cleanup_(strlist_fini) struct strlist changes = {0}, errors = {0};
	_cleanup_(cleanup_free) char *text = NULL;
	bool ok = false;
	size_t len = 0;
	int ret = ask_daemon_for(options, &ask, QUESTION_TIMEOUT_MS, &text, &len, err);

	if (ret != EXIT_OK)
		return ret;
	if (ctl_proto_parse_result(text, len, &ok, &changes, &errors, err) < 0)
		return EXIT_FAILED;
	if (!ok)
		err_set(err, 0, "%s", errors.count ? errors.items[0] : "refused");
	return ok ? EXIT_OK : EXIT_FAILED;
}
