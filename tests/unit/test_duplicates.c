/* SPDX-License-Identifier: MIT */
#include "xfrmd/ike/duplicates.h"

#include <stdio.h>

#include "test.h"

#define NOW     1000000u
#define SETTLED (NOW + DUPLICATES_SETTLE_MS)

static struct addr low, high;

static void set_up(void)
{
	ck_assert_int_eq(addr_parse("10.0.1.1", &low), 0);
	ck_assert_int_eq(addr_parse("10.0.1.2", &high), 0);
}

/* A peer as the end with the lower (first) or the other address sees it; ended by ike_id 0. */
static struct peer make_peer(bool first, const struct peer_child *children)
{
	struct peer peer = {.pair = {.local = first ? low : high, .remote = first ? high : low}};

	for (; children->ike_id; children++)
		peer.children[peer.child_count++] = *children;
	return peer;
}

/* What is to be ended, as text: "3 5", or "unknown". */
static const char *chosen_of(const struct peer *peer, uint32_t spi_in_use, uint64_t now_ms)
{
	static char text[256];
	struct duplicates_choice choice;
	size_t used = 0;

	if (duplicates_choose(peer, spi_in_use, now_ms, &choice) < 0)
		return "unknown";
	text[0] = '\0';
	for (size_t i = 0; i < choice.count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u", i ? " " : "",
		                         choice.ike_ids[i]);
	if (choice.in_use)
		snprintf(text + used, sizeof(text) - used, "%s", used ? ", others" : "others");
	return text;
}

/* The same long after all has happened. */
static const char *chosen(const struct peer *peer, uint32_t spi_in_use)
{
	return chosen_of(peer, spi_in_use, NOW + 2 * DUPLICATES_PATIENCE_MS);
}

#define CHILD(ike, child, spi, since)                                                \
	{                                                                            \
		.ike_id = ike, .child_id = child, .spi_out = spi, .since_ms = since, \
		.used_ms = NOW                                                       \
	}
static const struct peer_child crossed[] = {
	CHILD(1, 10, 0xc1, NOW), CHILD(2, 20, 0xc2, NOW + 1), CHILD(3, 30, 0xc3, NOW + 2), {0}};

START_TEST(first_end_keeps_what_it_sends_with)
{
	struct peer peer = make_peer(true, crossed);

	ck_assert_str_eq(chosen(&peer, 0xc1), "2 3");
	ck_assert_str_eq(chosen(&peer, 0xc2), "1 3");
	ck_assert_str_eq(chosen(&peer, 0xc3), "1 2");
}
END_TEST

START_TEST(newest_counts_where_nothing_is_pinned)
{
	struct peer peer = make_peer(true, crossed);

	ck_assert_str_eq(chosen(&peer, 0), "1 2");
}
END_TEST

START_TEST(nothing_is_ended_while_the_sa_in_use_is_unknown)
{
	struct peer peer = make_peer(true, crossed);

	ck_assert_str_eq(chosen(&peer, 0xcc), "unknown");
}
END_TEST

START_TEST(other_end_leaves_crossed_ones_alone)
{
	struct peer peer = make_peer(false, crossed);

	ck_assert_str_eq(chosen(&peer, 0xc3), "");
}
END_TEST

START_TEST(other_end_ends_much_older_ones)
{
	static const struct peer_child children[] = {
		CHILD(1, 10, 0xc1, NOW),
		CHILD(2, 20, 0xc2, NOW + 1),
		CHILD(3, 30, 0xc3, NOW + DUPLICATES_OLDER_MS + 1),
		{0},
	};
	struct peer peer = make_peer(false, children);

	ck_assert_str_eq(chosen(&peer, 0xc3), "1");
	/* it still sends with an old one: nothing is older than that */
	ck_assert_str_eq(chosen(&peer, 0xc1), "");
}
END_TEST

START_TEST(ike_sa_is_as_old_as_its_newest_sa)
{
	static const struct peer_child children[] = {
		CHILD(1, 10, 0xc1, NOW),
		CHILD(1, 11, 0xd1, NOW + DUPLICATES_OLDER_MS),
		CHILD(2, 20, 0xc2, NOW + DUPLICATES_OLDER_MS + 1),
		{0},
	};
	struct peer peer = make_peer(false, children);

	ck_assert_str_eq(chosen(&peer, 0xc2), "");
}
END_TEST

START_TEST(ike_sa_with_several_sas_is_ended_once)
{
	static const struct peer_child children[] = {
		CHILD(1, 10, 0xc1, NOW), CHILD(1, 11, 0xd1, NOW), CHILD(2, 20, 0xc2, NOW), {0}};
	struct peer peer = make_peer(true, children);

	ck_assert_str_eq(chosen(&peer, 0xc2), "1");
	ck_assert_str_eq(chosen(&peer, 0xc1), "2");
}
END_TEST

START_TEST(ike_sa_that_is_used_is_left_alone_for_a_while)
{
	static const struct peer_child children[] = {
		CHILD(1, 10, 0xc1, NOW), CHILD(1, 11, 0xd1, NOW), CHILD(2, 20, 0xc2, NOW), {0}};
	struct peer peer = make_peer(true, children);

	ck_assert_str_eq(chosen_of(&peer, 0xc2, SETTLED - 1), "others");
	ck_assert_str_eq(chosen_of(&peer, 0xc2, SETTLED), "1");
	peer.children[1].used_ms = SETTLED;
	ck_assert_str_eq(chosen_of(&peer, 0xc2, SETTLED + DUPLICATES_QUIET_MS - 1), "others");
	ck_assert_str_eq(chosen_of(&peer, 0xc1, SETTLED + DUPLICATES_QUIET_MS - 1), "2");
	ck_assert_str_eq(chosen_of(&peer, 0xc2, SETTLED + DUPLICATES_QUIET_MS), "1");
	/* nobody has looked */
	peer.children[1].used_ms = 0;
	ck_assert_str_eq(chosen_of(&peer, 0xc2, NOW + DUPLICATES_DRAIN_MS - 1), "others");
	ck_assert_str_eq(chosen_of(&peer, 0xc2, NOW + DUPLICATES_DRAIN_MS), "1");
}
END_TEST

START_TEST(one_ike_sa_is_no_duplicate)
{
	static const struct peer_child children[] = {
		CHILD(1, 10, 0xc1, NOW), CHILD(1, 11, 0xd1, NOW), {0}};
	struct peer peer = make_peer(true, children);

	ck_assert_uint_eq(duplicates_due_ms(&peer, NOW), UINT64_MAX);
	peer.child_count = 0;
	ck_assert_uint_eq(duplicates_due_ms(&peer, NOW), UINT64_MAX);
}
END_TEST

START_TEST(other_end_waits_until_the_first_must_have_acted)
{
	struct peer peer = make_peer(true, crossed);

	ck_assert_uint_eq(duplicates_due_ms(&peer, NOW), NOW + DUPLICATES_SETTLE_MS);
	peer = make_peer(false, crossed);
	ck_assert_uint_eq(duplicates_due_ms(&peer, NOW), NOW + DUPLICATES_PATIENCE_MS);
}
END_TEST

/*
 * Both ends of a pair: two acquire machines, and the IKE_SAs between them as charon and kernel have
 * them. What one end learns, when and in which order, is up to the events.
 */
#define SAS_MAX    3
#define DELETE_MS  6200 /* charon gives a DELETE up that nobody answers */
#define EVENTS_MAX 32

enum kind { UP, DOWN, REKEYED, XFRMD_RESTARTED };

struct event {
	uint64_t at_ms;
	enum kind kind;
	unsigned end, sa;
};

static struct {
	struct peers *peers[2]; /* of the end with the lower address first */
	struct {
		bool alive[2];
		uint32_t ike_id, child_id[2]; /* SPIs are 0xc0000000 plus the child's id */
		uint64_t since_ms[2];
	} sas[SAS_MAX];
	unsigned pinned[2]; /* the SA that the end sends with */
	bool pin_stays[2];  /* not to the newest: the kernel's order was another one */
	uint64_t one_way_ms;
	bool lossy; /* the DELETE does not arrive */
	struct event events[EVENTS_MAX];
	size_t event_count;
	uint64_t now_ms;
} world;

static void world_open(uint64_t one_way_ms)
{
	memset(&world, 0, sizeof(world));
	world.one_way_ms = one_way_ms;
	world.now_ms = NOW;
	for (unsigned end = 0; end < 2; end++)
		ck_assert_int_eq(peers_new(1, &world.peers[end]), 0);
	for (unsigned sa = 0; sa < SAS_MAX; sa++) {
		world.sas[sa].ike_id = 10 + sa;
		world.sas[sa].child_id[0] = world.sas[sa].child_id[1] = 100 + 10 * sa;
	}
}

static void world_close(void)
{
	peers_free(world.peers[0]);
	peers_free(world.peers[1]);
}

static void plan(uint64_t at_ms, enum kind kind, unsigned end, unsigned sa)
{
	ck_assert_uint_lt(world.event_count, EVENTS_MAX);
	world.events[world.event_count++] =
		(struct event){.at_ms = at_ms, .kind = kind, .end = end, .sa = sa};
}

static uint32_t spi_of(unsigned end, unsigned sa)
{
	return 0xc0000000 + world.sas[sa].child_id[end];
}

static struct peer_child child_of(unsigned end, unsigned sa)
{
	return (struct peer_child){.ike_id = world.sas[sa].ike_id,
	                           .child_id = world.sas[sa].child_id[end],
	                           .spi_out = spi_of(end, sa),
	                           .since_ms = world.sas[sa].since_ms[end]};
}

/* Until the next call. */
static const struct pair *pair_of(unsigned end)
{
	static struct pair pair;

	pair = (struct pair){.local = end ? high : low, .remote = end ? low : high};
	return &pair;
}

static void tell_up(unsigned end, unsigned sa)
{
	struct peer_child child = child_of(end, sa);
	struct peer_actions actions = {0};

	peers_on_child_up(world.peers[end], pair_of(end), &child, world.now_ms, &actions);
	peer_actions_fini(&actions);
}

static void come_up(unsigned end, unsigned sa)
{
	world.sas[sa].alive[end] = true;
	world.sas[sa].since_ms[end] = world.now_ms;
	if (!world.pin_stays[end] || !world.sas[world.pinned[end]].alive[end])
		world.pinned[end] = sa;
	tell_up(end, sa);
}

static void go_down(unsigned end, unsigned sa)
{
	struct peer_actions actions = {0};

	if (!world.sas[sa].alive[end])
		return;
	world.sas[sa].alive[end] = false;
	for (unsigned other = 0; other < SAS_MAX; other++)
		if (world.pinned[end] == sa && world.sas[other].alive[end])
			world.pinned[end] = other;
	peers_on_ike_down(world.peers[end], world.sas[sa].ike_id, pair_of(end), world.now_ms,
	                  &actions);
	peer_actions_fini(&actions);
}

static void rekey(unsigned end, unsigned sa)
{
	uint32_t old_child_id = world.sas[sa].child_id[end]++;
	struct peer_child child;

	if (!world.sas[sa].alive[end])
		return;
	world.sas[sa].since_ms[end] = world.now_ms;
	world.pinned[end] = sa;
	child = child_of(end, sa);
	peers_on_child_rekeyed(world.peers[end], old_child_id, &child, world.now_ms);
}

/* charon lists what lives, in no order, with ages in seconds. */
static void restart_xfrmd(unsigned end)
{
	peers_free(world.peers[end]);
	ck_assert_int_eq(peers_new(1, &world.peers[end]), 0);
	for (unsigned sa = SAS_MAX; sa-- > 0;) {
		uint64_t age_s = (world.now_ms - world.sas[sa].since_ms[end]) / 1000;

		if (!world.sas[sa].alive[end])
			continue;
		world.sas[sa].since_ms[end] = world.now_ms - age_s * 1000;
		tell_up(end, sa);
	}
}

static void happen(const struct event *event)
{
	switch (event->kind) {
	case UP:
		come_up(event->end, event->sa);
		break;
	case DOWN:
		go_down(event->end, event->sa);
		break;
	case REKEYED:
		rekey(event->end, event->sa);
		break;
	case XFRMD_RESTARTED:
		restart_xfrmd(event->end);
		break;
	}
}

static void terminate(unsigned end, uint32_t ike_id)
{
	unsigned sa = ike_id - world.sas[0].ike_id;
	bool answered = world.sas[sa].alive[!end] && !world.lossy;

	ck_assert_uint_lt(sa, SAS_MAX);
	ck_assert_msg(sa != world.pinned[end], "an end ends what it sends with");
	if (answered)
		plan(world.now_ms + world.one_way_ms, DOWN, !end, sa);
	plan(world.now_ms + (answered ? 2 * world.one_way_ms : DELETE_MS), DOWN, end, sa);
}

/* Both ends send all the time. Of two that send by different SAs the one with the higher address
 * follows. */
static void count_packets(unsigned end, uint64_t *ret_packets)
{
	const struct peer *peer = peers_find(world.peers[end], pair_of(end));

	if (!end && world.sas[world.pinned[0]].alive[1])
		world.pinned[1] = world.pinned[0];
	for (size_t i = 0; i < peer->child_count; i++) {
		unsigned sa = peer->children[i].ike_id - world.sas[0].ike_id;

		ret_packets[i] = sa == world.pinned[0] || sa == world.pinned[1] ? world.now_ms : 0;
	}
}

static void run_timer(unsigned end)
{
	struct peer_actions actions = {0};
	struct duplicates_choice choice;
	uint64_t packets[PEERS_CHILDREN_MAX];

	if (peers_next_ms(world.peers[end]) > world.now_ms)
		return;
	peers_on_timer(world.peers[end], world.now_ms, &actions);
	for (size_t i = 0; i < actions.count; i++) {
		if (actions.items[i].kind != PEER_ACTION_REAP)
			continue;
		count_packets(end, packets);
		peers_on_looked(world.peers[end], pair_of(end), packets, world.now_ms);
		ck_assert_int_eq(duplicates_choose(peers_find(world.peers[end], pair_of(end)),
		                                   spi_of(end, world.pinned[end]), world.now_ms,
		                                   &choice),
		                 0);
		for (size_t n = 0; n < choice.count; n++)
			terminate(end, choice.ike_ids[n]);
		if (choice.in_use)
			peers_look_again(world.peers[end], pair_of(end), world.now_ms);
	}
	peer_actions_fini(&actions);
}

/* Lets 40 seconds pass. */
static void world_run(void)
{
	for (; world.now_ms < NOW + 40000; world.now_ms += 10) {
		for (size_t i = 0; i < world.event_count; i++) {
			struct event event = world.events[i];

			if (event.at_ms > world.now_ms)
				continue;
			world.events[i--] = world.events[--world.event_count];
			happen(&event);
		}
		run_timer(0);
		run_timer(1);
	}
}

/* The one IKE_SA that lives at both ends, and at both ends it is the only one. */
static unsigned survivor(void)
{
	unsigned found = SAS_MAX;

	for (unsigned sa = 0; sa < SAS_MAX; sa++) {
		ck_assert_msg(world.sas[sa].alive[0] == world.sas[sa].alive[1],
		              "IKE_SA %u lives at one end only", sa);
		if (!world.sas[sa].alive[0])
			continue;
		ck_assert_msg(found == SAS_MAX, "two live");
		found = sa;
	}
	ck_assert_msg(found < SAS_MAX, "none lives");
	for (unsigned end = 0; end < 2; end++) {
		const struct peer *peer = peers_find(world.peers[end], pair_of(end));

		ck_assert_uint_eq(peer->child_count, 1);
	}
	return found;
}

/* The @number-th order of four things. */
static void permute(unsigned number, unsigned order[4])
{
	unsigned left[4] = {0, 1, 2, 3};

	for (unsigned i = 0; i < 4; i++) {
		unsigned pick = number % (4 - i);

		number /= 4 - i;
		order[i] = left[pick];
		for (unsigned n = pick; n < 3; n++)
			left[n] = left[n + 1];
	}
}

#define ORDERS 24
static const uint64_t one_ways_ms[] = {0, 50, 700};

/* Two IKE_SAs come up at two ends: four moments in any order, 10 to 900 ms apart, and either may be
 * the one that an end sends with. */
static void cross(unsigned variant)
{
	unsigned order[4], gap_ms = variant / ORDERS % 2 ? 900 : 10;

	world_open(one_ways_ms[variant / ORDERS / 2 % 3]);
	world.pin_stays[0] = variant / ORDERS / 6 % 2;
	world.pin_stays[1] = variant / ORDERS / 12 % 2;
	permute(variant % ORDERS, order);
	for (unsigned i = 0; i < 4; i++)
		plan(NOW + order[i] * gap_ms, UP, i % 2, i / 2);
}
#define CROSSINGS (ORDERS * 2 * 3 * 2 * 2)

START_TEST(crossing_leaves_one)
{
	cross((unsigned)_i);
	world_run();
	survivor();
	world_close();
}
END_TEST

START_TEST(crossing_leaves_one_when_both_are_rekeyed_meanwhile)
{
	cross((unsigned)_i);
	for (unsigned end = 0; end < 2; end++) {
		plan(NOW + 3500 + 30 * end, REKEYED, end, 0);
		plan(NOW + 3600 - 40 * end, REKEYED, end, 1);
	}
	world_run();
	survivor();
	world_close();
}
END_TEST

START_TEST(crossing_leaves_one_when_xfrmd_restarts)
{
	cross((unsigned)_i % CROSSINGS);
	plan(NOW + 1000 + (unsigned)_i / CROSSINGS % 4 * 1500, XFRMD_RESTARTED,
	     (unsigned)_i / CROSSINGS / 4, 0);
	world_run();
	survivor();
	world_close();
}
END_TEST

START_TEST(three_leave_one)
{
	cross((unsigned)_i);
	plan(NOW + 300, UP, 0, 2);
	plan(NOW + 400, UP, 1, 2);
	world_run();
	survivor();
	world_close();
}
END_TEST

/* The end does not know its old IKE_SA any more. */
START_TEST(restarted_charon_leaves_one)
{
	unsigned restarted = (unsigned)_i % 2;

	world_open(50);
	plan(NOW, UP, !restarted, 0);
	plan(NOW + 7000, UP, restarted, 1);
	plan(NOW + 7050, UP, !restarted, 1);
	world_run();
	ck_assert_uint_eq(survivor(), 1);
	world_close();
}
END_TEST

/* Neither end gets the DELETE of the other through: each ends its own half. */
START_TEST(lost_delete_leaves_one)
{
	world_open(50);
	world.lossy = true;
	plan(NOW, UP, 0, 0);
	plan(NOW, UP, 1, 0);
	plan(NOW + 6000, UP, 0, 1);
	plan(NOW + 6000, UP, 1, 1);
	world_run();
	ck_assert_uint_eq(survivor(), 1);
	world_close();
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("duplicates", &tcase);

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, first_end_keeps_what_it_sends_with);
	tcase_add_test(tcase, newest_counts_where_nothing_is_pinned);
	tcase_add_test(tcase, nothing_is_ended_while_the_sa_in_use_is_unknown);
	tcase_add_test(tcase, other_end_leaves_crossed_ones_alone);
	tcase_add_test(tcase, other_end_ends_much_older_ones);
	tcase_add_test(tcase, ike_sa_is_as_old_as_its_newest_sa);
	tcase_add_test(tcase, ike_sa_with_several_sas_is_ended_once);
	tcase_add_test(tcase, ike_sa_that_is_used_is_left_alone_for_a_while);
	tcase_add_test(tcase, one_ike_sa_is_no_duplicate);
	tcase_add_test(tcase, other_end_waits_until_the_first_must_have_acted);
	tcase_add_loop_test(tcase, crossing_leaves_one, 0, CROSSINGS);
	tcase_add_loop_test(tcase, crossing_leaves_one_when_both_are_rekeyed_meanwhile, 0,
	                    CROSSINGS);
	tcase_add_loop_test(tcase, crossing_leaves_one_when_xfrmd_restarts, 0, CROSSINGS * 8);
	tcase_add_loop_test(tcase, three_leave_one, 0, CROSSINGS);
	tcase_add_loop_test(tcase, restarted_charon_leaves_one, 0, 2);
	tcase_add_test(tcase, lost_delete_leaves_one);
	return test_run(suite);
}
