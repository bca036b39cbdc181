/* SPDX-License-Identifier: MIT */
/*
 * Keeps the last look: all SAs sorted by pair and SPI, each with the time at which its pair was
 * last seen alive.
 */
#include "xfrmd/sad/idle.h"

#include <errno.h>
#include <stdlib.h>

#include "xfrmd/base/array.h"
#include "xfrmd/net/echo.h"
#include "xfrmd/net/greeting.h"

#define LOOKS_PER_TIMEOUT 8
#define INTERVAL_MIN_MS   1000
/* Packets by which the end that negotiated anew tells the other one so (HOST_ACTION_GREET). */
#define GREETINGS         1

struct seen_sa {
	struct idle_sa sa;
	uint64_t alive_ms; /* of the pair */
};

struct idle {
	struct seen_sa *seen;
	size_t count;
	struct pair *found; /* idle at the last look, sorted */
	size_t found_count;
};

int idle_new(struct idle **ret_idle)
{
	struct idle *idle = calloc(1, sizeof(*idle));

	if (!idle)
		return -ENOMEM;
	*ret_idle = idle;
	return 0;
}

static void forget(struct idle *idle)
{
	free(idle->seen);
	free(idle->found);
	*idle = (struct idle){0};
}

void idle_free(struct idle *idle)
{
	if (!idle)
		return;
	forget(idle);
	free(idle);
}

uint64_t idle_interval_ms(uint64_t timeout_ms)
{
	uint64_t interval_ms = timeout_ms / LOOKS_PER_TIMEOUT;

	return interval_ms > INTERVAL_MIN_MS ? interval_ms : INTERVAL_MIN_MS;
}

static int compare_sa(const void *a, const void *b)
{
	const struct idle_sa *x = a, *y = b;
	int order = pair_compare(&x->pair, &y->pair);

	return order ? order : (x->spi > y->spi) - (x->spi < y->spi);
}

static bool is_of(const struct idle_sa *sa, const struct pair *pair)
{
	return pair_equal(&sa->pair, pair);
}

/* The first SA of the pair in the last look, or where it would be. */
static size_t lower_bound(const struct idle *idle, const struct pair *pair)
{
	return array_lower_bound(idle->seen, idle->count, sizeof(*idle->seen), pair,
	                         pair_compare_items);
}

/* Whether it carried nothing but what xfrmd sends by itself; @before: at the last look, NULL: it is new. */
static bool is_unused(const struct idle_sa *sa, const struct idle_sa *before)
{
	uint64_t packets = sa->packets - (before ? before->packets : 0),
		 bytes = sa->bytes - (before ? before->bytes : 0);

	if (before || packets < GREETINGS)
		return bytes == packets * ECHO_CHECK_LEN;
	return packets == GREETINGS ||
	       bytes == GREETINGS * GREETING_LEN + (packets - GREETINGS) * ECHO_CHECK_LEN ||
	       bytes == packets * ECHO_CHECK_LEN;
}

/* When the pair of these SAs, all that it has, was last alive. */
static uint64_t alive_ms(const struct idle *idle, const struct idle_sa *sas, size_t count,
                         uint64_t now_ms)
{
	const struct pair *pair = &sas[0].pair;
	size_t first = lower_bound(idle, pair);

	if (first == idle->count || !is_of(&idle->seen[first].sa, pair))
		return now_ms;
	for (size_t i = 0; i < count; i++) {
		const struct idle_sa *before = NULL;

		for (size_t n = first; n < idle->count && is_of(&idle->seen[n].sa, pair); n++)
			if (idle->seen[n].sa.spi == sas[i].spi)
				before = &idle->seen[n].sa;
		if (!is_unused(&sas[i], before))
			return now_ms;
	}
	return idle->seen[first].alive_ms;
}

static bool is_over(const struct pair *pair, uint64_t since_ms, uint64_t now_ms,
                    uint64_t timeout_ms)
{
	bool first = addr_compare(&pair->local, &pair->remote) < 0;

	return now_ms - since_ms >= timeout_ms + (first ? 0 : idle_interval_ms(timeout_ms));
}

/* @sas are sorted; the new look takes shape in @now, whose arrays have room. */
static void look(const struct idle *before, const struct idle_sa *sas, size_t count,
                 uint64_t now_ms, uint64_t timeout_ms, struct idle *now)
{
	size_t end;

	for (size_t i = 0; i < count; i = end) {
		uint64_t since_ms;

		for (end = i + 1; end < count && is_of(&sas[end], &sas[i].pair);)
			end++;
		since_ms = alive_ms(before, &sas[i], end - i, now_ms);
		for (size_t n = i; n < end; n++)
			now->seen[now->count++] = (struct seen_sa){.sa = sas[n],
			                                           .alive_ms = since_ms};
		if (is_over(&sas[i].pair, since_ms, now_ms, timeout_ms))
			now->found[now->found_count++] = sas[i].pair;
	}
}

int idle_look(struct idle *idle, struct idle_sa *sas, size_t count, uint64_t now_ms,
              uint64_t timeout_ms, const struct pair **ret_idle, size_t *ret_count)
{
	struct idle now = {.seen = calloc(count + 1, sizeof(*now.seen)),
	                   .found = calloc(count + 1, sizeof(*now.found))};

	if (!now.seen || !now.found) {
		forget(&now);
		forget(idle);
		return -ENOMEM;
	}
	if (count > 1)
		qsort(sas, count, sizeof(*sas), compare_sa);
	look(idle, sas, count, now_ms, timeout_ms, &now);
	forget(idle);
	*idle = now;
	*ret_idle = idle->found;
	*ret_count = idle->found_count;
	return 0;
}

bool idle_includes(const struct idle *idle, const struct pair *pair)
{
	return array_find(idle->found, idle->found_count, sizeof(*idle->found), pair,
	                  pair_compare_items);
}
