/* SPDX-License-Identifier: MIT */
#include "xfrmd/ike/peers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "test.h"
#include "xfrmd/ike/duplicates.h"

/* Every test runs from this time on; the machine itself has no clock. */
#define NOW 1000000u

static struct peers *peers;
static struct peer_actions actions;
static struct addr local, remote;

static struct addr make_addr(const char *text)
{
	struct addr addr;

	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return addr;
}

/* 10.1.x.y of a running number. */
static struct addr numbered(unsigned number)
{
	char text[ADDR_TEXT_MAX];

	snprintf(text, sizeof(text), "10.1.%u.%u", number / 250, number % 250 + 1);
	return make_addr(text);
}

/* Until the next call. */
static const struct pair *pair_to(const struct addr *to)
{
	static struct pair pair;

	pair = (struct pair){.local = local, .remote = *to};
	return &pair;
}

static void set_up(void)
{
	ck_assert_int_eq(peers_new(1, &peers), 0);
	local = make_addr("10.0.1.1");
	remote = make_addr("10.0.1.2");
}

static void tear_down(void)
{
	peer_actions_fini(&actions);
	peers_free(peers);
	peers = NULL;
}

static void acquire(const struct addr *to, uint64_t now_ms)
{
	peers_on_acquire(peers, pair_to(to), false, now_ms, &actions);
}

static void child_up(const struct addr *from, uint32_t ike_id, uint32_t child_id, uint64_t now_ms)
{
	struct peer_child child = {.ike_id = ike_id, .child_id = child_id, .since_ms = now_ms};

	peers_on_child_up(peers, pair_to(from), &child, now_ms, &actions);
}

static void child_rekeyed(uint32_t ike_id, uint32_t old_child_id, uint32_t new_child_id,
                          uint64_t now_ms)
{
	struct peer_child child = {.ike_id = ike_id, .child_id = new_child_id, .since_ms = now_ms};

	peers_on_child_rekeyed(peers, old_child_id, &child, now_ms);
}

static void fail_with(const struct addr *to, const char *words, uint64_t now_ms)
{
	peers_on_reason(peers, pair_to(to), words, true, now_ms, &actions);
}

static const char *state_of(const struct addr *of)
{
	const struct peer *peer = peers_find(peers, pair_to(of));

	return peer ? peer_state_name(peer->state) : "none";
}

/* The actions so far as one line, and none afterwards. */
static const char *take_actions(void)
{
	static char line[512];
	size_t used = 0;

	line[0] = '\0';
	for (size_t i = 0; i < actions.count && used < sizeof(line); i++) {
		const struct peer_action *action = &actions.items[i];
		char text[64] = "";

		switch (action->kind) {
		case PEER_ACTION_INITIATE:
			snprintf(text, sizeof(text), "initiate");
			break;
		case PEER_ACTION_UNLOAD:
			snprintf(text, sizeof(text), "unload");
			break;
		case PEER_ACTION_TERMINATE:
			snprintf(text, sizeof(text), "terminate:%" PRIu32, action->ike_id);
			break;
		case PEER_ACTION_TERMINATE_CHILD:
			snprintf(text, sizeof(text), "terminate-child:%" PRIu32, action->child_id);
			break;
		case PEER_ACTION_REKEY:
			snprintf(text, sizeof(text), "rekey:%" PRIu32, action->child_id);
			break;
		case PEER_ACTION_REAP:
			snprintf(text, sizeof(text), "reap");
			break;
		case PEER_ACTION_RENEW:
			snprintf(text, sizeof(text), "renew");
			break;
		case PEER_ACTION_CHANGED:
			snprintf(text, sizeof(text), "%s>%s", peer_state_name(action->old_state),
			         peer_state_name(action->new_state));
			break;
		}
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s", i ? " " : "",
		                         text);
	}
	actions.count = 0;
	return line;
}

static size_t count_kind(enum peer_action_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < actions.count; i++)
		count += actions.items[i].kind == kind;
	return count;
}

static bool keep_none(void *ctx, const struct peer *peer)
{
	(void)ctx;
	(void)peer;
	return false;
}

static bool keep_all(void *ctx, const struct peer *peer)
{
	(void)ctx;
	(void)peer;
	return true;
}

enum start { NONE, IDLE, QUEUED, NEGOTIATING, UP, FAILED, START_COUNT };

/* One pair in the wanted state, entered at NOW; UP with IKE_SA 7 and CHILD_SA 70. */
static void enter(enum start start)
{
	if (start != QUEUED)
		peers_on_charon_up(peers, NOW, &actions);
	if (start == QUEUED || start == NEGOTIATING || start == FAILED)
		acquire(&remote, NOW);
	if (start == UP || start == IDLE)
		child_up(&remote, 7, 70, NOW);
	if (start == IDLE)
		peers_on_child_down(peers, 7, 70, NOW, &actions);
	if (start == FAILED)
		fail_with(&remote, "no response", NOW);
	actions.count = 0;
}

enum event {
	ACQUIRE_EARLY,
	ACQUIRE_LATE,
	REMEMBERED,
	LARVAL_EXPIRED,
	CHILD_UP,
	CHILD_DOWN,
	CHILD_DOWN_UNKNOWN,
	CHILD_REKEYED,
	CHILD_REKEYED_UNKNOWN,
	IKE_REKEYED,
	IKE_DOWN,
	IKE_DOWN_UNKNOWN,
	REASON_HINT,
	REASON_FINAL,
	CHARON_UP,
	CHARON_DOWN,
	TIMER_EARLY,
	TIMER_LATE,
	RETAIN_ALL,
	RETAIN_NONE,
	EVENT_COUNT
};

static void apply(enum event event)
{
	switch (event) {
	case ACQUIRE_EARLY:
		acquire(&remote, NOW + 100);
		break;
	case ACQUIRE_LATE:
		acquire(&remote, NOW + 5000);
		break;
	case REMEMBERED:
		peers_on_remembered(peers, pair_to(&remote), NOW + 100, &actions);
		break;
	case LARVAL_EXPIRED:
		peers_on_larval_expired(peers, pair_to(&remote));
		break;
	case CHILD_UP:
		child_up(&remote, 8, 80, NOW + 100);
		break;
	case CHILD_DOWN:
		peers_on_child_down(peers, 7, 70, NOW + 100, &actions);
		break;
	case CHILD_DOWN_UNKNOWN:
		peers_on_child_down(peers, 7, 71, NOW + 100, &actions);
		break;
	case CHILD_REKEYED:
		child_rekeyed(7, 70, 71, NOW);
		break;
	case CHILD_REKEYED_UNKNOWN:
		child_rekeyed(7, 71, 72, NOW);
		break;
	case IKE_REKEYED:
		peers_on_ike_rekeyed(peers, 7, 9);
		break;
	case IKE_DOWN:
		peers_on_ike_down(peers, 7, pair_to(&remote), NOW + 100, &actions);
		break;
	case IKE_DOWN_UNKNOWN:
		peers_on_ike_down(peers, 99, pair_to(&remote), NOW + 100, &actions);
		break;
	case REASON_HINT:
		peers_on_reason(peers, pair_to(&remote), "hint", false, NOW + 100, &actions);
		break;
	case REASON_FINAL:
		fail_with(&remote, "final", NOW + 100);
		break;
	case CHARON_UP:
		peers_on_charon_up(peers, NOW + 100, &actions);
		break;
	case CHARON_DOWN:
		peers_on_charon_down(peers, NOW + 100, &actions);
		break;
	case TIMER_EARLY:
		peers_on_timer(peers, NOW + 100, &actions);
		break;
	case TIMER_LATE:
		peers_on_timer(peers, NOW + PEERS_FORGET_AFTER_MS, &actions);
		break;
	case RETAIN_ALL:
		peers_retain(peers, keep_all, NULL, &actions);
		break;
	case RETAIN_NONE:
		peers_retain(peers, keep_none, NULL, &actions);
		break;
	case EVENT_COUNT:
		break;
	}
}

#define IGNORED(state)    \
	{                 \
		state, "" \
	}
static const struct {
	const char *end, *actions;
} cells[EVENT_COUNT][START_COUNT] = {
	[ACQUIRE_EARLY] = {{"negotiating", "idle>queued queued>negotiating initiate"},
                           {"negotiating", "idle>queued queued>negotiating initiate"},
                           IGNORED("queued"),
                           IGNORED("negotiating"),
                           IGNORED("up"),
                           IGNORED("failed")},
	[ACQUIRE_LATE] = {{"negotiating", "idle>queued queued>negotiating initiate"},
                          {"negotiating", "idle>queued queued>negotiating initiate"},
                          IGNORED("queued"),
                          IGNORED("negotiating"),
                          {"up", "rekey:70"},
                          {"negotiating", "failed>queued queued>negotiating initiate"}},
	[REMEMBERED] = {{"negotiating", "idle>queued queued>negotiating initiate"},
                        {"negotiating", "idle>queued queued>negotiating initiate"},
                        IGNORED("queued"),
                        IGNORED("negotiating"),
                        IGNORED("up"),
                        IGNORED("failed")},
	[LARVAL_EXPIRED] = {IGNORED("none"), IGNORED("idle"), IGNORED("queued"),
                            IGNORED("negotiating"), IGNORED("up"), IGNORED("failed")},
	[CHILD_UP] = {{"up", "idle>up"},
                      {"up", "idle>up"},
                      {"up", "queued>up"},
                      {"up", "negotiating>up unload"},
                      IGNORED("up"),
                      {"up", "failed>up"}},
	[CHILD_DOWN] = {IGNORED("none"),
                        IGNORED("idle"),
                        IGNORED("queued"),
                        IGNORED("negotiating"),
                        {"idle", "up>idle"},
                        IGNORED("failed")},
	[CHILD_DOWN_UNKNOWN] = {IGNORED("none"), IGNORED("idle"), IGNORED("queued"),
                                IGNORED("negotiating"), IGNORED("up"), IGNORED("failed")},
	[CHILD_REKEYED] = {IGNORED("none"), IGNORED("idle"), IGNORED("queued"),
                           IGNORED("negotiating"), IGNORED("up"), IGNORED("failed")},
	[CHILD_REKEYED_UNKNOWN] = {IGNORED("none"), IGNORED("idle"), IGNORED("queued"),
                                   IGNORED("negotiating"), IGNORED("up"), IGNORED("failed")},
	[IKE_REKEYED] = {IGNORED("none"), IGNORED("idle"), IGNORED("queued"),
                         IGNORED("negotiating"), IGNORED("up"), IGNORED("failed")},
	[IKE_DOWN] = {IGNORED("none"),
                      IGNORED("idle"),
                      IGNORED("queued"),
                      IGNORED("negotiating"),
                      {"idle", "up>idle"},
                      IGNORED("failed")},
	[IKE_DOWN_UNKNOWN] = {IGNORED("none"), IGNORED("idle"), IGNORED("queued"),
                              IGNORED("negotiating"), IGNORED("up"), IGNORED("failed")},
	[REASON_HINT] = {IGNORED("none"), IGNORED("idle"), IGNORED("queued"),
                         IGNORED("negotiating"), IGNORED("up"), IGNORED("failed")},
	[REASON_FINAL] = {IGNORED("none"),
                          IGNORED("idle"),
                          IGNORED("queued"),
                          {"failed", "negotiating>failed unload"},
                          IGNORED("up"),
                          IGNORED("failed")},
	[CHARON_UP] = {IGNORED("none"),
                       IGNORED("idle"),
                       {"negotiating", "queued>negotiating initiate"},
                       IGNORED("negotiating"),
                       IGNORED("up"),
                       IGNORED("failed")},
	[CHARON_DOWN] = {IGNORED("none"),
                         IGNORED("idle"),
                         IGNORED("queued"),
                         {"queued", "negotiating>queued"},
                         {"queued", "up>queued"},
                         IGNORED("failed")},
	[TIMER_EARLY] = {IGNORED("none"), IGNORED("idle"), IGNORED("queued"),
                         IGNORED("negotiating"), IGNORED("up"), IGNORED("failed")},
	[TIMER_LATE] = {IGNORED("none"),
                        {"none", ""},
                        IGNORED("queued"),
                        {"failed", "negotiating>failed unload"},
                        IGNORED("up"),
                        {"negotiating", "failed>queued queued>negotiating initiate"}},
	[RETAIN_ALL] = {IGNORED("none"), IGNORED("idle"), IGNORED("queued"), IGNORED("negotiating"),
                        IGNORED("up"), IGNORED("failed")},
	[RETAIN_NONE] = {IGNORED("none"),
                         {"none", ""},
                         {"none", "queued>idle"},
                         {"none", "negotiating>idle unload"},
                         {"none", "terminate-child:70 terminate:7 up>idle"},
                         {"none", "failed>idle"}},
};

START_TEST(peers_answer_every_event_in_every_state)
{
	enum event event = (enum event)(_i / START_COUNT);
	enum start start = (enum start)(_i % START_COUNT);

	enter(start);
	apply(event);
	ck_assert_str_eq(state_of(&remote), cells[event][start].end);
	ck_assert_str_eq(take_actions(), cells[event][start].actions);
}
END_TEST

START_TEST(peers_negotiate_at_most_the_bound_at_once)
{
	peers_on_charon_up(peers, NOW, &actions);
	for (unsigned i = 0; i < PEERS_INFLIGHT_MAX + 10; i++) {
		struct addr to = numbered(i);

		acquire(&to, NOW);
	}
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), PEERS_INFLIGHT_MAX);
	actions.count = 0;
	for (unsigned i = 0; i < 3; i++) {
		struct addr done = numbered(i);

		child_up(&done, i + 1, i + 1, NOW + 1);
	}
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), 3);
}
END_TEST

/* Fills every slot with pairs that the test does not look at; charon is up. */
static void fill_slots(void)
{
	peers_on_charon_up(peers, NOW, &actions);
	for (unsigned i = 0; i < PEERS_INFLIGHT_MAX; i++) {
		struct addr to = numbered(i);

		acquire(&to, NOW);
	}
	actions.count = 0;
}

/* The remote address of the only INITIATE, once one slot is freed. */
static const char *next_initiated(unsigned slot)
{
	static char text[ADDR_TEXT_MAX];
	struct addr done = numbered(slot);

	actions.count = 0;
	child_up(&done, slot + 1, slot + 1, NOW + 3000);
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), 1);
	for (size_t i = 0; i < actions.count; i++) {
		if (actions.items[i].kind == PEER_ACTION_INITIATE)
			addr_format(&actions.items[i].pair.remote, text);
	}
	return text;
}

START_TEST(peers_that_never_failed_go_first_then_first_in_first_out)
{
	struct addr failed_first = make_addr("10.0.9.1"), failed_second = make_addr("10.0.9.2");
	struct addr fresh_first = make_addr("10.0.9.4"), fresh_second = make_addr("10.0.9.3");

	peers_on_charon_up(peers, NOW, &actions);
	acquire(&failed_first, NOW);
	acquire(&failed_second, NOW);
	fail_with(&failed_first, "no response", NOW);
	fail_with(&failed_second, "no response", NOW);
	fill_slots();
	acquire(&failed_first, NOW + 2000);
	acquire(&failed_second, NOW + 2000);
	acquire(&fresh_first, NOW + 2000);
	acquire(&fresh_second, NOW + 2000);
	ck_assert_str_eq(next_initiated(0), "10.0.9.4");
	ck_assert_str_eq(next_initiated(1), "10.0.9.3");
	ck_assert_str_eq(next_initiated(2), "10.0.9.1");
	ck_assert_str_eq(next_initiated(3), "10.0.9.2");
}
END_TEST

START_TEST(peers_that_are_wanted_in_earnest_go_first)
{
	struct addr known = make_addr("10.0.9.1"), again = make_addr("10.0.9.2");
	struct addr early = make_addr("10.0.9.3"), late = make_addr("10.0.9.4");

	peers_on_charon_up(peers, NOW, &actions);
	child_up(&known, 901, 901, NOW);
	peers_on_child_down(peers, 901, 901, NOW + 1, &actions);
	fill_slots();
	for (unsigned i = 100; i < 100 + PEERS_INFLIGHT_EARNEST; i++) {
		struct addr to = numbered(i);

		acquire(&to, NOW);
		acquire(&to, NOW + 1);
	}
	acquire(&early, NOW + 10);
	acquire(&again, NOW + 10);
	acquire(&known, NOW + 10);
	acquire(&again, NOW + 20);
	acquire(&late, NOW + 30);
	ck_assert_str_eq(next_initiated(0), "10.0.9.1");
	ck_assert_str_eq(next_initiated(1), "10.0.9.2");
	actions.count = 0;
	for (unsigned i = 100; i < 100 + PEERS_INFLIGHT_EARNEST; i++) {
		struct addr to = numbered(i);

		child_up(&to, i + 1, i + 1, NOW + 2000);
	}
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), 0);
	ck_assert_str_eq(next_initiated(2), "10.0.9.4");
	ck_assert_str_eq(next_initiated(3), "10.0.9.3");
}
END_TEST

START_TEST(peers_that_are_wanted_in_earnest_wait_for_no_dead_ones)
{
	struct addr once = make_addr("10.0.9.1"), known = make_addr("10.0.9.2");

	peers_on_charon_up(peers, NOW, &actions);
	child_up(&known, 901, 901, NOW);
	peers_on_child_down(peers, 901, 901, NOW + 1, &actions);
	fill_slots();
	acquire(&once, NOW + 10);
	acquire(&known, NOW + 10);
	ck_assert_str_eq(state_of(&once), "queued");
	ck_assert_str_eq(state_of(&known), "negotiating");
	acquire(&once, NOW + 20);
	ck_assert_str_eq(state_of(&once), "negotiating");
	for (unsigned i = 100; i < 200; i++) {
		struct addr to = numbered(i);

		acquire(&to, NOW + 30);
		acquire(&to, NOW + 40);
	}
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), PEERS_INFLIGHT_EARNEST);
}
END_TEST

/* A scan: each once, and one of them again and again. */
START_TEST(peers_without_an_sa_are_bounded)
{
	struct addr up = make_addr("10.0.9.1"), wanted = make_addr("10.0.9.2");
	unsigned number = 0;
	size_t count;

	child_up(&up, 901, 901, NOW);
	for (unsigned second = 0; second < 20; second++) {
		acquire(&wanted, NOW + second * 1000);
		for (unsigned i = 0; i < 1000; i++) {
			struct addr to = numbered(number++);

			acquire(&to, NOW + second * 1000 + i);
			peer_actions_fini(&actions);
		}
		peers_list(peers, &count);
		ck_assert_uint_le(count, PEERS_WITHOUT_SA_MAX + 1);
	}
	ck_assert_uint_ge(count, PEERS_WITHOUT_SA_MAX * 7 / 8);
	ck_assert_str_eq(state_of(&up), "up");
	ck_assert_str_eq(state_of(&wanted), "queued");
	/* of the others the latest are there still */
	for (unsigned i = 1; i <= 3000; i++) {
		struct addr to = numbered(number - i);

		ck_assert_str_eq(state_of(&to), "queued");
	}
	peers_on_charon_up(peers, NOW + 20000, &actions);
	ck_assert_str_eq(state_of(&wanted), "negotiating");
}
END_TEST

START_TEST(peers_that_are_negotiated_with_do_not_make_room)
{
	fill_slots();
	for (unsigned i = 100; i < 100 + 2 * PEERS_WITHOUT_SA_MAX; i++) {
		struct addr to = numbered(i);

		acquire(&to, NOW + i);
		peer_actions_fini(&actions);
	}
	for (unsigned i = 0; i < PEERS_INFLIGHT_MAX; i++) {
		struct addr to = numbered(i);

		ck_assert_str_eq(state_of(&to), "negotiating");
	}
}
END_TEST

START_TEST(peers_whose_larval_sas_are_not_listed_are_not_asked_for)
{
	struct addr living = make_addr("10.0.9.1"), gone = make_addr("10.0.9.2");
	const struct pair listed[] = {{local, living}, {local, make_addr("10.0.9.7")}};

	fill_slots();
	acquire(&living, NOW);
	acquire(&gone, NOW);
	peers_on_larvals_listed(peers, listed, 2);
	ck_assert_uint_le(peers_next_ms(peers), NOW + PEERS_QUEUE_MS);
	peers_on_timer(peers, NOW + PEERS_QUEUE_MS, &actions);
	ck_assert_str_eq(state_of(&living), "queued");
	ck_assert_str_eq(state_of(&gone), "none");
	peers_on_larvals_listed(peers, NULL, 0);
	peers_on_timer(peers, NOW + PEERS_QUEUE_MS, &actions);
	ck_assert_str_eq(state_of(&living), "none");
}
END_TEST

START_TEST(peers_that_nobody_waits_for_any_more_are_passed_over)
{
	struct addr scanned = make_addr("10.0.9.1"), asked_again = make_addr("10.0.9.2");
	struct addr living = make_addr("10.0.9.3");

	fill_slots();
	acquire(&scanned, NOW);
	acquire(&asked_again, NOW);
	acquire(&living, NOW);
	peers_on_larval_expired(peers, pair_to(&scanned));
	peers_on_larval_expired(peers, pair_to(&asked_again));
	ck_assert_str_eq(next_initiated(0), "10.0.9.3");
	acquire(&living, NOW + 1);
	acquire(&asked_again, NOW + 1);
	ck_assert_str_eq(state_of(&asked_again), "negotiating");
	ck_assert_str_eq(state_of(&scanned), "queued");
}
END_TEST

START_TEST(peers_that_nobody_waits_for_any_more_leave_the_queue)
{
	enter(QUEUED);
	peers_on_timer(peers, NOW + PEERS_QUEUE_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "queued");
	peers_on_larval_expired(peers, pair_to(&remote));
	ck_assert_uint_le(peers_next_ms(peers), NOW + PEERS_QUEUE_MS);
	peers_on_timer(peers, NOW + PEERS_QUEUE_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "none");
}
END_TEST

START_TEST(peers_count_what_acquires_caused)
{
	struct peers_counters counters;

	peers_on_charon_up(peers, NOW, &actions);
	acquire(&remote, NOW);
	acquire(&remote, NOW + 1);
	fail_with(&remote, "no response", NOW + 2);
	acquire(&remote, NOW + 3);
	acquire(&remote, NOW + 5000);
	child_up(&remote, 1, 1, NOW + 5001);
	acquire(&remote, NOW + 5002);
	acquire(&remote, NOW + 9000);
	peers_counters(peers, &counters);
	ck_assert_uint_eq(counters.acquires, 6);
	ck_assert_uint_eq(counters.deduplicated, 3);
	ck_assert_uint_eq(counters.negotiations, 2);
	ck_assert_uint_eq(counters.failures, 1);
	ck_assert_uint_eq(counters.held_back, 1);
}
END_TEST

START_TEST(peers_measure_how_long_negotiations_took)
{
	struct peers_counters counters;
	struct addr third = make_addr("10.0.1.3"), fourth = make_addr("10.0.1.4");

	peers_on_charon_up(peers, NOW, &actions);
	acquire(&remote, NOW);
	child_up(&remote, 1, 1, NOW + 40);
	acquire(&third, NOW);
	fail_with(&third, "no response", NOW + 6200);
	/* began by the peer: not ours to measure */
	child_up(&fourth, 2, 2, NOW + 50);
	acquire(&third, NOW + 60000);
	peers_on_charon_down(peers, NOW + 60001, &actions);
	peers_counters(peers, &counters);
	ck_assert_uint_eq(counters.up.count, 1);
	ck_assert_uint_eq(counters.up.sum_ms, 40);
	ck_assert_uint_eq(counters.failed.count, 1);
	ck_assert_uint_eq(counters.failed.sum_ms, 6200);
	ck_assert_uint_eq(counters.abandoned, 1);
}
END_TEST

START_TEST(peers_back_off_twice_as_long_after_every_failure)
{
	uint64_t now_ms = NOW;

	peers_on_charon_up(peers, NOW, &actions);
	for (unsigned i = 0; i < 12; i++) {
		uint64_t base = i < 6 ? PEERS_BACKOFF_MIN_MS << i : PEERS_BACKOFF_MAX_MS;
		const struct peer *peer;

		acquire(&remote, now_ms);
		ck_assert_str_eq(state_of(&remote), "negotiating");
		fail_with(&remote, "no response", now_ms);
		peer = peers_find(peers, pair_to(&remote));
		ck_assert_uint_eq(peer->failures, i + 1);
		ck_assert_uint_ge(peer->next_retry_ms, now_ms + base * 3 / 4);
		ck_assert_uint_le(peer->next_retry_ms, now_ms + base * 5 / 4);
		now_ms = peer->next_retry_ms;
	}
}
END_TEST

START_TEST(peers_fresh_seed_gives_other_jitter_and_equal_seed_the_same)
{
	uint64_t retry[3];

	for (size_t i = 0; i < 3; i++) {
		struct peers *other;

		ck_assert_int_eq(peers_new(i / 2, &other), 0);
		peers_on_charon_up(other, NOW, &actions);
		peers_on_acquire(other, pair_to(&remote), false, NOW, &actions);
		peers_on_reason(other, pair_to(&remote), "x", true, NOW, &actions);
		retry[i] = peers_find(other, pair_to(&remote))->next_retry_ms;
		peers_free(other);
	}
	ck_assert_uint_eq(retry[0], retry[1]);
	ck_assert_uint_ne(retry[0], retry[2]);
}
END_TEST

START_TEST(peers_retry_when_due_only_while_traffic_asks)
{
	uint64_t retry_ms;

	enter(FAILED);
	retry_ms = peers_find(peers, pair_to(&remote))->next_retry_ms;
	peers_on_larval_expired(peers, pair_to(&remote));
	peers_on_timer(peers, retry_ms, &actions);
	ck_assert_str_eq(state_of(&remote), "failed");
	ck_assert_uint_eq(peers_next_ms(peers), NOW + PEERS_FORGET_AFTER_MS);

	acquire(&remote, retry_ms);
	ck_assert_str_eq(state_of(&remote), "negotiating");
}
END_TEST

START_TEST(peers_acquire_before_the_retry_is_remembered_until_then)
{
	uint64_t retry_ms;

	enter(FAILED);
	retry_ms = peers_find(peers, pair_to(&remote))->next_retry_ms;
	peers_on_larval_expired(peers, pair_to(&remote));
	acquire(&remote, retry_ms - 1);
	ck_assert_str_eq(state_of(&remote), "failed");
	ck_assert_uint_le(peers_next_ms(peers), retry_ms);
	peers_on_timer(peers, retry_ms, &actions);
	ck_assert_str_eq(state_of(&remote), "negotiating");
}
END_TEST

/* All timers up to then, each at its time. */
static void pass_time(uint64_t until_ms)
{
	while (peers_next_ms(peers) <= until_ms)
		peers_on_timer(peers, peers_next_ms(peers), &actions);
}

/* 1,000 s: the first end from 900 s on, the other after 1,016. */
START_TEST(peers_renew_their_sas_in_time)
{
	const struct lifetimes lifetimes = lifetimes_of(1000);
	const bool first = _i == 0;
	const uint64_t from_ms = NOW + (first ? 900000 : 1016000);
	const uint64_t to_ms = NOW + (first ? 1000000 : 1032000);
	uint64_t due_ms;

	local = make_addr(first ? "10.0.1.1" : "10.0.1.9");
	peers_set_lifetimes(peers, &lifetimes);
	peers_on_charon_up(peers, NOW, &actions);
	child_up(&remote, 1, 11, NOW);
	ck_assert_str_eq(take_actions(), "idle>up");
	due_ms = peers_next_ms(peers);
	ck_assert_uint_ge(due_ms, from_ms);
	ck_assert_uint_le(due_ms, to_ms);
	pass_time(due_ms);
	ck_assert_str_eq(take_actions(), "renew");
	/* nothing came of it: once more */
	pass_time(due_ms + PEERS_RENEW_AGAIN_MS);
	ck_assert_str_eq(take_actions(), "renew");
	/* now it did; the older one ends as a duplicate */
	child_up(&remote, 2, 21, due_ms + PEERS_RENEW_AGAIN_MS + 50);
	peers_on_ike_down(peers, 1, pair_to(&remote), due_ms + PEERS_RENEW_AGAIN_MS + 60, &actions);
	pass_time(due_ms + 800000);
	ck_assert_uint_eq(count_kind(PEER_ACTION_RENEW), 0);
	pass_time(due_ms + 1100000);
	ck_assert_uint_ge(count_kind(PEER_ACTION_RENEW), 1);
}
END_TEST

START_TEST(peers_renew_the_older_sas_when_the_newer_are_gone)
{
	const struct lifetimes lifetimes = lifetimes_of(1000);

	peers_set_lifetimes(peers, &lifetimes);
	peers_on_charon_up(peers, NOW, &actions);
	child_up(&remote, 1, 11, NOW);
	child_up(&remote, 2, 21, NOW + 500000);
	peers_on_ike_down(peers, 2, pair_to(&remote), NOW + 600000, &actions);
	actions.count = 0;
	pass_time(NOW + 1000000);
	ck_assert_uint_ge(count_kind(PEER_ACTION_RENEW), 1);
}
END_TEST

START_TEST(peers_that_are_up_keep_the_reason_why_they_are_not_renewed)
{
	struct peers_counters counters;
	const struct peer *peer;

	peers_on_charon_up(peers, NOW, &actions);
	peers_on_renewal_failed(peers, pair_to(&remote), "nobody", NOW);
	child_up(&remote, 1, 11, NOW);
	peer = peers_find(peers, pair_to(&remote));
	peers_on_renewal_failed(peers, pair_to(&remote), "cause", NOW + 10);
	peers_on_renewal_failed(peers, pair_to(&remote), "consequence", NOW + 20);
	ck_assert_str_eq(peer->last_error, "cause");
	peers_on_renewal_failed(peers, pair_to(&remote), "next", NOW + 10 + PEERS_CAUSE_MS);
	ck_assert_str_eq(peer->last_error, "next");
	peers_counters(peers, &counters);
	ck_assert_uint_eq(counters.renewals_failed, 2);
	child_up(&remote, 2, 21, NOW + 20000);
	ck_assert_str_eq(peer->last_error, "");
	ck_assert_uint_eq(peer->failed_ms, 0);
}
END_TEST

START_TEST(peers_with_more_ike_sas_than_there_is_room_for_lose_the_oldest)
{
	peers_on_charon_up(peers, NOW, &actions);
	for (uint32_t ike = 1; ike <= PEERS_CHILDREN_MAX; ike++)
		child_up(&remote, ike, 10 * ike, NOW + ike);
	ck_assert_uint_eq(count_kind(PEER_ACTION_TERMINATE), 0);
	actions.count = 0;
	child_up(&remote, 99, 990, NOW + 99);
	ck_assert_str_eq(take_actions(), "terminate:1");
}
END_TEST

START_TEST(peers_with_too_many_children_of_one_ike_sa_lose_the_new_ones)
{
	peers_on_charon_up(peers, NOW, &actions);
	for (uint32_t i = 0; i < PEERS_CHILDREN_OF_IKE_MAX; i++)
		child_up(&remote, 1, 10 + i, NOW + i);
	ck_assert_uint_eq(count_kind(PEER_ACTION_TERMINATE_CHILD), 0);
	actions.count = 0;
	child_up(&remote, 1, 99, NOW + 99);
	ck_assert_str_ne(actions.items[0].reason, "");
	ck_assert_str_eq(take_actions(), "terminate-child:99");
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->child_count,
	                  PEERS_CHILDREN_OF_IKE_MAX);
	/* one that is known is none more */
	child_up(&remote, 1, 10, NOW + 100);
	ck_assert_str_eq(take_actions(), "");
	child_up(&remote, 2, 20, NOW + 101);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

static void child_unlike(uint32_t ike_id, uint32_t child_id)
{
	peers_on_child_unlike(peers, pair_to(&remote), ike_id, child_id, "tunnel mode", NOW,
	                      &actions);
}

START_TEST(children_that_must_not_be_are_ended)
{
	peers_on_charon_up(peers, NOW, &actions);
	/* the peer began, and has nothing else */
	child_unlike(1, 11);
	ck_assert_str_eq(actions.items[0].reason, "tunnel mode");
	ck_assert_str_eq(take_actions(), "terminate:1");
	ck_assert_str_eq(state_of(&remote), "none");
	child_up(&remote, 2, 21, NOW);
	actions.count = 0;
	child_unlike(2, 22);
	ck_assert_str_eq(take_actions(), "terminate-child:22");
	ck_assert_str_eq(state_of(&remote), "up");
}
END_TEST

START_TEST(ike_sas_without_children_are_ended)
{
	peers_on_charon_up(peers, NOW, &actions);
	peers_on_ike_empty(peers, 1, pair_to(&remote), &actions);
	ck_assert_str_eq(take_actions(), "terminate:1");
	child_up(&remote, 1, 11, NOW);
	child_up(&remote, 2, 21, NOW);
	actions.count = 0;
	ck_assert(peers_has_child_of(peers, 2, pair_to(&remote)));
	peers_on_ike_empty(peers, 2, pair_to(&remote), &actions);
	ck_assert_str_eq(take_actions(), "");
	peers_on_child_down(peers, 2, 21, NOW, &actions);
	ck_assert(!peers_has_child_of(peers, 2, pair_to(&remote)));
	peers_on_ike_empty(peers, 2, pair_to(&remote), &actions);
	ck_assert_str_eq(take_actions(), "terminate:2");
}
END_TEST

START_TEST(a_negotiation_that_brings_what_must_not_be_has_failed)
{
	enter(NEGOTIATING);
	actions.count = 0;
	child_unlike(1, 11);
	ck_assert_str_eq(state_of(&remote), "failed");
	ck_assert_str_eq(peers_find(peers, pair_to(&remote))->last_error, "tunnel mode");
	ck_assert_uint_eq(count_kind(PEER_ACTION_TERMINATE), 1);
}
END_TEST

START_TEST(peers_without_lifetimes_renew_nothing)
{
	const struct lifetimes off = lifetimes_of(0);

	peers_set_lifetimes(peers, &off);
	peers_on_charon_up(peers, NOW, &actions);
	child_up(&remote, 1, 11, NOW);
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
}
END_TEST

START_TEST(peers_look_again_at_duplicates_in_use)
{
	const uint64_t packets[PEERS_CHILDREN_MAX] = {3, 4}, more[PEERS_CHILDREN_MAX] = {3, 5};
	const uint64_t gone[PEERS_CHILDREN_MAX] = {UINT64_MAX, 5};
	const uint64_t looked_ms = NOW + DUPLICATES_SETTLE_MS;
	const struct peer *peer;

	peers_on_charon_up(peers, NOW, &actions);
	child_up(&remote, 1, 11, NOW);
	child_up(&remote, 2, 21, NOW);
	pass_time(looked_ms);
	ck_assert_uint_eq(count_kind(PEER_ACTION_REAP), 1);
	peer = peers_find(peers, pair_to(&remote));
	peers_on_looked(peers, pair_to(&remote), packets, looked_ms);
	peers_look_again(peers, pair_to(&remote), looked_ms);
	pass_time(looked_ms + DUPLICATES_LOOK_MS);
	ck_assert_uint_eq(count_kind(PEER_ACTION_REAP), 2);
	peers_on_looked(peers, pair_to(&remote), more, looked_ms + DUPLICATES_LOOK_MS);
	ck_assert_uint_eq(peer->children[0].used_ms, looked_ms);
	ck_assert_uint_eq(peer->children[1].used_ms, looked_ms + DUPLICATES_LOOK_MS);
	pass_time(looked_ms + 2 * DUPLICATES_LOOK_MS);
	ck_assert_uint_eq(count_kind(PEER_ACTION_REAP), 2);
	peers_on_looked(peers, pair_to(&remote), gone, looked_ms + 2 * DUPLICATES_LOOK_MS);
	ck_assert_uint_eq(peer->children[0].used_ms, 1);
}
END_TEST

START_TEST(peers_retry_by_order_ends_the_backoff_without_traffic)
{
	enter(FAILED);
	peers_on_larval_expired(peers, pair_to(&remote));
	ck_assert_int_eq(peers_retry(peers, pair_to(&remote), NOW + 1, &actions), 0);
	ck_assert_str_eq(state_of(&remote), "negotiating");

	/* and it is one attempt, not the begin of many */
	fail_with(&remote, "no response", NOW + 2);
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->failures, 1);
	peers_on_timer(peers, NOW + PEERS_BACKOFF_MAX_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "failed");
}
END_TEST

START_TEST(peers_retry_by_order_waits_for_charon)
{
	acquire(&remote, NOW);
	peers_on_larval_expired(peers, pair_to(&remote));
	ck_assert_int_eq(peers_retry(peers, pair_to(&remote), NOW, &actions), 0);
	peers_on_timer(peers, NOW + PEERS_QUEUE_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "queued");
	peers_on_charon_up(peers, NOW + PEERS_QUEUE_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "negotiating");
}
END_TEST

START_TEST(peers_retry_by_order_leaves_living_peers_alone)
{
	const struct pair reversed = {.local = remote, .remote = local};

	enter(UP);
	actions.count = 0;
	ck_assert_int_eq(peers_retry(peers, pair_to(&remote), NOW, &actions), 0);
	ck_assert_str_eq(state_of(&remote), "up");
	ck_assert_uint_eq(actions.count, 0);
	ck_assert_int_eq(peers_retry(peers, &reversed, NOW, &actions), -ENOENT);
}
END_TEST

START_TEST(peers_remember_acquire_and_failure_until_they_are_up)
{
	const struct peer *peer;

	enter(FAILED);
	acquire(&remote, NOW + 5);
	peer = peers_find(peers, pair_to(&remote));
	ck_assert_uint_eq(peer->failed_ms, NOW);
	ck_assert_uint_eq(peer->acquired_ms, NOW + 5);
	child_up(&remote, 1, 1, NOW + 10);
	ck_assert_uint_eq(peer->failed_ms, 0);
	ck_assert_uint_eq(peer->acquired_ms, 0);
	/* packets between two SAs */
	acquire(&remote, NOW + 11);
	ck_assert_uint_eq(peer->acquired_ms, 0);
}
END_TEST

START_TEST(peers_are_forgotten_later_when_patient)
{
	enter(FAILED);
	peers_on_larval_expired(peers, pair_to(&remote));
	peers_set_patient(peers, true);
	peers_on_timer(peers, NOW + PEERS_PATIENT_MS - 1, &actions);
	ck_assert_ptr_nonnull(peers_find(peers, pair_to(&remote)));
	ck_assert_uint_eq(peers_next_ms(peers), NOW + PEERS_PATIENT_MS);
	peers_on_timer(peers, NOW + PEERS_PATIENT_MS, &actions);
	ck_assert_ptr_null(peers_find(peers, pair_to(&remote)));
}
END_TEST

START_TEST(peers_success_clears_the_past)
{
	const struct peer *peer;

	enter(FAILED);
	peer = peers_find(peers, pair_to(&remote));
	ck_assert_str_eq(peer->last_error, "no response");
	child_up(&remote, 1, 1, NOW + 10);
	ck_assert_str_eq(peer->last_error, "");
	ck_assert_uint_eq(peer->failures, 0);
	ck_assert_uint_eq(peer->next_retry_ms, 0);
	ck_assert(!peer->wanted);
	ck_assert_uint_eq(peer->since_ms, NOW + 10);
}
END_TEST

START_TEST(peers_failure_carries_the_first_hint)
{
	enter(NEGOTIATING);
	peers_on_reason(peers, pair_to(&remote), "no common IKE proposal", false, NOW, &actions);
	peers_on_reason(peers, pair_to(&remote), "second", false, NOW, &actions);
	peers_on_ike_down(peers, 5, pair_to(&remote), NOW + 1, &actions);
	ck_assert_str_eq(peers_find(peers, pair_to(&remote))->last_error, "no common IKE proposal");
	ck_assert_str_eq(actions.items[0].reason, "no common IKE proposal");
}
END_TEST

START_TEST(peers_hint_of_an_earlier_negotiation_is_forgotten)
{
	enter(NEGOTIATING);
	fail_with(&remote, "no common IKE proposal", NOW);
	acquire(&remote, NOW + 5000);
	peers_on_ike_down(peers, 5, pair_to(&remote), NOW + 5001, &actions);
	peers_on_timer(peers, NOW + 5001 + PEERS_REASON_MS, &actions);
	ck_assert_str_eq(peers_find(peers, pair_to(&remote))->last_error, "the IKE_SA was closed");
}
END_TEST

START_TEST(peers_reason_may_follow_the_end_of_the_ike_sa)
{
	enter(NEGOTIATING);
	peers_on_ike_down(peers, 5, pair_to(&remote), NOW, &actions);
	peers_on_reason(peers, pair_to(&remote), "certificate refused", false, NOW + 1, &actions);
	ck_assert_str_eq(take_actions(), "negotiating>failed unload");
	ck_assert_str_eq(peers_find(peers, pair_to(&remote))->last_error, "certificate refused");
}
END_TEST

START_TEST(peers_wait_only_a_moment_for_the_reason)
{
	enter(NEGOTIATING);
	peers_on_ike_down(peers, 5, pair_to(&remote), NOW, &actions);
	peers_on_ike_down(peers, 6, pair_to(&remote), NOW + 1, &actions);
	ck_assert_uint_eq(peers_next_ms(peers), NOW + PEERS_REASON_MS);
	peers_on_timer(peers, NOW + PEERS_REASON_MS, &actions);
	ck_assert_str_eq(take_actions(), "negotiating>failed unload");
}
END_TEST

START_TEST(peers_long_words_are_cut)
{
	char words[PEERS_WORDS_MAX + 100];

	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	enter(NEGOTIATING);
	fail_with(&remote, words, NOW);
	ck_assert_uint_eq(strlen(peers_find(peers, pair_to(&remote))->last_error),
	                  PEERS_WORDS_MAX - 1);
}
END_TEST

START_TEST(peers_vain_attempt_is_the_last_error_of_who_is_not_up)
{
	const struct peer *peer;

	peers_on_vain_attempt(peers, pair_to(&remote), "certificate refused", NOW, &actions);
	ck_assert_str_eq(take_actions(), "");
	peer = peers_find(peers, pair_to(&remote));
	ck_assert_int_eq(peer->state, PEER_STATE_IDLE);
	ck_assert_str_eq(peer->last_error, "certificate refused");
	ck_assert_uint_eq(peer->failed_ms, NOW);
	ck_assert_uint_eq(peers_next_ms(peers), NOW + PEERS_FORGET_AFTER_MS);

	child_up(&remote, 1, 1, NOW + 10);
	ck_assert_str_eq(peer->last_error, "");
	peers_on_vain_attempt(peers, pair_to(&remote), "second", NOW + 20, &actions);
	ck_assert_str_eq(peer->last_error, "");
}
END_TEST

START_TEST(peers_vain_attempt_leaves_a_negotiation_alone)
{
	enter(NEGOTIATING);
	peers_on_vain_attempt(peers, pair_to(&remote), "theirs", NOW, &actions);
	fail_with(&remote, "ours", NOW);
	ck_assert_str_eq(peers_find(peers, pair_to(&remote))->last_error, "ours");
}
END_TEST

START_TEST(peers_vain_attempts_of_strangers_are_bounded)
{
	struct addr stranger = remote;
	size_t count;

	for (unsigned i = 0; i < PEERS_STRANGERS_MAX + 10; i++) {
		stranger.bytes[1] = (uint8_t)(i >> 8);
		stranger.bytes[2] = (uint8_t)i;
		peers_on_vain_attempt(peers, pair_to(&stranger), "in vain", NOW, &actions);
	}
	peers_list(peers, &count);
	ck_assert_uint_eq(count, PEERS_STRANGERS_MAX);
}
END_TEST

START_TEST(peers_empty_words_still_give_an_error)
{
	enter(NEGOTIATING);
	fail_with(&remote, "", NOW);
	ck_assert_str_eq(peers_find(peers, pair_to(&remote))->last_error, "no reason given");
}
END_TEST

START_TEST(peers_negotiation_without_result_times_out)
{
	enter(NEGOTIATING);
	ck_assert_uint_eq(peers_next_ms(peers), NOW + PEERS_NEGOTIATION_MS);
	peers_on_timer(peers, NOW + PEERS_NEGOTIATION_MS - 1, &actions);
	ck_assert_str_eq(state_of(&remote), "negotiating");
	peers_on_timer(peers, NOW + PEERS_NEGOTIATION_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "failed");
	ck_assert_str_eq(peers_find(peers, pair_to(&remote))->last_error, "no result within 30 s");
}
END_TEST

START_TEST(peers_timeout_frees_the_slot_in_the_same_turn)
{
	struct addr waiting = make_addr("10.0.9.9");

	fill_slots();
	acquire(&waiting, NOW + 1);
	ck_assert_str_eq(state_of(&waiting), "queued");
	peers_on_timer(peers, NOW + PEERS_NEGOTIATION_MS, &actions);
	ck_assert_str_eq(state_of(&waiting), "negotiating");
}
END_TEST

START_TEST(peers_lost_sa_is_rekeyed_once_per_interval)
{
	enter(UP);
	child_up(&remote, 7, 71, NOW + 10);
	acquire(&remote, NOW + PEERS_LOST_AFTER_MS - 1);
	ck_assert_str_eq(take_actions(), "");
	acquire(&remote, NOW + PEERS_LOST_AFTER_MS);
	ck_assert_str_eq(take_actions(), "rekey:71 rekey:70");
	acquire(&remote, NOW + 2 * PEERS_LOST_AFTER_MS - 1);
	ck_assert_str_eq(take_actions(), "");
	acquire(&remote, NOW + 2 * PEERS_LOST_AFTER_MS);
	ck_assert_str_eq(take_actions(), "rekey:71 rekey:70");
}
END_TEST

/* What the timer does at @now_ms and not a millisecond before, as far as it is due then. */
static const char *on_time(uint64_t now_ms)
{
	ck_assert_uint_eq(peers_next_ms(peers), now_ms);
	peers_on_timer(peers, now_ms - 1, &actions);
	ck_assert_str_eq(take_actions(), "");
	peers_on_timer(peers, now_ms, &actions);
	return take_actions();
}

START_TEST(peers_whose_sa_somebody_else_deleted_are_rekeyed_at_once)
{
	uint64_t now_ms = NOW + 1000;

	enter(UP);
	child_up(&remote, 7, 71, NOW + 10);
	ck_assert_int_eq(peers_on_sa_lost(peers, &(struct peer_sa){remote, local}, now_ms), true);
	ck_assert_int_eq(peers_on_sa_lost(peers, &(struct peer_sa){local, remote}, now_ms), true);
	ck_assert_str_eq(on_time(now_ms), "rekey:71 rekey:70");
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
}
END_TEST

START_TEST(peers_whose_sas_are_deleted_all_the_time_are_rekeyed_within_bounds_and_for_good)
{
	uint64_t now_ms = NOW + 1000;

	enter(UP);
	ck_assert_int_eq(peers_on_sa_lost(peers, &(struct peer_sa){local, remote}, now_ms), true);
	ck_assert_str_eq(on_time(now_ms), "rekey:70");
	for (uint32_t id = 70; id < 80; id++) {
		child_rekeyed(7, id, id + 1, NOW);
		for (uint64_t ms = 0; ms < PEERS_REPAIR_PAUSE_MS; ms += 10) {
			(void)peers_on_sa_lost(peers, &(struct peer_sa){local, remote},
			                       now_ms + ms);
			ck_assert_uint_eq(peers_next_ms(peers), now_ms + PEERS_REPAIR_PAUSE_MS);
		}
		now_ms += PEERS_REPAIR_PAUSE_MS;
		peers_on_timer(peers, now_ms, &actions);
		ck_assert_uint_eq(count_kind(PEER_ACTION_REKEY), 1);
		ck_assert_uint_eq(actions.items[0].child_id, id + 1);
		actions.count = 0;
	}
}
END_TEST

START_TEST(peers_traffic_that_asks_for_a_lost_sa_is_not_repaired_twice)
{
	enter(UP);
	(void)peers_on_sa_lost(peers, &(struct peer_sa){local, remote}, NOW + 5000);
	acquire(&remote, NOW + 5000);
	ck_assert_str_eq(take_actions(), "rekey:70");
	peers_on_timer(peers, NOW + 5000, &actions);
	ck_assert_str_eq(take_actions(), "");
	acquire(&remote, NOW + 5001);
	peers_on_timer(peers, NOW + 60000, &actions);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

START_TEST(peers_that_are_not_up_have_no_sas_to_lose)
{
	for (int start = NONE; start < START_COUNT; start++) {
		if (start == UP)
			continue;
		tear_down();
		set_up();
		enter((enum start)start);
		ck_assert_int_eq(peers_on_sa_lost(peers, &(struct peer_sa){local, remote}, NOW),
		                 false);
		ck_assert_uint_eq(peers_on_sas_listed(peers, NULL, 0, NOW), 0);
	}
}
END_TEST

START_TEST(peers_flushed_sas_are_found_in_the_list_and_rekeyed_in_turn)
{
	struct peer_sa sas[6] = {0};
	uint64_t now_ms = NOW + 1000;

	peers_on_charon_up(peers, NOW, &actions);
	for (unsigned i = 0; i < 300; i++) {
		struct addr to = numbered(i);

		child_up(&to, i + 1, i + 1, NOW);
	}
	/* the first has both SAs, twice, two have one each */
	for (unsigned i = 0; i < 4; i++) {
		struct addr to = numbered(0);

		sas[i] = i % 2 ? (struct peer_sa){local, to} : (struct peer_sa){to, local};
	}
	sas[4] = (struct peer_sa){local, numbered(1)};
	sas[5] = (struct peer_sa){numbered(2), local};
	ck_assert_uint_eq(peers_on_sas_listed(peers, sas, 6, now_ms), 299);
	actions.count = 0;
	peers_on_timer(peers, now_ms, &actions);
	ck_assert_uint_eq(count_kind(PEER_ACTION_REKEY), 1);
	peers_on_timer(peers, now_ms + 100, &actions);
	ck_assert_uint_eq(count_kind(PEER_ACTION_REKEY), 51);
	peers_on_timer(peers, now_ms + 298 * PEERS_REPAIR_SPACING_MS, &actions);
	ck_assert_uint_eq(count_kind(PEER_ACTION_REKEY), 299);
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
}
END_TEST

START_TEST(peers_lost_sa_that_charon_does_not_know_either_is_negotiated)
{
	enter(UP);
	acquire(&remote, NOW + 5000);
	ck_assert_str_eq(take_actions(), "rekey:70");
	peers_on_child_down(peers, 7, 70, NOW + 5001, &actions);
	ck_assert_str_eq(take_actions(), "up>idle idle>queued queued>negotiating initiate");
}
END_TEST

START_TEST(peers_lost_sa_is_asked_for_whatever_larval_sas_there_are)
{
	enter(UP);
	acquire(&remote, NOW + 5000);
	ck_assert_str_eq(take_actions(), "rekey:70");
	peers_on_larvals_listed(peers, NULL, 0);
	peers_on_child_down(peers, 7, 70, NOW + 5001, &actions);
	ck_assert_str_eq(take_actions(), "up>idle idle>queued queued>negotiating initiate");
}
END_TEST

START_TEST(peers_repaired_sa_is_not_negotiated_when_it_closes_later)
{
	enter(UP);
	acquire(&remote, NOW + 5000);
	child_rekeyed(7, 70, 71, NOW);
	peers_on_child_down(peers, 7, 71, NOW + 60000, &actions);
	ck_assert_str_eq(state_of(&remote), "idle");
}
END_TEST

START_TEST(peers_stay_up_until_the_last_child_is_gone)
{
	enter(UP);
	child_up(&remote, 8, 80, NOW + 1);
	child_up(&remote, 8, 80, NOW + 1);
	child_up(&remote, 8, 81, NOW + 2);
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->child_count, 3);
	peers_on_ike_down(peers, 8, pair_to(&remote), NOW + 3, &actions);
	ck_assert_str_eq(take_actions(), "");
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->child_count, 1);
	peers_on_child_down(peers, 7, 70, NOW + 4, &actions);
	ck_assert_str_eq(take_actions(), "up>idle");
}
END_TEST

START_TEST(peers_rekeyed_sas_are_known_by_their_new_ids)
{
	const struct peer *peer;

	enter(UP);
	child_up(&remote, 7, 75, NOW);
	child_rekeyed(7, 70, 76, NOW);
	peers_on_ike_rekeyed(peers, 7, 9);
	peer = peers_find(peers, pair_to(&remote));
	ck_assert_uint_eq(peer->child_count, 2);
	ck_assert_uint_eq(peer->children[0].child_id, 75);
	ck_assert_uint_eq(peer->children[1].child_id, 76);
	ck_assert_uint_eq(peer->children[1].ike_id, 9);
	peers_on_ike_down(peers, 7, pair_to(&remote), NOW, &actions);
	ck_assert_str_eq(state_of(&remote), "up");
	peers_on_ike_down(peers, 9, pair_to(&remote), NOW, &actions);
	ck_assert_str_eq(state_of(&remote), "idle");
}
END_TEST

START_TEST(peers_rekey_to_a_known_child_leaves_one)
{
	enter(UP);
	child_up(&remote, 7, 71, NOW);
	child_rekeyed(7, 70, 71, NOW);
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->child_count, 1);
	child_rekeyed(7, 71, 71, NOW);
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->child_count, 1);
}
END_TEST

START_TEST(peers_leave_out_the_oldest_of_too_many_children)
{
	const struct peer *peer;

	enter(UP);
	for (uint32_t i = 0; i < PEERS_CHILDREN_MAX; i++)
		child_up(&remote, 8 + i, 80 + i, NOW);
	peer = peers_find(peers, pair_to(&remote));
	ck_assert_uint_eq(peer->child_count, PEERS_CHILDREN_MAX);
	ck_assert_uint_eq(peer->children[0].child_id, 80);
	ck_assert_uint_eq(peer->children[PEERS_CHILDREN_MAX - 1].child_id,
	                  80 + PEERS_CHILDREN_MAX - 1);
}
END_TEST

START_TEST(peers_restart_is_spread_after_charon_is_back)
{
	const unsigned fleet = PEERS_INFLIGHT_UNASKED;
	uint64_t back_ms = NOW + 5000, last_ms = 0;
	const struct peer *const *list;
	size_t count;

	peers_on_charon_up(peers, NOW, &actions);
	for (unsigned i = 0; i < fleet; i++) {
		struct addr from = numbered(i);

		child_up(&from, i + 1, i + 1, NOW);
	}
	peers_on_charon_down(peers, NOW + 1, &actions);
	actions.count = 0;
	peers_on_charon_up(peers, back_ms, &actions);
	list = peers_list(peers, &count);
	ck_assert_uint_eq(count, fleet);
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_lt(list[i]->next_retry_ms, back_ms + PEERS_RESTART_SPREAD_MS);
		if (list[i]->next_retry_ms > last_ms)
			last_ms = list[i]->next_retry_ms;
	}
	ck_assert_uint_gt(last_ms, back_ms + PEERS_RESTART_SPREAD_MS / 2);
	ck_assert_uint_lt(peers_next_ms(peers), last_ms);
	peers_on_timer(peers, last_ms - 1, &actions);
	ck_assert_uint_lt(count_kind(PEER_ACTION_INITIATE), fleet);
	ck_assert_uint_eq(peers_next_ms(peers), last_ms);
	peers_on_timer(peers, last_ms, &actions);
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), fleet);
}
END_TEST

START_TEST(peers_few_of_them_are_hardly_spread)
{
	enter(UP);
	peers_on_charon_down(peers, NOW, &actions);
	peers_on_charon_up(peers, NOW, &actions);
	ck_assert_uint_lt(peers_find(peers, pair_to(&remote))->next_retry_ms,
	                  NOW + PEERS_SPREAD_EACH_MS);
}
END_TEST

START_TEST(peers_remembered_are_tried_a_few_times_and_forgotten)
{
	uint64_t now_ms = NOW;
	unsigned tries = 0;

	peers_on_remembered(peers, pair_to(&remote), NOW, &actions);
	ck_assert_str_eq(take_actions(), "idle>queued");
	peers_on_charon_up(peers, NOW, &actions);
	while (strcmp(state_of(&remote), "none") != 0) {
		now_ms = peers_next_ms(peers);
		peers_on_timer(peers, now_ms, &actions);
		tries += count_kind(PEER_ACTION_INITIATE) > 0;
		fail_with(&remote, "no response", now_ms);
		actions.count = 0;
	}
	ck_assert_uint_eq(tries, PEERS_UNASKED_TRIES);
	ck_assert_uint_lt(now_ms, NOW + 20000 + PEERS_FORGET_AFTER_MS);
}
END_TEST

START_TEST(peers_remembered_do_not_keep_traffic_waiting)
{
	peers_on_charon_up(peers, NOW, &actions);
	for (unsigned i = 0; i < PEERS_INFLIGHT_MAX; i++) {
		struct addr to = numbered(i);

		peers_on_remembered(peers, pair_to(&to), NOW, &actions);
	}
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), PEERS_INFLIGHT_UNASKED);
	actions.count = 0;
	acquire(&remote, NOW);
	ck_assert_str_eq(take_actions(), "idle>queued queued>negotiating initiate");
	for (unsigned i = 0; i < PEERS_INFLIGHT_UNASKED; i++) {
		struct addr done = numbered(i);

		child_up(&done, i + 1, i + 1, NOW);
	}
	ck_assert_uint_eq(count_kind(PEER_ACTION_INITIATE), PEERS_INFLIGHT_UNASKED - 1);
}
END_TEST

START_TEST(peers_traffic_does_not_wait_for_the_spread)
{
	enter(UP);
	peers_on_charon_down(peers, NOW, &actions);
	peers_on_charon_up(peers, NOW, &actions);
	actions.count = 0;
	acquire(&remote, NOW);
	ck_assert_str_eq(take_actions(), "queued>negotiating initiate");
}
END_TEST

START_TEST(peers_whose_sas_charon_still_has_are_not_negotiated)
{
	enter(UP);
	peers_on_charon_down(peers, NOW, &actions);
	child_up(&remote, 7, 70, NOW + 1);
	ck_assert_str_eq(state_of(&remote), "up");
	actions.count = 0;
	peers_on_charon_up(peers, NOW + 2, &actions);
	peers_on_timer(peers, NOW + 2 + PEERS_RESTART_SPREAD_MS, &actions);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

START_TEST(peers_down_charon_gets_no_orders)
{
	enter(NEGOTIATING);
	peers_on_charon_down(peers, NOW, &actions);
	peers_on_charon_down(peers, NOW, &actions);
	acquire(&remote, NOW + 1);
	peers_on_timer(peers, NOW + 100000, &actions);
	ck_assert_str_eq(take_actions(), "negotiating>queued");
}
END_TEST

START_TEST(peers_nobody_asks_for_are_forgotten)
{
	enter(FAILED);
	peers_on_larval_expired(peers, pair_to(&remote));
	peers_on_timer(peers, NOW + PEERS_FORGET_AFTER_MS - 1, &actions);
	ck_assert_str_eq(state_of(&remote), "failed");
	peers_on_timer(peers, NOW + PEERS_FORGET_AFTER_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "none");
	ck_assert_str_eq(take_actions(), "failed>idle");
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
}
END_TEST

static bool keep_even(void *ctx, const struct peer *peer)
{
	(void)ctx;
	return peer->pair.remote.bytes[3] % 2 == 0;
}

START_TEST(peers_look_for_duplicates_when_the_sas_have_settled)
{
	uint64_t due_ms = NOW + 100 + DUPLICATES_SETTLE_MS;

	enter(UP);
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
	child_up(&remote, 8, 80, NOW + 100);
	child_rekeyed(8, 80, 81, NOW + 500);
	peers_on_timer(peers, due_ms - 1, &actions);
	ck_assert_str_eq(take_actions(), "");
	ck_assert_uint_eq(peers_next_ms(peers), due_ms);
	peers_on_timer(peers, due_ms, &actions);
	ck_assert_str_eq(take_actions(), "reap");
	peers_on_timer(peers, due_ms + DUPLICATES_PATIENCE_MS, &actions);
	ck_assert_str_eq(take_actions(), "reap");
	peers_on_ike_down(peers, 7, pair_to(&remote), due_ms + 10, &actions);
	peers_on_timer(peers, due_ms + 2 * DUPLICATES_PATIENCE_MS, &actions);
	ck_assert_str_eq(take_actions(), "");
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
}
END_TEST

START_TEST(peers_repair_lost_sas_also_while_there_are_duplicates)
{
	enter(UP);
	child_up(&remote, 8, 80, NOW);
	ck_assert_int_eq(peers_on_sa_lost(peers, &(struct peer_sa){local, remote}, NOW + 1000),
	                 true);
	ck_assert_str_eq(on_time(NOW + 1000), "rekey:80 rekey:70");
	ck_assert_uint_eq(peers_next_ms(peers), NOW + DUPLICATES_SETTLE_MS);
	ck_assert_str_eq(on_time(NOW + DUPLICATES_SETTLE_MS), "reap");
}
END_TEST

START_TEST(peers_know_the_newest_sa_in_whatever_order_charon_lists_them)
{
	const struct peer *peer;

	child_up(&remote, 7, 70, NOW - 1000);
	child_up(&remote, 9, 90, NOW - 3000);
	child_up(&remote, 8, 80, NOW - 2000);
	peer = peers_find(peers, pair_to(&remote));
	ck_assert_uint_eq(peer->children[0].ike_id, 9);
	ck_assert_uint_eq(peer->children[1].ike_id, 8);
	ck_assert_uint_eq(peer->children[2].ike_id, 7);
}
END_TEST

START_TEST(peers_child_that_moved_to_another_ike_sa_is_no_duplicate)
{
	enter(UP);
	child_up(&remote, 9, 70, NOW);
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->child_count, 1);
	ck_assert_uint_eq(peers_find(peers, pair_to(&remote))->children[0].ike_id, 9);
	ck_assert_uint_eq(peers_next_ms(peers), UINT64_MAX);
}
END_TEST

START_TEST(peers_unused_one_is_idle_at_once_and_negotiated_when_traffic_asks)
{
	enter(UP);
	child_up(&remote, 8, 80, NOW);
	peers_on_unused(peers, pair_to(&remote), NOW + 100, &actions);
	ck_assert_str_eq(take_actions(), "terminate-child:70 terminate-child:80 terminate:7 "
	                                 "terminate:8 up>idle");
	acquire(&remote, NOW + 110);
	ck_assert_str_eq(take_actions(), "idle>queued queued>negotiating initiate");
	/* the end of what was closed, and a refusal to close it, say nothing about the new one */
	peers_on_ike_down(peers, 7, pair_to(&remote), NOW + 120, &actions);
	peers_on_child_down(peers, 7, 70, NOW + 120, &actions);
	peers_on_ike_down(peers, 8, pair_to(&remote), NOW + 130, &actions);
	peers_on_timer(peers, NOW + 130 + PEERS_REASON_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "negotiating");
	peers_on_ike_down(peers, 9, pair_to(&remote), NOW + 500, &actions);
	peers_on_timer(peers, NOW + 500 + PEERS_REASON_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "failed");
}
END_TEST

START_TEST(peers_unused_is_nothing_for_one_that_is_not_up)
{
	enter((enum start)_i);
	peers_on_unused(peers, pair_to(&remote), NOW + 100, &actions);
	ck_assert_str_eq(take_actions(), _i == UP ? "terminate-child:70 terminate:7 up>idle" : "");
}
END_TEST

START_TEST(peers_new_charon_counts_ids_from_the_beginning)
{
	enter(UP);
	peers_on_charon_down(peers, NOW + 100, &actions);
	peers_on_charon_up(peers, NOW + 200, &actions);
	acquire(&remote, NOW + 300);
	ck_assert_str_eq(state_of(&remote), "negotiating");
	peers_on_ike_down(peers, 1, pair_to(&remote), NOW + 400, &actions);
	peers_on_timer(peers, NOW + 400 + PEERS_REASON_MS, &actions);
	ck_assert_str_eq(state_of(&remote), "failed");
}
END_TEST

START_TEST(peers_retain_ends_children_and_then_each_ike_sa_once)
{
	struct addr odd = make_addr("10.0.1.3");

	enter(UP);
	child_up(&odd, 5, 50, NOW);
	child_up(&odd, 5, 51, NOW);
	child_up(&odd, 6, 60, NOW);
	actions.count = 0;
	peers_retain(peers, keep_even, NULL, &actions);
	ck_assert_str_eq(take_actions(), "terminate-child:50 terminate-child:51 terminate-child:60 "
	                                 "terminate:5 terminate:6 up>idle");
	ck_assert_str_eq(state_of(&remote), "up");
	ck_assert_str_eq(state_of(&odd), "none");
}
END_TEST

START_TEST(peers_retain_makes_room_for_those_that_wait)
{
	struct addr waiting = make_addr("10.0.9.8");

	fill_slots();
	acquire(&waiting, NOW);
	peers_retain(peers, keep_even, NULL, &actions);
	ck_assert_uint_le(peers_next_ms(peers), NOW);
	peers_on_timer(peers, NOW, &actions);
	ck_assert_str_eq(state_of(&waiting), "negotiating");
}
END_TEST

START_TEST(peers_list_is_in_address_order)
{
	static const char *const texts[] = {"fd00::2", "10.0.1.9", "10.0.1.3", "fd00::1"};
	const struct peer *const *list;
	char text[ADDR_TEXT_MAX];
	size_t count;

	for (size_t i = 0; i < 4; i++) {
		struct addr to = make_addr(texts[i]);

		acquire(&to, NOW);
	}
	list = peers_list(peers, &count);
	ck_assert_uint_eq(count, 4);
	ck_assert_str_eq(addr_format(&list[0]->pair.remote, text), "10.0.1.3");
	ck_assert_str_eq(addr_format(&list[3]->pair.remote, text), "fd00::2");
}
END_TEST

START_TEST(peers_are_listed_for_people_by_their_local_address)
{
	static const struct {
		const char *local, *remote;
	} pairs[] = {{"10.0.1.2", "10.0.1.3"}, {"10.0.1.1", "10.0.1.5"}, {"10.0.1.1", "10.0.1.4"}};
	static const char *const texts[] = {"10.0.1.4", "10.0.1.5", "10.0.1.3"};
	char text[ADDR_TEXT_MAX];
	const struct peer **list;
	size_t count;

	for (size_t i = 0; i < 3; i++) {
		struct addr to = make_addr(pairs[i].remote);

		local = make_addr(pairs[i].local);
		acquire(&to, NOW);
	}
	list = peers_list_by_local(peers, &count);
	ck_assert_uint_eq(count, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(addr_format(&list[i]->pair.remote, text), texts[i]);
	free(list);
}
END_TEST

START_TEST(peers_free_accepts_null)
{
	peers_free(NULL);
}
END_TEST

/* What the property test believes of one pair, from the actions alone. */
struct model {
	enum peer_state state;
	bool loaded;
};

#define MODEL_PEERS 200
static struct model models[MODEL_PEERS];
static uint64_t model_random;

static uint32_t roll(uint32_t bound)
{
	model_random = model_random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(model_random >> 33) % bound;
}

static size_t model_index(const struct addr *addr)
{
	return (size_t)addr->bytes[2] * 250 + addr->bytes[3] - 1;
}

static void check_actions(bool charon_up)
{
	ck_assert(!actions.out_of_memory);
	for (size_t i = 0; i < actions.count; i++) {
		const struct peer_action *action = &actions.items[i];
		struct model *model = &models[model_index(&action->pair.remote)];

		switch (action->kind) {
		case PEER_ACTION_INITIATE:
			ck_assert(charon_up);
			ck_assert_msg(!model->loaded, "initiated twice");
			model->loaded = true;
			break;
		case PEER_ACTION_UNLOAD:
			ck_assert_msg(model->loaded, "unloaded what was not loaded");
			model->loaded = false;
			break;
		case PEER_ACTION_CHANGED:
			ck_assert_int_eq(model->state, action->old_state);
			ck_assert_int_ne(action->old_state, action->new_state);
			model->state = action->new_state;
			break;
		case PEER_ACTION_TERMINATE:
		case PEER_ACTION_TERMINATE_CHILD:
		case PEER_ACTION_REKEY:
		case PEER_ACTION_REAP:
		case PEER_ACTION_RENEW:
			ck_assert_int_eq(model->state, PEER_STATE_UP);
			break;
		}
	}
	actions.count = 0;
}

/* Check's own assertions write to a file each time, too slow for some ten million of them. */
static void require(bool holds, const char *what)
{
	if (!holds)
		ck_abort_msg("%s", what);
}

static void check_table(bool charon_up)
{
	size_t count, negotiating = 0, asked = 0, earnest = 0, unasked = 0;
	const struct peer *const *list = peers_list(peers, &count);

	for (size_t i = 0; i < count; i++) {
		const struct peer *peer = list[i];
		const struct model *model = &models[model_index(&peer->pair.remote)];

		require(peer->state == model->state, "a state changed without CHANGED");
		require((peer->state == PEER_STATE_UP) == (peer->child_count > 0),
		        "UP without children, or children without UP");
		require((peer->state == PEER_STATE_NEGOTIATING) == model->loaded,
		        "a connection is loaded for nothing, or missing");
		require(peer->state != PEER_STATE_FAILED || peer->last_error[0],
		        "FAILED without a last_error");
		require(i == 0 || addr_compare(&list[i - 1]->pair.remote, &peer->pair.remote) < 0,
		        "not in address order");
		negotiating += peer->state == PEER_STATE_NEGOTIATING;
		if (peer->state != PEER_STATE_QUEUED || peer->next_retry_ms)
			continue;
		asked += peer->wanted;
		earnest += peer->wanted && !peer->failures && (peer->had_sa || peer->asked_again);
		unasked += !peer->wanted && peer->tries_left_unasked;
	}
	require(negotiating <= PEERS_INFLIGHT_MAX + PEERS_INFLIGHT_EARNEST,
	        "too many negotiations");
	require(!charon_up || negotiating >= PEERS_INFLIGHT_MAX || !asked,
	        "one waits next to a free slot");
	require(!charon_up || negotiating == PEERS_INFLIGHT_MAX + PEERS_INFLIGHT_EARNEST ||
	                !earnest,
	        "one in earnest waits next to a free slot");
	require(!charon_up || negotiating >= PEERS_INFLIGHT_UNASKED || !unasked,
	        "a remembered one waits next to a free slot");
}

static void random_event(uint64_t now_ms, bool *charon_up)
{
	struct addr to = numbered(roll(MODEL_PEERS));
	uint32_t ike_id = roll(300) + 1, child_id = ike_id * 4 + roll(3);
	uint32_t kind = roll(100);

	if (kind < 40) {
		acquire(&to, now_ms);
	} else if (kind < 52) {
		child_up(&to, ike_id, child_id, now_ms);
	} else if (kind < 62) {
		peers_on_child_down(peers, ike_id, child_id, now_ms, &actions);
	} else if (kind < 66) {
		child_rekeyed(ike_id, child_id, ike_id * 4 + roll(3), now_ms);
	} else if (kind < 68) {
		peers_on_ike_rekeyed(peers, ike_id, roll(300) + 1);
	} else if (kind < 74) {
		peers_on_ike_down(peers, ike_id, pair_to(&to), now_ms, &actions);
	} else if (kind < 80) {
		peers_on_reason(peers, pair_to(&to), "words", roll(2), now_ms, &actions);
	} else if (kind < 85) {
		peers_on_larval_expired(peers, pair_to(&to));
	} else if (kind == 85) {
		peers_on_charon_down(peers, now_ms, &actions);
		/* What was loaded died with it. */
		for (size_t i = 0; i < MODEL_PEERS; i++)
			models[i].loaded = false;
		*charon_up = false;
	} else if (kind < 88) {
		peers_on_unused(peers, pair_to(&to), now_ms, &actions);
	} else if (kind < 90) {
		peers_on_charon_up(peers, now_ms, &actions);
		*charon_up = true;
	} else if (kind < 93) {
		(void)peers_on_sa_lost(peers, &(struct peer_sa){to, local}, now_ms);
	} else if (kind > 93) {
		peers_on_remembered(peers, pair_to(&to), now_ms, &actions);
	} else if (roll(20) == 0) {
		peers_retain(peers, keep_even, NULL, &actions);
		check_actions(*charon_up);
		peers_on_timer(peers, now_ms, &actions);
	}
}

START_TEST(peers_keep_their_invariants_under_random_events)
{
	const char *given = getenv("TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : 20240601u + (uint64_t)_i;
	uint64_t now_ms = NOW;
	bool charon_up = false;

	model_random = seed;
	memset(models, 0, sizeof(models));
	for (unsigned step = 0; step < 10000; step++) {
		now_ms += roll(500);
		if (roll(200) == 0)
			now_ms += roll(2 * PEERS_FORGET_AFTER_MS);
		random_event(now_ms, &charon_up);
		check_actions(charon_up);
		if (peers_next_ms(peers) <= now_ms) {
			peers_on_timer(peers, now_ms, &actions);
			check_actions(charon_up);
			ck_assert_msg(peers_next_ms(peers) > now_ms,
			              "seed %" PRIu64 ": timer stays due", seed);
		}
		check_table(charon_up);
	}
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("peers", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, peers_answer_every_event_in_every_state, 0,
	                    EVENT_COUNT * START_COUNT);
	tcase_add_test(tcase, peers_negotiate_at_most_the_bound_at_once);
	tcase_add_test(tcase, peers_that_never_failed_go_first_then_first_in_first_out);
	tcase_add_test(tcase, peers_that_are_wanted_in_earnest_go_first);
	tcase_add_test(tcase, peers_that_are_wanted_in_earnest_wait_for_no_dead_ones);
	tcase_add_test(tcase, peers_without_an_sa_are_bounded);
	tcase_add_test(tcase, peers_that_are_negotiated_with_do_not_make_room);
	tcase_add_test(tcase, peers_whose_larval_sas_are_not_listed_are_not_asked_for);
	tcase_add_test(tcase, peers_that_nobody_waits_for_any_more_are_passed_over);
	tcase_add_test(tcase, peers_that_nobody_waits_for_any_more_leave_the_queue);
	tcase_add_test(tcase, peers_count_what_acquires_caused);
	tcase_add_test(tcase, peers_measure_how_long_negotiations_took);
	tcase_add_test(tcase, peers_back_off_twice_as_long_after_every_failure);
	tcase_add_test(tcase, peers_fresh_seed_gives_other_jitter_and_equal_seed_the_same);
	tcase_add_loop_test(tcase, peers_renew_their_sas_in_time, 0, 2);
	tcase_add_test(tcase, peers_renew_the_older_sas_when_the_newer_are_gone);
	tcase_add_test(tcase, peers_that_are_up_keep_the_reason_why_they_are_not_renewed);
	tcase_add_test(tcase, peers_with_more_ike_sas_than_there_is_room_for_lose_the_oldest);
	tcase_add_test(tcase, peers_with_too_many_children_of_one_ike_sa_lose_the_new_ones);
	tcase_add_test(tcase, children_that_must_not_be_are_ended);
	tcase_add_test(tcase, ike_sas_without_children_are_ended);
	tcase_add_test(tcase, a_negotiation_that_brings_what_must_not_be_has_failed);
	tcase_add_test(tcase, peers_without_lifetimes_renew_nothing);
	tcase_add_test(tcase, peers_look_again_at_duplicates_in_use);
	tcase_add_test(tcase, peers_retry_when_due_only_while_traffic_asks);
	tcase_add_test(tcase, peers_acquire_before_the_retry_is_remembered_until_then);
	tcase_add_test(tcase, peers_success_clears_the_past);
	tcase_add_test(tcase, peers_failure_carries_the_first_hint);
	tcase_add_test(tcase, peers_hint_of_an_earlier_negotiation_is_forgotten);
	tcase_add_test(tcase, peers_reason_may_follow_the_end_of_the_ike_sa);
	tcase_add_test(tcase, peers_wait_only_a_moment_for_the_reason);
	tcase_add_test(tcase, peers_long_words_are_cut);
	tcase_add_test(tcase, peers_empty_words_still_give_an_error);
	tcase_add_test(tcase, peers_vain_attempt_is_the_last_error_of_who_is_not_up);
	tcase_add_test(tcase, peers_vain_attempt_leaves_a_negotiation_alone);
	tcase_add_test(tcase, peers_vain_attempts_of_strangers_are_bounded);
	tcase_add_test(tcase, peers_negotiation_without_result_times_out);
	tcase_add_test(tcase, peers_timeout_frees_the_slot_in_the_same_turn);
	tcase_add_test(tcase, peers_lost_sa_is_rekeyed_once_per_interval);
	tcase_add_test(tcase, peers_whose_sa_somebody_else_deleted_are_rekeyed_at_once);
	tcase_add_test(
		tcase,
		peers_whose_sas_are_deleted_all_the_time_are_rekeyed_within_bounds_and_for_good);
	tcase_add_test(tcase, peers_traffic_that_asks_for_a_lost_sa_is_not_repaired_twice);
	tcase_add_test(tcase, peers_that_are_not_up_have_no_sas_to_lose);
	tcase_add_test(tcase, peers_flushed_sas_are_found_in_the_list_and_rekeyed_in_turn);
	tcase_add_test(tcase, peers_lost_sa_that_charon_does_not_know_either_is_negotiated);
	tcase_add_test(tcase, peers_lost_sa_is_asked_for_whatever_larval_sas_there_are);
	tcase_add_test(tcase, peers_repaired_sa_is_not_negotiated_when_it_closes_later);
	tcase_add_test(tcase, peers_stay_up_until_the_last_child_is_gone);
	tcase_add_test(tcase, peers_rekeyed_sas_are_known_by_their_new_ids);
	tcase_add_test(tcase, peers_rekey_to_a_known_child_leaves_one);
	tcase_add_test(tcase, peers_leave_out_the_oldest_of_too_many_children);
	tcase_add_test(tcase, peers_restart_is_spread_after_charon_is_back);
	tcase_add_test(tcase, peers_few_of_them_are_hardly_spread);
	tcase_add_test(tcase, peers_remembered_are_tried_a_few_times_and_forgotten);
	tcase_add_test(tcase, peers_remembered_do_not_keep_traffic_waiting);
	tcase_add_test(tcase, peers_traffic_does_not_wait_for_the_spread);
	tcase_add_test(tcase, peers_whose_sas_charon_still_has_are_not_negotiated);
	tcase_add_test(tcase, peers_down_charon_gets_no_orders);
	tcase_add_test(tcase, peers_nobody_asks_for_are_forgotten);
	tcase_add_test(tcase, peers_look_for_duplicates_when_the_sas_have_settled);
	tcase_add_test(tcase, peers_repair_lost_sas_also_while_there_are_duplicates);
	tcase_add_test(tcase, peers_know_the_newest_sa_in_whatever_order_charon_lists_them);
	tcase_add_test(tcase, peers_child_that_moved_to_another_ike_sa_is_no_duplicate);
	tcase_add_test(tcase, peers_unused_one_is_idle_at_once_and_negotiated_when_traffic_asks);
	tcase_add_loop_test(tcase, peers_unused_is_nothing_for_one_that_is_not_up, 0, START_COUNT);
	tcase_add_test(tcase, peers_new_charon_counts_ids_from_the_beginning);
	tcase_add_test(tcase, peers_retain_ends_children_and_then_each_ike_sa_once);
	tcase_add_test(tcase, peers_retain_makes_room_for_those_that_wait);
	tcase_add_test(tcase, peers_list_is_in_address_order);
	tcase_add_test(tcase, peers_retry_by_order_ends_the_backoff_without_traffic);
	tcase_add_test(tcase, peers_retry_by_order_waits_for_charon);
	tcase_add_test(tcase, peers_retry_by_order_leaves_living_peers_alone);
	tcase_add_test(tcase, peers_remember_acquire_and_failure_until_they_are_up);
	tcase_add_test(tcase, peers_are_forgotten_later_when_patient);
	tcase_add_test(tcase, peers_are_listed_for_people_by_their_local_address);
	tcase_add_test(tcase, peers_free_accepts_null);
	tcase_add_loop_test(tcase, peers_keep_their_invariants_under_random_events, 0, 4);
	return test_run(suite);
}
