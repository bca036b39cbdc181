/* SPDX-License-Identifier: MIT */
/*
 * Measures the SPD modules against the kernel of this network namespace; run by tools/bench/spd in
 * one of its own. All policies of the namespace are lost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "xfrmd/spd/plan.h"
#include "xfrmd/xfrm/xfrm_sock.h"

#define PREFIXES 10000
#define ROUNDS   7
#define REQID    77

static void die(const char *what)
{
	fprintf(stderr, "bench_spd: %s\n", what);
	exit(EXIT_FAILURE);
}

static void check(int error, const char *what)
{
	if (error < 0)
		die(what);
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int compare_doubles(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double values[ROUNDS])
{
	qsort(values, ROUNDS, sizeof(values[0]), compare_doubles);
	return values[ROUNDS / 2];
}

/* 10.0.0.0/24, 10.0.1.0/24, ...: @count of them. */
static void set_prefixes(struct conf *conf, unsigned count)
{
	prefixset_fini(&conf->protect);
	for (unsigned i = 0; i < count; i++) {
		struct prefix prefix = {.addr = {.family = AF_INET}, .len = 24};

		prefix.addr.bytes[0] = 10;
		prefix.addr.bytes[1] = (uint8_t)(i / 256);
		prefix.addr.bytes[2] = (uint8_t)i;
		check(prefixset_add(&conf->protect, &prefix), "out of memory");
	}
	prefixset_seal(&conf->protect);
}

static struct local_addr local_address(void)
{
	struct local_addr addr = {.ifname = "eth0", .global = true};

	check(addr_parse("192.0.2.1", &addr.addr), "address");
	addr.network = prefix_host(&addr.addr);
	return addr;
}

static struct policy_list make_plan(const struct conf *conf)
{
	struct local_addr addr = local_address();
	struct plan_input input = {.addrs = &addr, .addr_count = 1};
	struct policy_list plan;

	check(plan_build(conf, &input, &plan), "plan");
	return plan;
}

/* Applies the difference and returns the number of writes. */
static size_t apply(struct xfrm_sock *sock, const struct policy_list *have,
                    const struct policy_list *want)
{
	struct diff diff;
	struct err err;
	size_t count;

	check(diff_build(have, want, &diff), "diff");
	if (xfrm_sock_apply(sock, &diff, &err) > 0)
		die(err.text);
	count = diff.count;
	diff_fini(&diff);
	return count;
}

static void flush(void)
{
	if (system("ip xfrm policy flush") != 0)
		die("flush");
}

static void write_batch(const struct policy_list *plan, const char *path)
{
	char src[PREFIX_TEXT_MAX], dst[PREFIX_TEXT_MAX];
	FILE *file = fopen(path, "w");

	if (!file)
		die(path);
	for (size_t i = 0; i < plan->count; i++) {
		const struct policy *policy = &plan->items[i];

		fprintf(file,
		        "xfrm policy add src %s dst %s dir %s priority %u "
		        "tmpl proto esp reqid %u mode transport\n",
		        prefix_format(&policy->src, src), prefix_format(&policy->dst, dst),
		        policy_dir_names[policy->dir], policy->priority, policy->reqid);
	}
	if (fclose(file) != 0)
		die(path);
}

/* The same policies by `ip -batch` and by us, in turn. */
static void bench_install(struct xfrm_sock *sock, const struct policy_list *plan, const char *batch)
{
	static const struct policy_list none;
	double by_ip[ROUNDS], by_us[ROUNDS], ip_median, us_median;
	char command[512];

	write_batch(plan, batch);
	snprintf(command, sizeof(command), "ip -batch %s", batch);
	for (int i = 0; i < ROUNDS; i++) {
		double start;

		flush();
		start = now_ms();
		if (system(command) != 0)
			die(command);
		by_ip[i] = now_ms() - start;

		flush();
		start = now_ms();
		apply(sock, &none, plan);
		by_us[i] = now_ms() - start;
	}
	ip_median = median(by_ip);
	us_median = median(by_us);
	printf("install %zu policies     ip -batch %8.1f ms\n", plan->count, ip_median);
	printf("                            xfrmd     %8.1f ms\n", us_median);
	printf("                            ratio     %8.2f\n", us_median / ip_median);
}

/* Brings the kernel to @count prefixes; @have NULL: the kernel is asked for what it has. */
static double change(struct xfrm_sock *sock, struct conf *conf, unsigned count,
                     const struct policy_list *have, size_t *ret_writes)
{
	struct policy_list want, kernel = {0};
	double start;
	struct err err;

	set_prefixes(conf, count);
	start = now_ms();
	want = make_plan(conf);
	if (!have && xfrm_sock_dump_policies(sock, &kernel, &err) < 0)
		die(err.text);
	*ret_writes = apply(sock, have ? have : &kernel, &want);
	policy_list_fini(&kernel);
	policy_list_fini(&want);
	return now_ms() - start;
}

static void print_change(const char *what, size_t writes, double times[ROUNDS])
{
	printf("%-24s %zu writes     %8.1f ms\n", what, writes, median(times));
}

/* Plan, difference and writes for one line more or less in a list of PREFIXES. */
static void bench_change(struct xfrm_sock *sock, struct conf *conf)
{
	double remembered[ROUNDS], dumped[ROUNDS], removed[ROUNDS];
	size_t remembered_writes, dumped_writes, removed_writes;
	struct policy_list have = make_plan(conf);

	for (int i = 0; i < ROUNDS; i++) {
		remembered[i] = change(sock, conf, PREFIXES + 1, &have, &remembered_writes);
		removed[i] = change(sock, conf, PREFIXES, NULL, &removed_writes);
		dumped[i] = change(sock, conf, PREFIXES + 1, NULL, &dumped_writes);
		change(sock, conf, PREFIXES, NULL, &removed_writes);
	}
	print_change("add a line, remembered", remembered_writes, remembered);
	print_change("add a line, dumped", dumped_writes, dumped);
	print_change("remove a line, dumped", removed_writes, removed);
	policy_list_fini(&have);
}

static void bench_parts(struct xfrm_sock *sock, const struct conf *conf)
{
	double plans[ROUNDS], dumps[ROUNDS], diffs[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		struct policy_list want, kernel;
		struct diff diff;
		struct err err;
		double start = now_ms();

		want = make_plan(conf);
		plans[i] = now_ms() - start;
		start = now_ms();
		if (xfrm_sock_dump_policies(sock, &kernel, &err) < 0)
			die(err.text);
		dumps[i] = now_ms() - start;
		start = now_ms();
		check(diff_build(&kernel, &want, &diff), "diff");
		diffs[i] = now_ms() - start;
		if (diff.count != 0)
			die("the kernel does not have the plan");
		diff_fini(&diff);
		policy_list_fini(&kernel);
		policy_list_fini(&want);
	}
	printf("plan                                  %8.1f ms\n", median(plans));
	printf("dump                                  %8.1f ms\n", median(dumps));
	printf("diff                                  %8.1f ms\n", median(diffs));
}

int main(int argc, char **argv)
{
	struct conf conf = {.reqid = REQID, .protect_forwarded = true};
	struct policy_list plan;
	struct xfrm_sock *sock;
	struct err err;

	if (argc != 2) {
		fprintf(stderr, "usage: %s BATCH-FILE\n", argv[0]);
		return 2;
	}
	if (xfrm_sock_open(&sock, &err) < 0)
		die(err.text);
	set_prefixes(&conf, PREFIXES);
	plan = make_plan(&conf);
	bench_install(sock, &plan, argv[1]);
	bench_parts(sock, &conf);
	bench_change(sock, &conf);
	policy_list_fini(&plan);
	prefixset_fini(&conf.protect);
	xfrm_sock_close(sock);
	return 0;
}
