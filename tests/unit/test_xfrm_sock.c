/* SPDX-License-Identifier: MIT */
/* The XFRM sockets against the kernel of this machine, in a network namespace of their own. */
#include "xfrmd/xfrm/xfrm_sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"
#include "xfrmd/spd/plan.h"
#include "xfrmd/xfrm/xfrm_monitor.h"

#define EXIT_SKIP   77
#define DEADLINE_MS 5000
#define REQID       77

static struct xfrm_sock *sock;
static struct policy_list none;

static struct prefix prefix(const char *text)
{
	struct prefix parsed;

	ck_assert_int_eq(prefix_parse(text, &parsed, NULL), 0);
	return parsed;
}

static void shell(const char *command)
{
	int status = system(command);

	ck_assert_msg(status == 0, "%s: status %d", command, status);
}

static void setup(void)
{
	struct err err;

	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	ck_assert_int_eq(xfrm_sock_open(&sock, &err), 0);
}

static void teardown(void)
{
	xfrm_sock_close(sock);
}

static struct policy_list dump(void)
{
	struct policy_list list;
	struct err err;

	ck_assert_msg(xfrm_sock_dump_policies(sock, &list, &err) == 0, "%s", err.text);
	return list;
}

/* Brings the kernel from what it has to @want; returns the number of operations. */
static size_t reconcile(const struct policy_list *want)
{
	struct policy_list have = dump();
	struct diff diff;
	struct err err;
	size_t count, failures;

	ck_assert_int_eq(diff_build(&have, want, &diff), 0);
	failures = xfrm_sock_apply(sock, &diff, &err);
	ck_assert_msg(failures == 0, "%s", err.text);
	count = diff.count;
	diff_fini(&diff);
	policy_list_fini(&have);
	return count;
}

static void assert_same(const struct policy_list *have, const struct policy_list *want)
{
	char have_text[POLICY_TEXT_MAX], want_text[POLICY_TEXT_MAX];

	ck_assert_uint_eq(have->count, want->count);
	for (size_t i = 0; i < have->count; i++) {
		policy_format(&have->items[i], have_text);
		policy_format(&want->items[i], want_text);
		ck_assert_str_eq(have_text, want_text);
		ck_assert(policy_equal(&have->items[i], &want->items[i]));
		ck_assert_uint_ne(have->items[i].index, 0);
	}
}

static void add_prefix(struct prefixset *set, const char *text)
{
	struct prefix parsed = prefix(text);

	ck_assert_int_eq(prefixset_add(set, &parsed), 0);
	prefixset_seal(set);
}

static struct local_addr local(const char *addr, const char *network, bool chosen)
{
	struct local_addr result = {.global = chosen, .network = prefix(network)};

	ck_assert_int_eq(addr_parse(addr, &result.addr), 0);
	snprintf(result.ifname, sizeof(result.ifname), "eth0");
	return result;
}

/* Every kind of policy that a plan can have. */
static struct policy_list whole_plan(bool optional)
{
	struct conf conf = {.optional = optional, .protect_forwarded = true, .reqid = REQID};
	struct local_addr addrs[] = {
		local("10.0.1.1", "10.0.1.0/24", true),
		local("fd00::1", "fd00::/64", true),
	};
	struct plan_input input = {.addrs = addrs, .addr_count = 2, .forwarding = {true, true}};
	struct policy_list plan;

	add_prefix(&conf.protect, "0.0.0.0/0");
	add_prefix(&conf.protect, "10.0.1.0/24");
	add_prefix(&conf.protect, "10.9.9.9/32");
	add_prefix(&conf.protect, "::/0");
	add_prefix(&conf.protect, "fd00::/64");
	add_prefix(&conf.allow, "10.0.1.128/25");
	add_prefix(&conf.allow, "10.0.1.254/32");
	add_prefix(&conf.allow, "fd00::53/128");
	ck_assert_int_eq(plan_build(&conf, &input, &plan), 0);
	prefixset_fini(&conf.protect);
	prefixset_fini(&conf.allow);
	return plan;
}

START_TEST(every_policy_of_a_plan_comes_back_equal)
{
	struct policy_list want = whole_plan(_i), have;

	ck_assert_uint_eq(reconcile(&want), want.count);
	have = dump();
	assert_same(&have, &want);
	ck_assert_uint_eq(reconcile(&want), 0);
	policy_list_fini(&have);
	policy_list_fini(&want);
}
END_TEST

START_TEST(level_of_a_subnet_changes_by_updates_only)
{
	struct policy_list required = whole_plan(false), optional = whole_plan(true), have;
	struct diff diff;

	reconcile(&required);
	have = dump();
	ck_assert_int_eq(diff_build(&have, &optional, &diff), 0);
	ck_assert_uint_gt(diff.updates, 0);
	for (size_t i = 0; i < diff.count; i++) {
		uint32_t priority = diff.ops[i].policy.priority;

		/* what only blocks goes */
		ck_assert(diff.ops[i].kind == DIFF_OP_UPDATE ||
		          diff.ops[i].kind == DIFF_OP_REFRESH ||
		          priority >= POLICY_PRIORITY_EXEMPT ||
		          priority == POLICY_PRIORITY_OWN_TO_ALL);
	}
	diff_fini(&diff);
	policy_list_fini(&have);

	reconcile(&optional);
	have = dump();
	assert_same(&have, &optional);
	policy_list_fini(&have);
	policy_list_fini(&required);
	policy_list_fini(&optional);
}
END_TEST

START_TEST(policies_are_deleted_by_index_and_foreign_ones_stay)
{
	struct policy_list want = whole_plan(false), have;

	shell("ip xfrm policy add src 192.0.2.0/24 dst 198.51.100.0/24 dir out priority 7");
	reconcile(&want);
	reconcile(&none);
	have = dump();
	ck_assert_uint_eq(have.count, 1);
	ck_assert_uint_eq(have.items[0].priority, 7);
	policy_list_fini(&have);
	policy_list_fini(&want);
}
END_TEST

START_TEST(policy_of_unknown_index_is_looked_up_and_deleted)
{
	struct policy_list want = whole_plan(false), have;
	struct diff diff;
	struct err err;

	reconcile(&want);
	/* the plan has no indices: as if what was added had never been dumped */
	ck_assert_int_eq(diff_build(&want, &none, &diff), 0);
	ck_assert_uint_eq(diff.deletes, want.count);
	ck_assert_uint_eq(xfrm_sock_apply(sock, &diff, &err), 0);
	diff_fini(&diff);
	have = dump();
	ck_assert_uint_eq(have.count, 0);
	policy_list_fini(&have);
	policy_list_fini(&want);
}
END_TEST

START_TEST(policy_that_is_gone_cannot_be_deleted)
{
	struct policy_list want = whole_plan(false);
	struct diff diff;
	struct err err;

	ck_assert_int_eq(diff_build(&want, &none, &diff), 0);
	ck_assert_uint_eq(xfrm_sock_apply(sock, &diff, &err), diff.deletes);
	diff_fini(&diff);
	policy_list_fini(&want);
}
END_TEST

START_TEST(pinned_spi_comes_back)
{
	struct policy policy = {
		.dir = POLICY_DIR_OUT,
		.action = POLICY_ACTION_PROTECT,
		.src = prefix("10.0.1.1"),
		.dst = prefix("10.0.1.2"),
		.priority = POLICY_PRIORITY_SUBNET,
		.reqid = REQID,
		.spi = 0xc0123456,
	};
	struct policy_list have;

	ck_assert_int_eq(xfrm_sock_update(sock, &policy), 0);
	have = dump();
	ck_assert_uint_eq(have.count, 1);
	ck_assert_uint_eq(have.items[0].spi, 0xc0123456);
	ck_assert(policy_equal(&have.items[0], &policy));
	policy_list_fini(&have);
}
END_TEST

/* All that `ip` shows of the SPD, without what differs from policy to policy. */
static void show(char *text, size_t size)
{
	FILE *pipe = popen("ip -s xfrm policy | sed -e 's/index [0-9]*//' -e '/^[ \\t]*add 20/d'",
	                   "r");
	size_t len;

	ck_assert_ptr_nonnull(pipe);
	len = fread(text, 1, size - 1, pipe);
	text[len] = '\0';
	ck_assert_int_eq(pclose(pipe), 0);
}

static const struct {
	const char *src, *dst;
	struct policy policy;
	const char *options;
} same_cases[] = {
	{"10.0.1.1/32",
         "0.0.0.0/0",
         {.action = POLICY_ACTION_PROTECT, .priority = 30132, .reqid = REQID},
         "dir out priority 30132 tmpl proto esp reqid 77 mode transport"},
	{"fd00::1/128",
         "fd00::/64",
         {.action = POLICY_ACTION_PROTECT, .priority = 9, .reqid = 1, .spi = 5, .optional = true},
         "dir out priority 9 tmpl proto esp spi 5 reqid 1 mode transport level use"},
	{"::/0",
         "::/0",
         {.action = POLICY_ACTION_ALLOW, .priority = 30010, .proto = 58, .icmp_type = 135},
         "proto ipv6-icmp type 135 dir out priority 30010"},
	{"10.0.1.1/32",
         "10.0.1.255/32",
         {.action = POLICY_ACTION_BLOCK, .priority = 30010},
         "dir out action block priority 30010"},
};

START_TEST(policy_is_the_same_as_when_ip_adds_it)
{
	struct policy policy = same_cases[_i].policy;
	char ours[2048], theirs[2048], command[256];

	policy.src = prefix(same_cases[_i].src);
	policy.dst = prefix(same_cases[_i].dst);
	ck_assert_int_eq(xfrm_sock_update(sock, &policy), 0);
	show(ours, sizeof(ours));
	snprintf(command, sizeof(command),
	         "ip xfrm policy flush && ip xfrm policy add src %s dst %s %s", same_cases[_i].src,
	         same_cases[_i].dst, same_cases[_i].options);
	shell(command);
	show(theirs, sizeof(theirs));
	ck_assert_uint_ne(strlen(ours), 0);
	ck_assert_str_eq(ours, theirs);
}
END_TEST

static const struct {
	const char *options;
	bool unsupported, unsupported_key;
} foreign_cases[] = {
	{"priority 5", false, false},
	{"flag icmp", true, false},
	{"limit time-hard 1000", true, false},
	{"mark 5 mask 0xff", true, true},
	{"if_id 7", true, true},
	{"tmpl src 10.0.1.1 dst 10.0.1.2 proto esp mode tunnel", true, false},
	{"tmpl proto esp mode transport tmpl proto ah mode transport", true, false},
	{"tmpl proto esp mode transport", false, false},
	{"tmpl proto ah mode transport", true, false},
	{"tmpl proto esp mode beet", true, false},
};

START_TEST(foreign_policies_are_marked_unsupported)
{
	struct policy_list have;
	char command[256];

	snprintf(command, sizeof(command),
	         "ip xfrm policy add src 10.0.1.1 dst 10.0.1.2 dir out %s",
	         foreign_cases[_i].options);
	shell(command);
	have = dump();
	ck_assert_uint_eq(have.count, 1);
	ck_assert_int_eq(have.items[0].unsupported, foreign_cases[_i].unsupported);
	ck_assert_int_eq(have.items[0].unsupported_key, foreign_cases[_i].unsupported_key);
	policy_list_fini(&have);
}
END_TEST

START_TEST(selectors_that_are_not_ours_have_another_key)
{
	struct policy_list have;

	shell("ip xfrm policy add src 10.0.1.1 dst 10.0.1.2 proto udp sport 53 dir out");
	shell("ip xfrm policy add src fd00::1 dst fd00::2 proto ipv6-icmp type 135 code 1 dir out");
	shell("ip link add veth0 type veth peer name veth1");
	shell("ip xfrm policy add src 10.0.1.1 dst 10.0.1.2 dev veth0 dir out");
	shell("ip xfrm policy add src 10.0.1.1/24 dst 10.0.1.2 dir out");
	have = dump();
	ck_assert_uint_eq(have.count, 4);
	for (size_t i = 0; i < have.count; i++)
		ck_assert_int_eq(have.items[i].unsupported_key, true);
	policy_list_fini(&have);
}
END_TEST

START_TEST(socket_policies_are_left_out)
{
	struct xfrm_userpolicy_info bypass = {
		.sel = {.family = AF_INET},
		.dir = XFRM_POLICY_OUT,
		.action = XFRM_POLICY_ALLOW,
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct policy_list have;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_XFRM_POLICY, &bypass, sizeof(bypass)), 0);
	shell("ip xfrm policy | grep -q 'socket out'");
	have = dump();
	ck_assert_uint_eq(have.count, 0);
	policy_list_fini(&have);
	close(fd);
}
END_TEST

START_TEST(failures_are_counted_and_the_rest_is_applied)
{
	struct policy first = {
		.dir = POLICY_DIR_OUT,
		.action = POLICY_ACTION_BLOCK,
		.src = prefix("10.0.1.1"),
		.dst = prefix("10.0.2.0/24"),
		.priority = 30108,
	};
	struct policy second = first;
	struct policy gone = first;
	struct diff_op ops[] = {
		{DIFF_OP_ADD, first},   {DIFF_OP_ADD, first},  {DIFF_OP_DELETE, gone},
		{DIFF_OP_DELETE, gone}, {DIFF_OP_ADD, second},
	};
	struct diff diff = {.ops = ops, .count = 5};
	struct policy_list have;
	struct err err;

	ops[2].policy.dst = prefix("10.0.4.0/24"); /* without index: not found */
	ops[3].policy.index = 999993;              /* nothing there */
	ops[4].policy.dst = prefix("10.0.3.0/24");
	ck_assert_uint_eq(xfrm_sock_apply(sock, &diff, &err), 3);
	ck_assert_str_eq(err.text, "policy out block 10.0.1.1/32 -> 10.0.2.0/24 priority 30108: "
	                           "cannot be added: File exists");
	have = dump();
	ck_assert_uint_eq(have.count, 2);
	policy_list_fini(&have);
}
END_TEST

/* Two of them in each batch: a policy that is there already. */
START_TEST(failures_are_found_in_every_batch)
{
	enum { COUNT = 1000, EVERY = 50 };
	struct diff_op ops[COUNT];
	struct diff diff = {.ops = ops, .count = COUNT};
	struct policy_list have;
	struct err err;

	for (unsigned i = 0; i < COUNT; i++) {
		unsigned number = i % EVERY == EVERY - 1 ? i - 1 : i;
		char text[32];

		snprintf(text, sizeof(text), "10.%u.%u.0/24", number / 256, number % 256);
		ops[i] = (struct diff_op){DIFF_OP_ADD,
		                          {
						  .dir = POLICY_DIR_OUT,
						  .action = POLICY_ACTION_BLOCK,
						  .src = prefix("10.0.1.1"),
						  .dst = prefix(text),
						  .priority = 30108,
					  }};
	}
	ck_assert_uint_eq(xfrm_sock_apply(sock, &diff, &err), COUNT / EVERY);
	ck_assert_str_eq(err.text, "policy out block 10.0.1.1/32 -> 10.0.48.0/24 priority 30108: "
	                           "cannot be added: File exists");
	have = dump();
	ck_assert_uint_eq(have.count, COUNT - COUNT / EVERY);
	policy_list_fini(&have);
}
END_TEST

/* The socket of @sock gets the least room that the kernel gives. */
static void shrink_room(void)
{
	const int least = 1;

	for (int fd = 3; fd < 64; fd++) {
		struct sockaddr_nl own = {0};
		socklen_t len = sizeof(own);

		if (getsockname(fd, (struct sockaddr *)&own, &len) == 0 &&
		    own.nl_family == AF_NETLINK && own.nl_pid == xfrm_sock_port(sock))
			ck_assert_int_eq(
				setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)), 0);
	}
}

/* As under a small net.core.rmem_max. */
START_TEST(failures_without_room_for_their_answers_are_waited_for_by_nobody)
{
	enum { COUNT = 1000 };
	struct policy_list have;
	struct diff_op ops[COUNT];
	struct diff diff = {.ops = ops, .count = COUNT};
	struct err err;

	for (unsigned i = 0; i < COUNT; i++)
		ops[i] = (struct diff_op){DIFF_OP_DELETE,
		                          {
						  .dir = POLICY_DIR_OUT,
						  .action = POLICY_ACTION_BLOCK,
						  .src = prefix("10.0.1.1"),
						  .dst = prefix("10.0.2.0/24"),
						  .index = 999993 + 8 * i,
					  }};
	shrink_room();
	ck_assert_uint_eq(xfrm_sock_apply(sock, &diff, &err), COUNT);
	/* what follows is answered */
	have = dump();
	ck_assert_uint_eq(have.count, 0);
	policy_list_fini(&have);
}
END_TEST

START_TEST(empty_dump_of_sas_succeeds)
{
	struct sa *sas = NULL;
	size_t count = 1;
	struct err err;

	ck_assert_int_eq(xfrm_sock_dump_sas(sock, &sas, &count, &err), 0);
	ck_assert_uint_eq(count, 0);
	free(sas);
}
END_TEST

struct seen {
	struct loop *loop;
	struct xfrm_monitor *monitor;
	unsigned acquires, expires, touched, losses, sas_new, sas_gone, sas_lost;
	unsigned stop_after; /* events */
	bool close_in_callback;
	struct xfrm_acquire acquire;
	struct sa sa; /* new, gone or expired */
	uint32_t port;
	bool flushed;
};

static void event(struct seen *seen)
{
	unsigned count = seen->acquires + seen->expires + seen->touched + seen->losses +
	                 seen->sas_new + seen->sas_gone + seen->sas_lost;

	if (count < seen->stop_after)
		return;
	if (seen->close_in_callback) {
		xfrm_monitor_close(seen->monitor);
		seen->monitor = NULL;
	}
	loop_stop(seen->loop);
}

static void on_acquire(void *ctx, const struct xfrm_acquire *acquire)
{
	struct seen *seen = ctx;

	seen->acquires++;
	seen->acquire = *acquire;
	event(seen);
}

static void on_expire(void *ctx, const struct sa *sa, bool hard)
{
	struct seen *seen = ctx;

	ck_assert_int_eq(hard, true);
	seen->expires++;
	seen->sa = *sa;
	event(seen);
}

static void on_touched(void *ctx)
{
	struct seen *seen = ctx;

	seen->touched++;
	event(seen);
}

static void on_lost(void *ctx, bool acquires)
{
	struct seen *seen = ctx;

	(void)acquires;
	seen->losses++;
	event(seen);
}

static void on_sa_new(void *ctx, const struct sa *sa, uint32_t port)
{
	struct seen *seen = ctx;

	seen->sas_new++;
	seen->sa = *sa;
	seen->port = port;
	event(seen);
}

static void on_sa_gone(void *ctx, const struct sa *sa, uint32_t port)
{
	struct seen *seen = ctx;

	seen->sas_gone++;
	seen->sa = *sa;
	seen->port = port;
	event(seen);
}

static void on_sas_lost(void *ctx, bool flushed)
{
	struct seen *seen = ctx;

	seen->sas_lost++;
	seen->flushed = flushed;
	event(seen);
}

static void on_deadline(void *ctx)
{
	struct seen *seen = ctx;

	loop_stop(seen->loop);
}

static const struct xfrm_events all_events = {
	.acquire = on_acquire,
	.expire = on_expire,
	.policies_touched = on_touched,
	.lost = on_lost,
	.sa_new = on_sa_new,
	.sa_gone = on_sa_gone,
	.sas_lost = on_sas_lost,
};

static void watch_events(struct seen *seen, const struct xfrm_events *events)
{
	struct err err;

	seen->stop_after = 1;
	ck_assert_int_eq(loop_new(&seen->loop), 0);
	ck_assert_msg(xfrm_monitor_open(seen->loop, xfrm_sock_port(sock), events, seen,
	                                &seen->monitor, &err) == 0,
	              "%s", err.text);
}

static void watch(struct seen *seen)
{
	watch_events(seen, &all_events);
}

/* Runs until an event or the deadline. */
static void run(struct seen *seen, unsigned deadline_ms)
{
	struct loop_timer *timer;

	ck_assert_int_eq(loop_timer_new(seen->loop, on_deadline, seen, &timer), 0);
	loop_timer_start(timer, deadline_ms);
	ck_assert_int_eq(loop_run(seen->loop), 0);
	loop_timer_free(timer);
}

static void unwatch(struct seen *seen)
{
	xfrm_monitor_close(seen->monitor);
	loop_free(seen->loop);
}

static const char *const touches[] = {
	"ip xfrm policy add src 192.0.2.0/24 dst 198.51.100.0/24 dir out",
	"ip xfrm policy update src 10.0.1.1 dst 10.0.1.254 dir out action block priority 9",
	"ip xfrm policy delete src 10.0.1.1 dst 10.0.1.254 dir out",
	"ip xfrm policy flush",
};

START_TEST(changes_of_others_are_reported_and_own_ones_are_not)
{
	struct policy_list want = whole_plan(false);
	struct seen seen = {0};

	watch(&seen);
	reconcile(&want);
	run(&seen, 50);
	ck_assert_uint_eq(seen.touched, 0);
	shell(touches[_i]);
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.touched, 1);
	ck_assert_uint_eq(seen.losses, 0);
	unwatch(&seen);
	policy_list_fini(&want);
}
END_TEST

START_TEST(many_changes_in_one_turn_are_reported_once)
{
	struct seen seen = {0};

	watch(&seen);
	shell("for i in $(seq 30); do echo xfrm policy add src 192.0.2.$i dst 192.0.2.0/24 dir out;"
	      " done | ip -batch -");
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.touched, 1);
	unwatch(&seen);
}
END_TEST

START_TEST(monitor_may_be_closed_in_its_callback)
{
	struct seen seen = {.close_in_callback = true};

	watch(&seen);
	shell("for i in $(seq 30); do echo xfrm policy add src 192.0.2.$i dst 192.0.2.0/24 dir out;"
	      " done | ip -batch -");
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.touched, 1);
	ck_assert_ptr_null(seen.monitor);
	unwatch(&seen);
}
END_TEST

/* A buffer of 8 MiB does not hold this many policy notifications of somebody else. */
START_TEST(lost_notifications_are_told_of)
{
	struct seen seen = {0};

	watch(&seen);
	shell("for i in $(seq 25000); do echo xfrm policy update src 192.0.2.1 dst 192.0.2.2 dir"
	      " out priority $i; done | ip -batch -");
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.losses, 1);
	unwatch(&seen);
}
END_TEST

/* An interface with 10.0.1.1/24 that can send. */
static void make_interface(void)
{
	shell("ip link add veth0 type veth peer name veth1 && ip link set veth1 up &&"
	      " ip addr add 10.0.1.1/24 brd + dev veth0 && ip link set veth0 up");
}

static void send_packet(const char *to)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(inet_pton(AF_INET, to, &addr.sin_addr), 1);
	/* the kernel drops it; whether it says so depends on its version */
	(void)sendto(fd, "x", 1, 0, (const struct sockaddr *)&addr, sizeof(addr));
	close(fd);
}

START_TEST(packet_to_a_protected_prefix_raises_an_acquire_that_expires)
{
	struct policy_list want = whole_plan(false);
	struct seen seen = {0};
	char text[ADDR_TEXT_MAX];

	make_interface();
	shell("echo 1 > /proc/sys/net/core/xfrm_acq_expires");
	reconcile(&want);
	watch(&seen);
	send_packet("10.0.1.2");
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.acquires, 1);
	ck_assert_str_eq(addr_format(&seen.acquire.pair.local, text), "10.0.1.1");
	ck_assert_str_eq(addr_format(&seen.acquire.pair.remote, text), "10.0.1.2");
	ck_assert_uint_eq(seen.acquire.reqid, REQID);
	ck_assert_uint_ge(seen.acquire.spi, 1);
	ck_assert_uint_le(seen.acquire.spi, SPI_RESERVED_MAX);
	ck_assert_uint_eq(seen.acquire.priority, 30108);
	ck_assert_uint_ne(seen.acquire.seq, 0);

	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.expires, 1);
	ck_assert_uint_eq(seen.sa.spi, seen.acquire.spi);
	unwatch(&seen);
	policy_list_fini(&want);
}
END_TEST

/* What hosts.h calls waiting: asked for once, until the larval SA is ended. */
START_TEST(policy_that_waits_raises_an_acquire_whose_larval_sa_has_its_spi)
{
	struct policy policy = {
		.dir = POLICY_DIR_OUT,
		.action = POLICY_ACTION_PROTECT,
		.src = prefix("10.0.1.1"),
		.dst = prefix("10.0.1.2"),
		.priority = POLICY_PRIORITY_KNOWN_HOST,
		.reqid = REQID,
		.spi = 7,
	};
	struct sa key = {.src = policy.src.addr,
	                 .dst = policy.dst.addr,
	                 .spi = policy.spi,
	                 .proto = IPPROTO_ESP};
	struct sa found;
	struct seen seen = {0};

	make_interface();
	ck_assert_int_eq(xfrm_sock_update(sock, &policy), 0);
	watch(&seen);
	ck_assert_int_eq(xfrm_sock_find_sa(sock, &key, &found), -ESRCH);
	for (unsigned asked = 1; asked <= 2; asked++) {
		send_packet("10.0.1.2");
		run(&seen, DEADLINE_MS);
		send_packet("10.0.1.2");
		run(&seen, 50);
		ck_assert_uint_eq(seen.acquires, asked);
		ck_assert_uint_eq(seen.acquire.spi, policy.spi);
		ck_assert_int_eq(xfrm_sock_find_sa(sock, &key, &found), 0);
		ck_assert_uint_eq(found.spi, policy.spi);
		ck_assert_uint_eq(found.packets, 0);
		ck_assert_int_eq(xfrm_sock_delete_sa(sock, &key), 0);
		ck_assert_int_eq(xfrm_sock_delete_sa(sock, &key), -ESRCH);
		run(&seen, 50);
	}
	unwatch(&seen);
}
END_TEST

START_TEST(broadcast_and_allowed_addresses_raise_none)
{
	struct policy_list want = whole_plan(false);
	struct seen seen = {0};

	make_interface();
	reconcile(&want);
	watch(&seen);
	send_packet("10.0.1.255");
	send_packet("10.0.1.254");
	send_packet("10.0.1.200");
	run(&seen, 50);
	ck_assert_uint_eq(seen.acquires, 0);
	unwatch(&seen);
	policy_list_fini(&want);
}
END_TEST

/* A larval SA with an SPI is what every kernel can make, also one without ESP. */
#define ALLOCATE(spi)                                                                        \
	"ip xfrm state allocspi src 10.0.1.1 dst 10.0.1.2 proto esp reqid 77 mode transport" \
	" min " spi " max " spi " >/dev/null"
#define DELETE(spi) "ip xfrm state delete src 10.0.1.1 dst 10.0.1.2 proto esp spi " spi

static void assert_sa(const struct sa *sa, uint32_t spi)
{
	char text[ADDR_TEXT_MAX];

	ck_assert_str_eq(addr_format(&sa->src, text), "10.0.1.1");
	ck_assert_str_eq(addr_format(&sa->dst, text), "10.0.1.2");
	ck_assert_uint_eq(sa->spi, spi);
	ck_assert_uint_eq(sa->proto, IPPROTO_ESP);
	ck_assert_uint_eq(sa->reqid, REQID);
}

START_TEST(deleted_sas_are_reported_one_by_one)
{
	struct seen seen = {.port = 1};

	watch(&seen);
	shell(ALLOCATE("0xc0000001") " && " ALLOCATE("0xc0000002"));
	shell(DELETE("0xc0000001"));
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.sas_gone, 1);
	ck_assert_uint_eq(seen.port, 0);
	assert_sa(&seen.sa, 0xc0000001);
	shell(DELETE("0xc0000002"));
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.sas_gone, 2);
	assert_sa(&seen.sa, 0xc0000002);
	ck_assert_uint_eq(seen.sas_lost, 0);
	unwatch(&seen);
}
END_TEST

START_TEST(flushed_sas_are_lost_and_what_was_before_is_told)
{
	struct seen seen = {0};

	watch(&seen);
	seen.stop_after = 2;
	shell(ALLOCATE("0xc0000001") " && " ALLOCATE("0xc0000002"));
	shell(DELETE("0xc0000001") " && ip xfrm state flush");
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.sas_gone, 1);
	ck_assert_uint_eq(seen.sas_lost, 1);
	ck_assert_int_eq(seen.flushed, true);
	unwatch(&seen);
}
END_TEST

START_TEST(sa_at_its_hard_lifetime_expires_and_is_not_reported_as_deleted)
{
	struct seen seen = {0};

	watch(&seen);
	shell("echo 1 > /proc/sys/net/core/xfrm_acq_expires");
	shell(ALLOCATE("0xc0000001"));
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.expires, 1);
	assert_sa(&seen.sa, 0xc0000001);
	run(&seen, 50);
	ck_assert_uint_eq(seen.sas_gone, 0);
	unwatch(&seen);
}
END_TEST

/* More than a buffer of 8 MiB holds. All of it is older than the dump that follows the loss. */
START_TEST(lost_notifications_of_sas_are_told_once_and_the_rest_is_left_out)
{
	struct seen seen = {0};

	watch(&seen);
	shell("for i in $(seq 20000); do"
	      " echo xfrm state allocspi src 10.0.1.1 dst 10.0.1.2 proto esp min $i max $i;"
	      " echo xfrm state delete src 10.0.1.1 dst 10.0.1.2 proto esp spi $i;"
	      " done | ip -batch - >/dev/null");
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.sas_lost, 1);
	ck_assert_int_eq(seen.flushed, false);
	ck_assert_uint_eq(seen.sas_gone, 0);
	ck_assert_uint_eq(seen.losses, 0);

	shell(ALLOCATE("0xc0000001") " && " DELETE("0xc0000001"));
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.sas_gone, 1);
	assert_sa(&seen.sa, 0xc0000001);
	unwatch(&seen);
}
END_TEST

static const char *const endings[] = {"ip xfrm state deleteall", "ip xfrm state flush"};

START_TEST(monitor_may_be_closed_when_sas_go)
{
	struct seen seen = {.close_in_callback = true};

	watch(&seen);
	shell(ALLOCATE("0xc0000001") " && " ALLOCATE("0xc0000002"));
	shell(endings[_i]);
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.sas_gone + seen.sas_lost, 1);
	ck_assert_ptr_null(seen.monitor);
	unwatch(&seen);
}
END_TEST

START_TEST(callbacks_for_sas_may_be_left_out)
{
	struct xfrm_events events = all_events;
	struct seen seen = {0};

	events.sa_new = NULL;
	if (_i == 0)
		events.sas_lost = NULL;
	events.sa_gone = NULL;
	watch_events(&seen, &events);
	shell(ALLOCATE("0xc0000001") " && " ALLOCATE("0xc0000002"));
	shell(DELETE("0xc0000001") " && ip xfrm state flush");
	run(&seen, 50);
	ck_assert_uint_eq(seen.sas_gone, 0);
	ck_assert_uint_eq(seen.sas_lost, _i);
	unwatch(&seen);
}
END_TEST

#define ESP(verb)                                                                            \
	"ip xfrm state " verb " src 10.0.1.1 dst 10.0.1.2 proto esp spi 0xc0000001 reqid 77" \
	" mode transport aead 'rfc4106(gcm(aes))' 0x0102030405060708090a0b0c0d0e0f1011121314 128"

/* Not with all kernels, see main(). */
START_TEST(added_and_updated_sas_are_reported)
{
	struct seen seen = {0};

	watch(&seen);
	shell(ESP("add"));
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.sas_new, 1);
	assert_sa(&seen.sa, 0xc0000001);
	ck_assert_str_eq(seen.sa.algorithm, "rfc4106(gcm(aes))-160");
	shell(ESP("update") " limit time-hard 1");
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.sas_new, 2);
	assert_sa(&seen.sa, 0xc0000001);
	run(&seen, DEADLINE_MS);
	ck_assert_uint_eq(seen.expires, 1);
	assert_sa(&seen.sa, 0xc0000001);
	ck_assert_uint_eq(seen.sas_gone, 0);
	unwatch(&seen);
}
END_TEST

static bool kernel_has_esp(void)
{
	return system("exec 2>/dev/null; " ESP("add") " && ip xfrm state flush") == 0;
}

START_TEST(hash_thresholds_are_set_and_only_lowered)
{
	static const struct spd_thresholds some = {{0, 24}, {128, 128}},
					   other = {{32, 20}, {0, 64}}, lowest = {{0, 20}, {0, 64}};

	ck_assert_int_eq(xfrm_sock_set_thresholds(sock, &spd_thresholds_default), 0);
	ck_assert_int_eq(xfrm_sock_lower_thresholds(sock, &some), 1);
	ck_assert_int_eq(xfrm_sock_set_thresholds(sock, &some), 0);
	ck_assert_int_eq(xfrm_sock_lower_thresholds(sock, &spd_thresholds_default), 0);
	ck_assert_int_eq(xfrm_sock_lower_thresholds(sock, &other), 1);
	ck_assert_int_eq(xfrm_sock_set_thresholds(sock, &lowest), 0);
	shell("ip -s -s xfrm policy count | grep -q 'IPv4 thresholds:  *local 0 remote 20'");
	shell("ip -s -s xfrm policy count | grep -q 'IPv6 thresholds:  *local 0 remote 64'");
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("xfrm_sock", &tests);

	if (unshare(CLONE_NEWNET) < 0)
		return EXIT_SKIP;
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, every_policy_of_a_plan_comes_back_equal, 0, 2);
	tcase_add_test(tests, level_of_a_subnet_changes_by_updates_only);
	tcase_add_test(tests, policies_are_deleted_by_index_and_foreign_ones_stay);
	tcase_add_test(tests, policy_of_unknown_index_is_looked_up_and_deleted);
	tcase_add_test(tests, policy_that_is_gone_cannot_be_deleted);
	tcase_add_test(tests, pinned_spi_comes_back);
	tcase_add_loop_test(tests, policy_is_the_same_as_when_ip_adds_it, 0,
	                    sizeof(same_cases) / sizeof(same_cases[0]));
	tcase_add_loop_test(tests, foreign_policies_are_marked_unsupported, 0,
	                    sizeof(foreign_cases) / sizeof(foreign_cases[0]));
	tcase_add_test(tests, selectors_that_are_not_ours_have_another_key);
	tcase_add_test(tests, socket_policies_are_left_out);
	tcase_add_test(tests, failures_are_counted_and_the_rest_is_applied);
	tcase_add_test(tests, failures_are_found_in_every_batch);
	tcase_add_test(tests, failures_without_room_for_their_answers_are_waited_for_by_nobody);
	tcase_add_test(tests, hash_thresholds_are_set_and_only_lowered);
	tcase_add_test(tests, empty_dump_of_sas_succeeds);
	tcase_add_loop_test(tests, changes_of_others_are_reported_and_own_ones_are_not, 0,
	                    sizeof(touches) / sizeof(touches[0]));
	tcase_add_test(tests, many_changes_in_one_turn_are_reported_once);
	tcase_add_test(tests, monitor_may_be_closed_in_its_callback);
	tcase_add_test(tests, lost_notifications_are_told_of);
	tcase_add_test(tests, packet_to_a_protected_prefix_raises_an_acquire_that_expires);
	tcase_add_test(tests, policy_that_waits_raises_an_acquire_whose_larval_sa_has_its_spi);
	tcase_add_test(tests, broadcast_and_allowed_addresses_raise_none);
	tcase_add_test(tests, deleted_sas_are_reported_one_by_one);
	tcase_add_test(tests, flushed_sas_are_lost_and_what_was_before_is_told);
	tcase_add_test(tests, sa_at_its_hard_lifetime_expires_and_is_not_reported_as_deleted);
	tcase_add_test(tests, lost_notifications_of_sas_are_told_once_and_the_rest_is_left_out);
	tcase_add_loop_test(tests, monitor_may_be_closed_when_sas_go, 0,
	                    sizeof(endings) / sizeof(endings[0]));
	tcase_add_loop_test(tests, callbacks_for_sas_may_be_left_out, 0, 2);
	if (kernel_has_esp())
		tcase_add_test(tests, added_and_updated_sas_are_reported);
	return test_run(suite);
}
