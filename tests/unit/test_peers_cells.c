/* SPDX-License-Identifier: MIT */
/* The acquire machine: every event in every state. */
#include "peers_fixture.h"

static bool keep_all(void *ctx, const struct peer *peer)
{
	(void)ctx;
	(void)peer;
	return true;
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
		peers_on_reason(peers, pair_to(&remote), failure_of("hint"), false, NOW + 100,
		                &actions);
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

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("peers_cells", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, peers_answer_every_event_in_every_state, 0,
	                    EVENT_COUNT * START_COUNT);
	return test_run(suite);
}
