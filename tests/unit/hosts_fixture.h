/* SPDX-License-Identifier: MIT */
#ifndef HOSTS_FIXTURE_H
#define HOSTS_FIXTURE_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "test.h"
#include "xfrmd/spd/hosts.h"

/* A machine, events by the numbers of hosts and SAs, and what came out of them as a line of text. */

/* Every test runs from this time on; the machine itself has no clock. */
#define NOW 1000000u
/* Tests count SAs from 1 on; their SPIs are these numbers plus this. The inbound one of a pair has
 * the SPI of the outbound one plus IN. */
#define SPI 0xc0000000u
#define IN  0x1000u
#define MAX HOSTS_WITHOUT_SA_MAX

static struct hosts *hosts;
static struct host_actions actions;
static struct addr local;
static bool memory_is_out;

/* In place of the C library's, so that a test can run out of memory. */
void *reallocarray(void *pointer, size_t count, size_t size)
{
	return memory_is_out ? NULL : realloc(pointer, count * size);
}

/* 10.1.x.y of a running number. */
static inline struct addr numbered(size_t number)
{
	struct addr addr = {.family = AF_INET, .bytes = {10, 1}};

	addr.bytes[2] = (uint8_t)(number >> 8);
	addr.bytes[3] = (uint8_t)number;
	return addr;
}

static inline struct pair pair_of(size_t host)
{
	return (struct pair){.local = local, .remote = numbered(host)};
}

static inline size_t number_of(const struct addr *addr)
{
	return (size_t)addr->bytes[2] << 8 | addr->bytes[3];
}

static inline void set_up(void)
{
	ck_assert_int_eq(addr_parse("10.0.0.1", &local), 0);
	ck_assert_int_eq(hosts_new(&hosts), 0);
	hosts_set_mode(hosts, HOSTS_MODE_HOLD);
	hosts_on_charon(hosts, true, NOW);
}

static inline void tear_down(void)
{
	host_actions_fini(&actions);
	hosts_free(hosts);
	hosts = NULL;
	memory_is_out = false;
}

static inline void format_put(const struct known_host *host, char *text, size_t size)
{
	if (host->blocked)
		snprintf(text, size, "block %zu", number_of(&host->pair.remote));
	else if (known_host_holds(host))
		snprintf(text, size, "hold %zu", number_of(&host->pair.remote));
	else if (host->spi)
		snprintf(text, size, "pin %zu %" PRIu32, number_of(&host->pair.remote),
		         host->spi - SPI);
	else
		snprintf(text, size, "free %zu", number_of(&host->pair.remote));
}

/* The actions so far as one line, and none afterwards. */
static inline const char *take_actions(void)
{
	static const char *const words[] = {
		[HOST_ACTION_REMOVE] = "remove",   [HOST_ACTION_NEGOTIATE] = "negotiate",
		[HOST_ACTION_QUIET] = "quiet",     [HOST_ACTION_PROBE] = "probe",
		[HOST_ACTION_LISTEN] = "listen",   [HOST_ACTION_END_ACQUIRE] = "end",
		[HOST_ACTION_REFRESH] = "refresh", [HOST_ACTION_GREET] = "greet",
	};
	static char line[1024];
	size_t used = 0;

	line[0] = '\0';
	for (size_t i = 0; i < actions.count && used < sizeof(line); i++) {
		const struct host_action *action = &actions.items[i];
		const struct known_host *host = &action->host;
		char text[64] = "";

		ck_assert(addr_equal(&host->pair.local, &local));
		if (action->kind == HOST_ACTION_PUT)
			format_put(host, text, sizeof(text));
		else if (action->kind == HOST_ACTION_LISTEN)
			snprintf(text, sizeof(text), "listen %zu %" PRIu32,
			         number_of(&host->pair.remote), action->spi - SPI - IN);
		else
			snprintf(text, sizeof(text), "%s %zu", words[action->kind],
			         number_of(&host->pair.remote));
		if (action->kind == HOST_ACTION_END_ACQUIRE)
			ck_assert_uint_eq(action->spi, SPI_RESERVED_MAX);
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s", i ? ", " : "",
		                         text);
	}
	actions.count = 0;
	return line;
}

static inline void new_sa(size_t host, uint32_t spi, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_sa(hosts, &pair, spi ? SPI + spi : 0, now_ms, &actions);
}

static inline void fresh_sas(size_t host, uint32_t spi, bool initiator, uint64_t now_ms)
{
	struct fresh_sas fresh = {.pair = pair_of(host),
	                          .spi_out = SPI + spi,
	                          .spi_in = SPI + IN + spi,
	                          .initiator = initiator};

	hosts_on_fresh_sas(hosts, &fresh, now_ms, &actions);
}

/* An SA of a negotiation that we began. */
static inline void up(size_t host, uint32_t spi, uint64_t now_ms)
{
	new_sa(host, spi, now_ms);
	fresh_sas(host, spi, true, now_ms);
}

/* SAs that replace others, asked for by us. */
static inline void rekeyed(size_t host, uint32_t spi, uint64_t now_ms)
{
	struct fresh_sas fresh = {
		.pair = pair_of(host), .spi_out = SPI + spi, .initiator = true, .rekeyed = true};

	hosts_on_fresh_sas(hosts, &fresh, now_ms, &actions);
}

static inline void looked(size_t host, uint32_t spi, uint64_t packets, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_looked(hosts, &pair, SPI + IN + spi, packets, now_ms, &actions);
}

/* One packet more than at the last look. */
static inline void heard(size_t host, uint32_t spi, uint64_t now_ms)
{
	static uint64_t packets;

	looked(host, spi, ++packets, now_ms);
}

static inline void sa_gone(size_t host, uint32_t spi, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_sa_gone(hosts, &pair, SPI + spi, now_ms, &actions);
}

static inline void acquire_by(size_t host, uint32_t spi, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_acquire(hosts, &pair, spi, now_ms, &actions);
}

static inline void progress(size_t host, enum ike_progress progress, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_progress(hosts, &pair, progress, now_ms);
}

static inline void failed(size_t host, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_failed(hosts, &pair, now_ms, &actions);
}

/* @spi: seconds at which the kernel used the policy. */
static inline void probed(size_t host, uint32_t used_s, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_probed(hosts, &pair, used_s, now_ms, &actions);
}

/* Runs every timer that is due until then, at its time. */
static inline void pass_time(uint64_t until_ms)
{
	while (hosts_next_ms(hosts) <= until_ms) {
		uint64_t due_ms = hosts_next_ms(hosts);

		hosts_on_timer(hosts, due_ms, &actions);
		if (hosts_next_ms(hosts) <= due_ms)
			ck_abort_msg("a timer stays due");
	}
}

/* One that is known, without an SA. */
static inline void make_known(size_t host, uint64_t now_ms)
{
	up(host, 1, now_ms);
	sa_gone(host, 1, now_ms);
	actions.count = 0;
}

static inline const struct known_host *find(size_t host)
{
	size_t count;
	const struct known_host *list = hosts_list(hosts, &count);

	for (size_t i = 0; i < count; i++) {
		if (number_of(&list[i].pair.remote) == host)
			return &list[i];
	}
	return NULL;
}

/* By the policy as it is. */
static inline void acquire(size_t host, uint64_t now_ms)
{
	const struct known_host *known = find(host);

	acquire_by(host, known ? known->spi : 0, now_ms);
}

static inline size_t count_known(void)
{
	size_t count;

	hosts_list(hosts, &count);
	return count;
}

static inline struct host_sa sa_of(size_t host, uint32_t spi)
{
	return (struct host_sa){.pair = pair_of(host), .spi = spi ? SPI + spi : 0};
}

static inline int restore(size_t number, uint32_t spi, bool blocked)
{
	struct known_host host = {.pair = pair_of(number), .spi = spi, .blocked = blocked};

	return hosts_restore(hosts, &host, NOW);
}

/* By the bits of an unsigned. */
static inline bool keep_some(void *ctx, const struct pair *pair)
{
	return *(unsigned *)ctx & 1u << number_of(&pair->remote);
}

#define WAIT         HOSTS_WAIT_MS
#define TOGETHER     HOSTS_TOGETHER_MS
#define TOGETHER_MAX HOSTS_TOGETHER_MAX_MS
#define LISTEN       HOSTS_LISTEN_MIN_MS
#define SETTLE       HOSTS_SETTLE_MS
#define SILENT       HOSTS_SILENT_MS
#define PROBE        HOSTS_PROBE_MIN_MS
#define RETRY        100

#endif
