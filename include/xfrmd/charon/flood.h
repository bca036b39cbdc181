/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_FLOOD_H
#define XFRMD_CHARON_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xfrmd/charon/charon_sockets.h"

/* Whether others ask charon for more than it can answer, and how many of them are let in then. Pure. */

/* What tells of too much. */
struct flood_signs {
	struct charon_waiting waiting;
	/* how often the kernel had no room for a neighbour (table_fulls of /proc/net/stat/arp_cache and
	 * ndisc_cache): answers to addresses that nobody has, if many wait, displace those of peers.
	 * UINT64_MAX: not asked for, which is right as long as no more than FLOOD_OUR_SHARE is sending. */
	uint64_t neighbours_lost;
};
/* Bytes: some 130 answers. With less, neighbours are lost through others. */
#define FLOOD_OUR_SHARE 100000

/*
 * How many are let in: halved whenever charon's sockets are half full or neighbours are lost, doubled
 * when there was nearly nothing of that for FLOOD_CALM_MS, and for twice as long after each time that
 * this was too early, up to FLOOD_CALM_MAX_MS; all are once nobody is kept out for FLOOD_OVER_MS.
 */
struct flood_gate {
	unsigned one_in; /* as charon_sockets_admit() has it; 0: as 1, nothing was seen yet */
	uint64_t calm_since_ms; /* 0: it is not calm */
	uint64_t calm_needed_ms;
	uint64_t neighbours_lost; /* at the last look */
	uint32_t dropped;         /* likewise */
	uint64_t quiet_since_ms;  /* nobody was kept out since; 0: somebody is */
	bool opened;              /* by the last move */
};
#define FLOOD_ONE_IN_MAX  4096u
#define FLOOD_CALM_MS     2000
#define FLOOD_CALM_MAX_MS 32000

/* Kept out in a look are no more than some hosts that try again: in time it is over. */
#define FLOOD_OVER_DROPS 4
#define FLOOD_OVER_MS    1000

/* Returns whether one_in is another one now. A gate that is all zero is open. */
bool flood_gate_look(struct flood_gate *gate, const struct flood_signs *signs, uint64_t now_ms);

struct flood_facts {
	struct charon_waiting waiting;
	size_t half_open; /* negotiations that others began and that are not done */
	unsigned one_in;
};

enum flood {
	FLOOD_NONE,
	FLOOD_BORNE,  /* peers that are up do not feel it */
	FLOOD_SILENT, /* charon's answers have no room any more: peers may die */
};

#define FLOOD_WORDS_MAX 256

/*
 * @ret_words: for FLOOD_NONE empty, else what is seen and what it may be. A flood are
 * SWAN_CONF_COOKIE_THRESHOLD half open ones, more bytes in a queue of charon's sockets than a socket
 * has room for by default, and a gate that is not open.
 */
enum flood flood_judge(const struct flood_facts *facts, char ret_words[FLOOD_WORDS_MAX]);

#endif
