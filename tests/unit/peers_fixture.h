/* SPDX-License-Identifier: MIT */
#ifndef PEERS_FIXTURE_H
#define PEERS_FIXTURE_H

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "test.h"
#include "xfrmd/ike/peers.h"

/* The acquire machine of one test, and short words for what happens to it. Each test program has a
 * copy. */

/* Every test runs from this time on; the machine itself has no clock. */
#define NOW 1000000u

static struct peers *peers;
static struct peer_actions actions;
static struct addr local, remote;

static inline struct addr make_addr(const char *text)
{
	struct addr addr;

	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return addr;
}

/* 10.1.x.y of a running number. */
static inline struct addr numbered(unsigned number)
{
	char text[ADDR_TEXT_MAX];

	snprintf(text, sizeof(text), "10.1.%u.%u", number / 250, number % 250 + 1);
	return make_addr(text);
}

/* Until the next call. */
static inline const struct pair *pair_to(const struct addr *to)
{
	static struct pair pair;

	pair = (struct pair){.local = local, .remote = *to};
	return &pair;
}

static inline void set_up(void)
{
	ck_assert_int_eq(peers_new(1, &peers), 0);
	local = make_addr("10.0.1.1");
	remote = make_addr("10.0.1.2");
}

static inline void tear_down(void)
{
	peer_actions_fini(&actions);
	peers_free(peers);
	peers = NULL;
}

static inline void acquire(const struct addr *to, uint64_t now_ms)
{
	peers_on_acquire(peers, pair_to(to), false, now_ms, &actions);
}

static inline void child_up(const struct addr *from, uint32_t ike_id, uint32_t child_id,
                            uint64_t now_ms)
{
	struct peer_child child = {.ike_id = ike_id, .child_id = child_id, .since_ms = now_ms};

	peers_on_child_up(peers, pair_to(from), &child, now_ms, &actions);
}

/* Traffic asks for so many numbered ones, from @first on. */
static inline void acquire_numbered(unsigned first, unsigned count, uint64_t now_ms)
{
	for (unsigned i = first; i < first + count; i++) {
		const struct addr to = numbered(i);

		acquire(&to, now_ms);
	}
}

/* The first @count numbered ones come up, each with an IKE_SA of its own. */
static inline void numbered_up(unsigned count, uint64_t now_ms)
{
	for (unsigned i = 0; i < count; i++) {
		const struct addr from = numbered(i);

		child_up(&from, i + 1, i + 1, now_ms);
	}
}

static inline void child_rekeyed(uint32_t ike_id, uint32_t old_child_id, uint32_t new_child_id,
                                 uint64_t now_ms)
{
	struct peer_child child = {.ike_id = ike_id, .child_id = new_child_id, .since_ms = now_ms};

	peers_on_child_rekeyed(peers, old_child_id, &child, now_ms);
}

/* Valid until the next one. */
static inline const struct failure *failure_of(const char *words)
{
	static struct failure failure;

	failure = failure_of_words(words);
	return &failure;
}

static inline void assert_failure(const struct failure *failure, const char *expected)
{
	char words[FAILURE_WORDS_MAX];

	ck_assert_str_eq(failure_words(failure, words), expected);
}

static inline void fail_with(const struct addr *to, const char *words, uint64_t now_ms)
{
	peers_on_reason(peers, pair_to(to), failure_of(words), true, now_ms, &actions);
}

static inline const char *state_of(const struct addr *of)
{
	const struct peer *peer = peers_find(peers, pair_to(of));

	return peer ? peer_state_name(peer->state) : "none";
}

/* The actions so far as one line, and none afterwards. */
static inline const char *take_actions(void)
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
		case PEER_ACTION_ABANDON:
			snprintf(text, sizeof(text), "abandon:%" PRIu32, action->ike_id);
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
		case PEER_ACTION_RESOLVE:
			snprintf(text, sizeof(text), "resolve");
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

static inline size_t count_kind(enum peer_action_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < actions.count; i++)
		count += actions.items[i].kind == kind;
	return count;
}

enum start { NONE, IDLE, QUEUED, NEGOTIATING, UP, FAILED, START_COUNT };

/* One pair in the wanted state, entered at NOW; UP with IKE_SA 7 and CHILD_SA 70. */
static inline void enter(enum start start)
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

static inline bool keep_none(void *ctx, const struct peer *peer)
{
	(void)ctx;
	(void)peer;
	return false;
}

/* As many as may be are negotiated with at once, after all were quick; nothing else is left of that. */
static inline void open_window(void)
{
	peers_on_charon_up(peers, NOW, &actions);
	for (unsigned i = 0; i < PEERS_WORKING_MAX; i++) {
		acquire(&remote, NOW);
		child_up(&remote, 1, 1, NOW);
		peers_retain(peers, keep_none, NULL, &actions);
	}
	peers_on_charon_down(peers, NOW, &actions);
	peers_on_timer(peers, NOW, &actions);
	actions.count = 0;
}

/* Fills every slot with pairs that the test does not look at; charon is up. */
static inline void fill_slots(void)
{
	peers_on_charon_up(peers, NOW, &actions);
	acquire_numbered(0, PEERS_WORKING_MAX, NOW);
	actions.count = 0;
}

/* What the timer does at @now_ms and not a millisecond before, as far as it is due then. */
static inline const char *on_time(uint64_t now_ms)
{
	ck_assert_uint_eq(peers_next_ms(peers), now_ms);
	peers_on_timer(peers, now_ms - 1, &actions);
	ck_assert_str_eq(take_actions(), "");
	peers_on_timer(peers, now_ms, &actions);
	return take_actions();
}

static inline bool keep_even(void *ctx, const struct peer *peer)
{
	(void)ctx;
	return peer->pair.remote.bytes[3] % 2 == 0;
}

#endif
