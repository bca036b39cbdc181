/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "xfrmd/net/addr_watch.h"

/* However slow the machine: a change is seen long before. */
#define DEADLINE_MS 10000

static void run(const char *command)
{
	ck_assert_msg(system(command) == 0, "%s", command);
}

static const struct local_addr *find(const struct local_addr *list, size_t count, const char *text)
{
	char found[ADDR_TEXT_MAX];

	for (size_t i = 0; i < count; i++) {
		if (strcmp(addr_format(&list[i].addr, found), text) == 0)
			return &list[i];
	}
	return NULL;
}

/* A network namespace of its own for each test. */
static void setup(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
}

START_TEST(addr_watch_dump_tells_all_about_an_address)
{
	char network[PREFIX_TEXT_MAX], broadcast[ADDR_TEXT_MAX];
	const struct local_addr *local;
	struct forwarding forwarding;
	struct local_addr *list;
	size_t count;

	run("ip link set lo up && ip addr add 10.0.5.1/32 dev lo && ip link add left type veth peer name right && "
	    "ip addr add 10.0.1.1/24 brd + dev left && ip addr add 10.0.2.1/32 dev right && "
	    "ip addr add 10.0.3.1 peer 10.0.3.2/31 dev right && "
	    "ip addr add 10.0.4.1/24 scope link dev left && "
	    "ip -6 addr add fd00::1/64 nodad dev left");
	ck_assert_int_eq(addr_watch_dump(&list, &count, &forwarding, NULL), 0);
	for (size_t i = 1; i < count; i++)
		ck_assert_int_lt(local_addr_compare(&list[i - 1], &list[i]), 0);

	local = find(list, count, "10.0.1.1");
	ck_assert_ptr_nonnull(local);
	ck_assert_str_eq(local->ifname, "left");
	ck_assert_int_eq(local->global, true);
	ck_assert_str_eq(prefix_format(&local->network, network), "10.0.1.0/24");
	ck_assert_str_eq(addr_format(&local->broadcast, broadcast), "10.0.1.255");

	local = find(list, count, "10.0.2.1");
	ck_assert_ptr_nonnull(local);
	ck_assert_str_eq(local->ifname, "right");
	ck_assert_uint_eq(local->broadcast.family, AF_UNSPEC);

	local = find(list, count, "10.0.3.1");
	ck_assert_ptr_nonnull(local);
	ck_assert_str_eq(prefix_format(&local->network, network), "10.0.3.2/31");

	local = find(list, count, "10.0.4.1");
	ck_assert_ptr_nonnull(local);
	ck_assert_int_eq(local->global, true);

	local = find(list, count, "127.0.0.1");
	ck_assert_ptr_nonnull(local);
	ck_assert_int_eq(local->global, false);

	local = find(list, count, "10.0.5.1");
	ck_assert_ptr_nonnull(local);
	ck_assert_str_eq(local->ifname, "lo");
	ck_assert_int_eq(local->global, true);

	local = find(list, count, "fd00::1");
	ck_assert_ptr_nonnull(local);
	ck_assert_int_eq(local->global, true);
	ck_assert_str_eq(prefix_format(&local->network, network), "fd00::/64");
	free(list);
}
END_TEST

START_TEST(addr_watch_dump_of_nothing_is_empty)
{
	struct local_addr *list = NULL;
	struct forwarding forwarding;
	size_t count = 1;

	ck_assert_int_eq(addr_watch_dump(&list, &count, &forwarding, NULL), 0);
	ck_assert_uint_eq(count, 0);
	free(list);
}
END_TEST

static const struct {
	const char *route;
	const char *addr, *span; /* NULL: nothing new */
} route_cases[] = {
	{"10.0.9.1 dev left", "10.0.9.1", "10.0.9.1/32"},
	{"10.0.9.0/24 dev lo", "10.0.9.0", "10.0.9.0/24"},
	{"fd00::9:0/112 dev lo", "fd00::9:0", "fd00::9:0/112"},
	{"0.0.0.0/0 dev lo", "0.0.0.0", "0.0.0.0/0"},
	{"127.9.0.0/16 dev lo", NULL, NULL},
	/* as TPROXY has them: only marked packets get there */
	{"0.0.0.0/0 dev lo table 100", NULL, NULL},
};

START_TEST(what_a_local_route_holds_is_ours)
{
	char command[128], span[PREFIX_TEXT_MAX];
	const struct local_addr *local;
	struct forwarding forwarding;
	struct local_addr *list;
	struct prefix found;
	size_t before, count;

	run("ip link set lo up && ip link add left type veth peer name right && "
	    "ip link set left up && ip addr add 10.0.1.1/24 dev left");
	ck_assert_int_eq(addr_watch_dump(&list, &before, &forwarding, NULL), 0);
	free(list);
	snprintf(command, sizeof(command), "ip %s route add local %s",
	         strchr(route_cases[_i].route, ':') ? "-6" : "-4", route_cases[_i].route);
	run(command);
	ck_assert_int_eq(addr_watch_dump(&list, &count, &forwarding, NULL), 0);
	ck_assert_uint_eq(count, before + (route_cases[_i].addr ? 1 : 0));
	if (route_cases[_i].addr) {
		local = find(list, count, route_cases[_i].addr);
		ck_assert_ptr_nonnull(local);
		ck_assert(local->routed && local->global);
		found = local_addr_span(local);
		ck_assert_str_eq(prefix_format(&found, span), route_cases[_i].span);
	}
	free(list);
}
END_TEST

struct follower {
	struct loop *loop;
	struct loop_timer *deadline;
	struct addr_watch *watch;
	unsigned changes;
	bool close; /* inside the callback */
};

static void on_change(void *ctx)
{
	struct follower *follower = ctx;

	follower->changes++;
	if (follower->close) {
		addr_watch_close(follower->watch);
		follower->watch = NULL;
	}
	loop_stop(follower->loop);
}

static void on_deadline(void *ctx)
{
	struct follower *follower = ctx;

	loop_stop(follower->loop);
}

static void follow(struct follower *follower)
{
	struct err err;

	*follower = (struct follower){0};
	ck_assert_int_eq(loop_new(&follower->loop), 0);
	ck_assert_int_eq(loop_timer_new(follower->loop, on_deadline, follower, &follower->deadline),
	                 0);
	ck_assert_int_eq(
		addr_watch_open(follower->loop, on_change, follower, &follower->watch, &err), 0);
}

/* Runs until @follower has seen one more change, or until nothing came in @timeout_ms. */
static bool sees_change(struct follower *follower, uint64_t timeout_ms)
{
	unsigned before = follower->changes;

	loop_timer_start(follower->deadline, timeout_ms);
	ck_assert_int_eq(loop_run(follower->loop), 0);
	loop_timer_stop(follower->deadline);
	return follower->changes > before;
}

static const struct local_addr *followed(const struct follower *follower, const char *text)
{
	size_t count;
	const struct local_addr *list = addr_watch_list(follower->watch, &count);

	return find(list, count, text);
}

static void unfollow(struct follower *follower)
{
	addr_watch_close(follower->watch);
	loop_timer_free(follower->deadline);
	loop_free(follower->loop);
}

START_TEST(addr_watch_follows_addresses_and_names)
{
	struct follower follower;

	run("ip link add left type veth peer name right");
	follow(&follower);
	ck_assert_ptr_null(followed(&follower, "10.0.1.1"));

	run("ip addr add 10.0.1.1/24 dev left");
	ck_assert_int_eq(sees_change(&follower, DEADLINE_MS), true);
	ck_assert_ptr_nonnull(followed(&follower, "10.0.1.1"));

	run("ip link set left name middle");
	ck_assert_int_eq(sees_change(&follower, DEADLINE_MS), true);
	ck_assert_str_eq(followed(&follower, "10.0.1.1")->ifname, "middle");

	run("ip addr del 10.0.1.1/24 dev middle");
	ck_assert_int_eq(sees_change(&follower, DEADLINE_MS), true);
	ck_assert_ptr_null(followed(&follower, "10.0.1.1"));
	unfollow(&follower);
}
END_TEST

START_TEST(addr_watch_keeps_quiet_when_nothing_that_matters_changes)
{
	struct follower follower;

	run("ip link add left type veth peer name right && ip addr add 10.0.1.1/24 dev left");
	follow(&follower);
	run("ip link set left mtu 1400 && ip addr add 10.0.2.1/24 dev right && "
	    "ip addr del 10.0.2.1/24 dev right");
	ck_assert_int_eq(sees_change(&follower, 300), false);
	unfollow(&follower);
}
END_TEST

START_TEST(addr_watch_follows_local_routes_only)
{
	struct follower follower;

	run("ip link set lo up && ip link add left type veth peer name right && "
	    "ip link set left up && ip addr add 10.0.1.1/24 dev left");
	follow(&follower);
	run("ip route add 10.9.0.0/16 via 10.0.1.2");
	ck_assert_int_eq(sees_change(&follower, 300), false);
	run("ip route add local 10.0.9.1 dev left");
	ck_assert_int_eq(sees_change(&follower, DEADLINE_MS), true);
	ck_assert_ptr_nonnull(followed(&follower, "10.0.9.1"));
	run("ip route del local 10.0.9.1 dev left");
	ck_assert_int_eq(sees_change(&follower, DEADLINE_MS), true);
	ck_assert_ptr_null(followed(&follower, "10.0.9.1"));
	unfollow(&follower);
}
END_TEST

static const struct {
	const char *file; /* of /proc/sys/net */
	bool ipv4, ipv6;  /* what forwards once it holds 1 */
} forwarding_cases[] = {
	{"ipv4/ip_forward", true, false},
	{"ipv4/conf/left/forwarding", true, false},
	{"ipv6/conf/all/forwarding", false, true},
	{"ipv6/conf/left/forwarding", false, true},
};

static void write_sysctl(const char *file, int value)
{
	char command[128];

	/* /proc/sys/net shows the namespace of the reader's process */
	snprintf(command, sizeof(command), "echo %d >/proc/sys/net/%s", value, file);
	run(command);
}

START_TEST(addr_watch_follows_forwarding)
{
	struct forwarding forwarding;
	struct follower follower;

	run("ip link add left type veth peer name right");
	write_sysctl("ipv4/ip_forward", 0);
	write_sysctl("ipv6/conf/all/forwarding", 0);
	follow(&follower);
	forwarding = addr_watch_forwarding(follower.watch);
	ck_assert(!forwarding.ipv4 && !forwarding.ipv6);

	write_sysctl(forwarding_cases[_i].file, 1);
	ck_assert_int_eq(sees_change(&follower, DEADLINE_MS), true);
	forwarding = addr_watch_forwarding(follower.watch);
	ck_assert_int_eq(forwarding.ipv4, forwarding_cases[_i].ipv4);
	ck_assert_int_eq(forwarding.ipv6, forwarding_cases[_i].ipv6);

	write_sysctl(forwarding_cases[_i].file, 0);
	ck_assert_int_eq(sees_change(&follower, DEADLINE_MS), true);
	forwarding = addr_watch_forwarding(follower.watch);
	ck_assert(!forwarding.ipv4 && !forwarding.ipv6);
	unfollow(&follower);
}
END_TEST

START_TEST(new_interfaces_that_would_forward_do_not_yet)
{
	struct forwarding forwarding;
	struct local_addr *list;
	size_t count;

	write_sysctl("ipv4/ip_forward", 0);
	write_sysctl("ipv4/conf/default/forwarding", 1);
	ck_assert_int_eq(addr_watch_dump(&list, &count, &forwarding, NULL), 0);
	ck_assert_int_eq(forwarding.ipv4, false);
	free(list);
}
END_TEST

START_TEST(addr_watch_recovers_from_lost_notifications)
{
	struct follower follower;

	run("ip link add left type veth peer name right");
	follow(&follower);
	/* several times what the default receive buffer holds */
	run("for i in $(seq 2000); do echo addr add 10.$((i / 250)).$((i % 250)).1/32 dev left; done "
	    "| ip -batch - && ip addr add 10.200.0.1/32 dev right");
	ck_assert_int_eq(sees_change(&follower, DEADLINE_MS), true);
	ck_assert_ptr_nonnull(followed(&follower, "10.7.249.1"));
	ck_assert_ptr_nonnull(followed(&follower, "10.200.0.1"));
	run("ip addr del 10.200.0.1/32 dev right");
	ck_assert_int_eq(sees_change(&follower, DEADLINE_MS), true);
	ck_assert_ptr_null(followed(&follower, "10.200.0.1"));
	unfollow(&follower);
}
END_TEST

START_TEST(addr_watch_may_be_closed_in_its_callback)
{
	struct follower follower;

	run("ip link add left type veth peer name right");
	follow(&follower);
	follower.close = true;
	run("ip addr add 10.0.1.1/24 dev left");
	ck_assert_int_eq(sees_change(&follower, DEADLINE_MS), true);
	ck_assert_ptr_null(follower.watch);
	unfollow(&follower);
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0 ||
	    system("ip link add left type veth peer name right 2>/dev/null") != 0) {
		printf("1..0 # SKIP needs root, network namespaces and ip(8)\n");
		return EXIT_SUCCESS;
	}
	suite = test_suite("addr_watch", &test_case);
	tcase_add_checked_fixture(test_case, setup, NULL);
	tcase_set_timeout(test_case, 60);
	tcase_add_test(test_case, addr_watch_dump_tells_all_about_an_address);
	tcase_add_test(test_case, addr_watch_dump_of_nothing_is_empty);
	tcase_add_loop_test(test_case, what_a_local_route_holds_is_ours, 0,
	                    sizeof(route_cases) / sizeof(route_cases[0]));
	tcase_add_test(test_case, addr_watch_follows_addresses_and_names);
	tcase_add_test(test_case, addr_watch_follows_local_routes_only);
	tcase_add_test(test_case, addr_watch_keeps_quiet_when_nothing_that_matters_changes);
	tcase_add_loop_test(test_case, addr_watch_follows_forwarding, 0,
	                    sizeof(forwarding_cases) / sizeof(forwarding_cases[0]));
	tcase_add_test(test_case, new_interfaces_that_would_forward_do_not_yet);
	tcase_add_test(test_case, addr_watch_recovers_from_lost_notifications);
	tcase_add_test(test_case, addr_watch_may_be_closed_in_its_callback);
	return test_run(suite);
}
