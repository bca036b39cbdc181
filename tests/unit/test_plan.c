/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/plan.h"

#include <stdio.h>
#include <string.h>

#include "test.h"
#include "xfrmd/spd/policy_rows.h"
#include "xfrmd/spd/wait_spis.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define REQID        77

static struct conf conf;
static struct policy_list plan;

static struct prefix prefix(const char *text)
{
	struct prefix parsed;

	ck_assert_int_eq(prefix_parse(text, &parsed, NULL), 0);
	return parsed;
}

static void setup(void)
{
	conf = (struct conf){.reqid = REQID, .xfrm_larval_drop = true};
}

static void teardown(void)
{
	policy_list_fini(&plan);
	prefixset_fini(&conf.protect);
	prefixset_fini(&conf.allow);
	strlist_fini(&conf.interfaces);
}

static void add(struct prefixset *set, const char *text)
{
	struct prefix parsed = prefix(text);

	ck_assert_int_eq(prefixset_add(set, &parsed), 0);
	prefixset_seal(set);
}

/* "10.0.1.1/24" on eth0, global. */
static struct local_addr local(const char *text)
{
	struct local_addr result = {.ifname = "eth0", .global = true, .network = prefix(text)};
	char addr[ADDR_TEXT_MAX];

	snprintf(addr, sizeof(addr), "%.*s", (int)strcspn(text, "/"), text);
	ck_assert_int_eq(addr_parse(addr, &result.addr), 0);
	return result;
}

/* The fallback stands beneath whatever is planned here; test_fallback has it. */
static void drop_fallback(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan.count; i++)
		if (plan.items[i].priority < POLICY_PRIORITY_EXEMPT)
			plan.items[kept++] = plan.items[i];
	plan.count = kept;
}

static void build(const struct local_addr *addrs, size_t count)
{
	struct plan_input input = {.addrs = addrs, .addr_count = count, .forwarding = {true, true}};

	ck_assert_int_eq(plan_build(&conf, &input, &plan), 0);
	drop_fallback();
	for (size_t i = 1; i < plan.count; i++)
		ck_assert_int_lt(policy_compare_key(&plan.items[i - 1], &plan.items[i]), 0);
}

/* The whole plan as text, one policy a line, in the kernel's order of decision. */
static void assert_plan(const char *expected)
{
	char text[8192] = "", line[POLICY_TEXT_MAX];
	struct policy_rows rows;
	size_t used = 0;

	ck_assert_int_eq(policy_rows_build(&plan, NULL, &rows), 0);
	for (size_t i = 0; i < rows.count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s\n",
		                         policy_format(&rows.items[i].policy, line));
	policy_rows_fini(&rows);
	ck_assert_str_eq(text, expected);
}

static size_t count_of(const char *text)
{
	char line[POLICY_TEXT_MAX];
	size_t count = 0;

	for (size_t i = 0; i < plan.count; i++)
		count += strcmp(policy_format(&plan.items[i], line), text) == 0;
	return count;
}

START_TEST(each_prefix_gets_an_out_and_an_in_policy)
{
	struct local_addr addrs[] = {local("10.0.1.1/32")};

	add(&conf.protect, "10.0.0.0/16");
	add(&conf.allow, "10.0.9.0/24");
	build(addrs, COUNT(addrs));
	assert_plan("out allow 10.0.1.1/32 -> 10.0.9.0/24 priority 30108\n"
	            "out protect 10.0.1.1/32 -> 10.0.0.0/16 priority 30116 required\n"
	            "in allow 10.0.9.0/24 -> 10.0.1.1/32 priority 30108\n"
	            "in protect 10.0.0.0/16 -> 10.0.1.1/32 priority 30116 required\n");
	for (size_t i = 0; i < plan.count; i++) {
		bool protects = plan.items[i].action == POLICY_ACTION_PROTECT;

		ck_assert_uint_eq(plan.items[i].reqid, protects ? REQID : 0);
		ck_assert_int_eq(policy_is_ours(&plan.items[i]), true);
	}
}
END_TEST

START_TEST(forwarded_packets_are_protected_once_per_prefix)
{
	struct local_addr addrs[] = {local("10.0.1.1/32"), local("10.0.1.2/32")};

	conf.protect_forwarded = true;
	add(&conf.protect, "10.0.0.0/16");
	add(&conf.allow, "10.0.9.0/24");
	build(addrs, COUNT(addrs));
	ck_assert_uint_eq(plan.count, 2 * 2 * 2 + 2);
	policy_list_fini(&plan);
	conf.optional = true;
	build(NULL, 0);
	assert_plan("fwd allow 10.0.9.0/24 -> 0.0.0.0/0 priority 30108\n"
	            "fwd protect 10.0.0.0/16 -> 0.0.0.0/0 priority 30116 optional\n");
}
END_TEST

START_TEST(optional_changes_the_level_of_protect_policies_only)
{
	struct local_addr addrs[] = {local("10.0.1.1/32")};

	conf.optional = true;
	add(&conf.protect, "10.0.0.0/16");
	add(&conf.allow, "10.0.9.0/24");
	build(addrs, COUNT(addrs));
	assert_plan("out allow 10.0.1.1/32 -> 10.0.9.0/24 priority 30108\n"
	            "out protect 10.0.1.1/32 -> 10.0.0.0/16 priority 30116 optional, waits\n"
	            "in allow 10.0.9.0/24 -> 10.0.1.1/32 priority 30108\n"
	            "in protect 10.0.0.0/16 -> 10.0.1.1/32 priority 30116 optional\n");
}
END_TEST

static const struct {
	const char *network, *broadcast;
	const char *protect, *allow;
	bool optional;
	const char *lines; /* of priority 30010 */
} broadcast_cases[] = {
	{"10.0.1.1/24", NULL, "10.0.0.0/16", NULL, false,
         "out block 10.0.1.1/32 -> 10.0.1.255/32 priority 30010\n"},
	{"10.0.1.1/24", "10.0.1.255", "10.0.0.0/16", NULL, false,
         "out block 10.0.1.1/32 -> 10.0.1.255/32 priority 30010\n"},
	{"10.0.1.1/24", "10.0.9.255", "10.0.0.0/16", NULL, false,
         "out block 10.0.1.1/32 -> 10.0.1.255/32 priority 30010\n"
         "out block 10.0.1.1/32 -> 10.0.9.255/32 priority 30010\n"},
	{"10.0.1.1/24", NULL, "10.0.0.0/16", NULL, true,
         "out allow 10.0.1.1/32 -> 10.0.1.255/32 priority 30010\n"},
	{"10.0.1.1/30", NULL, "10.0.0.0/16", NULL, false,
         "out block 10.0.1.1/32 -> 10.0.1.3/32 priority 30010\n"},
	{"10.0.1.1/31", NULL, "10.0.0.0/16", NULL, false, ""},
	{"10.0.1.0/31", "10.0.1.1", "10.0.0.0/16", NULL, false,
         "out block 10.0.1.0/32 -> 10.0.1.1/32 priority 30010\n"},
	{"10.0.1.1/32", "10.0.1.9", "10.0.0.0/16", NULL, false,
         "out block 10.0.1.1/32 -> 10.0.1.9/32 priority 30010\n"},
	{"10.0.1.1/32", "10.0.1.1", "10.0.0.0/16", NULL, false, ""},
	{"10.0.1.1/24", NULL, "10.9.0.0/16", NULL, false, ""},
	{"10.0.1.1/24", NULL, "10.0.0.0/16", "10.0.1.0/24", false, ""},
	{"10.0.1.1/24", NULL, "10.0.1.128/25", "10.0.0.0/16", false,
         "out block 10.0.1.1/32 -> 10.0.1.255/32 priority 30010\n"},
	{"10.0.1.1/24", NULL, "10.0.1.255/32", NULL, false, ""},
	{"10.0.1.1/24", NULL, "10.0.0.0/16", "10.0.1.255/32", false, ""},
};

START_TEST(broadcast_addresses_inside_protected_subnets_never_negotiate)
{
	struct local_addr addr = local(broadcast_cases[_i].network);
	struct policy_list special = {0};

	conf.optional = broadcast_cases[_i].optional;
	add(&conf.protect, broadcast_cases[_i].protect);
	if (broadcast_cases[_i].allow)
		add(&conf.allow, broadcast_cases[_i].allow);
	if (broadcast_cases[_i].broadcast)
		addr.broadcast = prefix(broadcast_cases[_i].broadcast).addr;
	build(&addr, 1);
	for (size_t i = 0; i < plan.count; i++) {
		if (plan.items[i].priority == POLICY_PRIORITY_HOST)
			ck_assert_int_eq(policy_list_add(&special, &plan.items[i]), 0);
	}
	policy_list_fini(&plan);
	plan = special;
	assert_plan(broadcast_cases[_i].lines);
}
END_TEST

/* Their acquires would be answered by nobody. Of equal entries the protected one counts, of longer ones
 * the longer. */
static const struct {
	const char *protect, *allow, *local, *plan;
	bool optional;
} to_many_cases[] = {
	{"0.0.0.0/0", "10.0.0.0/8", "192.168.1.1/32",
         "out block 192.168.1.1/32 -> 255.255.255.255/32 priority 30100\n"
         "out allow 192.168.1.1/32 -> 10.0.0.0/8 priority 30124\n"
         "out block 192.168.1.1/32 -> 224.0.0.0/4 priority 30128\n"
         "out protect 192.168.1.1/32 -> 0.0.0.0/0 priority 30132 required\n"
         "in allow 10.0.0.0/8 -> 192.168.1.1/32 priority 30124\n"
         "in protect 0.0.0.0/0 -> 192.168.1.1/32 priority 30132 required\n",
         false},
	{"0.0.0.0/0", "224.0.0.0/3", "192.168.1.1/32",
         "out allow 192.168.1.1/32 -> 224.0.0.0/3 priority 30129\n"
         "out protect 192.168.1.1/32 -> 0.0.0.0/0 priority 30132 required\n"
         "in allow 224.0.0.0/3 -> 192.168.1.1/32 priority 30129\n"
         "in protect 0.0.0.0/0 -> 192.168.1.1/32 priority 30132 required\n",
         false},
	{"224.0.0.0/4", "224.0.0.18/32", "192.168.1.1/32",
         "out allow 192.168.1.1/32 -> 224.0.0.18/32 priority 30100\n"
         "out block 192.168.1.1/32 -> 224.0.0.0/4 priority 30128\n"
         "in allow 224.0.0.18/32 -> 192.168.1.1/32 priority 30100\n"
         "in block 224.0.0.0/4 -> 192.168.1.1/32 priority 30128\n",
         false},
	{"224.0.0.0/3", "239.0.0.0/8", "192.168.1.1/32",
         "out allow 192.168.1.1/32 -> 255.255.255.255/32 priority 30100\n"
         "out allow 192.168.1.1/32 -> 239.0.0.0/8 priority 30124\n"
         "out allow 192.168.1.1/32 -> 224.0.0.0/4 priority 30128\n"
         "out protect 192.168.1.1/32 -> 224.0.0.0/3 priority 30129 optional, waits\n"
         "in allow 239.0.0.0/8 -> 192.168.1.1/32 priority 30124\n"
         "in protect 224.0.0.0/3 -> 192.168.1.1/32 priority 30129 optional\n",
         true},
};

START_TEST(what_goes_to_many_never_negotiates)
{
	struct local_addr addrs[] = {local(to_many_cases[_i].local)};

	conf.optional = to_many_cases[_i].optional;
	add(&conf.protect, to_many_cases[_i].protect);
	add(&conf.allow, to_many_cases[_i].allow);
	build(addrs, COUNT(addrs));
	assert_plan(to_many_cases[_i].plan);
}
END_TEST

START_TEST(ipv6_allows_own_addresses_and_neighbour_discovery)
{
	struct local_addr addrs[] = {local("fd00::1/64"), local("fd01::1/64"), local("fe80::1/64")};

	strcpy(addrs[1].ifname, "eth1");
	addrs[2].global = false;
	ck_assert_int_eq(strlist_add(&conf.interfaces, "eth0"), 0);
	add(&conf.protect, "fd00::/16");
	build(addrs, COUNT(addrs));
	assert_plan("out allow ::/0 -> ::/0 icmpv6 type 133 priority 30010\n"
	            "out allow ::/0 -> ::/0 icmpv6 type 134 priority 30010\n"
	            "out allow ::/0 -> ::/0 icmpv6 type 135 priority 30010\n"
	            "out allow ::/0 -> ::/0 icmpv6 type 136 priority 30010\n"
	            "out allow ::/0 -> ::/0 icmpv6 type 137 priority 30010\n"
	            "out allow ::/0 -> fd00::1/128 priority 30012\n"
	            "out allow ::/0 -> fd01::1/128 priority 30012\n"
	            "out protect fd00::1/128 -> fd00::/16 priority 30212 required\n"
	            "in allow ::/0 -> ::/0 icmpv6 type 133 priority 30010\n"
	            "in allow ::/0 -> ::/0 icmpv6 type 134 priority 30010\n"
	            "in allow ::/0 -> ::/0 icmpv6 type 135 priority 30010\n"
	            "in allow ::/0 -> ::/0 icmpv6 type 136 priority 30010\n"
	            "in allow ::/0 -> ::/0 icmpv6 type 137 priority 30010\n"
	            "in block fd00::1/128 -> ff00::/8 priority 30011\n"
	            "in block fd01::1/128 -> ff00::/8 priority 30011\n"
	            "in allow fd00::1/128 -> ::/0 priority 30012\n"
	            "in allow fd01::1/128 -> ::/0 priority 30012\n"
	            "in protect fd00::/16 -> fd00::1/128 priority 30212 required\n");
}
END_TEST

/* Anybody can send there from an own address. */
START_TEST(ipv6_loopback_is_left_alone_where_all_is_protected)
{
	add(&conf.protect, "::/0");
	build(NULL, 0);
	ck_assert_uint_eq(count_of("out allow ::/0 -> ::1/128 priority 30012"), 1);
	ck_assert_uint_eq(count_of("in allow ::1/128 -> ::/0 priority 30012"), 1);
	policy_list_fini(&plan);
	add(&conf.allow, "::1/128");
	build(NULL, 0);
	ck_assert_uint_eq(count_of("out allow ::/0 -> ::1/128 priority 30012"), 0);
}
END_TEST

START_TEST(ipv6_addresses_without_ipv6_prefixes_get_nothing)
{
	struct local_addr addrs[] = {local("fd00::1/64"), local("10.0.1.1/32")};

	add(&conf.protect, "10.0.0.0/16");
	build(addrs, COUNT(addrs));
	ck_assert_uint_eq(plan.count, 2);
}
END_TEST

START_TEST(addresses_not_chosen_get_nothing)
{
	struct local_addr addrs[] = {local("10.0.1.1/24"), local("10.0.1.2/24")};

	addrs[0].global = false;
	strcpy(addrs[1].ifname, "docker0");
	ck_assert_int_eq(strlist_add(&conf.interfaces, "eth*"), 0);
	conf.optional = true;
	add(&conf.protect, "10.0.0.0/16");
	build(addrs, COUNT(addrs));
	assert_plan("");
	ck_assert_int_eq(plan_addr_chosen(&conf, &addrs[0]), false);
	ck_assert_int_eq(plan_addr_chosen(&conf, &addrs[1]), false);
}
END_TEST

START_TEST(local_routes_to_a_prefix_are_planned_as_such)
{
	struct local_addr addr = local("10.0.9.0/32");

	addr.open_bits = 8;
	add(&conf.protect, "10.0.0.0/16");
	build(&addr, 1);
	assert_plan("out protect 10.0.9.0/24 -> 10.0.0.0/16 priority 30116 required\n"
	            "in protect 10.0.0.0/16 -> 10.0.9.0/24 priority 30116 required\n");
}
END_TEST

START_TEST(address_on_two_interfaces_counts_once)
{
	struct local_addr addrs[] = {local("10.0.1.1/24"), local("10.0.1.1/24")};

	strcpy(addrs[1].ifname, "eth1");
	add(&conf.protect, "10.0.0.0/16");
	build(addrs, COUNT(addrs));
	ck_assert_uint_eq(plan.count, 3);
}
END_TEST

START_TEST(order_of_input_does_not_matter)
{
	struct local_addr addrs[] = {local("10.0.1.1/24"), local("fd00::1/64")};
	struct local_addr turned[] = {addrs[1], addrs[0]};
	struct policy_list first;

	conf.protect_forwarded = true;
	add(&conf.protect, "10.0.0.0/16");
	add(&conf.protect, "fd00::/16");
	build(addrs, COUNT(addrs));
	first = plan;
	build(turned, COUNT(turned));
	ck_assert_uint_eq(plan.count, first.count);
	for (size_t i = 0; i < plan.count; i++)
		ck_assert_int_eq(policy_equal(&plan.items[i], &first.items[i]), true);
	policy_list_fini(&first);
}
END_TEST

/* Of the one policy that an address has. */
static uint32_t out_spi(const char *addr)
{
	struct prefix src = prefix(addr);
	uint32_t spi = UINT32_MAX;

	for (size_t i = 0; i < plan.count; i++) {
		if (plan.items[i].action == POLICY_ACTION_PROTECT &&
		    plan.items[i].dir == POLICY_DIR_OUT && prefix_equal(&plan.items[i].src, &src))
			spi = plan.items[i].spi;
		if (plan.items[i].dir != POLICY_DIR_OUT)
			ck_assert_uint_eq(plan.items[i].spi, 0);
	}
	return spi;
}

/* No SA has it, so none is used before a host policy says so. */
START_TEST(subnet_policies_wait_by_an_spi_of_their_address)
{
	struct local_addr addrs[] = {local("10.0.1.1/24"), local("10.0.1.2/24"),
	                             local("10.9.0.0/16"), local("10.0.1.1/24")};
	uint32_t first, second;

	conf.xfrm_larval_drop = false;
	addrs[2].open_bits = 16;
	snprintf(addrs[3].ifname, sizeof(addrs[3].ifname), "eth1");
	add(&conf.protect, "10.0.0.0/8");
	build(addrs, COUNT(addrs));
	first = out_spi("10.0.1.1/32");
	second = out_spi("10.0.1.2/32");
	ck_assert_uint_ge(first, 1);
	ck_assert_uint_le(first, SPI_RESERVED_MAX);
	ck_assert_uint_ge(second, 1);
	ck_assert_uint_le(second, SPI_RESERVED_MAX);
	ck_assert_uint_ne(first, second);
	ck_assert_uint_eq(out_spi("10.9.0.0/16"), 0);
	policy_list_fini(&plan);
	build(addrs, 1);
	ck_assert_uint_eq(out_spi("10.0.1.1/32"), first);
}
END_TEST

/* Of two that belong to one SPI the one that was there first has it. */
START_TEST(addresses_keep_their_spis_while_they_are_there)
{
	struct local_addr addrs[400];
	struct wait_spis spis = {0};

	for (size_t i = 0; i < COUNT(addrs); i++) {
		addrs[i] = local("10.0.0.0/32");
		addrs[i].addr.bytes[2] = (uint8_t)(i * 7);
		addrs[i].addr.bytes[3] = (uint8_t)(i * 13 + i / 256);
	}
	ck_assert_int_eq(wait_spis_assign(&spis, addrs, 1), 0);
	for (size_t count = 2; count <= 254; count++) {
		uint32_t before[COUNT(addrs)];

		for (size_t i = 0; i < count - 1; i++)
			before[i] = wait_spis_of(&spis, &addrs[i].addr);
		ck_assert_int_eq(wait_spis_assign(&spis, addrs, count), 0);
		for (size_t i = 0; i < count - 1; i++) {
			ck_assert_uint_eq(wait_spis_of(&spis, &addrs[i].addr), before[i]);
			ck_assert_uint_ne(wait_spis_of(&spis, &addrs[count - 1].addr), before[i]);
		}
	}
	wait_spis_fini(&spis);
}
END_TEST

START_TEST(more_addresses_than_reserved_spis_share_some)
{
	struct local_addr addrs[SPI_RESERVED_MAX + 5];
	bool used[SPI_RESERVED_MAX + 1] = {false};
	struct addr unknown = prefix("10.9.9.9").addr;
	struct wait_spis spis = {0};
	size_t distinct = 0;

	for (size_t i = 0; i < COUNT(addrs); i++) {
		addrs[i] = local("10.0.0.0/32");
		addrs[i].addr.bytes[2] = (uint8_t)(i / 128);
		addrs[i].addr.bytes[3] = (uint8_t)(i % 128 * 2);
	}
	ck_assert_int_eq(wait_spis_assign(&spis, addrs, COUNT(addrs)), 0);
	for (size_t i = 0; i < COUNT(addrs); i++) {
		uint32_t spi = wait_spis_of(&spis, &addrs[i].addr);

		ck_assert_uint_ge(spi, 1);
		ck_assert_uint_lt(spi, SPI_RESERVED_MAX);
		distinct += !used[spi];
		used[spi] = true;
	}
	ck_assert_uint_eq(distinct, SPI_RESERVED_MAX - 1);
	ck_assert_uint_eq(wait_spis_of(&spis, &unknown), SPI_RESERVED_MAX);
	wait_spis_fini(&spis);
	ck_assert_uint_eq(wait_spis_of(&spis, &addrs[0].addr), SPI_RESERVED_MAX);
}
END_TEST

static const struct {
	const char *local, *remote;
	bool negotiable;
} negotiable_cases[] = {
	{"10.0.1.1", "10.0.2.2", true},    {"10.0.1.1", "10.0.9.2", false}, /* allowed */
	{"10.0.1.1", "192.0.2.1", false},                                   /* in no list */
	{"10.0.1.2", "10.0.2.2", false},   /* not a local address */
	{"172.17.0.1", "10.0.2.2", false}, /* not chosen */
	{"10.0.6.9", "10.0.2.2", true},    /* by a local route */
	{"10.0.1.1", "10.0.6.9", false},   /* likewise */
	{"10.0.1.1", "10.0.1.1", false},   /* own */
	{"10.0.1.1", "172.17.0.1", false}, /* own, not chosen */
	{"10.0.1.1", "10.0.1.255", false}, /* broadcast of the network */
	{"10.0.1.1", "10.0.3.255", false}, /* IFA_BROADCAST */
	{"10.0.1.1", "10.0.4.2", false},   /* IFA_BROADCAST in a /31 */
	{"10.0.1.1", "10.0.4.7", true},    /* the last of a /31 */
	{"10.0.1.1", "224.0.0.5", false},  {"10.0.1.1", "255.255.255.255", false},
	{"10.0.1.1", "127.0.0.1", false},  {"10.0.1.1", "0.0.0.0", false},
	{"10.0.1.1", "fd00::2", false},    {"fd00::1", "fd00::2", true},
	{"fd00::1", "fd00::1", false},     {"fd00::1", "ff02::1", false},
	{"fd00::1", "::1", false},         {"fd00::1", "::", false},
};

static struct known_host known_host(const char *remote, uint32_t spi, bool blocked)
{
	struct known_host host = {.spi = spi, .blocked = blocked};

	ck_assert_int_eq(addr_parse("10.0.1.1", &host.pair.local), 0);
	ck_assert_int_eq(addr_parse(remote, &host.pair.remote), 0);
	return host;
}

START_TEST(known_hosts_have_a_policy_of_their_own)
{
	struct local_addr addr = local("10.0.1.1/32");
	struct known_host hosts[] = {known_host("10.0.1.2", 0xc0000001, false),
	                             known_host("10.0.1.3", 0, false),
	                             known_host("10.0.1.4", 0xc0000002, true)};
	struct plan_input input = {.addrs = &addr,
	                           .addr_count = 1,
	                           .hosts = hosts,
	                           .host_count = COUNT(hosts),
	                           .forwarding = {true, true}};

	conf.protect_forwarded = false;
	add(&conf.protect, "10.0.1.0/24");
	/* the list's own /32 has the key of the first host's policy */
	add(&conf.protect, "10.0.1.2/32");
	ck_assert_int_eq(plan_build(&conf, &input, &plan), 0);
	drop_fallback();
	assert_plan("out protect 10.0.1.1/32 -> 10.0.1.2/32 priority 30020 required "
	            "spi 0xc0000001\n"
	            "out protect 10.0.1.1/32 -> 10.0.1.3/32 priority 30020 required\n"
	            "out block 10.0.1.1/32 -> 10.0.1.4/32 priority 30020\n"
	            "out protect 10.0.1.1/32 -> 10.0.1.0/24 priority 30108 required\n"
	            "in protect 10.0.1.2/32 -> 10.0.1.1/32 priority 30100 required\n"
	            "in protect 10.0.1.0/24 -> 10.0.1.1/32 priority 30108 required\n");
}
END_TEST

START_TEST(known_hosts_are_read_back_from_their_policies)
{
	struct known_host host = known_host("10.0.1.2", 0xc0000001, false), found;
	struct policy policy = plan_host_policy(&conf, &host);

	ck_assert(plan_read_host(&policy, &found));
	ck_assert(pair_equal(&found.pair, &host.pair));
	ck_assert_uint_eq(found.spi, host.spi);
	policy.priority = POLICY_PRIORITY_HOST;
	ck_assert(!plan_read_host(&policy, &found));
	policy = plan_host_policy(&conf, &host);
	policy.dst.len = 24;
	ck_assert(!plan_read_host(&policy, &found));
	policy = plan_host_policy(&conf, &host);
	policy.src.len = 24;
	ck_assert(!plan_read_host(&policy, &found));
	policy = plan_host_policy(&conf, &host);
	policy.dir = POLICY_DIR_IN;
	ck_assert(!plan_read_host(&policy, &found));
}
END_TEST

START_TEST(only_protected_unicast_peers_are_negotiable)
{
	struct local_addr addrs[] = {local("10.0.1.1/24"), local("172.17.0.1/16"),
	                             local("fd00::1/64"), local("10.0.4.6/31"),
	                             local("10.0.6.0/32")};
	struct pair pair = {.local = prefix(negotiable_cases[_i].local).addr,
	                    .remote = prefix(negotiable_cases[_i].remote).addr};

	addrs[4].open_bits = 8;
	addrs[0].broadcast = prefix("10.0.3.255").addr;
	addrs[3].broadcast = prefix("10.0.4.2").addr;
	strcpy(addrs[1].ifname, "docker0");
	ck_assert_int_eq(strlist_add(&conf.interfaces, "eth0"), 0);
	add(&conf.protect, "10.0.0.0/16");
	add(&conf.protect, "172.17.0.0/16");
	add(&conf.protect, "224.0.0.0/3");
	add(&conf.protect, "127.0.0.0/8");
	add(&conf.protect, "0.0.0.0/32");
	add(&conf.protect, "::/0");
	add(&conf.allow, "10.0.9.0/24");
	ck_assert_int_eq(plan_negotiable(&conf, addrs, COUNT(addrs), &pair),
	                 negotiable_cases[_i].negotiable);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("plan", &tests);

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, each_prefix_gets_an_out_and_an_in_policy);
	tcase_add_test(tests, forwarded_packets_are_protected_once_per_prefix);
	tcase_add_test(tests, optional_changes_the_level_of_protect_policies_only);
	tcase_add_loop_test(tests, broadcast_addresses_inside_protected_subnets_never_negotiate, 0,
	                    COUNT(broadcast_cases));
	tcase_add_loop_test(tests, what_goes_to_many_never_negotiates, 0, COUNT(to_many_cases));
	tcase_add_test(tests, ipv6_allows_own_addresses_and_neighbour_discovery);
	tcase_add_test(tests, ipv6_loopback_is_left_alone_where_all_is_protected);
	tcase_add_test(tests, ipv6_addresses_without_ipv6_prefixes_get_nothing);
	tcase_add_test(tests, addresses_not_chosen_get_nothing);
	tcase_add_test(tests, local_routes_to_a_prefix_are_planned_as_such);
	tcase_add_test(tests, address_on_two_interfaces_counts_once);
	tcase_add_test(tests, order_of_input_does_not_matter);
	tcase_add_test(tests, subnet_policies_wait_by_an_spi_of_their_address);
	tcase_add_test(tests, addresses_keep_their_spis_while_they_are_there);
	tcase_add_test(tests, more_addresses_than_reserved_spis_share_some);
	tcase_add_test(tests, known_hosts_have_a_policy_of_their_own);
	tcase_add_test(tests, known_hosts_are_read_back_from_their_policies);
	tcase_add_loop_test(tests, only_protected_unicast_peers_are_negotiable, 0,
	                    COUNT(negotiable_cases));
	return test_run(suite);
}
