/* SPDX-License-Identifier: MIT */
/*
 * What others do to the SPD: changes of our policies are repaired and told of, policies that defeat
 * ours are told of while they stand. Whatever happens, the log gets few lines.
 */
#include "xfrmd/xfrmd/foreign_policies.h"

#include "xfrmd/base/clock.h"
#include "xfrmd/base/gather.h"
#include "xfrmd/base/log.h"
#include "xfrmd/spd/foreign.h"
#include "xfrmd/spd/repair.h"
#include "xfrmd/xfrmd/policies.h"

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

static void arm(struct foreign_policies *self)
{
	loop_timer_start_at(self->repair_timer, repair_due_ms(&self->pace));
	loop_timer_start_at(self->tell_timer, gather_due_ms(&self->repairs));
}

static void tell(void *ctx)
{
	struct daemon *daemon = ctx;
	struct foreign_policies *self = daemon->parts.foreign_policies;
	const struct spd_change *sum = &self->untold;
	uint64_t repairs = self->repairs.untold, over_ms;

	if (!gather_tell(&self->repairs, clock_now_ms(), &over_ms))
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
	self->untold = (struct spd_change){0};
	arm(self);
}

static void note_repair(struct foreign_policies *self, const struct spd_change *change)
{
	if (!change->added && !change->updated && !change->deleted)
		return;
	gather_add(&self->repairs, clock_now_ms());
	self->untold.added += change->added;
	self->untold.updated += change->updated;
	self->untold.deleted += change->deleted;
}

static void repair(void *ctx)
{
	struct daemon *daemon = ctx;
	struct foreign_policies *self = daemon->parts.foreign_policies;
	struct spd_change change = {0};
	struct err err;
	int error = installed_spd_repair(daemon->spd, &change, &err);

	if (error && log_allowed(&self->failures, clock_now_ms(), "spd: repair"))
		log_error("spd: repair: %s", err.text);
	repair_done(&self->pace, change.took_us / 1000, error != 0, clock_now_ms());
	note_repair(self, &change);
	arm(self);
	foreign_policies_look(daemon);
}

void foreign_policies_touched(void *ctx)
{
	struct daemon *daemon = ctx;

	repair_touched(&daemon->parts.foreign_policies->pace);
	arm(daemon->parts.foreign_policies);
}

/* Foreign policies. */

static bool has(const struct policy_list *list, const struct policy *policy)
{
	const struct policy *found = policy_list_find(list, policy);

	return found && policy_equal(found, policy);
}

static void log_foreign(struct foreign_policies *self, enum log_level level, const char *what,
                        const struct policy *policy)
{
	char text[POLICY_TEXT_MAX];

	if (log_allowed(&self->foreign_lines, clock_now_ms(), "spd: foreign policies"))
		log_at(level, "spd: a foreign policy %s: %s", what, policy_format(policy, text));
}

void foreign_policies_look(struct daemon *daemon)
{
	struct foreign_policies *self = daemon->parts.foreign_policies;
	struct policy_list now = {0};
	size_t count;
	const struct local_addr *addrs = addr_watch_list(daemon->addrs, &count);

	if (!policies_flushed(daemon) &&
	    foreign_find(installed_spd_have(daemon->spd), installed_spd_want(daemon->spd),
	                 &daemon->settings.conf, addrs, count, &now) < 0)
		return; /* the next look has more memory */
	for (size_t i = 0; i < now.count; i++)
		if (!has(&self->foreign, &now.items[i]))
			log_foreign(self, LOG_LEVEL_WARNING, "defeats ours", &now.items[i]);
	for (size_t i = 0; i < self->foreign.count; i++)
		if (!has(&now, &self->foreign.items[i]))
			log_foreign(self, LOG_LEVEL_NOTICE, "no longer defeats ours",
			            &self->foreign.items[i]);
	policy_list_fini(&self->foreign);
	self->foreign = now;
}

const struct policy_list *foreign_policies_list(const struct daemon *daemon)
{
	return &daemon->parts.foreign_policies->foreign;
}

bool foreign_policies_fights(const struct daemon *daemon)
{
	return gather_is_many(&daemon->parts.foreign_policies->repairs, clock_now_ms());
}

/* Life. */

static int open_part(struct daemon *daemon, struct err *err)
{
	struct foreign_policies *self = daemon->parts.foreign_policies;

	(void)err;
	self->failures = (struct log_limit){.burst = 3, .interval_ms = 60000};
	self->foreign_lines = (struct log_limit){.burst = 10, .interval_ms = 60000};
	policies_on_applied(daemon, foreign_policies_look);
	return 0;
}

static void close_part(struct daemon *daemon)
{
	policy_list_fini(&daemon->parts.foreign_policies->foreign);
}

const struct part foreign_policies_part = {
	PART(foreign_policies), .open = open_part, .close = close_part,
	.timers = {{repair, offsetof(struct foreign_policies, repair_timer)},
                   {tell, offsetof(struct foreign_policies, tell_timer)}}};
