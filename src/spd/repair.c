/* SPDX-License-Identifier: MIT */
/*
 * The pace of repairs. Invariant: a touch is never forgotten, and never delays a repair that is
 * already due: whoever deletes a policy every millisecond must not keep us from repairing.
 */
#include "xfrmd/spd/repair.h"

#include "xfrmd/base/clock.h"

void repair_touched(struct repair *repair)
{
	repair->touched = true;
}

uint64_t repair_due_ms(const struct repair *repair)
{
	return repair->touched ? repair->earliest_ms : UINT64_MAX;
}

void repair_done(struct repair *repair, uint64_t took_ms, bool failed, uint64_t now_ms)
{
	uint64_t cost_ms = clock_earlier(took_ms * REPAIR_PAUSE_FACTOR, REPAIR_PAUSE_HARD_MS);
	uint64_t longest_ms = failed ? REPAIR_PAUSE_HARD_MS : REPAIR_PAUSE_MAX_MS;

	if (!repair->pause_ms || now_ms - took_ms >= repair->earliest_ms + REPAIR_QUIET_MS)
		repair->pause_ms = REPAIR_PAUSE_MIN_MS;
	else
		repair->pause_ms = clock_earlier(repair->pause_ms * 2, longest_ms);
	repair->touched = failed;
	repair->earliest_ms = now_ms + (cost_ms > repair->pause_ms ? cost_ms : repair->pause_ms);
}
