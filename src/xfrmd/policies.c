/* SPDX-License-Identifier: MIT */
/*
 * The wanted SPD: planned for the present settings, addresses and known hosts, and applied.
 * Invariant: what could not be applied is planned and applied again until it is, whoever wanted it.
 */
#include "xfrmd/xfrmd/policies.h"

#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/spd/plan.h"
#include "xfrmd/spd/repair.h"

struct policies {
	void (*applied)(struct daemon *daemon);
	struct loop_timer *retry_timer;
	struct repair pace;
	struct err problem; /* empty: all is applied */
	unsigned failures;  /* in a row */
	bool flushed;       /* `xfrmctl flush`: none is wanted until the next reload */
};

static void arm(struct policies *policies)
{
	loop_timer_start_at(policies->retry_timer, repair_due_ms(&policies->pace));
}

void policies_failed(struct daemon *daemon, const struct err *err)
{
	struct policies *policies = daemon->parts.policies;

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

	if (daemon->parts.policies->flushed)
		return 0;
	input.addrs = addr_watch_list(daemon->addrs, &input.addr_count);
	input.hosts = hosts_list(daemon->hosts, &input.host_count);
	input.spis = hosts_wait_spis(daemon->hosts);
	*ret_thresholds = spd_thresholds_choose(&daemon->settings.conf);
	return plan_build(&daemon->settings.conf, &input, ret_want);
}

int policies_apply(struct daemon *daemon, struct spd_change *ret_change, struct err *err)
{
	struct spd_thresholds thresholds = spd_thresholds_default;
	struct policies *policies = daemon->parts.policies;
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
	if (policies->applied)
		policies->applied(daemon);
	return error;
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

void policies_on_applied(struct daemon *daemon, void (*applied)(struct daemon *daemon))
{
	daemon->parts.policies->applied = applied;
}

const char *policies_problem(const struct daemon *daemon)
{
	return daemon->parts.policies->problem.text;
}

void policies_remove_all(struct daemon *daemon, struct strlist *changes, struct strlist *errors)
{
	struct spd_change change = {0};
	struct err err;

	policies_set_flushed(daemon, true);
	if (policies_apply(daemon, &change, &err) < 0)
		strlist_addf(errors, "%s", err.text);
	strlist_addf(changes, "policies: %zu removed, nothing is protected", change.deleted);
	log_notice("policies: %zu removed, nothing is protected", change.deleted);
}

void policies_set_flushed(struct daemon *daemon, bool flushed)
{
	daemon->parts.policies->flushed = flushed;
}

bool policies_flushed(const struct daemon *daemon)
{
	return daemon->parts.policies->flushed;
}

/* Life. */

const struct part policies_part = {PART(policies),
                                   .timers = {{retry, offsetof(struct policies, retry_timer)}}};
