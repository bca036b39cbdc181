/* SPDX-License-Identifier: MIT */
/* Who is remembered. */
#include "xfrmd/xfrmd/recent_peers.h"

#include "test.h"

#define NOW 1000000u

static struct peers *peers;
static struct peers_file waiting, file;
static struct peer_actions actions;

static struct pair pair_to(const char *remote)
{
	struct pair pair;

	ck_assert_int_eq(addr_parse("10.0.1.1", &pair.local), 0);
	ck_assert_int_eq(addr_parse(remote, &pair.remote), 0);
	return pair;
}

static void up(const char *remote, uint32_t id, uint64_t now_ms)
{
	const struct peer_child child = {.ike_id = id, .child_id = id, .since_ms = now_ms};
	const struct pair pair = pair_to(remote);

	peers_on_child_up(peers, &pair, &child, now_ms, &actions);
}

static void wait_for(const char *remote)
{
	const struct pair pair = pair_to(remote);

	ck_assert_int_eq(peers_file_add(&waiting, &pair), 0);
}

static void set_up(void)
{
	ck_assert_int_eq(peers_new(1, &peers), 0);
}

static void tear_down(void)
{
	peer_actions_fini(&actions);
	peers_free(peers);
	peers_file_fini(&waiting);
	peers_file_fini(&file);
}

static void assert_remembered(const char *const *remotes, size_t count)
{
	ck_assert_int_eq(recent_peers_choose(peers, &waiting, &file), 0);
	ck_assert_uint_eq(file.count, count);
	for (size_t i = 0; i < count; i++) {
		const struct pair pair = pair_to(remotes[i]);

		ck_assert(pair_equal(&file.items[i], &pair));
	}
}

START_TEST(nobody_is_remembered_at_first)
{
	assert_remembered(NULL, 0);
}
END_TEST

START_TEST(peers_that_are_up_are_remembered_the_latest_first)
{
	static const char *const remotes[] = {"10.0.1.3", "10.0.1.4", "10.0.1.2"};

	up("10.0.1.2", 1, NOW);
	up("10.0.1.4", 2, NOW + 1);
	up("10.0.1.3", 3, NOW + 2);
	assert_remembered(remotes, 3);
}
END_TEST

START_TEST(peer_that_is_only_asked_for_is_not_remembered)
{
	const struct pair pair = pair_to("10.0.1.2");

	peers_on_acquire(peers, &pair, false, NOW, &actions);
	assert_remembered(NULL, 0);
}
END_TEST

START_TEST(peer_of_an_earlier_life_stays_remembered_behind_those_that_are_up)
{
	static const char *const remotes[] = {"10.0.1.3", "10.0.1.2"};
	const struct pair pair = pair_to("10.0.1.2");

	up("10.0.1.3", 1, NOW);
	peers_on_remembered(peers, &pair, NOW + 1, &actions);
	assert_remembered(remotes, 2);
}
END_TEST

START_TEST(who_is_waited_for_comes_last)
{
	static const char *const remotes[] = {"10.0.1.3", "10.0.9.9"};

	wait_for("10.0.9.9");
	up("10.0.1.3", 1, NOW);
	assert_remembered(remotes, 2);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("recent_peers", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, nobody_is_remembered_at_first);
	tcase_add_test(tcase, peers_that_are_up_are_remembered_the_latest_first);
	tcase_add_test(tcase, peer_that_is_only_asked_for_is_not_remembered);
	tcase_add_test(tcase, peer_of_an_earlier_life_stays_remembered_behind_those_that_are_up);
	tcase_add_test(tcase, who_is_waited_for_comes_last);
	return test_run(suite);
}
