/* SPDX-License-Identifier: MIT */
/*
 * `xfrmd --lockdown`: policies before there is a network, certificates or anybody to negotiate.
 * Takes nothing away, so that it can be called at any time, whoever ran before.
 */
#include <errno.h>
#include <stdlib.h>

#include "daemon.h"
#include "xfrmd/cleanup.h"
#include "xfrmd/diff.h"
#include "xfrmd/log.h"
#include "xfrmd/plan.h"

static bool holds_ours(const struct policy_list *have)
{
	for (size_t i = 0; i < have->count; i++) {
		if (policy_is_ours(&have->items[i]))
			return true;
	}
	return false;
}

/* The policy of a known host may stand in for a /32 of the lists: its pin is xfrmd's business. */
static bool is_due(const struct policy_list *have, const struct diff_op *op)
{
	struct known_host host;

	switch (op->kind) {
	case DIFF_OP_ADD:
		return true;
	case DIFF_OP_UPDATE:
		return !plan_read_host(policy_list_find(have, &op->policy), &host);
	case DIFF_OP_DELETE:
	case DIFF_OP_KICK:
		return false;
	}
	return false;
}

static int apply(struct xfrm_sock *sock, const struct policy_list *have,
                 const struct policy_list *want, struct err *err)
{
	_cleanup_(diff_fini) struct diff diff = {0};
	size_t due = 0;

	if (diff_build(have, want, &diff) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < diff.count; i++) {
		if (is_due(have, &diff.ops[i]))
			diff.ops[due++] = diff.ops[i];
	}
	diff.count = due;
	if (diff.conflicts)
		log_warning("lockdown: %zu selectors are held by foreign policies, left alone",
		            diff.conflicts);
	if (xfrm_sock_apply(sock, &diff, err))
		return -EIO;
	log_notice("lockdown: added=%zu updated=%zu", diff.adds, due - diff.adds);
	return 0;
}

static int lock_down(const struct conf *conf, struct xfrm_sock *sock, struct err *err)
{
	_cleanup_(policy_list_fini) struct policy_list have = {0}, want = {0};
	struct spd_thresholds thresholds = spd_thresholds_choose(conf);
	struct plan_input input = {0};
	struct local_addr *addrs;
	int error;

	error = xfrm_sock_dump_policies(sock, &have, err);
	if (!error)
		error = addr_watch_dump(&addrs, &input.addr_count, &input.forwarding, err);
	if (error)
		return error;
	input.addrs = addrs;
	input.lockdown = !holds_ours(&have);
	error = plan_build(conf, &input, &want);
	free(addrs);
	if (error)
		return err_set(err, error, "out of memory");
	/* without them all is right, but slow */
	(void)xfrm_sock_lower_thresholds(sock, &thresholds);
	return apply(sock, &have, &want, err);
}

int lockdown_run(struct daemon *daemon, struct err *err)
{
	struct xfrm_sock *sock = NULL;
	int error;

	if (daemon->conf.optional) {
		log_info("lockdown: optional = true, nothing to block");
		return 0;
	}
	error = daemon_open_run_dir(daemon, err);
	if (error == -EEXIST) {
		log_info("lockdown: nothing to do: %s", err->text);
		return 0;
	}
	if (!error)
		error = xfrm_sock_open(&sock, err);
	if (!error)
		error = lock_down(&daemon->conf, sock, err);
	xfrm_sock_close(sock);
	return error;
}
