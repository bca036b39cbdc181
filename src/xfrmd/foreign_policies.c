/* SPDX-License-Identifier: MIT */
/*
 * What others do to the SPD: changes of our policies are repaired and told of, policies that defeat
 * ours are told of while they stand. Whatever happens, the log gets few lines.
 */
#include <errno.h>
#include <stdlib.h>

#include "daemon.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/gather.h"
#include "xfrmd/base/log.h"
#include "xfrmd/spd/foreign.h"
#include "xfrmd/spd/repair.h"

struct foreign_policies {
	struct loop_timer *repair_timer;
	struct loop_timer *tell_timer;
	struct repair pace;
	struct gather repairs;
	struct spd_change untold; /* sums of those */
	struct log_limit failures;
	struct policy_list foreign; /* that defeat ours, sorted by key */
	struct log_limit foreign_lines;
};

static void arm(struct foreign_policies *guard)
{
	loop_timer_start_at(guard->repair_timer, repair_due_ms(&guard->pace));
	loop_timer_start_at(guard->tell_timer, gather_due_ms(&guard->repairs));
}

static void tell(void *ctx)
{
	struct daemon *daemon = ctx;
	struct foreign_policies *guard = daemon->foreign_policies;
	const struct spd_change *sum = &guard->untold;
	uint64_t repairs = guard->repairs.untold, over_ms;

	if (!gather_tell(&guard->repairs, clock_now_ms(), &over_ms))
		return;
	if (!over_ms)
		log_warning("spd: somebody else changed our policies: repaired added=%zu "
		            "updated=%zu deleted=%zu",
		            sum->added, sum->updated, sum->deleted);
	else
		log_warning("spd: somebody else keeps changing our policies: repaired %llu times "
		            "in %llu s added=%zu updated=%zu deleted=%zu",
		            (unsigned long long)repairs, (unsigned long long)over_ms / 1000,
		            sum->added, sum->updated, sum->deleted);
	guard->untold = (struct spd_change){0};
	arm(guard);
}

static void note_repair(struct foreign_policies *guard, const struct spd_change *change)
{
	if (!change->added && !change->updated && !change->deleted)
		return;
	gather_add(&guard->repairs, clock_now_ms());
	guard->untold.added += change->added;
	guard->untold.updated += change->updated;
	guard->untold.deleted += change->deleted;
}

static void repair(void *ctx)
{
	struct daemon *daemon = ctx;
	struct foreign_policies *guard = daemon->foreign_policies;
	struct spd_change change = {0};
	struct err err;
	int error = installed_spd_repair(daemon->spd, &change, &err);

	if (error && log_allowed(&guard->failures, clock_now_ms(), "spd: repair"))
		log_error("spd: repair: %s", err.text);
	repair_done(&guard->pace, change.took_us / 1000, error != 0, clock_now_ms());
	note_repair(guard, &change);
	arm(guard);
	foreign_policies_look(daemon);
}

void foreign_policies_touched(void *ctx)
{
	struct daemon *daemon = ctx;

	repair_touched(&daemon->foreign_policies->pace);
	arm(daemon->foreign_policies);
}

/* Foreign policies. */

static bool has(const struct policy_list *list, const struct policy *policy)
{
	const struct policy *found = policy_list_find(list, policy);

	return found && policy_equal(found, policy);
}

static void log_foreign(struct foreign_policies *guard, enum log_level level, const char *what,
                        const struct policy *policy)
{
	char text[POLICY_TEXT_MAX];

	if (log_allowed(&guard->foreign_lines, clock_now_ms(), "spd: foreign policies"))
		log_at(level, "spd: a foreign policy %s: %s", what, policy_format(policy, text));
}

void foreign_policies_look(struct daemon *daemon)
{
	struct foreign_policies *guard = daemon->foreign_policies;
	struct policy_list now = {0};
	const struct local_addr *addrs;
	size_t count;

	addrs = addr_watch_list(daemon->addrs, &count);
	if (!daemon->flushed &&
	    foreign_find(installed_spd_have(daemon->spd), installed_spd_want(daemon->spd),
	                 &daemon->conf, addrs, count, &now) < 0)
		return; /* the next look has more memory */
	for (size_t i = 0; i < now.count; i++)
		if (!has(&guard->foreign, &now.items[i]))
			log_foreign(guard, LOG_LEVEL_WARNING, "defeats ours", &now.items[i]);
	for (size_t i = 0; i < guard->foreign.count; i++)
		if (!has(&now, &guard->foreign.items[i]))
			log_foreign(guard, LOG_LEVEL_NOTICE, "no longer defeats ours",
			            &guard->foreign.items[i]);
	policy_list_fini(&guard->foreign);
	guard->foreign = now;
}

const struct policy_list *foreign_policies_foreign(const struct daemon *daemon)
{
	return &daemon->foreign_policies->foreign;
}

bool foreign_policies_fights(const struct daemon *daemon)
{
	return gather_is_many(&daemon->foreign_policies->repairs, clock_now_ms());
}

/* Life. */

int foreign_policies_open(struct daemon *daemon)
{
	struct foreign_policies *guard = calloc(1, sizeof(*guard));
	int error;

	if (!guard)
		return -ENOMEM;
	daemon->foreign_policies = guard;
	guard->failures = (struct log_limit){.burst = 3, .interval_ms = 60000};
	guard->foreign_lines = (struct log_limit){.burst = 10, .interval_ms = 60000};
	error = loop_timer_new(daemon->loop, repair, daemon, &guard->repair_timer);
	if (!error)
		error = loop_timer_new(daemon->loop, tell, daemon, &guard->tell_timer);
	return error;
}

void foreign_policies_close(struct daemon *daemon)
{
	struct foreign_policies *guard = daemon->foreign_policies;

	if (!guard)
		return;
	policy_list_fini(&guard->foreign);
	loop_timer_free(guard->tell_timer);
	loop_timer_free(guard->repair_timer);
	free(guard);
	daemon->foreign_policies = NULL;
}
