/* SPDX-License-Identifier: MIT */
/*
 * What others ask of charon: it is told by log, status and metrics, and if it is more than charon can
 * answer, the sockets let in less of it.
 */
#include "xfrmd/xfrmd/ike_flood.h"

#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/proc_text.h"

/* A liveness check that gets no answer for 6 seconds ends a peer. */
#define LOOK_MS       1000
#define LOOK_AGAIN_MS 250
#define OVER_MS       10000
/* 150 bytes for each processor. */
#define STAT_MAX      (1024 * 1024)

struct ike_flood {
	struct loop_timer *timer;
	struct flood_gate gate;
	enum flood seen; /* the worst of the present one */
	uint64_t seen_ms;
};

static enum flood judge(const struct daemon *daemon, const struct charon_waiting *waiting,
                        struct flood_facts *ret_facts, char ret_words[FLOOD_WORDS_MAX])
{
	*ret_facts = (struct flood_facts){
		.waiting = *waiting,
		.half_open = negotiator_half_open(daemon->negotiator),
		.one_in = daemon->parts.ike_flood->gate.one_in,
	};
	return flood_judge(ret_facts, ret_words);
}

enum flood ike_flood_look(const struct daemon *daemon, struct flood_facts *ret_facts,
                          char ret_words[FLOOD_WORDS_MAX])
{
	const struct charon_waiting waiting = charon_waiting(daemon->charon);

	return judge(daemon, &waiting, ret_facts, ret_words);
}

/*
 * The kernel tells it in its first network namespace only, where we are unless we run in a container. Of
 * another namespace's first process we may not be allowed to see anything.
 */
static uint64_t neighbours_lost(void)
{
	static const char *const paths[][2] = {
		{"/proc/self/net/stat/arp_cache", "/proc/1/net/stat/arp_cache"},
		{"/proc/self/net/stat/ndisc_cache", "/proc/1/net/stat/ndisc_cache"},
	};
	uint64_t sum = 0, lost;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		_cleanup_(cleanup_free) char *text = NULL;
		size_t len;

		if ((file_read(paths[i][0], STAT_MAX, &text, &len, NULL) == 0 ||
		     file_read(paths[i][1], STAT_MAX, &text, &len, NULL) == 0) &&
		    proc_column_sum(text, "table_fulls", &lost) == 0)
			sum += lost;
	}
	return sum;
}

/* It is over when it has not been seen for some time. */
static void tell(struct ike_flood *self, enum flood flood, const char *words)
{
	if (flood)
		self->seen_ms = clock_now_ms();
	if (flood > self->seen)
		log_at(flood == FLOOD_SILENT ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "charon: %s",
		       words);
	if (flood > self->seen || clock_now_ms() - self->seen_ms >= OVER_MS) {
		if (!flood && self->seen)
			log_notice("charon: the flood is over");
		self->seen = flood;
	}
}

static void on_timer(void *ctx)
{
	struct daemon *daemon = ctx;
	struct ike_flood *self = daemon->parts.ike_flood;
	struct flood_signs signs = {.waiting = charon_waiting(daemon->charon),
	                            .neighbours_lost = UINT64_MAX};
	struct flood_facts facts;
	char words[FLOOD_WORDS_MAX];
	int error;

	if (signs.waiting.sending > FLOOD_OUR_SHARE)
		signs.neighbours_lost = neighbours_lost();
	if (flood_gate_look(&self->gate, &signs, clock_now_ms())) {
		error = charon_admit(daemon->charon, self->gate.one_in);
		if (error)
			log_warning("charon: its sockets cannot be reached: %s", strerror(-error));
	}
	charon_drain_acquires(daemon->charon);
	tell(self, judge(daemon, &signs.waiting, &facts, words), words);
	loop_timer_start(self->timer, self->gate.one_in > 1 ? LOOK_AGAIN_MS : LOOK_MS);
}

void ike_flood_on_charon(struct daemon *daemon)
{
	daemon->parts.ike_flood->gate = (struct flood_gate){0};
}

static int open_part(struct daemon *daemon, struct err *err)
{
	(void)err;
	loop_timer_start(daemon->parts.ike_flood->timer, LOOK_MS);
	return 0;
}

const struct part ike_flood_part = {PART(ike_flood), .open = open_part,
                                    .timers = {{on_timer, offsetof(struct ike_flood, timer)}}};
