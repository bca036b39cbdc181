/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/fallback.h"

#include <stdio.h>
#include <string.h>

#include "test.h"
#include "xfrmd/spd/plan.h"
#include "xfrmd/spd/policy_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct prefix prefix(const char *text)
{
	struct prefix parsed;

	ck_assert_int_eq(prefix_parse(text, &parsed, NULL), 0);
	return parsed;
}

/* "10.0.1.1 eth0, 10.0.2.1 lo": global addresses but for loopback and the link-local ones. */
static size_t make_addrs(const char *text, struct local_addr *addrs)
{
	char copy[256], *next = copy, *item;
	size_t count = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((item = strsep(&next, ",")) && *item) {
		struct local_addr *addr = &addrs[count++];
		char name[ADDR_TEXT_MAX];

		*addr = (struct local_addr){0};
		ck_assert_int_eq(sscanf(item, "%45s %15s", name, addr->ifname), 2);
		ck_assert_int_eq(addr_parse(name, &addr->addr), 0);
		addr->network = prefix_host(&addr->addr);
		addr->global = !addr_is_loopback(&addr->addr) && !addr_is_link_local(&addr->addr);
	}
	return count;
}

static void make_set(const char *text, struct prefixset *set)
{
	char copy[256], *next = copy, *item;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((item = strsep(&next, " ")) && *item) {
		struct prefix parsed = prefix(item);

		ck_assert_int_eq(prefixset_add(set, &parsed), 0);
	}
	prefixset_seal(set);
}

#define OUT_10    "out block 0.0.0.0/0 -> 10.0.0.0/16 priority 30716\n"
#define COPIES_10 "in allow 10.0.1.1/32 -> 0.0.0.0/0 priority 30600\n"
#define IN_10     "in block 10.0.0.0/16 -> 0.0.0.0/0 priority 30716\n"
#define OUT_FD    "out block ::/0 -> fd00::/64 priority 30764\n"
#define IN_FD     "in block fd00::/64 -> ::/0 priority 30764\n"

static const struct {
	const char *what;
	const char *protect, *allow, *addrs, *interfaces;
	struct forwarding forwarding;
	bool lockdown, optional, protect_forwarded;
	const char *lines;
} fallback_cases[] = {
	{"no address: both directions", "10.0.0.0/16", "", "", "", .lines = OUT_10 IN_10},
	{"no address, forwarding: the same", "10.0.0.0/16", "", "", "", .forwarding = {true, true},
         .lines = OUT_10 IN_10},
	{"an address: what comes to others is not for us", "10.0.0.0/16", "", "10.0.1.1 eth0", "",
         .lines = OUT_10 COPIES_10 IN_10},
	{"a router: only sources that nobody forwards", "10.0.0.0/16", "", "10.0.1.1 eth0", "",
         .forwarding = {true, false},
         .lines = "out block 169.254.0.0/16 -> 10.0.0.0/16 priority 30716\n" COPIES_10 IN_10},
	{"forwarding for containers: and those where our next address will be",
         "10.0.0.0/16 10.1.0.0/16", "10.0.9.0/24 10.1.9.0/24", "10.0.1.1 eth0", "",
         .forwarding = {true, false}, .protect_forwarded = true,
         .lines = "out allow 10.0.9.0/24 -> 0.0.0.0/0 priority 30600\n"
                  "out allow 10.0.0.0/16 -> 10.0.9.0/24 priority 30708\n"
                  "out allow 10.0.0.0/16 -> 10.1.9.0/24 priority 30708\n"
                  "out allow 169.254.0.0/16 -> 10.0.9.0/24 priority 30708\n"
                  "out allow 169.254.0.0/16 -> 10.1.9.0/24 priority 30708\n"
                  "out block 10.0.0.0/16 -> 10.0.0.0/16 priority 30716\n"
                  "out block 10.0.0.0/16 -> 10.1.0.0/16 priority 30716\n"
                  "out block 169.254.0.0/16 -> 10.0.0.0/16 priority 30716\n"
                  "out block 169.254.0.0/16 -> 10.1.0.0/16 priority 30716\n" COPIES_10
                  "in allow 10.0.9.0/24 -> 0.0.0.0/0 priority 30708\n"
                  "in allow 10.1.9.0/24 -> 0.0.0.0/0 priority 30708\n"
                  "in block 10.0.0.0/16 -> 0.0.0.0/0 priority 30716\n"
                  "in block 10.1.0.0/16 -> 0.0.0.0/0 priority 30716\n"},
	{"the same, our address is in neither list", "10.0.0.0/16", "", "192.0.2.1 eth0", "",
         .forwarding = {true, false}, .protect_forwarded = true,
         .lines = "out block 169.254.0.0/16 -> 10.0.0.0/16 priority 30716\n" IN_10},
	{"forwarding the other family only", "10.0.0.0/16", "", "10.0.1.1 eth0", "",
         .forwarding = {false, true}, .lines = OUT_10 COPIES_10 IN_10},
	{"lockdown: whatever there is", "10.0.0.0/16", "", "10.0.1.1 eth0", "",
         .forwarding = {true, true}, .lockdown = true, .lines = OUT_10 COPIES_10 IN_10},
	{"optional: nothing", "10.0.0.0/16", "", "", "", .lockdown = true, .optional = true,
         .lines = ""},
	{"nested lists: the longest prefix first", "10.0.0.0/16 10.0.9.9", "10.0.9.0/24 0.0.0.0/0",
         "10.0.1.1 eth0", "",
         .lines = "out block 0.0.0.0/0 -> 10.0.9.9/32 priority 30700\n"
                  "out allow 0.0.0.0/0 -> 10.0.9.0/24 priority 30708\n"
                  "out block 0.0.0.0/0 -> 10.0.0.0/16 priority 30716\n"
                  "out allow 0.0.0.0/0 -> 0.0.0.0/0 priority 30732\n" COPIES_10
                  "in block 10.0.9.9/32 -> 0.0.0.0/0 priority 30700\n"
                  "in allow 10.0.9.0/24 -> 0.0.0.0/0 priority 30708\n"
                  "in block 10.0.0.0/16 -> 0.0.0.0/0 priority 30716\n"
                  "in allow 0.0.0.0/0 -> 0.0.0.0/0 priority 30732\n"},
	{"allowed ones come in", "10.0.0.0/16", "10.0.9.0/24", "", "",
         .lines = "out allow 0.0.0.0/0 -> 10.0.9.0/24 priority 30708\n" OUT_10
                  "in allow 10.0.9.0/24 -> 0.0.0.0/0 priority 30708\n"
                  "in block 10.0.0.0/16 -> 0.0.0.0/0 priority 30716\n"},
	{"each family for itself", "10.0.0.0/16 fd00::/64", "", "fd00::1 eth0", "",
         .lines = OUT_10 OUT_FD IN_10 IN_FD},
	{"a family without prefixes", "10.0.0.0/16", "fd00::/64", "10.0.1.1 eth0", "",
         .lines = OUT_10 COPIES_10 IN_10},
	{"link-local addresses are no beginning", "fd00::/64", "", "fe80::1 eth0", "",
         .lines = OUT_FD IN_FD},
	{"unchosen addresses may send", "10.0.0.0/16", "", "10.0.1.1 eth0,10.0.1.2 eth1", "eth0",
         .lines = "out allow 10.0.1.2/32 -> 0.0.0.0/0 priority 30600\n" OUT_10 COPIES_10
                  "in allow 10.0.1.2/32 -> 0.0.0.0/0 priority 30600\n" IN_10},
	{"unchosen addresses alone are no beginning", "10.0.0.0/16", "", "10.0.1.2 eth1", "eth0",
         .lines = "out allow 10.0.1.2/32 -> 0.0.0.0/0 priority 30600\n" OUT_10
                  "in allow 10.0.1.2/32 -> 0.0.0.0/0 priority 30600\n" IN_10},
	{"addresses on lo are like others", "10.0.0.0/16", "",
         "127.0.0.1 lo,10.0.5.5 lo,10.0.1.1 eth0,::1 lo", "",
         .lines = OUT_10 COPIES_10 "in allow 10.0.5.5/32 -> 0.0.0.0/0 priority 30600\n" IN_10},
	{"127.0.0.1 and ::1 are no beginning", "10.0.0.0/16", "", "127.0.0.1 lo,::1 lo", "",
         .lines = OUT_10 IN_10},
	{"all of IPv4", "0.0.0.0/0", "", "10.0.1.1 eth0", "",
         .lines = "out allow 0.0.0.0/32 -> 224.0.0.0/4 priority 30600\n"
                  "out allow 0.0.0.0/32 -> 255.255.255.255/32 priority 30600\n"
                  "out allow 169.254.0.0/16 -> 169.254.0.0/16 priority 30600\n"
                  "out allow 169.254.0.0/16 -> 224.0.0.0/4 priority 30600\n"
                  "out allow 169.254.0.0/16 -> 255.255.255.255/32 priority 30600\n"
                  "out block 0.0.0.0/0 -> 0.0.0.0/0 priority 30732\n" COPIES_10
                  "in allow 169.254.0.0/16 -> 169.254.0.0/16 priority 30600\n"
                  "in block 0.0.0.0/0 -> 0.0.0.0/0 priority 30732\n"},
	{"all of IPv6", "::/0", "", "", "",
         .lines = "out allow ::/128 -> ff00::/8 priority 30600\n"
                  "out allow ::1/128 -> ::1/128 priority 30600\n"
                  "out allow fe80::/10 -> fe80::/10 priority 30600\n"
                  "out allow fe80::/10 -> ff00::/8 priority 30600\n"
                  "out allow fe80::/10 -> ff02::/16 priority 30600\n"
                  "out block ::/0 -> ::/0 priority 30828\n"
                  "in allow ::1/128 -> ::1/128 priority 30600\n"
                  "in allow fe80::/10 -> fe80::/10 priority 30600\n"
                  "in allow fe80::/10 -> ff02::/16 priority 30600\n"
                  "in block ::/0 -> ::/0 priority 30828\n"},
	{"a multicast prefix by itself", "239.0.0.0/8", "", "10.0.1.1 eth0", "",
         .lines = "out allow 0.0.0.0/32 -> 224.0.0.0/4 priority 30600\n"
                  "out allow 169.254.0.0/16 -> 224.0.0.0/4 priority 30600\n"
                  "out block 0.0.0.0/0 -> 239.0.0.0/8 priority 30724\n"
                  "in block 239.0.0.0/8 -> 0.0.0.0/0 priority 30724\n"},
};

/* The plan's lowest ranks, in the kernel's order of decision. */
static void format_fallback(const struct policy_list *plan, char *text, size_t size)
{
	char line[POLICY_TEXT_MAX];
	struct policy_rows rows;
	size_t used = 0;

	ck_assert_int_eq(policy_rows_build(plan, NULL, &rows), 0);
	for (size_t i = 0; i < rows.count; i++) {
		const struct policy *policy = &rows.items[i].policy;

		ck_assert(policy_is_ours(policy));
		if (policy->priority >= POLICY_PRIORITY_EXEMPT)
			used += (size_t)snprintf(text + used, size - used, "%s\n",
			                         policy_format(policy, line));
	}
	policy_rows_fini(&rows);
}

START_TEST(fallback_stands_where_nothing_else_does)
{
	struct conf conf = {.optional = fallback_cases[_i].optional,
	                    .protect_forwarded = fallback_cases[_i].protect_forwarded};
	struct local_addr addrs[8];
	struct plan_input input = {
		.addrs = addrs,
		.addr_count = make_addrs(fallback_cases[_i].addrs, addrs),
		.forwarding = fallback_cases[_i].forwarding,
		.lockdown = fallback_cases[_i].lockdown,
	};
	struct policy_list plan = {0};
	char text[4096] = "";

	make_set(fallback_cases[_i].protect, &conf.protect);
	make_set(fallback_cases[_i].allow, &conf.allow);
	if (*fallback_cases[_i].interfaces)
		ck_assert_int_eq(strlist_add(&conf.interfaces, fallback_cases[_i].interfaces), 0);
	ck_assert_int_eq(plan_build(&conf, &input, &plan), 0);
	format_fallback(&plan, text, sizeof(text));
	ck_assert_msg(strcmp(text, fallback_cases[_i].lines) == 0, "%s:\n%s",
	              fallback_cases[_i].what, text);
	policy_list_fini(&plan);
	prefixset_fini(&conf.protect);
	prefixset_fini(&conf.allow);
	strlist_fini(&conf.interfaces);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("fallback", &tests);

	tcase_add_loop_test(tests, fallback_stands_where_nothing_else_does, 0,
	                    COUNT(fallback_cases));
	return test_run(suite);
}
