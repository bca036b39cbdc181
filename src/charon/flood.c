/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/flood.h"

#include <stdio.h>

#include "xfrmd/charon/swan_conf.h"

/* net.core.wmem_default and rmem_default: what charon stood still with. */
#define DEFAULT_ROOM 212992

static void shut(struct flood_gate *gate)
{
	gate->calm_since_ms = 0;
	if (gate->opened && gate->calm_needed_ms < FLOOD_CALM_MAX_MS)
		gate->calm_needed_ms *= 2;
	gate->opened = false;
	if (gate->one_in < FLOOD_ONE_IN_MAX)
		gate->one_in *= 2;
}

static void open_further(struct flood_gate *gate, uint64_t now_ms)
{
	if (!gate->calm_since_ms)
		gate->calm_since_ms = now_ms;
	if (now_ms - gate->calm_since_ms < gate->calm_needed_ms)
		return;
	gate->calm_since_ms = now_ms;
	gate->opened = gate->one_in > 1;
	if (gate->opened)
		gate->one_in /= 2;
}

static bool is_over(struct flood_gate *gate, uint32_t dropped, uint64_t now_ms)
{
	if (dropped - gate->dropped > FLOOD_OVER_DROPS)
		gate->quiet_since_ms = 0;
	else if (!gate->quiet_since_ms)
		gate->quiet_since_ms = now_ms;
	return gate->quiet_since_ms && now_ms - gate->quiet_since_ms >= FLOOD_OVER_MS;
}

static struct flood_gate open_gate(const struct flood_signs *signs)
{
	return (struct flood_gate){.one_in = 1,
	                           .calm_needed_ms = FLOOD_CALM_MS,
	                           .neighbours_lost = signs->neighbours_lost,
	                           .dropped = signs->waiting.dropped};
}

bool flood_gate_look(struct flood_gate *gate, const struct flood_signs *signs, uint64_t now_ms)
{
	const struct charon_waiting *waiting = &signs->waiting;
	unsigned before = gate->one_in;

	if (!gate->one_in || (gate->one_in > 1 && is_over(gate, waiting->dropped, now_ms)))
		*gate = open_gate(signs);
	if (waiting->receiving > CHARON_RECEIVING_MAX / 2 ||
	    waiting->sending > CHARON_SENDING_MAX / 2 ||
	    (waiting->sending > FLOOD_OUR_SHARE && signs->neighbours_lost > gate->neighbours_lost))
		shut(gate);
	else if (waiting->receiving < CHARON_RECEIVING_MAX / 8)
		open_further(gate, now_ms);
	else
		gate->calm_since_ms = 0;
	gate->neighbours_lost = signs->neighbours_lost;
	gate->dropped = waiting->dropped;
	return gate->one_in != before;
}

enum flood flood_judge(const struct flood_facts *facts, char ret_words[FLOOD_WORDS_MAX])
{
	const struct charon_waiting *waiting = &facts->waiting;

	ret_words[0] = '\0';
	if (waiting->sending > CHARON_SENDING_MAX / 4 * 3) {
		snprintf(ret_words, FLOOD_WORDS_MAX,
		         "%u bytes wait to be sent by its socket, which has room for %u: peers may "
		         "go unanswered; a flood of IKE_SA_INIT, or the network is down",
		         waiting->sending, CHARON_SENDING_MAX);
		return FLOOD_SILENT;
	}
	if (facts->one_in > 1) {
		snprintf(
			ret_words, FLOOD_WORDS_MAX,
			"more begin to negotiate than it can answer, so one in %u is let in and new "
			"peers come late: a flood of IKE_SA_INIT, or many hosts start at once",
			facts->one_in);
		return FLOOD_BORNE;
	}
	if (facts->half_open >= SWAN_CONF_COOKIE_THRESHOLD) {
		snprintf(
			ret_words, FLOOD_WORDS_MAX,
			"%zu negotiations that others began are half open, so new ones must answer "
			"a cookie first: a flood of IKE_SA_INIT, or many hosts start at once",
			facts->half_open);
		return FLOOD_BORNE;
	}
	if (waiting->sending > DEFAULT_ROOM || waiting->receiving > DEFAULT_ROOM) {
		snprintf(ret_words, FLOOD_WORDS_MAX,
		         "%u bytes wait to be sent and %u to be read in its socket: a flood of "
		         "IKE_SA_INIT, or many hosts start at once",
		         waiting->sending, waiting->receiving);
		return FLOOD_BORNE;
	}
	return FLOOD_NONE;
}
