/* SPDX-License-Identifier: MIT */
/*
 * Intervals of a log that must neither flood nor lose count. Invariant: an interval runs while
 * something is untold or was told within it; one that ends with nothing to tell is the last.
 */
#include "xfrmd/base/gather.h"

static bool is_over(const struct gather *gather, uint64_t now_ms)
{
	return now_ms >= gather->start_ms + gather->interval_ms;
}

void gather_add(struct gather *gather, uint64_t now_ms)
{
	if (!gather->untold && is_over(gather, now_ms))
		*gather = (struct gather){.start_ms = now_ms, .interval_ms = GATHER_INTERVAL_MS};
	if (!gather->untold++)
		gather->first_ms = now_ms;
	gather->last_ms = now_ms;
}

uint64_t gather_due_ms(const struct gather *gather)
{
	if (!gather->untold)
		return UINT64_MAX;
	if (gather->lines < GATHER_LINES)
		return gather->first_ms + GATHER_DELAY_MS;
	return gather->start_ms + gather->interval_ms;
}

bool gather_tell(struct gather *gather, uint64_t now_ms, uint64_t *ret_over_ms)
{
	if (now_ms < gather_due_ms(gather))
		return false;
	gather->untold = 0;
	if (gather->lines < GATHER_LINES) {
		gather->lines++;
		*ret_over_ms = 0;
		return true;
	}
	*ret_over_ms = gather->interval_ms;
	gather->start_ms = now_ms;
	gather->interval_ms *= 2;
	if (gather->interval_ms > GATHER_INTERVAL_MAX_MS)
		gather->interval_ms = GATHER_INTERVAL_MAX_MS;
	return true;
}

bool gather_is_many(const struct gather *gather, uint64_t now_ms)
{
	return gather->lines == GATHER_LINES && now_ms < gather->last_ms + GATHER_INTERVAL_MS;
}
