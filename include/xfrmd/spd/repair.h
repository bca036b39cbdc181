/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_REPAIR_H
#define XFRMD_SPD_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * When the SPD may be repaired. The first repair is due at once. While somebody goes on changing
 * our policies the pauses grow, but as long as a repair takes less than 10 ms, whatever was changed
 * is put right within REPAIR_PAUSE_MAX_MS: to wait longer would leave more in clear and save
 * nothing worth it. Of one that takes longer, as with tens of thousands of policies, the repairs
 * take a tenth of the time. Pure; zero state: fresh.
 */
struct repair {
	bool touched;
	uint64_t pause_ms;
	uint64_t earliest_ms; /* of the next one */
};

#define REPAIR_PAUSE_MIN_MS  10
#define REPAIR_PAUSE_MAX_MS  50
/* Of the time that a repair took. */
#define REPAIR_PAUSE_FACTOR  9
/* The longest pause after repairs that take long, and after some in a row that failed. */
#define REPAIR_PAUSE_HARD_MS 5000
/* Nobody touched ours for so long after the last pause: the pauses begin anew. */
#define REPAIR_QUIET_MS      200

/* Somebody else changed the SPD. */
void repair_touched(struct repair *repair);
/* When to repair, monotonic, maybe in the past; UINT64_MAX: nothing was touched. */
uint64_t repair_due_ms(const struct repair *repair);
/* A repair ended at @now_ms. @failed: something could not be written, so that it is due again. */
void repair_done(struct repair *repair, uint64_t took_ms, bool failed, uint64_t now_ms);

#endif
