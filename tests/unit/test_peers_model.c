/* SPDX-License-Identifier: MIT */
/* The acquire machine under random events: a model learns what holds from the actions alone. */
#include "peers_fixture.h"

/* What the property test believes of one pair, from the actions alone. */
struct model {
	enum peer_state state;
	bool loaded;
	bool late;          /* it was silent, and has answered */
	uint64_t silent_ms; /* it is silent from then on; 0: not known */
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
			model->late = false;
			model->silent_ms = 0;
			break;
		case PEER_ACTION_RESOLVE:
			ck_assert(charon_up);
			ck_assert_int_eq(model->state, PEER_STATE_QUEUED);
			break;
		case PEER_ACTION_TERMINATE:
		case PEER_ACTION_ABANDON:
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

static void check_table(bool charon_up, uint64_t now_ms)
{
	size_t count, negotiating = 0, silent = 0, late = 0, asked = 0, earnest = 0, unasked = 0;
	size_t resolving = 0, window = peers_window(peers);
	const struct peer *const *list = peers_list(peers, &count);

	for (size_t i = 0; i < count; i++) {
		const struct peer *peer = list[i];
		const struct model *model = &models[model_index(&peer->pair.remote)];

		require(peer->state == model->state, "a state changed without CHANGED");
		require((peer->state == PEER_STATE_UP) == (peer->child_count > 0),
		        "UP without children, or children without UP");
		require((peer->state == PEER_STATE_NEGOTIATING) == model->loaded,
		        "a connection is loaded for nothing, or missing");
		require(peer->state != PEER_STATE_FAILED || peer->last_error.reason,
		        "FAILED without a last_error");
		require(i == 0 || addr_compare(&list[i - 1]->pair.remote, &peer->pair.remote) < 0,
		        "not in address order");
		/* one that answers after all may be one too many */
		negotiating += peer->state == PEER_STATE_NEGOTIATING && !peer->silent &&
		               !model->late;
		silent += peer->silent;
		require(!peer->silent || peer->state == PEER_STATE_NEGOTIATING,
		        "silent, and nobody asked it");
		require(peer->state != PEER_STATE_NEGOTIATING || peer->silent_ms > now_ms ||
		                peers_next_ms(peers) <= peer->silent_ms,
		        "nobody looks whether it is silent");
		require(!model->silent_ms || now_ms < model->silent_ms || peer->silent,
		        "it goes no further and counts as work");
		late += model->late && !peer->silent;
		resolving += peer->resolve_ms != 0;
		require(!peer->resolve_ms || peer->state == PEER_STATE_QUEUED,
		        "resolved, and it does not wait for that");
		require(!peer->resolve_ms || peers_next_ms(peers) <= peer->resolve_ms,
		        "nobody looks whether it is resolved");
		if (peer->state != PEER_STATE_QUEUED || peer->next_retry_ms ||
		    peer->give_way_ms > now_ms || peer->resolve_ms)
			continue;
		asked += peer->asked_by_traffic;
		earnest += peer->asked_by_traffic && !peer->failures &&
		           (peer->had_sa || peer->asked_again);
		unasked += !peer->asked_by_traffic && peer->tries_left_unasked;
	}
	require(negotiating <= PEERS_WORKING_MAX + PEERS_WORKING_EARNEST, "too many negotiations");
	require(silent <= PEERS_SILENT_MAX, "too many are silent");
	require(resolving <= PEERS_RESOLVING_MAX, "too many are resolved");
	negotiating += late;
	require(window >= PEERS_WINDOW_MIN && window <= PEERS_WORKING_MAX,
	        "the window is out of bounds");
	require(!charon_up || negotiating >= window || !asked, "one waits next to a free slot");
	require(!charon_up ||
	                negotiating >=
	                        window + PEERS_WORKING_EARNEST * window / PEERS_WORKING_MAX ||
	                !earnest,
	        "one in earnest waits next to a free slot");
	require(!charon_up || negotiating >= (window + 1) / 2 || !unasked,
	        "a remembered one waits next to a free slot");
}

/* What charon's log tells of negotiations, and the link of addresses. */
static void random_line(const struct addr *to, uint64_t now_ms)
{
	const struct peer *peer = peers_find(peers, pair_to(to));
	struct model *model = &models[model_index(to)];
	uint32_t kind = roll(4);

	if (kind < 2 && model->loaded)
		model->silent_ms = now_ms + (kind ? PEERS_ANSWERED_AFTER_MS : PEERS_BUSY_AFTER_MS);
	switch (kind) {
	case 0:
		peers_on_sent(peers, pair_to(to), now_ms);
		break;
	case 1:
		model->late |= peer && peer->silent;
		peers_on_answered(peers, pair_to(to), now_ms);
		break;
	case 2:
		peers_on_resolved(peers, to, (enum neighbour)roll(NEIGHBOUR_ABSENT + 1), now_ms,
		                  &actions);
		break;
	default:
		peers_on_begun(peers, to, now_ms);
	}
}

static void random_event(uint64_t now_ms, bool *charon_up)
{
	struct addr to = numbered(roll(MODEL_PEERS));
	uint32_t ike_id = roll(300) + 1, child_id = ike_id * 4 + roll(3);
	uint32_t kind = roll(130);

	if (kind >= 100) {
		random_line(&to, now_ms);
	} else if (kind < 40) {
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
		peers_on_reason(peers, pair_to(&to), failure_of("words"), roll(2), now_ms,
		                &actions);
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
		(void)peers_on_sa_lost(peers, &(struct pair){to, local}, now_ms);
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
	peers_set_resolver(peers, _i % 2);
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
		check_table(charon_up, now_ms);
	}
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("peers_model", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, peers_keep_their_invariants_under_random_events, 0, 4);
	return test_run(suite);
}
