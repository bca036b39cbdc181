/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/flood.h"

#include <string.h>

#include "test.h"
#include "xfrmd/charon/swan_conf.h"

static const struct {
	struct flood_facts facts;
	enum flood flood;
	const char *words;
} rows[] = {
	{{{0, 0, 0}, 0, 0}, FLOOD_NONE, ""},
	{{{212992, 212992, 0}, SWAN_CONF_COOKIE_THRESHOLD - 1, 1}, FLOOD_NONE, ""},
	{{{212993, 0, 0}, 0, 1}, FLOOD_BORNE, "212993 bytes wait to be sent and 0 to be read"},
	{{{0, 212993, 0}, 0, 1}, FLOOD_BORNE, "0 bytes wait to be sent and 212993 to be read"},
	{{{0, 0, 0}, SWAN_CONF_COOKIE_THRESHOLD, 1}, FLOOD_BORNE, "256 negotiations that others"},
	{{{500000, 0, 0}, 2000, 1}, FLOOD_BORNE, "2000 negotiations that others began"},
	{{{0, 0, 0}, 2000, 2}, FLOOD_BORNE, "one in 2 is let in"},
	{{{CHARON_SENDING_MAX / 4 * 3, CHARON_RECEIVING_MAX, 0}, 0, 1}, FLOOD_BORNE, "bytes wait"},
	{{{CHARON_SENDING_MAX / 4 * 3 + 1, 0, 0}, 0, 1}, FLOOD_SILENT, "peers may go unanswered"},
	{{{UINT32_MAX, UINT32_MAX, 0}, SIZE_MAX, FLOOD_ONE_IN_MAX},
         FLOOD_SILENT,
         "room for 33554432"},
};

START_TEST(flood_is_what_a_socket_by_default_would_not_bear)
{
	char words[FLOOD_WORDS_MAX];

	ck_assert_int_eq(flood_judge(&rows[_i].facts, words), rows[_i].flood);
	if (rows[_i].flood)
		ck_assert_msg(strstr(words, rows[_i].words), "%s", words);
	else
		ck_assert_str_eq(words, "");
}
END_TEST

/*
 * The gate before a charon that answers @able messages a look, while @rate come, and before a kernel that
 * has room for the answers to @neighbours. Returns how many looks of @looks in vain were made: with
 * messages lost by a queue of CHARON_RECEIVING_MAX, or without room.
 */
static unsigned play(struct flood_gate *gate, double rate, double able, double neighbours,
                     unsigned looks)
{
	static uint64_t now_ms = 1000, neighbours_lost;
	static uint32_t dropped = UINT32_MAX - 1000;
	const double size = 2304, room = CHARON_RECEIVING_MAX / size;
	double queue = 0;
	unsigned lossy = 0;

	for (unsigned i = 0; i < looks; i++) {
		double in = rate / (gate->one_in ? gate->one_in : 1);
		struct flood_signs signs = {0};

		queue += in - able;
		if (queue < 0)
			queue = 0;
		neighbours_lost += in > neighbours;
		lossy += queue > room || in > neighbours;
		if (queue > room)
			queue = room;
		signs.waiting.sending = (uint32_t)(in * 4 * 3 * 800);
		signs.waiting.receiving = (uint32_t)(queue * size);
		signs.waiting.dropped = dropped += (uint32_t)(rate - in);
		signs.neighbours_lost = signs.waiting.sending > FLOOD_OUR_SHARE ? neighbours_lost
		                                                                : UINT64_MAX;
		flood_gate_look(gate, &signs, now_ms += 250);
	}
	return lossy;
}

/* What comes and can be done in a quarter of a second. */
static const struct {
	double rate, able, neighbours;
} floods[] = {
	{50, 120, 1e9}, {130, 120, 1e9}, {250, 120, 1e9},  {1250, 120, 1e9}, {12500, 120, 1e9},
	{250, 1e9, 80}, {1250, 1e9, 80}, {12500, 1e9, 80}, {1250, 120, 80},
};

START_TEST(flood_gate_lets_in_what_can_be_answered)
{
	double most = floods[_i].able < floods[_i].neighbours ? floods[_i].able
	                                                      : floods[_i].neighbours;
	struct flood_gate gate = {0};
	unsigned lossy = play(&gate, floods[_i].rate, floods[_i].able, floods[_i].neighbours, 60);

	ck_assert_msg(lossy < 20, "%u of the first 60 looks", lossy);
	lossy = play(&gate, floods[_i].rate, floods[_i].able, floods[_i].neighbours, 2400);
	ck_assert_msg(lossy <= 2400 / 100, "%u of 2400 looks", lossy);
	ck_assert_msg(gate.one_in == 1 || floods[_i].rate / gate.one_in > most / 4, "one in %u",
	              gate.one_in);
	/* at once when it is over, for hosts that try again, too, and what was learned is forgotten */
	play(&gate, FLOOD_OVER_DROPS, 120, 1e9, 6);
	ck_assert_uint_eq(gate.one_in, 1);
	ck_assert_uint_eq(gate.calm_needed_ms, FLOOD_CALM_MS);
}
END_TEST

static struct flood_gate gate;
static uint64_t now_ms;
static uint32_t kept_out;

/* Whether the gate moves when so much waits so many milliseconds later, while others are kept out. */
static bool look(uint32_t receiving, uint32_t sending, uint64_t neighbours_lost, unsigned later_ms)
{
	const struct flood_signs signs = {
		.waiting = {.receiving = receiving, .sending = sending, .dropped = kept_out += 100},
		.neighbours_lost = neighbours_lost};

	return flood_gate_look(&gate, &signs, now_ms += later_ms);
}

START_TEST(flood_gate_tells_when_it_moves)
{
	const uint32_t some = CHARON_RECEIVING_MAX / 4, much = CHARON_RECEIVING_MAX / 2 + 1;

	ck_assert(look(0, 0, 7, 1000));
	ck_assert(!look(0, 0, 7, 8000));
	ck_assert_uint_eq(gate.one_in, 1);
	ck_assert(look(much, 0, 7, 250));
	ck_assert(look(0, CHARON_SENDING_MAX / 2 + 1, 7, 250));
	ck_assert(look(0, 100001, 8, 250));
	ck_assert_uint_eq(gate.one_in, 8);
	/* what was lost while nobody asked may be long ago */
	ck_assert(!look(0, 0, UINT64_MAX, 250));
	ck_assert(!look(0, FLOOD_OUR_SHARE + 1, 9, 250));
	/* others, too, may fill the table of neighbours */
	ck_assert(!look(0, 100000, 9, 250));
	ck_assert(!look(some, 0, 9, 2000));
	ck_assert(!look(0, 0, 9, 250));
	ck_assert(!look(0, 0, 9, 1999));
	ck_assert(look(0, 0, 9, 1));
	ck_assert_uint_eq(gate.one_in, 4);
	/* too early: twice as long */
	ck_assert(look(much, 0, 9, 1000));
	ck_assert(!look(0, 0, 9, 250));
	ck_assert(!look(0, 0, 9, 3999));
	ck_assert(look(0, 0, 9, 1));
	for (unsigned i = 0; i < 16; i++)
		look(much, 0, 9, 250);
	ck_assert_uint_eq(gate.one_in, FLOOD_ONE_IN_MAX);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("flood", &tcase);

	tcase_add_loop_test(tcase, flood_is_what_a_socket_by_default_would_not_bear, 0,
	                    sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(tcase, flood_gate_lets_in_what_can_be_answered, 0,
	                    sizeof(floods) / sizeof(floods[0]));
	tcase_add_test(tcase, flood_gate_tells_when_it_moves);
	return test_run(suite);
}
