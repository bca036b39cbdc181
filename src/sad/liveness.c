/* SPDX-License-Identifier: MIT */
/*
 * Keeps the last look, sorted by pair, and one state per pair. A pair is alive (nothing is set), asked
 * (echo_ms), or in doubt (doubt_ms), and a packet that comes in makes it alive again.
 */
#include "xfrmd/sad/liveness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/array.h"
#include "xfrmd/base/clock.h"

#define RETRY_SHARE 8

struct state {
	struct pair pair;
	uint64_t alive_ms;      /* the last sign of life: a packet, or an answer by IKE */
	uint64_t unanswered_ms; /* since then something goes out; 0: nothing */
	uint64_t echo_ms;       /* 0: none since the last sign of life */
	uint64_t doubt_ms;      /* the first renewal since; 0: none */
	uint64_t next_ms;       /* in doubt: no renewal before */
	uint64_t running_ms;    /* a renewal is under way until then at most; 0: none */
	uint64_t hold_ms;       /* no echo before */
	unsigned answered;      /* renewals since the last packet */
};

struct liveness {
	struct liveness_sa *seen;
	size_t count;
	struct state *states; /* sorted by pair */
	size_t state_count;
	struct liveness_action *actions;
	size_t action_count;
	size_t turn; /* whose renewal comes first, so that none waits for ever */
	uint64_t looked_ms;
	uint64_t patience_ms; /* with answers to echoes */
	uint64_t wrong_ms;    /* that it was made longer, or shorter again; 0: never */
	size_t right;         /* doubts that IKE answered, since one was wrong */
	bool busy;
	bool wrong; /* a doubt, in this look */
	struct liveness_counters counters;
};

int liveness_new(struct liveness **ret_liveness)
{
	struct liveness *liveness = calloc(1, sizeof(*liveness));

	if (!liveness)
		return -ENOMEM;
	liveness->patience_ms = LIVENESS_ANSWER_MS;
	*ret_liveness = liveness;
	return 0;
}

void liveness_forget(struct liveness *liveness)
{
	free(liveness->seen);
	free(liveness->states);
	free(liveness->actions);
	*liveness = (struct liveness){.counters = liveness->counters,
	                              .turn = liveness->turn,
	                              .patience_ms = liveness->patience_ms,
	                              .wrong_ms = liveness->wrong_ms,
	                              .right = liveness->right};
}

void liveness_free(struct liveness *liveness)
{
	if (!liveness)
		return;
	liveness_forget(liveness);
	free(liveness);
}

struct liveness_counters liveness_counters(const struct liveness *liveness)
{
	return liveness->counters;
}

static int compare_sa(const void *a, const void *b)
{
	const struct liveness_sa *x = a, *y = b;
	int order = pair_compare(&x->pair, &y->pair);

	if (!order)
		order = x->out - y->out;
	return order ? order : (x->spi > y->spi) - (x->spi < y->spi);
}

static struct state *find(const struct liveness *liveness, const struct pair *pair)
{
	return array_find(liveness->states, liveness->state_count, sizeof(*liveness->states), pair,
	                  pair_compare_items);
}

static void set_alive(struct state *state, uint64_t now_ms)
{
	*state = (struct state){.pair = state->pair,
	                        .alive_ms = now_ms,
	                        .hold_ms = state->hold_ms,
	                        .answered = state->answered};
}

/* Whether the SA has carried something since the last look. */
static bool has_carried(const struct liveness *before, const struct liveness_sa *sa)
{
	const struct liveness_sa *seen = array_find(before->seen, before->count, sizeof(*sa), sa,
	                                            compare_sa);

	/* fewer than before: another SA has the SPI now */
	return sa->packets != (seen ? seen->packets : 0);
}

/* What a pair has done since the last look; @sas are all that it has. */
static void note(const struct liveness *before, struct liveness *now, const struct liveness_sa *sas,
                 size_t count, uint64_t now_ms)
{
	const struct state *known = find(before, &sas[0].pair);
	struct state *state = &now->states[now->state_count++];
	bool in = false, out = false;

	*state = known ? *known : (struct state){.pair = sas[0].pair, .alive_ms = now_ms};
	for (size_t i = 0; i < count; i++)
		if (has_carried(before, &sas[i]))
			*(sas[i].out ? &out : &in) = true;
	if (known && in) {
		now->wrong |= state->doubt_ms > before->wrong_ms;
		state->answered = 0;
		state->hold_ms = 0;
		set_alive(state, now_ms);
	} else if (known && out && !state->unanswered_ms) {
		state->unanswered_ms = before->looked_ms;
	}
	now->busy |= out || state->echo_ms || state->doubt_ms;
}

/* @sas are sorted; the new look takes shape in @now, whose arrays have room. */
static void note_all(const struct liveness *before, struct liveness *now,
                     const struct liveness_sa *sas, size_t count, uint64_t now_ms)
{
	size_t end;

	for (size_t i = 0; i < count; i = end) {
		for (end = i + 1; end < count && pair_equal(&sas[end].pair, &sas[i].pair);)
			end++;
		note(before, now, &sas[i], end - i, now_ms);
	}
	if (count)
		memcpy(now->seen, sas, count * sizeof(*sas));
	now->count = count;
	now->looked_ms = now_ms;
}

/* What was doubted before the last change says nothing of the patience that there is now. */
static void set_patience(struct liveness *liveness, uint64_t now_ms)
{
	uint64_t *patience_ms = &liveness->patience_ms;

	if (liveness->wrong && *patience_ms < LIVENESS_ANSWER_MAX_MS)
		*patience_ms *= 2;
	else if (*patience_ms > LIVENESS_ANSWER_MS &&
	         now_ms - liveness->wrong_ms >= LIVENESS_CALM_MS)
		*patience_ms /= 2;
	else if (!liveness->wrong)
		return;
	liveness->wrong_ms = now_ms;
}

static struct liveness_action *add(struct liveness *liveness, enum liveness_kind kind,
                                   const struct state *state, uint64_t now_ms)
{
	struct liveness_action *action = &liveness->actions[liveness->action_count++];

	*action = (struct liveness_action){
		.kind = kind, .pair = state->pair, .silent_ms = now_ms - state->alive_ms};
	return action;
}

static uint64_t echo_due_ms(const struct state *state, uint64_t dpd_delay_ms)
{
	uint64_t due_ms = state->alive_ms + dpd_delay_ms;

	if (state->unanswered_ms)
		due_ms = clock_earlier(due_ms, state->unanswered_ms + LIVENESS_SILENT_MS);
	return clock_later(due_ms, state->hold_ms);
}

/* What a look may still do. */
struct budget {
	size_t echoes, renewals;
};

static void ask(struct liveness *liveness, struct state *state, uint64_t now_ms,
                struct budget *budget)
{
	/* whoever waits for his turn is looked at again soon */
	liveness->busy = true;
	if (!budget->echoes)
		return;
	budget->echoes--;
	state->echo_ms = now_ms;
	liveness->counters.echoes++;
	add(liveness, LIVENESS_ECHO, state, now_ms);
}

static void renew(struct liveness *liveness, struct state *state, uint64_t now_ms,
                  struct budget *budget)
{
	bool again = state->doubt_ms;
	uint64_t age_ms = again ? now_ms - state->doubt_ms : 0;

	if (!budget->renewals)
		return;
	budget->renewals--;
	if (!again) {
		state->doubt_ms = now_ms;
		liveness->counters.doubts++;
	}
	state->running_ms = now_ms + LIVENESS_RENEWAL_MS;
	state->next_ms = now_ms +
	                 clock_later(liveness->patience_ms, age_ms < LIVENESS_RETRY_FOR_MS
	                                                            ? LIVENESS_RETRY_MS
	                                                            : age_ms / RETRY_SHARE);
	liveness->counters.renewals++;
	add(liveness, LIVENESS_RENEW, state, now_ms)->again = again;
}

static void give_up(struct liveness *liveness, struct state *state, uint64_t now_ms)
{
	liveness->counters.given_up++;
	add(liveness, LIVENESS_GIVE_UP, state, now_ms);
	/* its SAs end, or all begins anew */
	set_alive(state, now_ms);
}

static bool is_dead(const struct liveness *liveness, const struct state *state, uint64_t now_ms,
                    uint64_t dpd_delay_ms)
{
	uint64_t unanswered_ms = clock_later(LIVENESS_UNANSWERED_MS, 4 * liveness->patience_ms);

	return state->doubt_ms && now_ms >= state->doubt_ms + unanswered_ms &&
	       now_ms >= state->alive_ms + dpd_delay_ms + LIVENESS_GIVE_UP_MS;
}

static void decide(struct liveness *liveness, struct state *state, uint64_t now_ms,
                   uint64_t dpd_delay_ms, struct budget *budget)
{
	if (now_ms >= state->running_ms)
		state->running_ms = 0;
	if (is_dead(liveness, state, now_ms, dpd_delay_ms)) {
		give_up(liveness, state, now_ms);
	} else if (state->echo_ms) {
		if (!state->running_ms && now_ms >= state->echo_ms + liveness->patience_ms &&
		    now_ms >= state->next_ms)
			renew(liveness, state, now_ms, budget);
	} else if (now_ms >= echo_due_ms(state, dpd_delay_ms)) {
		ask(liveness, state, now_ms, budget);
	}
}

static size_t count_running(const struct liveness *liveness, uint64_t now_ms)
{
	size_t running = 0;

	for (size_t i = 0; i < liveness->state_count; i++)
		running += liveness->states[i].running_ms > now_ms;
	return running;
}

static void decide_all(struct liveness *liveness, uint64_t now_ms, uint64_t dpd_delay_ms)
{
	size_t running = count_running(liveness, now_ms), count = liveness->state_count;
	struct budget budget = {.echoes = LIVENESS_ECHOES_MAX};
	const size_t first = liveness->turn;

	if (running < LIVENESS_RENEWALS_MAX)
		budget.renewals = LIVENESS_RENEWALS_MAX - running;
	if (liveness->wrong)
		liveness->right = 0;
	if (budget.renewals > LIVENESS_BEGUN_MAX + liveness->right)
		budget.renewals = LIVENESS_BEGUN_MAX + liveness->right;
	for (size_t i = 0; i < count; i++) {
		size_t index = (first + i) % count, renewals = budget.renewals;

		decide(liveness, &liveness->states[index], now_ms, dpd_delay_ms, &budget);
		if (budget.renewals < renewals)
			liveness->turn = index + 1;
	}
}

int liveness_look(struct liveness *liveness, struct liveness_sa *sas, size_t count, uint64_t now_ms,
                  uint64_t dpd_delay_ms, const struct liveness_action **ret_actions,
                  size_t *ret_count)
{
	struct liveness now = {.seen = calloc(count + 1, sizeof(*now.seen)),
	                       .states = calloc(count + 1, sizeof(*now.states)),
	                       .actions = calloc(count + 1, sizeof(*now.actions)),
	                       .turn = liveness->turn,
	                       .patience_ms = liveness->patience_ms,
	                       .wrong_ms = liveness->wrong_ms,
	                       .right = liveness->right,
	                       .counters = liveness->counters};

	if (!now.seen || !now.states || !now.actions) {
		liveness_forget(&now);
		liveness_forget(liveness);
		return -ENOMEM;
	}
	if (count > 1)
		qsort(sas, count, sizeof(*sas), compare_sa);
	note_all(liveness, &now, sas, count, now_ms);
	set_patience(&now, now_ms);
	decide_all(&now, now_ms, dpd_delay_ms);
	liveness_forget(liveness);
	*liveness = now;
	*ret_actions = liveness->actions;
	*ret_count = liveness->action_count;
	return 0;
}

uint64_t liveness_interval_ms(const struct liveness *liveness)
{
	return clock_later(liveness->busy ? LIVENESS_LOOK_MS : LIVENESS_REST_MS,
	                   liveness->count / LIVENESS_SAS_PER_MS);
}

void liveness_on_negotiated(struct liveness *liveness, const struct pair *pair, uint64_t now_ms)
{
	struct state *state = find(liveness, pair);
	uint64_t pause_ms = LIVENESS_HOLD_MIN_MS;

	if (!state)
		return;
	if (state->doubt_ms) {
		liveness->right++;
		for (unsigned i = 0; i < state->answered && pause_ms < LIVENESS_HOLD_MAX_MS; i++)
			pause_ms *= 2;
		state->hold_ms = now_ms + clock_earlier(pause_ms, LIVENESS_HOLD_MAX_MS);
		state->answered++;
	}
	set_alive(state, now_ms);
}

void liveness_on_failed(struct liveness *liveness, const struct pair *pair, bool answered,
                        uint64_t now_ms)
{
	struct state *state = find(liveness, pair);

	if (!state)
		return;
	state->running_ms = 0;
	if (answered)
		state->alive_ms = now_ms;
}
