/* SPDX-License-Identifier: MIT */
#include "xfrmd/sad/liveness.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

#define NOW       1000000u
#define DPD       30000u
#define SAS_MAX   512
#define LOOK      LIVENESS_LOOK_MS
#define PEERS_MAX 200

/* One host with its peers: what flows, and who answers. */
struct flow {
	uint64_t out, in;
	uint32_t spi;
	bool up;
};

static struct liveness *liveness;
static struct flow flows[PEERS_MAX];
static const struct liveness_action *actions;
static size_t action_count;
static uint64_t now_ms;

static struct pair pair_with(unsigned peer)
{
	struct pair pair = {.local = {.family = 2, .bytes = {10, 0, 1, 1}},
	                    .remote = {.family = 2, .bytes = {10, 0, 2}}};

	pair.remote.bytes[3] = (uint8_t)peer;
	return pair;
}

static unsigned peer_of(const struct liveness_action *action)
{
	return action->pair.remote.bytes[3];
}

static void set_up(void)
{
	ck_assert_int_eq(liveness_new(&liveness), 0);
	memset(flows, 0, sizeof(flows));
	now_ms = NOW;
}

static void tear_down(void)
{
	liveness_free(liveness);
}

static void up(unsigned peer)
{
	flows[peer] = (struct flow){.spi = 256 + 2 * peer, .up = true};
}

static void look(void)
{
	struct liveness_sa sas[SAS_MAX];
	size_t count = 0;

	for (unsigned i = 0; i < PEERS_MAX; i++) {
		const struct flow *flow = &flows[i];

		if (!flow->up)
			continue;
		sas[count++] = (struct liveness_sa){
			.pair = pair_with(i), .spi = flow->spi, .out = true, .packets = flow->out};
		sas[count++] = (struct liveness_sa){
			.pair = pair_with(i), .spi = flow->spi + 1, .packets = flow->in};
	}
	ck_assert_int_eq(liveness_look(liveness, sas, count, now_ms, DPD, &actions, &action_count),
	                 0);
}

/* What the look after @pause_ms has to do, as "echo 2, renew 3". */
static const char *look_after(uint64_t pause_ms)
{
	static const char *const names[] = {"echo", "renew", "give up"};
	static char text[256];
	size_t used = 0;

	now_ms += pause_ms;
	look();
	text[0] = '\0';
	for (size_t i = 0; i < action_count && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %u", i ? ", " : "",
		                         names[actions[i].kind], peer_of(&actions[i]));
	return text;
}

static const char *look_sending(unsigned peer)
{
	flows[peer].out++;
	return look_after(LOOK);
}

static void negotiated(unsigned peer)
{
	const struct pair pair = pair_with(peer);

	liveness_on_negotiated(liveness, &pair, now_ms);
}

static void failed(unsigned peer, bool answered)
{
	const struct pair pair = pair_with(peer);

	liveness_on_failed(liveness, &pair, answered, now_ms);
}

/* Until it is in doubt. */
static void doubt(unsigned peer)
{
	ck_assert_str_eq(look_sending(peer), "");
	ck_assert_str_eq(look_sending(peer), "echo 2");
	ck_assert_str_eq(look_sending(peer), "renew 2");
}

START_TEST(who_answers_needs_no_check)
{
	up(2);
	for (int i = 0; i < 1000; i++) {
		flows[2].in++;
		ck_assert_str_eq(look_sending(2), "");
	}
	ck_assert_uint_eq(liveness_interval_ms(liveness), LIVENESS_LOOK_MS);
}
END_TEST

START_TEST(what_is_not_answered_is_asked_for_and_then_negotiated)
{
	up(2);
	up(3);
	look();
	doubt(2);
	ck_assert_uint_eq(actions[0].silent_ms, 3 * LOOK);
	ck_assert_uint_eq(liveness_counters(liveness).doubts, 1);
}
END_TEST

START_TEST(answer_to_the_echo_ends_it)
{
	up(2);
	look();
	look_sending(2);
	ck_assert_str_eq(look_sending(2), "echo 2");
	flows[2].in++;
	ck_assert_str_eq(look_sending(2), "");
	ck_assert_str_eq(look_sending(2), "");
	ck_assert_str_eq(look_sending(2), "echo 2");
	ck_assert_uint_eq(liveness_counters(liveness).doubts, 0);
}
END_TEST

START_TEST(idle_pair_is_asked_once_in_dpd_delay)
{
	up(2);
	look();
	ck_assert_str_eq(look_after(DPD - 1), "");
	ck_assert_uint_eq(liveness_interval_ms(liveness), LIVENESS_REST_MS);
	ck_assert_str_eq(look_after(1), "echo 2");
	flows[2].out++;
	flows[2].in++;
	ck_assert_str_eq(look_after(LOOK), "");
	ck_assert_str_eq(look_after(DPD - 1), "");
	ck_assert_str_eq(look_after(1), "echo 2");
	ck_assert_str_eq(look_after(LOOK), "renew 2");
}
END_TEST

START_TEST(renewal_that_fails_is_tried_again_soon)
{
	up(2);
	look();
	doubt(2);
	ck_assert_str_eq(look_after(5000), "");
	failed(2, false);
	ck_assert_str_eq(look_after(1), "renew 2");
	ck_assert(actions[0].again);
	failed(2, false);
	ck_assert_str_eq(look_after(LIVENESS_RETRY_MS - 1), "");
	ck_assert_str_eq(look_after(1), "renew 2");
	/* nobody tells what became of it */
	ck_assert_str_eq(look_after(LIVENESS_RENEWAL_MS - 1), "");
	ck_assert_str_eq(look_after(1), "renew 2");
	ck_assert_uint_eq(liveness_counters(liveness).doubts, 1);
	ck_assert_uint_eq(liveness_counters(liveness).renewals, 4);
}
END_TEST

START_TEST(who_refuses_is_tried_ever_more_rarely)
{
	uint64_t longest_ms = 0, last_ms;

	up(2);
	look();
	doubt(2);
	last_ms = now_ms;
	for (int i = 0; i < 10000; i++) {
		failed(2, true);
		look_sending(2);
		if (!action_count)
			continue;
		ck_assert_int_eq(actions[0].kind, LIVENESS_RENEW);
		if (now_ms < NOW + LIVENESS_RETRY_FOR_MS)
			ck_assert_uint_lt(now_ms - last_ms, LIVENESS_RETRY_MS + LOOK);
		longest_ms = now_ms - last_ms > longest_ms ? now_ms - last_ms : longest_ms;
		last_ms = now_ms;
	}
	ck_assert_uint_gt(longest_ms, 100000);
	ck_assert_uint_lt(liveness_counters(liveness).renewals, 100);
}
END_TEST

START_TEST(who_answers_neither_is_given_up)
{
	uint64_t alive_ms;

	up(2);
	look();
	alive_ms = now_ms;
	doubt(2);
	do {
		failed(2, false);
		look_sending(2);
	} while (!action_count || actions[0].kind != LIVENESS_GIVE_UP);
	ck_assert_uint_ge(now_ms, alive_ms + DPD + LIVENESS_GIVE_UP_MS);
	ck_assert_uint_lt(now_ms, alive_ms + DPD + LIVENESS_GIVE_UP_MS + LOOK);
	flows[2].up = false;
	ck_assert_str_eq(look_after(LOOK), "");
}
END_TEST

START_TEST(idle_one_is_given_up_as_well)
{
	up(2);
	look();
	ck_assert_str_eq(look_after(DPD), "echo 2");
	ck_assert_str_eq(look_after(LOOK), "renew 2");
	ck_assert_str_eq(look_after(LIVENESS_GIVE_UP_MS - LOOK), "give up 2");
}
END_TEST

START_TEST(who_answers_ike_alone_is_doubted_ever_more_rarely)
{
	up(2);
	look();
	for (uint64_t hold_ms = LIVENESS_HOLD_MIN_MS, began_ms; hold_ms < LIVENESS_HOLD_MAX_MS;
	     hold_ms *= 2) {
		while (strcmp(look_sending(2), "renew 2") != 0)
			ck_assert(!action_count || actions[0].kind == LIVENESS_ECHO);
		negotiated(2);
		began_ms = now_ms;
		while (strcmp(look_sending(2), "echo 2") != 0)
			ck_assert_uint_eq(action_count, 0);
		ck_assert_uint_ge(now_ms, began_ms + hold_ms);
		ck_assert_uint_le(now_ms, began_ms + hold_ms + LOOK);
	}
	ck_assert_str_eq(look_sending(2), "renew 2");
	negotiated(2);
	flows[2].in++;
	look_sending(2);
	doubt(2);
}
END_TEST

START_TEST(sas_that_come_and_go_are_no_sign_of_life)
{
	up(2);
	flows[2].in = 100;
	look();
	ck_assert_str_eq(look_sending(2), "");
	flows[2] = (struct flow){.spi = 4000, .up = true};
	ck_assert_str_eq(look_sending(2), "echo 2");
	flows[2].in = 1;
	ck_assert_str_eq(look_sending(2), "");
}
END_TEST

START_TEST(outage_of_all_is_bounded_and_all_get_their_turn)
{
	uint64_t tried[PEERS_MAX] = {0};
	size_t running = 0;

	for (unsigned i = 0; i < PEERS_MAX; i++)
		up(i);
	look();
	for (int n = 0; n < 120; n++) {
		size_t echoes = 0, begun = 0;

		for (unsigned i = 0; i < PEERS_MAX; i++)
			flows[i].out++;
		look_after(LOOK);
		for (size_t i = 0; i < action_count; i++) {
			echoes += actions[i].kind == LIVENESS_ECHO;
			begun += actions[i].kind == LIVENESS_RENEW;
			tried[peer_of(&actions[i])] += actions[i].kind == LIVENESS_RENEW;
		}
		running += begun;
		ck_assert_uint_le(echoes, LIVENESS_ECHOES_MAX);
		ck_assert_uint_le(begun, LIVENESS_BEGUN_MAX);
		ck_assert_uint_le(running, LIVENESS_RENEWALS_MAX);
		if (n % 15 != 14)
			continue;
		for (unsigned i = 0; i < PEERS_MAX; i++)
			failed(i, false);
		running = 0;
	}
	for (unsigned i = 0; i < PEERS_MAX; i++)
		ck_assert_msg(tried[i] > 0, "%u was never tried", i);
}
END_TEST

/* Looks from the echo that peer 2 is sent now to the doubt. */
static unsigned looks_to_doubt(void)
{
	unsigned looks = 1;

	ck_assert_str_eq(look_sending(2), "");
	ck_assert_str_eq(look_sending(2), "echo 2");
	while (strcmp(look_sending(2), "renew 2") != 0)
		looks++;
	return looks;
}

/* It answers at last, and so do others in the same look. */
static void turn_out_slow(void)
{
	flows[2].in++;
	flows[3].in++;
	ck_assert_str_eq(look_after(LOOK), "");
}

START_TEST(patience_doubles_with_each_doubt_that_was_wrong_and_comes_back)
{
	static const unsigned looks[] = {1, 2, 3, 6, 12, 24, 24, 24};

	up(2);
	up(3);
	look();
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		ck_assert_uint_eq(looks_to_doubt(), looks[i]);
		turn_out_slow();
	}
	/* one that is answered by IKE was right */
	ck_assert_uint_eq(looks_to_doubt(), 24);
	negotiated(2);
	for (uint64_t i = 0; i < 7 * LIVENESS_CALM_MS / LOOK; i++) {
		flows[2].in++;
		look_sending(2);
	}
	ck_assert_uint_eq(looks_to_doubt(), 1);
}
END_TEST

/* Of those who are silent at once, how many are negotiated with in the look after their echoes. */
static size_t begun_of(unsigned from, unsigned count)
{
	for (int n = 0; n < 3; n++) {
		for (unsigned i = from; i < from + count; i++)
			flows[i].out++;
		look_after(LOOK);
	}
	return action_count;
}

START_TEST(outage_makes_patience_longer_once_however_they_come_back)
{
	for (unsigned i = 2; i < 2 + LIVENESS_BEGUN_MAX; i++)
		up(i);
	look();
	ck_assert_uint_eq(begun_of(2, LIVENESS_BEGUN_MAX), LIVENESS_BEGUN_MAX);
	for (unsigned i = 2; i < 2 + LIVENESS_BEGUN_MAX; i++) {
		flows[i].in++;
		ck_assert_str_eq(look_after(LOOK), "");
	}
	ck_assert_uint_eq(looks_to_doubt(), 2);
}
END_TEST

START_TEST(more_are_begun_as_long_as_doubts_are_right)
{
	for (unsigned i = 0; i < 40; i++)
		up(i);
	look();
	ck_assert_uint_eq(begun_of(0, 40), LIVENESS_BEGUN_MAX);
	for (size_t more = LIVENESS_BEGUN_MAX; more < 16; more *= 2) {
		size_t begun = action_count;

		for (size_t i = 0; i < begun; i++)
			negotiated(peer_of(&actions[i]));
		for (unsigned i = 0; i < 40; i++)
			flows[i].out++;
		look_after(LOOK);
		ck_assert_uint_eq(action_count, 2 * more);
	}
}
END_TEST

START_TEST(what_was_seen_before_a_pause_tells_nothing)
{
	up(2);
	up(3);
	look();
	doubt(2);
	flows[3].out++;
	look_after(LOOK);
	liveness_forget(liveness);
	ck_assert_uint_eq(liveness_interval_ms(liveness), LIVENESS_REST_MS);
	/* nobody was asked meanwhile, so nobody is dead */
	flows[3].out += 100;
	ck_assert_str_eq(look_after(10 * DPD), "");
	ck_assert_str_eq(look_after(DPD - 1), "");
	ck_assert_str_eq(look_after(1), "echo 3, echo 2");
	ck_assert_uint_eq(liveness_counters(liveness).doubts, 1);
}
END_TEST

/* Random hosts: what holds of each pair is learned from packets and actions alone. */

static uint32_t roll(uint32_t bound)
{
	static uint64_t state = 7;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % bound;
}

struct model {
	uint64_t in_ms, ike_ms; /* when the last packet was seen, and the last answer by IKE */
	uint64_t echo_ms, begun_ms, renewed_ms;
	bool sends, running;
	bool heard; /* something came in since the last look */
	enum { DEAD, LIVES, FILTERS } peer;
};

static void require(bool holds, const char *what, unsigned peer)
{
	if (!holds)
		ck_abort_msg("peer %u: %s at %llu", peer, what, (unsigned long long)now_ms);
}

static void hear(struct model *model, unsigned peer)
{
	flows[peer].in++;
	model->heard = true;
}

static void check(struct model *model, unsigned peer, const struct liveness_action *action)
{
	uint64_t alive_ms = model->in_ms > model->ike_ms ? model->in_ms : model->ike_ms;

	switch (action->kind) {
	case LIVENESS_ECHO:
		require(!model->echo_ms, "asked twice", peer);
		require(now_ms >= model->in_ms + LIVENESS_SILENT_MS, "asked too early", peer);
		require(!model->renewed_ms || now_ms >= model->renewed_ms + LIVENESS_HOLD_MIN_MS,
		        "asked soon after an answer by IKE", peer);
		model->echo_ms = now_ms;
		flows[peer].out++;
		if (model->peer == LIVES)
			hear(model, peer);
		break;
	case LIVENESS_RENEW:
		require(model->echo_ms && now_ms >= model->echo_ms + LIVENESS_ANSWER_MS,
		        "doubted before it was asked", peer);
		require(model->in_ms < model->echo_ms, "doubted although something came in", peer);
		require(!model->running || now_ms >= model->begun_ms + LIVENESS_RENEWAL_MS,
		        "negotiated twice at once", peer);
		require(now_ms >= model->begun_ms + LIVENESS_RETRY_MS, "tried too often", peer);
		model->begun_ms = now_ms;
		model->running = true;
		break;
	case LIVENESS_GIVE_UP:
		require(now_ms >= alive_ms + DPD + LIVENESS_GIVE_UP_MS, "given up early", peer);
		require(model->begun_ms > alive_ms, "given up untried", peer);
		flows[peer].up = false;
		break;
	}
}

static void end_renewal(struct model *model, unsigned peer)
{
	model->running = false;
	if (model->peer == DEAD) {
		failed(peer, false);
		return;
	}
	flows[peer] = (struct flow){.spi = 5000 + roll(100000) * 2, .up = true};
	model->heard = false;
	negotiated(peer);
	model->ike_ms = model->renewed_ms = now_ms;
	model->echo_ms = 0;
}

static void step(struct model *model, unsigned peer)
{
	struct flow *flow = &flows[peer];

	if (!flow->up && !roll(20)) {
		*model = (struct model){.in_ms = now_ms, .peer = LIVES};
		up(peer);
		return;
	}
	if (!roll(100))
		model->peer = roll(3);
	if (!roll(50))
		model->sends = !model->sends;
	flow->out += model->sends;
	if (flow->up && model->peer == LIVES && model->sends && roll(4))
		hear(model, peer);
	if (flow->up && model->running && !roll(5))
		end_renewal(model, peer);
}

/* Who sends and hears nothing is not left alone, but while a renewal runs or was answered. */
static void check_noticed(const struct model *model, unsigned peer)
{
	if (flows[peer].up && model->peer == DEAD && !model->renewed_ms)
		require(now_ms < model->in_ms + DPD + LIVENESS_GIVE_UP_MS +
		                         5 * LIVENESS_ANSWER_MAX_MS + 10 * LOOK,
		        "dead and not noticed", peer);
}

START_TEST(random_peers)
{
	struct model models[20] = {0};

	for (unsigned i = 0; i < 20; i++)
		models[i].in_ms = now_ms;
	for (int n = 0; n < 200000; n++) {
		for (unsigned i = 0; i < 20; i++)
			step(&models[i], i);
		now_ms += n ? liveness_interval_ms(liveness) : 0;
		for (unsigned i = 0; i < 20; i++)
			if (models[i].heard)
				models[i] = (struct model){.in_ms = now_ms,
				                           .sends = models[i].sends,
				                           .peer = models[i].peer};
		look();
		for (size_t i = 0; i < action_count; i++)
			check(&models[peer_of(&actions[i])], peer_of(&actions[i]), &actions[i]);
		for (unsigned i = 0; i < 20; i++)
			check_noticed(&models[i], i);
	}
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("liveness", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, who_answers_needs_no_check);
	tcase_add_test(tcase, what_is_not_answered_is_asked_for_and_then_negotiated);
	tcase_add_test(tcase, answer_to_the_echo_ends_it);
	tcase_add_test(tcase, idle_pair_is_asked_once_in_dpd_delay);
	tcase_add_test(tcase, renewal_that_fails_is_tried_again_soon);
	tcase_add_test(tcase, who_refuses_is_tried_ever_more_rarely);
	tcase_add_test(tcase, who_answers_neither_is_given_up);
	tcase_add_test(tcase, idle_one_is_given_up_as_well);
	tcase_add_test(tcase, who_answers_ike_alone_is_doubted_ever_more_rarely);
	tcase_add_test(tcase, sas_that_come_and_go_are_no_sign_of_life);
	tcase_add_test(tcase, outage_of_all_is_bounded_and_all_get_their_turn);
	tcase_add_test(tcase, patience_doubles_with_each_doubt_that_was_wrong_and_comes_back);
	tcase_add_test(tcase, outage_makes_patience_longer_once_however_they_come_back);
	tcase_add_test(tcase, more_are_begun_as_long_as_doubts_are_right);
	tcase_add_test(tcase, what_was_seen_before_a_pause_tells_nothing);
	tcase_add_test(tcase, random_peers);
	return test_run(suite);
}
