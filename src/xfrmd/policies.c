/* SPDX-License-Identifier: MIT */
/*
 * The wanted SPD: planned for the present configuration, addresses and known hosts, and applied.
 * Invariant: what could not be applied is planned and applied again until it is, whoever wanted it.
 */
#include <errno.h>
#include <stdlib.h>

#include "daemon.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/spd/plan.h"
#include "xfrmd/spd/repair.h"

struct policies {
	struct loop_timer *retry_timer;
	struct repair pace;
	struct err problem; /* empty: all is applied */
	unsigned failures;  /* in a row */
};

static void arm(struct policies *policies)
{
	loop_timer_start_at(policies->retry_timer, repair_due_ms(&policies->pace));
}

void policies_failed(struct daemon *daemon, const struct err *err)
{
	struct policies *policies = daemon->policies;

	policies->problem = *err;
	policies->failures++;
	repair_touched(&policies->pace);
	arm(policies);
}

static void note_applied(struct policies *policies)
{
	if (policies->failures)
		log_notice("spd: all is applied after %u failures", policies->failures);
	policies->failures = 0;
	policies->problem.text[0] = '\0';
	arm(policies);
}

static int plan(struct daemon *daemon, struct policy_list *ret_want,
                struct spd_thresholds *ret_thresholds)
{
	struct plan_input input = {.forwarding = addr_watch_forwarding(daemon->addrs)};

	if (daemon->flushed)
		return 0;
	input.addrs = addr_watch_list(daemon->addrs, &input.addr_count);
	input.hosts = hosts_list(daemon->hosts, &input.host_count);
	input.spis = hosts_wait_spis(daemon->hosts);
	*ret_thresholds = spd_thresholds_choose(&daemon->conf);
	return plan_build(&daemon->conf, &input, ret_want);
}

int policies_apply(struct daemon *daemon, struct spd_change *ret_change, struct err *err)
{
	struct spd_thresholds thresholds = spd_thresholds_default;
	struct policies *policies = daemon->policies;
	struct policy_list want = {0};
	int error = plan(daemon, &want, &thresholds);

	if (error)
		err_set(err, error, "SPD: out of memory");
	else
		error = installed_spd_set(daemon->spd, &want, &thresholds, ret_change, err);
	repair_done(&policies->pace, error ? 0 : ret_change->took_us / 1000, error != 0,
	            clock_now_ms());
	if (error)
		policies_failed(daemon, err);
	else
		note_applied(policies);
	foreign_policies_look(daemon);
	return error;
}

int policies_refresh(struct daemon *daemon, struct spd_change *ret_change, struct err *err)
{
	struct host_actions actions = {0};
	struct err second;
	int error = known_hosts_reload(daemon, &actions, err), plan_error;

	plan_error = policies_apply(daemon, ret_change, error ? &second : err);
	known_hosts_reloaded(daemon, &actions);
	return error ? error : plan_error;
}

static void retry(void *ctx)
{
	struct daemon *daemon = ctx;
	struct spd_change change = {0};
	struct err err;

	/* the first failure was told, status goes on telling */
	if (policies_apply(daemon, &change, &err) < 0)
		log_debug("spd: once more: %s", err.text);
}

const char *policies_problem(const struct daemon *daemon)
{
	return daemon->policies->problem.text;
}

/* Life. */

int policies_open(struct daemon *daemon)
{
	daemon->policies = calloc(1, sizeof(*daemon->policies));
	if (!daemon->policies)
		return -ENOMEM;
	return loop_timer_new(daemon->loop, retry, daemon, &daemon->policies->retry_timer);
}

void policies_close(struct daemon *daemon)
{
	if (!daemon->policies)
		return;
	loop_timer_free(daemon->policies->retry_timer);
	free(daemon->policies);
	daemon->policies = NULL;
}
