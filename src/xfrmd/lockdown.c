/* SPDX-License-Identifier: MIT */
/*
 * `xfrmd --lockdown`: policies before there is a network, certificates or anybody to negotiate.
 * Takes nothing away, so that it can be called at any time, whoever ran before. What the kernel has
 * counts, not who says that xfrmd runs.
 */
#include "xfrmd/xfrmd/lockdown.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/run_dir.h"
#include "xfrmd/conf/spd_thresholds.h"
#include "xfrmd/net/addr_watch.h"
#include "xfrmd/spd/diff.h"
#include "xfrmd/spd/plan.h"
#include "xfrmd/xfrm/xfrm_sock.h"

/* An xfrmd that has just been started has its policies in the kernel by then. */
#define PATIENCE_MS 5000
#define POLL_MS     50

static bool holds_ours(const struct policy_list *have)
{
	for (size_t i = 0; i < have->count; i++)
		if (policy_is_ours(&have->items[i]))
			return true;
	return false;
}

/* The policy of a known host may stand in for a /32 of the lists, and what a subnet waits by may be
 * gone with an xfrmd that ended: its SPI is xfrmd's business. */
static bool differs_by_spi(const struct policy *held, const struct policy *wanted)
{
	struct policy policy = *held;
	struct known_host host;

	policy.spi = wanted->spi;
	return plan_read_host(held, &host) || policy_equal(&policy, wanted);
}

static bool is_due(const struct policy_list *have, const struct diff_op *op)
{
	return op->kind == DIFF_OP_ADD ||
	       (op->kind == DIFF_OP_UPDATE &&
	        !differs_by_spi(policy_list_find(have, &op->policy), &op->policy));
}

/* Keeps what is due in @diff: nothing is taken away. */
static void keep_due(const struct policy_list *have, struct diff *diff)
{
	size_t due = 0;

	for (size_t i = 0; i < diff->count; i++)
		if (is_due(have, &diff->ops[i]))
			diff->ops[due++] = diff->ops[i];
	diff->count = due;
}

/* What of the wanted policies is due in the kernel; the caller finishes it. */
static int compare(const struct conf *conf, struct xfrm_sock *sock, struct diff *ret_diff,
                   struct err *err)
{
	_cleanup_(policy_list_fini) struct policy_list have = {0}, want = {0};
	struct plan_input input = {0};
	_cleanup_(cleanup_free) struct local_addr *addrs = NULL;
	int error = xfrm_sock_dump_policies(sock, &have, err);

	if (!error)
		error = addr_watch_dump(&addrs, &input.addr_count, &input.forwarding, err);
	if (error)
		return error;
	input.addrs = addrs;
	input.lockdown = !holds_ours(&have);
	error = plan_build(conf, &input, &want);
	if (!error)
		error = diff_build(&have, &want, ret_diff);
	if (error)
		return err_set(err, error, "out of memory");
	keep_due(&have, ret_diff);
	return 0;
}

static int install(const struct conf *conf, struct xfrm_sock *sock, struct err *err)
{
	struct spd_thresholds thresholds = spd_thresholds_choose(conf);
	_cleanup_(diff_fini) struct diff diff = {0};
	int error = compare(conf, sock, &diff, err);

	if (error)
		return error;
	/* without them all is right, but slow */
	(void)xfrm_sock_lower_thresholds(sock, &thresholds);
	if (diff.conflicts)
		log_warning("lockdown: %zu selectors are held by foreign policies, left alone",
		            diff.conflicts);
	if (xfrm_sock_apply(sock, &diff, err))
		return -EIO;
	log_notice("lockdown: added=%zu updated=%zu", diff.adds, diff.count - diff.adds);
	return 0;
}

/* How many of the policies are not in the kernel. */
static int count_missing(const struct conf *conf, struct xfrm_sock *sock, size_t *ret_missing,
                         struct err *err)
{
	_cleanup_(diff_fini) struct diff diff = {0};
	int error = compare(conf, sock, &diff, err);

	if (!error)
		*ret_missing = diff.adds;
	return error;
}

/* Installs, unless another xfrmd has installed. */
static int wait_and_install(const struct conf *conf, const char *run_dir, int *lock_fd,
                            struct xfrm_sock *sock, struct err *err)
{
	uint64_t end_ms = clock_now_ms() + PATIENCE_MS;
	struct err busy;
	size_t missing;
	int error;

	for (;;) {
		error = run_dir_open(run_dir, lock_fd, &busy);
		if (error && error != -EEXIST)
			log_warning("lockdown: goes on without a lock: %s", busy.text);
		if (error != -EEXIST)
			return install(conf, sock, err);
		error = count_missing(conf, sock, &missing, err);
		if (error)
			return error;
		if (!missing) {
			log_info("lockdown: nothing to do: %s", busy.text);
			return 0;
		}
		if (clock_now_ms() >= end_ms)
			return err_set(err, -EEXIST,
			               "%s, and %zu policies of the configuration are not in the "
			               "kernel: xfrmctl reload",
			               busy.text, missing);
		poll(NULL, 0, POLL_MS);
	}
}

int lockdown_run(const struct conf *conf, const char *run_dir, struct err *err)
{
	struct xfrm_sock *sock = NULL;
	int error, lock_fd = -1;

	if (conf->optional) {
		log_info("lockdown: optional = true, nothing to block");
		return 0;
	}
	error = xfrm_sock_open(&sock, err);
	if (!error)
		error = wait_and_install(conf, run_dir, &lock_fd, sock, err);
	xfrm_sock_close(sock);
	run_dir_close(run_dir, lock_fd);
	return error;
}
