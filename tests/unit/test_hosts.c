/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/hosts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "test.h"

/* Every test runs from this time on; the machine itself has no clock. */
#define NOW     1000000u
/* Tests count SAs from 1 on; their SPIs are these numbers plus this. The inbound one of a pair has
 * the SPI of the outbound one plus IN. */
#define SPI     0xc0000000u
#define IN      0x1000u
#define MAX     HOSTS_WITHOUT_SA_MAX
/* Go at once to make room. */
#define AT_ONCE 32

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
static struct addr numbered(size_t number)
{
	struct addr addr = {.family = AF_INET, .bytes = {10, 1}};

	addr.bytes[2] = (uint8_t)(number >> 8);
	addr.bytes[3] = (uint8_t)number;
	return addr;
}

static struct pair pair_of(size_t host)
{
	return (struct pair){.local = local, .remote = numbered(host)};
}

static size_t number_of(const struct addr *addr)
{
	return (size_t)addr->bytes[2] << 8 | addr->bytes[3];
}

static void set_up(void)
{
	ck_assert_int_eq(addr_parse("10.0.0.1", &local), 0);
	ck_assert_int_eq(hosts_new(&hosts), 0);
	hosts_set_mode(hosts, HOSTS_MODE_HOLD);
	hosts_on_charon(hosts, true, NOW);
}

static void tear_down(void)
{
	host_actions_fini(&actions);
	hosts_free(hosts);
	hosts = NULL;
	memory_is_out = false;
}

static void format_put(const struct known_host *host, char *text, size_t size)
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
static const char *take_actions(void)
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
			ck_assert_uint_eq(action->spi, POLICY_SPI_WAIT_MAX);
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s", i ? ", " : "",
		                         text);
	}
	actions.count = 0;
	return line;
}

static void new_sa(size_t host, uint32_t spi, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_sa(hosts, &pair, spi ? SPI + spi : 0, now_ms, &actions);
}

static void fresh_sas(size_t host, uint32_t spi, bool initiator, uint64_t now_ms)
{
	struct fresh_sas fresh = {.pair = pair_of(host),
	                          .spi_out = SPI + spi,
	                          .spi_in = SPI + IN + spi,
	                          .initiator = initiator};

	hosts_on_fresh_sas(hosts, &fresh, now_ms, &actions);
}

/* An SA of a negotiation that we began. */
static void up(size_t host, uint32_t spi, uint64_t now_ms)
{
	new_sa(host, spi, now_ms);
	fresh_sas(host, spi, true, now_ms);
}

/* SAs that replace others, asked for by us. */
static void rekeyed(size_t host, uint32_t spi, uint64_t now_ms)
{
	struct fresh_sas fresh = {
		.pair = pair_of(host), .spi_out = SPI + spi, .initiator = true, .rekeyed = true};

	hosts_on_fresh_sas(hosts, &fresh, now_ms, &actions);
}

static void looked(size_t host, uint32_t spi, uint64_t packets, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_looked(hosts, &pair, SPI + IN + spi, packets, now_ms, &actions);
}

/* One packet more than at the last look. */
static void heard(size_t host, uint32_t spi, uint64_t now_ms)
{
	static uint64_t packets;

	looked(host, spi, ++packets, now_ms);
}

static void sa_gone(size_t host, uint32_t spi, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_sa_gone(hosts, &pair, SPI + spi, now_ms, &actions);
}

static void acquire_by(size_t host, uint32_t spi, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_acquire(hosts, &pair, spi, now_ms, &actions);
}

static void progress(size_t host, enum ike_progress progress, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_progress(hosts, &pair, progress, now_ms);
}

static void failed(size_t host, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_failed(hosts, &pair, now_ms, &actions);
}

/* @spi: seconds at which the kernel used the policy. */
static void probed(size_t host, uint32_t used_s, uint64_t now_ms)
{
	struct pair pair = pair_of(host);

	hosts_on_probed(hosts, &pair, used_s, now_ms, &actions);
}

/* Runs every timer that is due until then, at its time. */
static void pass_time(uint64_t until_ms)
{
	while (hosts_next_ms(hosts) <= until_ms) {
		uint64_t due_ms = hosts_next_ms(hosts);

		hosts_on_timer(hosts, due_ms, &actions);
		if (hosts_next_ms(hosts) <= due_ms)
			ck_abort_msg("a timer stays due");
	}
}

/* One that is known, without an SA. */
static void make_known(size_t host, uint64_t now_ms)
{
	up(host, 1, now_ms);
	sa_gone(host, 1, now_ms);
	actions.count = 0;
}

static const struct known_host *find(size_t host)
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
static void acquire(size_t host, uint64_t now_ms)
{
	const struct known_host *known = find(host);

	acquire_by(host, known ? known->spi : 0, now_ms);
}

static size_t count_known(void)
{
	size_t count;

	hosts_list(hosts, &count);
	return count;
}

enum event {
	END,
	BEGUN,
	SENT,
	ANSWERED,
	NEW,
	OURS,
	THEIRS,
	REKEYED,
	UP,
	HEARD,
	LOOK,
	GONE,
	ACQUIRE,
	LATE,
	FAIL,
	USED,
	PASS
};

struct step {
	enum event event;
	uint64_t at_ms; /* from NOW on */
	size_t host;
	uint32_t spi; /* USED: seconds */
	const char *actions;
};

#define WAIT         HOSTS_WAIT_MS
#define TOGETHER     HOSTS_TOGETHER_MS
#define TOGETHER_MAX HOSTS_TOGETHER_MAX_MS
#define LISTEN       HOSTS_LISTEN_MIN_MS
#define SETTLE       HOSTS_SETTLE_MS
#define SILENT       HOSTS_SILENT_MS
#define PROBE        HOSTS_PROBE_MIN_MS
#define RETRY        100
/* Three looks at the SAs 5 and 6. */
#define LOOKS        "listen 2 5, listen 2 6, listen 2 5, listen 2 6, listen 2 5, listen 2 6"
/* A first contact whom nothing was sent to gets its SA. */
#define FIRST        "hold 2, pin 2 5, end 2, greet 2"

static const struct {
	const char *name;
	struct step steps[16];
} stories[] = {
	{"first SA of a first contact, then of the same host again",
         {
		 {UP, 0, 2, 5, FIRST},
		 {GONE, 10, 2, 5, "hold 2"},
		 {UP, 20, 2, 6, "pin 2 6, end 2, greet 2"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"a first contact waits from the acquire on; we began, so the peer has its SAs before us",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {NEW, SILENT - 2, 2, 5, ""},
		 {OURS, SILENT - 1, 2, 5, "pin 2 5, end 2, refresh 2"},
		 {OURS, SILENT, 2, 5, "greet 2"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"the peer began, so it has its SAs when it sends by them",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {NEW, 100, 2, 5, ""},
		 {THEIRS, 100, 2, 5, ""},
		 {PASS, 100 + LISTEN - 1, 0, 0, ""},
		 {PASS, 100 + LISTEN, 0, 0, "listen 2 5"},
		 {PASS, 100 + 3 * LISTEN, 0, 0, "listen 2 5"},
		 {PASS, 100 + 7 * LISTEN, 0, 0, "listen 2 5"},
		 {HEARD, 100 + 7 * LISTEN, 2, 5, "pin 2 5, end 2, refresh 2"},
		 {HEARD, 100 + 8 * LISTEN, 2, 5, ""},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"the peer began and sends nothing",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {NEW, 0, 2, 5, ""},
		 {THEIRS, 0, 2, 5, ""},
		 {PASS, WAIT - 1, 0, 0,
                  "listen 2 5, listen 2 5, listen 2 5, listen 2 5, listen 2 5, listen 2 5"},
		 {PASS, WAIT, 0, 0, "pin 2 5, end 2, refresh 2"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"nobody says who began",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {NEW, 0, 2, 5, ""},
		 {HEARD, 1, 2, 5, ""},
		 {PASS, WAIT - 1, 0, 0, ""},
		 {PASS, WAIT, 0, 0, "pin 2 5, end 2, refresh 2"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"both began, and the peer's negotiation is the first to end",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {NEW, 100, 2, 5, ""},
		 {THEIRS, 101, 2, 5, ""},
		 {NEW, 102, 2, 6, ""},
		 {OURS, 103, 2, 6, "pin 2 6, end 2, refresh 2"},
		 {HEARD, 104, 2, 5, ""},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"both began, and ours is the first to end",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {NEW, 100, 2, 5, ""},
		 {NEW, 101, 2, 6, ""},
		 {OURS, 102, 2, 5, "pin 2 5, end 2, refresh 2"},
		 {THEIRS, 103, 2, 6, ""},
		 {PASS, 103 + LISTEN, 0, 0, "listen 2 5, listen 2 6"},
		 {HEARD, 103 + LISTEN, 2, 6, "pin 2 6"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"both began, and the peer's is gone again",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {NEW, 100, 2, 5, ""},
		 {THEIRS, 100, 2, 5, ""},
		 {NEW, 101, 2, 6, ""},
		 {GONE, 102, 2, 5, ""},
		 {HEARD, 103, 2, 5, ""},
		 {PASS, 101 + WAIT, 0, 0, "pin 2 6, end 2, refresh 2"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"the peer began, and nothing waits for it: what comes now shall not come too early",
         {
		 {NEW, 0, 2, 5, "hold 2"},
		 {THEIRS, 1, 2, 5, ""},
		 {PASS, 1 + LISTEN, 0, 0, "listen 2 5"},
		 {ACQUIRE, 1 + LISTEN, 2, 0, ""},
		 {HEARD, 1 + LISTEN, 2, 5, "pin 2 5, end 2, refresh 2"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"the peer began, sends nothing, and nothing waits for it",
         {
		 {NEW, 0, 2, 5, "hold 2"},
		 {PASS, WAIT - 1, 0, 0, ""},
		 {PASS, WAIT, 0, 0, "pin 2 5, end 2"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"the first SA is gone before it took over",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {NEW, 100, 2, 5, ""},
		 {GONE, 110, 2, 5, "end 2"},
		 {ACQUIRE, 120, 2, 0, ""},
		 {PASS, 120 + SILENT, 0, 0, "block 2, refresh 2"},
	 }},
	{"the first SA is gone before it took over, and traffic asks",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {NEW, 0, 2, 5, ""},
		 {ACQUIRE, 1, 2, 0, ""},
		 {GONE, 2, 2, 5, "end 2, negotiate 2"},
		 {PASS, 2 + SILENT, 0, 0, "block 2, refresh 2"},
	 }},
	{"the same SA is announced twice",
         {
		 {UP, 0, 2, 5, FIRST},
		 {NEW, 1, 2, 5, ""},
		 {NEW, 2, 2, 6, ""},
		 {NEW, 290, 2, 6, ""},
		 {NEW, 290, 2, 5, ""},
		 {PASS, 2 + SETTLE, 0, 0, "pin 2 6"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"an SA without an SPI is none",
         {
		 {NEW, 0, 2, 0, ""},
		 {GONE, 1, 2, 0, ""},
		 {UP, 2, 2, 5, FIRST},
		 {NEW, 3, 2, 0, ""},
		 {GONE, 4, 2, 0, ""},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"gone of unknown SAs and hosts",
         {
		 {GONE, 0, 2, 5, ""},
		 {NEW, 1, 2, 6, "hold 2"},
		 {GONE, 2, 2, 5, ""},
		 {GONE, 3, 3, 6, ""},
		 {PASS, 1 + WAIT, 0, 0, "pin 2 6, end 2"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"rekeyed: new before gone",
         {
		 {UP, 0, 2, 5, FIRST},
		 {NEW, 100, 2, 6, ""},
		 {GONE, 105, 2, 5, "pin 2 6"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"rekeyed, and we asked: the pin stays as long as its SA",
         {
		 {UP, 0, 2, 5, FIRST},
		 {REKEYED, 100, 2, 6, ""},
		 {NEW, 101, 2, 6, ""},
		 {GONE, 105, 2, 5, "pin 2 6"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"rekeyed because somebody else deleted the SA",
         {
		 {UP, 0, 2, 5, FIRST},
		 {GONE, 100, 2, 5, "hold 2"},
		 {ACQUIRE, 101, 2, 0, ""},
		 {NEW, 110, 2, 6, ""},
		 {REKEYED, 111, 2, 6, "pin 2 6, end 2"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"a newer SA lives beside the pinned one",
         {
		 {UP, 0, 2, 5, FIRST},
		 {NEW, 100, 2, 6, ""},
		 {PASS, 100 + SETTLE - 1, 0, 0, ""},
		 {PASS, 100 + SETTLE, 0, 0, "pin 2 6"},
		 {GONE, 1000, 2, 5, ""},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"the newest SA starts the settle time again",
         {
		 {UP, 0, 2, 5, FIRST},
		 {NEW, 100, 2, 6, ""},
		 {NEW, 300, 2, 7, ""},
		 {PASS, 300 + SETTLE - 1, 0, 0, ""},
		 {PASS, 300 + SETTLE, 0, 0, "pin 2 7"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"a fresh SA of the peer's making takes over when the peer uses it",
         {
		 {UP, 0, 2, 5, FIRST},
		 {NEW, 100, 2, 6, ""},
		 {THEIRS, 101, 2, 6, ""},
		 {PASS, 101 + LISTEN, 0, 0, "listen 2 5, listen 2 6"},
		 {HEARD, 101 + LISTEN, 2, 6, "pin 2 6"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"a fresh SA that the peer, which sends nothing at all, does not use",
         {
		 {UP, 0, 2, 5, FIRST},
		 {NEW, 100, 2, 6, ""},
		 {THEIRS, 100, 2, 6, ""},
		 {PASS, 100 + 7 * LISTEN, 0, 0, LOOKS},
		 {PASS, 2400, 0, 0, LOOKS ", " LOOKS},
		 {LOOK, 2400, 2, 5, ""},
		 {LOOK, 2400, 2, 6, ""},
		 {PASS, 3500, 0, 0, "listen 2 5, listen 2 6"},
		 {GONE, 3600, 2, 6, ""},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"a fresh SA that the peer gave up, while it sends by the older one",
         {
		 {UP, 0, 2, 5, FIRST},
		 {NEW, 100, 2, 6, ""},
		 {THEIRS, 100, 2, 6, ""},
		 {PASS, 2400, 0, 0, LOOKS ", " LOOKS ", " LOOKS},
		 {HEARD, 2400, 2, 5, ""},
		 {PASS, 2400 + SETTLE - 1, 0, 0, LOOKS},
		 {HEARD, 2400 + SETTLE - 1, 2, 5, ""},
		 {PASS, 2400 + SETTLE, 0, 0, ""},
		 {GONE, 2400 + SETTLE + 1, 2, 6, ""},
		 {PASS, 99999, 0, 0, ""},
	 }},
	{"a fresh SA of our making takes over at once, also if the kernel has not told of it yet",
         {
		 {UP, 0, 2, 5, FIRST},
		 {OURS, 100, 2, 6, "pin 2 6, greet 2"},
		 {NEW, 101, 2, 6, ""},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"a fresh SA of a first contact, and one that is no longer the newest",
         {
		 {OURS, 0, 2, 5, FIRST},
		 {OURS, 1, 2, 5, "greet 2"},
		 {NEW, 2, 2, 6, ""},
		 {NEW, 3, 2, 7, ""},
		 {OURS, 4, 2, 6, ""},
		 {PASS, 204, 0, 0, ""},
		 {PASS, 3 + SETTLE, 0, 0, "pin 2 7"},
	 }},
	{"the newer SA is gone first",
         {
		 {UP, 0, 2, 5, FIRST},
		 {NEW, 100, 2, 6, ""},
		 {GONE, 110, 2, 6, ""},
		 {PASS, 9999, 0, 0, ""},
		 {GONE, 10000, 2, 5, "hold 2"},
	 }},
	{"of two newer SAs the newest is gone first",
         {
		 {UP, 0, 2, 5, FIRST},
		 {NEW, 100, 2, 6, ""},
		 {NEW, 110, 2, 7, ""},
		 {GONE, 120, 2, 7, ""},
		 {PASS, 110 + SETTLE, 0, 0, "pin 2 6"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"both sides rekey and the old ones go in order of age",
         {
		 {UP, 0, 2, 5, FIRST},
		 {NEW, 100, 2, 6, ""},
		 {NEW, 101, 2, 7, ""},
		 {GONE, 102, 2, 5, "pin 2 7"},
		 {GONE, 103, 2, 6, ""},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"both sides rekey and the newest loses",
         {
		 {UP, 0, 2, 5, FIRST},
		 {NEW, 100, 2, 6, ""},
		 {NEW, 101, 2, 7, ""},
		 {GONE, 102, 2, 5, "pin 2 7"},
		 {GONE, 103, 2, 7, "pin 2 6"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"an SA that is gone comes back with its SPI",
         {
		 {UP, 0, 2, 5, FIRST},
		 {NEW, 1, 2, 6, ""},
		 {GONE, 2, 2, 5, "pin 2 6"},
		 {NEW, 3, 2, 5, ""},
		 {PASS, 3 + SETTLE, 0, 0, "pin 2 5"},
	 }},
	{"the SAs of two hosts are their own",
         {
		 {UP, 0, 2, 5, FIRST},
		 {UP, 0, 3, 5, "hold 3, pin 3 5, end 3, greet 3"},
		 {GONE, 1, 2, 5, "hold 2"},
		 {PASS, 9999, 0, 0, ""},
		 {GONE, 10000, 3, 5, "hold 3"},
	 }},
	{"a silent first contact is blocked, and asked about ever more rarely",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {PASS, SILENT - 1, 0, 0, ""},
		 {PASS, SILENT, 0, 0, "block 2, refresh 2"},
		 {PASS, SILENT + PROBE - 1, 0, 0, ""},
		 {PASS, SILENT + PROBE, 0, 0, "probe 2"},
		 {USED, SILENT + PROBE, 2, 0, "quiet 2"},
		 {PASS, SILENT + 3 * PROBE - 1, 0, 0, ""},
		 {PASS, SILENT + 7 * PROBE, 0, 0, "probe 2, probe 2"},
		 {PASS, SILENT + 15 * PROBE, 0, 0, "probe 2"},
		 {PASS, SILENT + 31 * PROBE, 0, 0, "probe 2"},
		 {PASS, SILENT + 47 * PROBE, 0, 0, "probe 2"},
		 {UP, 30000, 2, 5, FIRST},
	 }},
	{"traffic to a blocked host asks for it",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {PASS, SILENT + PROBE, 0, 0, "block 2, refresh 2, probe 2"},
		 {USED, SILENT + PROBE, 2, 77, "negotiate 2"},
		 {PASS, SILENT + 3 * PROBE, 0, 0, "probe 2"},
		 {USED, SILENT + 3 * PROBE, 2, 77, "quiet 2"},
		 {PASS, SILENT + 7 * PROBE, 0, 0, "probe 2"},
		 {USED, SILENT + 7 * PROBE, 2, 81, "negotiate 2"},
		 {UP, 8001, 2, 5, FIRST},
		 {USED, 8002, 2, 82, ""},
		 {PASS, 99999, 0, 0, ""},
	 }},
	{"a second acquire gives the first contact no more time",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {ACQUIRE, 900, 2, 0, ""},
		 {PASS, SILENT, 0, 0, "block 2, refresh 2"},
	 }},
	{"a first contact is silent a second after charon has sent to it, not before",
         {
		 {BEGUN, 0, 2, 0, ""},
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {BEGUN, 1, 2, 0, ""},
		 {PASS, 3000, 0, 0, ""},
		 {SENT, 3000, 2, 0, ""},
		 {PASS, 3000 + SILENT - 1, 0, 0, ""},
		 {PASS, 3000 + SILENT, 0, 0, "block 2, refresh 2"},
		 {ANSWERED, 4400, 2, 0, ""},
	 }},
	{"a first contact that answers slowly is waited for",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {BEGUN, 0, 2, 0, ""},
		 {SENT, 10, 2, 0, ""},
		 {ANSWERED, 900, 2, 0, ""},
		 {UP, 4000, 2, 5, "pin 2 5, end 2, refresh 2"},
		 {ANSWERED, 4001, 2, 0, ""},
		 {PASS, 99999, 0, 0, ""},
	 }},
	{"... but not for ever",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {ANSWERED, 900, 2, 0, ""},
		 {ACQUIRE, 6000, 2, 0, ""},
		 {PASS, HOSTS_HELD_MAX_MS - 1, 0, 0, ""},
		 {PASS, HOSTS_HELD_MAX_MS, 0, 0, "block 2, refresh 2"},
	 }},
	{"a first contact that failed is blocked at once",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {FAIL, 200, 2, 0, "block 2, refresh 2"},
		 {FAIL, 201, 2, 0, ""},
		 {PASS, 200 + PROBE, 0, 0, "probe 2"},
	 }},
	{"the peer's SA comes up while blocked",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {FAIL, 200, 2, 0, "block 2, refresh 2"},
		 {NEW, 210, 2, 5, "hold 2"},
		 {PASS, 9999, 0, 0, "pin 2 5, end 2"},
	 }},
	{"an acquire, a failure and a lost SA while blocked",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {FAIL, 200, 2, 0, "block 2, refresh 2"},
		 {ACQUIRE, 201, 2, 0, ""},
		 {FAIL, 202, 2, 0, ""},
		 {GONE, 203, 2, 5, ""},
		 {PASS, 200 + PROBE, 0, 0, "probe 2"},
	 }},
	{"SA up and gone after blocking",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {FAIL, 200, 2, 0, "block 2, refresh 2"},
		 {UP, 210, 2, 5, FIRST},
		 {GONE, 211, 2, 5, "hold 2"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"failures that no traffic waits for",
         {
		 {FAIL, 0, 2, 0, ""},
		 {UP, 1, 2, 5, FIRST},
		 {FAIL, 2, 2, 0, ""},
		 {GONE, 3, 2, 5, "hold 2"},
		 {FAIL, 4, 2, 0, ""},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"a failure while the first SA waits for the peer",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {NEW, 100, 2, 5, ""},
		 {FAIL, 101, 2, 0, ""},
		 {PASS, 100 + WAIT, 0, 0, "pin 2 5, end 2, refresh 2"},
	 }},
	{"a known host that does not come back is blocked",
         {
		 {UP, 0, 2, 5, FIRST},
		 {GONE, 1, 2, 5, "hold 2"},
		 {ACQUIRE, 2, 2, 0, ""},
		 {ACQUIRE, 900, 2, 0, ""},
		 {PASS, 2 + SILENT - 1, 0, 0, ""},
		 {PASS, 2 + SILENT, 0, 0, "block 2"},
		 {UP, 1500, 2, 6, "hold 2, pin 2 6, end 2, greet 2"},
	 }},
	{"a known host that comes back in time",
         {
		 {UP, 0, 2, 5, FIRST},
		 {GONE, 1, 2, 5, "hold 2"},
		 {ACQUIRE, 2, 2, 0, ""},
		 {UP, SILENT, 2, 6, "pin 2 6, end 2"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"a known host that fails while traffic waits",
         {
		 {UP, 0, 2, 5, FIRST},
		 {GONE, 1, 2, 5, "hold 2"},
		 {ACQUIRE, 2, 2, 0, ""},
		 {FAIL, 300, 2, 0, "block 2"},
	 }},
	{"asked for while its last SA ended",
         {
		 {UP, 0, 2, 5, FIRST},
		 {ACQUIRE, 1, 2, 0, ""},
		 {GONE, 2, 2, 5, "hold 2, negotiate 2"},
		 {PASS, 2 + SILENT, 0, 0, "block 2"},
	 }},
	{"asked for by packets from before it was pinned",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {UP, 10, 2, 5, "pin 2 5, end 2, refresh 2"},
		 {LATE, 11, 2, 0, ""},
		 {LATE, 11, 2, 1, ""},
		 {GONE, 5000, 2, 5, "hold 2"},
		 {PASS, 9999, 0, 0, ""},
	 }},
	{"two first contacts, one of them alive",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {ACQUIRE, 0, 3, 0, "hold 3"},
		 {UP, 40, 3, 5, ""},
		 {PASS, 40 + TOGETHER - 1, 0, 0, ""},
		 {PASS, 40 + TOGETHER, 0, 0, "pin 3 5, end 3, refresh 3"},
		 {PASS, SILENT, 0, 0, "block 2, refresh 2"},
	 }},
	{"two first contacts take over together",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {ACQUIRE, 0, 3, 0, "hold 3"},
		 {UP, 40, 3, 5, ""},
		 {NEW, 41, 3, 6, ""},
		 {UP, 50, 2, 7, "pin 2 7, end 2, pin 3 5, end 3, refresh 2, refresh 3"},
		 {PASS, 9999, 0, 0, "pin 3 6"},
	 }},
	{"two first contacts, one of which fails",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {ACQUIRE, 0, 3, 0, "hold 3"},
		 {UP, 40, 3, 5, ""},
		 {FAIL, 50, 2, 0, "block 2, refresh 2, pin 3 5, end 3, refresh 3"},
	 }},
	{"the first of many waits for so long at most",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {ACQUIRE, 0, 3, 0, "hold 3"},
		 {ACQUIRE, 0, 4, 0, "hold 4"},
		 {ACQUIRE, 0, 5, 0, "hold 5"},
		 {ACQUIRE, 0, 6, 0, "hold 6"},
		 {UP, 10, 2, 5, ""},
		 {UP, 200, 3, 5, ""},
		 {UP, 390, 4, 5, ""},
		 {ACQUIRE, 400, 7, 0, "hold 7"},
		 {UP, 580, 5, 5, ""},
		 {UP, 770, 6, 5, ""},
		 {ACQUIRE, 900, 8, 0, "hold 8"},
		 {UP, 960, 7, 5, ""},
		 {PASS, 10 + TOGETHER_MAX - 1, 0, 0, ""},
		 {PASS, 10 + TOGETHER_MAX, 0, 0,
                  "pin 2 5, end 2, pin 3 5, end 3, pin 4 5, end 4, pin 5 5, end 5, pin 6 5, "
                  "end 6, pin 7 5, end 7, refresh 2, refresh 3, refresh 4, refresh 5, refresh 6, "
                  "refresh 7"},
	 }},
	{"a first contact whose SA is gone while it is ready",
         {
		 {ACQUIRE, 0, 2, 0, "hold 2"},
		 {ACQUIRE, 0, 3, 0, "hold 3"},
		 {UP, 40, 3, 5, ""},
		 {GONE, 50, 3, 5, "end 3"},
		 {UP, 60, 2, 5, "pin 2 5, end 2, refresh 2"},
	 }},
	{"one that had a policy of its own waits for no first contact",
         {
		 {UP, 0, 2, 5, FIRST},
		 {GONE, 1, 2, 5, "hold 2"},
		 {ACQUIRE, 2, 2, 0, ""},
		 {ACQUIRE, 3, 3, 0, "hold 3"},
		 {UP, 40, 2, 6, "pin 2 6, end 2"},
	 }},
};
#define STORY_COUNT (sizeof(stories) / sizeof(stories[0]))

START_TEST(hosts_answer_every_story_step_by_step)
{
	for (const struct step *step = stories[_i].steps; step->event != END; step++) {
		uint64_t now_ms = NOW + step->at_ms;
		const char *got;

		pass_time(now_ms);
		if (step->event != PASS)
			ck_assert_str_eq(take_actions(), "");
		switch (step->event) {
		case END:
		case PASS:
			break;
		case BEGUN:
			progress(step->host, IKE_PROGRESS_BEGUN, now_ms);
			break;
		case SENT:
			progress(step->host, IKE_PROGRESS_SENT, now_ms);
			break;
		case ANSWERED:
			progress(step->host, IKE_PROGRESS_ANSWERED, now_ms);
			break;
		case NEW:
			new_sa(step->host, step->spi, now_ms);
			break;
		case OURS:
			fresh_sas(step->host, step->spi, true, now_ms);
			break;
		case THEIRS:
			fresh_sas(step->host, step->spi, false, now_ms);
			break;
		case REKEYED:
			rekeyed(step->host, step->spi, now_ms);
			break;
		case UP:
			up(step->host, step->spi, now_ms);
			break;
		case HEARD:
			heard(step->host, step->spi, now_ms);
			break;
		case LOOK: /* nothing was received since the last one */
			looked(step->host, step->spi, 0, now_ms);
			break;
		case GONE:
			sa_gone(step->host, step->spi, now_ms);
			break;
		case ACQUIRE:
			acquire(step->host, now_ms);
			break;
		case LATE: /* an acquire from before the pin */
			acquire_by(step->host, step->spi, now_ms);
			break;
		case FAIL:
			failed(step->host, now_ms);
			break;
		case USED:
			probed(step->host, step->spi, now_ms);
			break;
		}
		got = take_actions();
		ck_assert_msg(!strcmp(got, step->actions), "%s: step %td: \"%s\", expected \"%s\"",
		              stories[_i].name, step - stories[_i].steps, got, step->actions);
	}
}
END_TEST

/* Check's own macros write to a file each time: too slow for millions of checks. */
static void expect(bool holds, const char *what, uint64_t now_ms)
{
	if (!holds)
		ck_abort_msg("%s, at %" PRIu64, what, now_ms - NOW);
}

/* What the test knows of a host: its living SAs, oldest first, and its policy in the kernel. */
#define MODEL_HOSTS 30
#define MODEL_SPIS  8
struct model {
	uint32_t spis[MODEL_SPIS];
	size_t count;
	bool in_kernel;
	struct known_host policy;
	uint64_t changed_ms;
	bool heard;        /* the peer uses the pinned SA, and none is newer than that */
	uint64_t asked_ms; /* traffic waits since then; 0: it does not */
};
static struct model models[MODEL_HOSTS];
static uint64_t settle_ms = SETTLE;
static bool hears; /* a host that was just heard of */
/* SAs whose inbound one is known: they take over when the peer uses them. */
static bool audible[10000];

static void model_add(struct model *model, uint32_t spi, uint64_t now_ms)
{
	model->spis[model->count++] = spi;
	model->changed_ms = now_ms;
	model->heard = false;
	model->asked_ms = 0;
}

static void model_remove(struct model *model, size_t index, uint64_t now_ms)
{
	model->count--;
	memmove(&model->spis[index], &model->spis[index + 1],
	        (model->count - index) * sizeof(model->spis[0]));
	model->changed_ms = now_ms;
}

static size_t model_find(const struct model *model, uint32_t spi)
{
	size_t i = 0;

	while (i < model->count && model->spis[i] != spi)
		i++;
	return i;
}

static void model_put(struct model *model, const struct known_host *host, uint64_t now_ms)
{
	expect(!model->in_kernel || model->policy.spi != host->spi ||
	               model->policy.blocked != host->blocked,
	       "PUT changes something", now_ms);
	model->in_kernel = true;
	model->heard = hears;
	model->policy = *host;
	model->changed_ms = now_ms;
}

/* Does the actions in the model of the kernel. */
static void model_apply(uint64_t now_ms)
{
	for (size_t i = 0; i < actions.count; i++) {
		const struct host_action *action = &actions.items[i];
		struct model *model = &models[number_of(&action->host.pair.remote)];

		switch (action->kind) {
		case HOST_ACTION_PUT:
			model_put(model, &action->host, now_ms);
			break;
		case HOST_ACTION_REMOVE:
			expect(model->in_kernel, "REMOVE finds a policy", now_ms);
			model->in_kernel = false;
			break;
		case HOST_ACTION_NEGOTIATE:
			expect(!model->count, "NEGOTIATE only without an SA", now_ms);
			model->asked_ms = now_ms;
			break;
		case HOST_ACTION_QUIET:
		case HOST_ACTION_PROBE:
			expect(model->policy.blocked, "only a blocked one is probed", now_ms);
			break;
		case HOST_ACTION_LISTEN:
			expect(model->count, "LISTEN only with an SA", now_ms);
			break;
		case HOST_ACTION_END_ACQUIRE:
			expect(model->policy.spi > SPI || !model->count,
			       "END_ACQUIRE comes with a pin or for want of one", now_ms);
			break;
		case HOST_ACTION_GREET:
			expect(model->policy.spi > SPI, "only by an SA the peer is greeted",
			       now_ms);
			break;
		case HOST_ACTION_REFRESH:
			expect(model->in_kernel, "RESEND comes after PUT", now_ms);
			break;
		}
	}
	/* every event has to make its own room */
	host_actions_fini(&actions);
}

static void model_check_policy(const struct model *model, const struct known_host *host,
                               uint64_t now_ms)
{
	uint32_t newest = model->count ? SPI + model->spis[model->count - 1] : 0;

	expect(host->spi == model->policy.spi && host->blocked == model->policy.blocked,
	       "the list is what was PUT", now_ms);
	expect(!host->blocked || !host->spi, "a blocked one has no pin", now_ms);
	if (!model->count)
		expect(known_host_holds(host) == !host->blocked,
		       "without an SA it waits, or is blocked", now_ms);
	else if (known_host_holds(host))
		expect(now_ms < model->changed_ms + WAIT + TOGETHER_MAX,
		       "it does not wait for long", now_ms);
	else
		expect(model_find(model, host->spi - SPI) < model->count, "the pin lives", now_ms);
	if (now_ms >= model->changed_ms + settle_ms && newest && !model->heard &&
	    !audible[newest - SPI])
		expect(host->spi == newest, "the pin settles on the newest", now_ms);
}

static void model_check_host(const struct model *model, const struct known_host *host,
                             uint64_t now_ms)
{
	expect(model->in_kernel == (host != NULL), "the list is what the kernel has", now_ms);
	if (!host) {
		expect(!model->count, "a host with an SA is known", now_ms);
		expect(!model->asked_ms, "a host that was asked for is known", now_ms);
		return;
	}
	model_check_policy(model, host, now_ms);
	if (host->blocked)
		expect(!model->count && model->asked_ms, "only what was asked for is blocked",
		       now_ms);
	else if (!model->count && model->asked_ms)
		expect(now_ms < model->asked_ms + SILENT, "a silent one is blocked", now_ms);
}

/* With all timers up to @now_ms done. */
static void model_check(uint64_t now_ms)
{
	model_apply(now_ms);
	for (size_t i = 0; i < MODEL_HOSTS; i++)
		model_check_host(&models[i], find(i), now_ms);
}

static void model_event(uint32_t spi, bool is_new, uint64_t now_ms)
{
	if (is_new) {
		model_add(&models[2], spi, now_ms);
		new_sa(2, spi, now_ms);
	} else {
		model_remove(&models[2], model_find(&models[2], spi), now_ms);
		sa_gone(2, spi, now_ms);
	}
	model_check(now_ms);
}

/* SA 1 is alive; 2 to 4 appear, all but one go. */
#define COLLIDING_NEW 3
struct order {
	int events[2 * COLLIDING_NEW]; /* SPI; negative: gone */
	size_t count;
};

/* After every event of the order either nothing happens or, by its bit, the settle time passes. */
static void play_order(const struct order *order, unsigned pauses)
{
	uint64_t now_ms = NOW;

	hosts_free(hosts);
	memset(models, 0, sizeof(models));
	memset(audible, 0, sizeof(audible));
	settle_ms = SETTLE;
	actions.count = 0;
	ck_assert_int_eq(hosts_new(&hosts), 0);
	hosts_set_mode(hosts, HOSTS_MODE_HOLD);
	hosts_on_charon(hosts, true, NOW);
	model_event(1, true, now_ms);
	for (size_t i = 0; i < order->count; i++) {
		int event = order->events[i];

		model_event((uint32_t)abs(event), event > 0, ++now_ms);
		if (pauses & 1u << i)
			now_ms += SETTLE;
		pass_time(now_ms);
		model_check(now_ms);
	}
	now_ms += WAIT + TOGETHER_MAX;
	pass_time(now_ms);
	model_check(now_ms);
	expect(models[2].policy.spi == SPI + models[2].spis[0], "the last one is pinned", now_ms);
}

static unsigned orders_played;

/* Every order in which an SA appears before it goes; @alive and @unborn are sets of SPIs. */
static void play_all_orders(struct order *order, unsigned alive, unsigned unborn)
{
	if (!unborn && (alive & (alive - 1)) == 0) {
		orders_played++;
		for (unsigned pauses = 0; pauses < 1u << order->count; pauses++)
			play_order(order, pauses);
		return;
	}
	for (int spi = 1; spi <= 1 + COLLIDING_NEW; spi++) {
		unsigned bit = 1u << spi;

		if (unborn & bit) {
			order->events[order->count++] = spi;
			play_all_orders(order, alive | bit, unborn & ~bit);
			order->count--;
		}
		if (alive & bit) {
			order->events[order->count++] = -spi;
			play_all_orders(order, alive & ~bit, unborn);
			order->count--;
		}
	}
}

START_TEST(hosts_are_never_pinned_to_a_dead_sa_in_any_order_of_notifications)
{
	static const unsigned unborn[] = {1u << 2, 1u << 2 | 1u << 3, 1u << 2 | 1u << 3 | 1u << 4};
	static const unsigned orders[] = {3, 24, 360};

	for (size_t i = 0; i < sizeof(unborn) / sizeof(unborn[0]); i++) {
		struct order order = {0};

		orders_played = 0;
		play_all_orders(&order, 1u << 1, unborn[i]);
		ck_assert_uint_ge(orders_played, orders[i]);
	}
}
END_TEST

static uint64_t model_random;

static uint32_t roll(uint32_t bound)
{
	model_random = model_random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(model_random >> 33) % bound;
}

static void sync_models(uint64_t now_ms)
{
	struct host_sa sas[MODEL_HOSTS * MODEL_SPIS];
	size_t count = 0;

	for (size_t i = 0; i < MODEL_HOSTS; i++) {
		for (size_t spi = 0; spi < models[i].count; spi++)
			sas[count++] = (struct host_sa){.pair = pair_of(i),
			                                .spi = SPI + models[i].spis[spi]};
	}
	hosts_sync(hosts, sas, count, now_ms, &actions);
}

/* Some SAs change unseen, then everything is told at once. */
static void lose_notifications(uint32_t *next_spi, uint64_t now_ms)
{
	uint64_t asked_ms[MODEL_HOSTS];

	for (size_t i = 0; i < MODEL_HOSTS; i++)
		asked_ms[i] = models[i].asked_ms;
	for (unsigned i = roll(6); i > 0; i--) {
		struct model *model = &models[roll(MODEL_HOSTS)];

		if (roll(2) && model->count)
			model_remove(model, roll((uint32_t)model->count), now_ms);
		else if (model->count < MODEL_SPIS)
			model_add(model, (*next_spi)++, now_ms);
	}
	for (size_t i = 0; i < MODEL_HOSTS; i++) {
		models[i].changed_ms = now_ms;
		models[i].heard = false;
		/* nobody saw the SAs that came and went */
		if (!models[i].count)
			models[i].asked_ms = asked_ms[i];
	}
	sync_models(now_ms);
}

static bool keep_some(void *ctx, const struct pair *pair)
{
	return *(unsigned *)ctx & 1u << number_of(&pair->remote);
}

/* Most of them ask at once and get their first SAs; some of these wait for the others when the mode
 * changes. */
static void random_first_contacts(uint32_t *next_spi, uint64_t now_ms)
{
	unsigned kept = 0;

	hosts_retain(hosts, keep_some, &kept);
	memset(models, 0, sizeof(models));
	for (size_t i = 0; i < MODEL_HOSTS; i++) {
		struct model *model = &models[i];

		if (!roll(4))
			continue;
		model->asked_ms = now_ms;
		acquire(i, now_ms);
		model_check(now_ms);
		if (!roll(4))
			continue;
		model_add(model, *next_spi, now_ms);
		new_sa(i, (*next_spi)++, now_ms);
		model_check(now_ms);
	}
}

static void random_rare_event(uint32_t *next_spi, uint64_t now_ms)
{
	unsigned kept = roll(1u << MODEL_HOSTS);

	if (roll(2)) {
		random_first_contacts(next_spi, now_ms);
		hosts_set_mode(hosts, HOSTS_MODE_DROP);
		acquire(1, now_ms);
		hosts_set_mode(hosts, HOSTS_MODE_HOLD);
		/* the caller writes the whole plan */
		for (size_t i = 0; i < MODEL_HOSTS; i++) {
			models[i].asked_ms = 0;
			if (models[i].in_kernel)
				models[i].policy = *find(i);
		}
		kept = UINT32_MAX;
	} else {
		hosts_retain(hosts, keep_some, &kept);
	}
	for (size_t i = 0; i < MODEL_HOSTS; i++) {
		if (kept & 1u << i)
			continue;
		models[i].in_kernel = false;
		models[i].asked_ms = 0;
	}
	lose_notifications(next_spi, now_ms);
}

static void random_fresh(struct model *model, size_t host, uint64_t now_ms)
{
	uint32_t spi = model->spis[roll((uint32_t)model->count)];

	audible[spi] = true;
	fresh_sas(host, spi, roll(2), now_ms);
}

static void random_heard(struct model *model, size_t host, uint64_t now_ms)
{
	uint32_t spi = model->spis[roll((uint32_t)model->count)];

	/* what still receives is not left */
	if (model->policy.spi == SPI + spi)
		model->changed_ms = now_ms;
	model_check(now_ms);
	hears = true;
	heard(host, spi, now_ms);
	model_apply(now_ms);
	hears = false;
}

static void random_event(uint32_t *next_spi, uint64_t now_ms)
{
	size_t host = roll(MODEL_HOSTS);
	struct model *model = &models[host];

	switch (roll(6)) {
	case 0:
		if (model->count == MODEL_SPIS)
			break;
		model_add(model, *next_spi, now_ms);
		new_sa(host, (*next_spi)++, now_ms);
		break;
	case 1:
	case 2:
		if (model->count) {
			uint32_t spi = model->spis[roll((uint32_t)model->count)];

			model_remove(model, model_find(model, spi), now_ms);
			sa_gone(host, spi, now_ms);
		}
		break;
	case 3:
		if (model->count && roll(2))
			new_sa(host, model->spis[roll((uint32_t)model->count)], now_ms);
		else if (model->count)
			random_fresh(model, host, now_ms);
		if (model->count && roll(2))
			random_heard(model, host, now_ms);
		sa_gone(host, *next_spi, now_ms);
		break;
	case 4:
		if (!model->count && !model->asked_ms)
			model->asked_ms = now_ms;
		acquire(host, now_ms);
		break;
	default:
		if (roll(10) == 0)
			random_rare_event(next_spi, now_ms);
		else
			failed(host, now_ms);
	}
}

/* Millisecond by millisecond. Half of the time the timer runs too early as well: it must have
 * nothing to do then. */
static void random_time(uint64_t *now_ms)
{
	bool early = roll(2);

	for (uint32_t i = roll(8) ? roll(60) : roll(2 * SILENT); i > 0; i--) {
		bool due = hosts_next_ms(hosts) <= ++*now_ms;

		if (due || early)
			hosts_on_timer(hosts, *now_ms, &actions);
		expect(due || !actions.count, "nothing is done before it is due", *now_ms);
		expect(hosts_next_ms(hosts) > *now_ms, "no timer stays due", *now_ms);
		model_check(*now_ms);
	}
}

START_TEST(hosts_keep_their_invariants_under_random_events)
{
	const char *given = getenv("TEST_SEED");
	uint64_t now_ms = NOW;
	uint32_t next_spi = 1;

	model_random = given ? strtoull(given, NULL, 10) : 20240601u + (uint64_t)_i;
	fprintf(stderr, "TEST_SEED=%" PRIu64 "\n", model_random);
	/* the end with the lower address, or the other one */
	if (model_random % 2)
		ck_assert_int_eq(addr_parse("10.200.0.1", &local), 0);
	memset(models, 0, sizeof(models));
	memset(audible, 0, sizeof(audible));
	settle_ms = HOSTS_GRACE_MS; /* after a sync */
	for (unsigned step = 0; step < 3000; step++) {
		random_event(&next_spi, now_ms);
		model_check(now_ms);
		if (roll(3))
			random_time(&now_ms);
	}
}
END_TEST

static struct host_sa sa_of(size_t host, uint32_t spi)
{
	return (struct host_sa){.pair = pair_of(host), .spi = spi ? SPI + spi : 0};
}

/* Both ends began, and each sends by its own SA. */
START_TEST(hosts_of_the_higher_address_follow_their_peers)
{
	ck_assert_int_eq(addr_parse("10.200.0.1", &local), 0);
	up(2, 5, NOW);
	ck_assert_str_eq(take_actions(), "hold 2, pin 2 5, end 2, greet 2");
	new_sa(2, 6, NOW);
	fresh_sas(2, 6, false, NOW);
	pass_time(NOW + LISTEN);
	ck_assert_str_eq(take_actions(), "listen 2 5, listen 2 6");
	looked(2, 5, 1, NOW + LISTEN);
	looked(2, 6, 1, NOW + LISTEN);
	ck_assert_str_eq(take_actions(), "pin 2 6");
	/* the peer changed places */
	pass_time(NOW + LISTEN + HOSTS_LOOK_MAX_MS);
	ck_assert_str_eq(take_actions(), "listen 2 6, listen 2 5");
	looked(2, 6, 2, NOW + 2000);
	looked(2, 5, 2, NOW + 2000);
	ck_assert_str_eq(take_actions(), "");
	looked(2, 6, 2, NOW + 3000);
	looked(2, 5, 3, NOW + 3000);
	ck_assert_str_eq(take_actions(), "pin 2 5");
	/* and by what it sends the newer one does not take over */
	pass_time(NOW + 2 * SETTLE);
	actions.count = 0;
	looked(2, 5, 3, NOW + 2 * SETTLE);
	looked(2, 6, 2, NOW + 2 * SETTLE);
	pass_time(NOW + 9 * SETTLE);
	ck_assert_uint_eq(find(2)->spi, SPI + 5);
	actions.count = 0;
	sa_gone(2, 6, NOW + 9 * SETTLE);
	pass_time(NOW + 99 * SETTLE);
	ck_assert_str_eq(take_actions(), "");
	ck_assert_uint_eq(hosts_lost_pins(hosts), 0);
}
END_TEST

/* First contacts whose SAs were pinned by a change of mode, and whose packets are still queued. */
START_TEST(hosts_make_room_for_all_that_are_queued)
{
	for (size_t host = 2; host < 2 + 20; host++) {
		acquire(host, NOW);
		new_sa(host, 5, NOW);
	}
	hosts_set_mode(hosts, HOSTS_MODE_DROP);
	hosts_set_mode(hosts, HOSTS_MODE_HOLD);
	acquire(90, NOW);
	host_actions_fini(&actions);
	up(90, 5, NOW + 1);
	ck_assert_uint_eq(actions.count, 1 + 1 + 21);
}
END_TEST

/* Two pairs of before our start: which of them the peer has is known when charon has listed them. */
START_TEST(hosts_restored_with_two_pairs_stay_where_they_are)
{
	const struct host_sa sas[] = {sa_of(2, 5), sa_of(2, 6)};
	struct known_host host = {.pair = pair_of(2), .spi = SPI + 5};

	ck_assert_int_eq(hosts_restore(hosts, &host, NOW), 0);
	hosts_sync(hosts, sas, 2, NOW, &actions);
	ck_assert(!hosts_goes_by_newest(hosts, 0));
	hosts_on_inbound_sa(hosts, &host.pair, SPI + 5, SPI + IN + 5, NOW + 100);
	hosts_on_inbound_sa(hosts, &host.pair, SPI + 6, SPI + IN + 6, NOW + 100);
	pass_time(NOW + 5000);
	ck_assert_str_eq(take_actions(), "listen 2 5, listen 2 6, listen 2 5, listen 2 6, "
	                                 "listen 2 5, listen 2 6, listen 2 5, listen 2 6");
	pass_time(NOW + 99999);
	ck_assert_uint_eq(find(2)->spi, SPI + 5);
}
END_TEST

START_TEST(hosts_count_pins_that_were_lost)
{
	up(2, 5, NOW);
	new_sa(2, 6, NOW);
	sa_gone(2, 5, NOW);
	ck_assert_uint_eq(hosts_lost_pins(hosts), 1);
	sa_gone(2, 6, NOW);
	ck_assert_uint_eq(hosts_lost_pins(hosts), 1);
}
END_TEST

/* An SA that was there before we were: what it received so far says nothing. */
START_TEST(hosts_learn_the_inbound_sa_of_one_that_is_known)
{
	const struct host_sa sas[] = {sa_of(2, 5)};
	struct pair pair = pair_of(2), other = pair_of(3);

	hosts_sync(hosts, sas, 1, NOW, &actions);
	hosts_on_inbound_sa(hosts, &pair, SPI + 5, SPI + IN + 5, NOW);
	hosts_on_inbound_sa(hosts, &pair, SPI + 9, SPI + IN + 9, NOW);
	hosts_on_inbound_sa(hosts, &other, SPI + 9, SPI + IN + 9, NOW);
	actions.count = 0;
	new_sa(2, 6, NOW);
	fresh_sas(2, 6, false, NOW);
	pass_time(NOW + LISTEN);
	ck_assert_str_eq(take_actions(), "listen 2 5, listen 2 6");
	looked(2, 5, 1000, NOW + LISTEN);
	looked(2, 6, 1, NOW + LISTEN);
	ck_assert_str_eq(take_actions(), "pin 2 6");
	/* a sync keeps what is known */
	hosts_sync(hosts, sas, 1, NOW + LISTEN, &actions);
	ck_assert_str_eq(take_actions(), "pin 2 5");
	new_sa(2, 7, NOW + LISTEN);
	fresh_sas(2, 7, false, NOW + LISTEN);
	pass_time(NOW + 2 * LISTEN);
	ck_assert_str_eq(take_actions(), "listen 2 5, listen 2 7");
}
END_TEST

START_TEST(hosts_sync_does_only_what_changed)
{
	const struct host_sa sas[] = {sa_of(7, 70), sa_of(2, 20), sa_of(4, 41), sa_of(6, 0),
	                              sa_of(3, 30), sa_of(7, 71), sa_of(3, 31), sa_of(4, 42),
	                              sa_of(8, 80), sa_of(2, 0)};

	up(2, 20, NOW);
	up(3, 30, NOW);
	up(4, 40, NOW);
	up(5, 50, NOW);
	make_known(8, NOW);
	acquire(7, NOW);
	actions.count = 0;
	hosts_sync(hosts, sas, sizeof(sas) / sizeof(sas[0]), NOW + 10, &actions);
	ck_assert_str_eq(take_actions(),
	                 "pin 4 42, hold 5, pin 7 71, end 7, refresh 7, pin 8 80, end 8");
	ck_assert_ptr_null(find(6));
	pass_time(NOW + 10 + HOSTS_GRACE_MS - 1);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + 10 + HOSTS_GRACE_MS);
	ck_assert_str_eq(take_actions(), "pin 3 31");
	hosts_sync(hosts, sas, sizeof(sas) / sizeof(sas[0]), NOW + 2000, &actions);
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "");
	hosts_sync(hosts, NULL, 0, NOW + 9999, &actions);
	ck_assert_str_eq(take_actions(), "hold 2, hold 3, hold 4, hold 7, hold 8");
}
END_TEST

START_TEST(hosts_forget_a_blocked_one_that_nothing_is_sent_to)
{
	acquire(2, NOW);
	failed(2, NOW);
	pass_time(NOW + HOSTS_FORGET_MS - 1);
	actions.count = 0;
	probed(2, 0, NOW + HOSTS_FORGET_MS - 1);
	ck_assert_str_eq(take_actions(), "quiet 2");
	probed(2, 9, NOW + HOSTS_FORGET_MS - 1);
	ck_assert_str_eq(take_actions(), "negotiate 2");
	probed(2, 9, NOW + HOSTS_FORGET_MS);
	ck_assert_str_eq(take_actions(), "quiet 2");
	probed(2, 9, NOW + 2 * HOSTS_FORGET_MS);
	ck_assert_str_eq(take_actions(), "remove 2, end 2");
	probed(2, 10, NOW + 2 * HOSTS_FORGET_MS);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + 3 * HOSTS_FORGET_MS);
	ck_assert_str_eq(take_actions(), "");
	ck_assert_uint_eq(count_known(), 0);
}
END_TEST

START_TEST(hosts_are_not_silent_before_charon_is_up)
{
	make_known(3, NOW);
	hosts_on_charon(hosts, false, NOW);
	acquire(2, NOW);
	acquire(3, NOW);
	pass_time(NOW + 5000);
	ck_assert_str_eq(take_actions(), "hold 2");
	hosts_on_charon(hosts, true, NOW + 5000);
	up(3, 7, NOW + 5100);
	ck_assert_str_eq(take_actions(), "pin 3 7, end 3");
	pass_time(NOW + 5000 + SILENT - 1);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + 5000 + SILENT);
	ck_assert_str_eq(take_actions(), "block 2, refresh 2");
}
END_TEST

START_TEST(hosts_are_silent_when_charon_does_not_come)
{
	make_known(3, NOW);
	hosts_on_charon(hosts, false, NOW);
	acquire(2, NOW);
	acquire(3, NOW);
	pass_time(NOW + HOSTS_GRACE_MS - 1);
	ck_assert_str_eq(take_actions(), "hold 2");
	pass_time(NOW + HOSTS_GRACE_MS);
	ck_assert_str_eq(take_actions(), "block 2, refresh 2, block 3");
}
END_TEST

START_TEST(hosts_sync_leaves_the_silent_blocked)
{
	acquire(2, NOW);
	failed(2, NOW);
	ck_assert_str_eq(take_actions(), "hold 2, block 2, refresh 2");
	hosts_sync(hosts, NULL, 0, NOW, &actions);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + PROBE);
	ck_assert_str_eq(take_actions(), "probe 2");
}
END_TEST

START_TEST(hosts_sync_leaves_those_that_wait_for_the_peer)
{
	const struct host_sa sas[] = {sa_of(2, 20)};

	acquire(2, NOW);
	new_sa(2, 20, NOW);
	ck_assert_str_eq(take_actions(), "hold 2");
	hosts_sync(hosts, sas, 1, NOW + 1, &actions);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + WAIT);
	ck_assert_str_eq(take_actions(), "pin 2 20, end 2, refresh 2");
}
END_TEST

START_TEST(hosts_sync_ends_the_wait_for_a_peer_whose_sa_is_gone)
{
	acquire(2, NOW);
	new_sa(2, 20, NOW);
	acquire(2, NOW);
	hosts_sync(hosts, NULL, 0, NOW + 1, &actions);
	ck_assert_str_eq(take_actions(), "hold 2, end 2, negotiate 2");
	pass_time(NOW + SILENT);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + 1 + SILENT);
	ck_assert_str_eq(take_actions(), "block 2, refresh 2");
}
END_TEST

/* The timer that would have ended the wait comes after the sync. */
START_TEST(hosts_sync_ends_a_wait_that_is_due)
{
	hosts_set_mode(hosts, HOSTS_MODE_CLEAR);
	new_sa(2, 20, NOW);
	hosts_sync(hosts, NULL, 0, NOW + WAIT, &actions);
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "hold 2, end 2");
}
END_TEST

START_TEST(hosts_negotiate_only_when_no_sa_is_left)
{
	struct pair pair = pair_of(2);

	ck_assert(hosts_on_acquire(hosts, &pair, 0, NOW, &actions));
	up(2, 20, NOW);
	new_sa(2, 21, NOW);
	actions.count = 0;
	/* between the end of the pinned SA and the next pin */
	ck_assert(!hosts_on_acquire(hosts, &pair, SPI + 20, NOW, &actions));
	sa_gone(2, 20, NOW);
	ck_assert_str_eq(take_actions(), "pin 2 21");
	/* the last one ends: nobody asked since */
	sa_gone(2, 21, NOW);
	ck_assert_str_eq(take_actions(), "hold 2");
	ck_assert(hosts_on_acquire(hosts, &pair, 1, NOW, &actions));
	up(2, 22, NOW);
	actions.count = 0;
	ck_assert(!hosts_on_acquire(hosts, &pair, SPI + 22, NOW, &actions));
	sa_gone(2, 22, NOW);
	ck_assert_str_eq(take_actions(), "hold 2, negotiate 2");
}
END_TEST

START_TEST(hosts_sync_ends_the_settle_time_of_an_sa_that_is_gone)
{
	const struct host_sa sas[] = {sa_of(2, 20)};

	up(2, 20, NOW);
	new_sa(2, 21, NOW);
	actions.count = 0;
	hosts_sync(hosts, sas, 1, NOW, &actions);
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

START_TEST(hosts_forget_the_oldest_of_too_many_sas_but_the_pinned_one)
{
	up(2, 1, NOW);
	for (uint32_t spi = 2; spi <= HOSTS_CHILDREN_MAX + 2; spi++)
		new_sa(2, spi, NOW);
	ck_assert_str_eq(take_actions(), "hold 2, pin 2 1, end 2, greet 2");
	/* 2 and 3 are forgotten: when all others are gone nothing is left. */
	for (uint32_t spi = 4; spi <= HOSTS_CHILDREN_MAX + 2; spi++)
		sa_gone(2, spi, NOW);
	ck_assert_str_eq(take_actions(), "");
	sa_gone(2, 1, NOW);
	ck_assert_str_eq(take_actions(), "hold 2");
}
END_TEST

START_TEST(hosts_sync_takes_the_newest_of_too_many_sas)
{
	struct host_sa sas[HOSTS_CHILDREN_MAX + 2];

	for (uint32_t i = 0; i < HOSTS_CHILDREN_MAX + 2; i++)
		sas[i] = sa_of(2, i + 1);
	hosts_sync(hosts, sas, HOSTS_CHILDREN_MAX + 2, NOW, &actions);
	ck_assert_str_eq(take_actions(), "pin 2 18, refresh 2");
	hosts_sync(hosts, sas, HOSTS_CHILDREN_MAX + 2, NOW, &actions);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

START_TEST(hosts_that_drop_do_not_wait)
{
	const struct host_sa sas[] = {sa_of(2, 6), sa_of(3, 7)};

	hosts_set_mode(hosts, HOSTS_MODE_DROP);
	acquire(2, NOW);
	failed(2, NOW);
	ck_assert_uint_eq(count_known(), 0);
	new_sa(2, 5, NOW);
	new_sa(2, 6, NOW);
	sa_gone(2, 5, NOW);
	ck_assert_str_eq(take_actions(), "pin 2 5, pin 2 6");
	fresh_sas(2, 6, false, NOW);
	hosts_sync(hosts, sas, 2, NOW, &actions);
	ck_assert_str_eq(take_actions(), "pin 3 7");
	hosts_sync(hosts, sas, 1, NOW, &actions);
	ck_assert_str_eq(take_actions(), "free 3");
	acquire(3, NOW);
	failed(3, NOW);
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

START_TEST(hosts_that_go_on_in_clear_wait_for_the_peer_and_are_never_blocked)
{
	hosts_set_mode(hosts, HOSTS_MODE_CLEAR);
	acquire(2, NOW);
	failed(2, NOW);
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "hold 2");
	new_sa(2, 5, NOW + 9999);
	fresh_sas(2, 5, false, NOW + 9999);
	pass_time(NOW + 9999 + LISTEN);
	ck_assert_str_eq(take_actions(), "listen 2 5");
	heard(2, 5, NOW + 9999 + LISTEN);
	ck_assert_str_eq(take_actions(), "pin 2 5, end 2");
	acquire(2, NOW + 9999 + LISTEN);
	sa_gone(2, 5, NOW + 9999 + LISTEN);
	pass_time(NOW + 99999);
	ck_assert_str_eq(take_actions(), "hold 2, negotiate 2");
	new_sa(2, 6, NOW + 99999);
	hosts_sync(hosts, NULL, 0, NOW + 99999, &actions);
	pass_time(NOW + 199999);
	ck_assert_str_eq(take_actions(), "end 2");
}
END_TEST

/* Without actions: the caller writes the whole plan. */
START_TEST(hosts_follow_a_new_mode)
{
	acquire(2, NOW);
	failed(2, NOW);
	acquire(3, NOW);
	acquire(4, NOW);
	new_sa(4, 5, NOW);
	up(5, 6, NOW);
	actions.count = 0;
	hosts_set_mode(hosts, HOSTS_MODE_CLEAR);
	ck_assert(known_host_holds(find(2)) && !find(2)->blocked);
	ck_assert(known_host_holds(find(3)));
	ck_assert(known_host_holds(find(4)));
	ck_assert_uint_eq(find(5)->spi, SPI + 6);
	hosts_set_mode(hosts, HOSTS_MODE_DROP);
	ck_assert_uint_eq(find(2)->spi, 0);
	ck_assert_uint_eq(find(3)->spi, 0);
	ck_assert_uint_eq(find(4)->spi, SPI + 5);
	pass_time(NOW + 9999);
	hosts_set_mode(hosts, HOSTS_MODE_HOLD);
	ck_assert(known_host_holds(find(2)));
	pass_time(NOW + 99999);
	ck_assert_str_eq(take_actions(), "");
}
END_TEST

/* What was ready to take over is no word on which SA counts any more. */
START_TEST(hosts_that_were_ready_forget_it_in_a_new_mode)
{
	acquire(2, NOW);
	acquire(3, NOW);
	up(2, 5, NOW + 1);
	hosts_set_mode(hosts, HOSTS_MODE_CLEAR);
	new_sa(2, 6, NOW + 10);
	pass_time(NOW + 10 + HOSTS_WAIT_MS);
	ck_assert_uint_eq(find(2)->spi, SPI + 6);
}
END_TEST

/* An SA that is gone at the reload that brings the new mode leaves a host without an SA, which nobody
 * blocks in this mode. */
START_TEST(hosts_that_were_ready_may_lose_their_sa_in_a_new_mode)
{
	acquire(2, NOW);
	acquire(3, NOW);
	up(2, 5, NOW + 1);
	actions.count = 0;
	hosts_set_mode(hosts, HOSTS_MODE_CLEAR);
	hosts_sync(hosts, NULL, 0, NOW + 2, &actions);
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "end 2");
	ck_assert(!find(2)->blocked);
}
END_TEST

/* What the kernel says of the use of a policy counts from its blocking on. */
START_TEST(hosts_that_are_blocked_again_are_probed_anew)
{
	acquire(2, NOW);
	failed(2, NOW);
	probed(2, 9, NOW + 1000);
	new_sa(2, 5, NOW + 2000);
	sa_gone(2, 5, NOW + 3000);
	acquire(2, NOW + 4000);
	failed(2, NOW + 4000);
	ck_assert(find(2)->blocked);
	actions.count = 0;
	probed(2, 9, NOW + 5000);
	ck_assert_str_eq(take_actions(), "negotiate 2");
}
END_TEST

START_TEST(hosts_begin_without_holding)
{
	struct hosts *fresh;
	struct pair pair = pair_of(2);

	ck_assert_int_eq(hosts_new(&fresh), 0);
	hosts_on_acquire(fresh, &pair, 0, NOW, &actions);
	ck_assert_uint_eq(hosts_next_ms(fresh), UINT64_MAX);
	hosts_on_sa(fresh, &pair, SPI + 5, NOW, &actions);
	ck_assert_str_eq(take_actions(), "pin 2 5");
	hosts_free(fresh);
}
END_TEST

static int restore(size_t number, uint32_t spi, bool blocked)
{
	struct known_host host = {.pair = pair_of(number), .spi = spi, .blocked = blocked};

	return hosts_restore(hosts, &host, NOW);
}

START_TEST(hosts_restored_are_adopted_by_the_first_sync)
{
	const struct host_sa sas[] = {sa_of(2, 20), sa_of(4, 41)};

	ck_assert_int_eq(restore(4, SPI + 40, false), 0);
	ck_assert_int_eq(restore(3, SPI + 30, false), 0);
	ck_assert_int_eq(restore(2, SPI + 20, false), 0);
	ck_assert_int_eq(restore(5, 0, false), 0);
	ck_assert_int_eq(restore(2, SPI + 99, true), 0);
	ck_assert_uint_eq(count_known(), 4);
	ck_assert_uint_eq(find(2)->spi, SPI + 20);
	ck_assert(known_host_holds(find(5)));
	ck_assert_str_eq(take_actions(), "");
	hosts_sync(hosts, sas, 2, NOW, &actions);
	ck_assert_str_eq(take_actions(), "hold 3, pin 4 41");
	up(5, 50, NOW);
	ck_assert_str_eq(take_actions(), "pin 5 50, end 5, greet 5");
}
END_TEST

START_TEST(hosts_restored_follow_their_sas_before_the_first_sync)
{
	ck_assert_int_eq(restore(2, SPI + 20, false), 0);
	new_sa(2, 21, NOW);
	ck_assert_str_eq(take_actions(), "");
	sa_gone(2, 20, NOW);
	ck_assert_str_eq(take_actions(), "pin 2 21");
}
END_TEST

/* The larval SA of one tells whether anybody has asked lately. */
START_TEST(hosts_restored_while_waiting_wait_when_they_are_asked_for)
{
	const struct host_sa sas[] = {sa_of(3, 30)};

	ck_assert_int_eq(restore(2, 1, false), 0);
	ck_assert_int_eq(restore(3, 1, false), 0);
	ck_assert(known_host_holds(find(2)));
	hosts_sync(hosts, sas, 1, NOW, &actions);
	ck_assert_str_eq(take_actions(), "pin 3 30, end 3");
	pass_time(NOW);
	acquire_by(2, POLICY_SPI_WAIT_MAX, NOW);
	acquire_by(3, POLICY_SPI_WAIT_MAX, NOW);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + SILENT);
	ck_assert_str_eq(take_actions(), "block 2");
}
END_TEST

START_TEST(hosts_restored_while_blocked_are_probed)
{
	ck_assert_int_eq(restore(2, 0, true), 0);
	ck_assert_int_eq(find(2)->blocked, true);
	pass_time(NOW + PROBE - 1);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + PROBE);
	ck_assert_str_eq(take_actions(), "probe 2");
}
END_TEST

START_TEST(hosts_restored_while_blocked_protect_without_holding)
{
	hosts_set_mode(hosts, HOSTS_MODE_DROP);
	ck_assert_int_eq(restore(2, 0, true), 0);
	ck_assert_int_eq(find(2)->blocked, false);
}
END_TEST

START_TEST(hosts_restored_beyond_the_bound_are_left_out)
{
	for (size_t i = 0; i < MAX; i++)
		ck_assert_int_eq(restore(i, 0, false), 0);
	ck_assert_int_eq(restore(MAX, 0, false), 0);
	ck_assert_uint_eq(count_known(), MAX);
	ck_assert_ptr_null(find(MAX));
}
END_TEST

START_TEST(hosts_beyond_the_bound_replace_those_that_were_silent_longest)
{
	for (size_t i = 0; i < MAX; i++)
		make_known(i, NOW + i);
	/* The oldest are 0, in use again, and 1, just acquired. */
	up(0, 5, NOW + 5000);
	acquire(1, NOW + 5000);
	ck_assert_str_eq(take_actions(), "pin 0 5, end 0, greet 0");
	acquire(MAX, NOW + 5001);
	ck_assert_str_eq(take_actions(), "hold 4096");
	acquire(MAX + 1, NOW + 5002);
	ck_assert_uint_eq(actions.count, 2 * AT_ONCE + 1);
	actions.count = 0;
	ck_assert_uint_eq(count_known(), MAX + 2 - AT_ONCE);
	for (size_t i = 0; i < 2 + AT_ONCE; i++)
		ck_assert_int_eq(find(i) != NULL, i < 2);
	ck_assert_ptr_nonnull(find(2 + AT_ONCE));
	/* One that lost its SA is as old as that. */
	sa_gone(0, 5, NOW + 5003);
	for (size_t i = MAX + 2; count_known() < MAX; i++)
		acquire(i, NOW + 5004);
	actions.count = 0;
	acquire(2, NOW + 5005);
	failed(2, NOW + 5005);
	ck_assert_uint_eq(actions.count, 2 * AT_ONCE + 3);
	for (size_t i = 0; i < 2 + 2 * AT_ONCE; i++)
		ck_assert_int_eq(find(i) != NULL, i < 3);
}
END_TEST

START_TEST(hosts_with_an_sa_have_no_bound)
{
	for (size_t i = 0; i < MAX; i++)
		up(i, 5, NOW);
	actions.count = 0;
	new_sa(MAX, 5, NOW);
	acquire(MAX + 1, NOW);
	up(MAX + 1, 5, NOW + 1);
	ck_assert_str_eq(take_actions(),
	                 "hold 4096, hold 4097, pin 4097 5, end 4097, refresh 4097");
	pass_time(NOW + 9999);
	ck_assert_str_eq(take_actions(), "pin 4096 5, end 4096");
	ck_assert_uint_eq(count_known(), MAX + 2);
}
END_TEST

START_TEST(hosts_sync_knows_all_that_have_sas)
{
	static struct host_sa sas[MAX + 1];

	for (size_t i = 0; i < MAX; i++)
		up(i, 5, NOW);
	actions.count = 0;
	/* 7 has lost its SA, and there are two new ones. */
	for (size_t i = 0; i <= MAX; i++)
		sas[i] = sa_of(MAX + 1 - i, i < 2 ? 9 : 5);
	sas[MAX + 1 - 7] = sa_of(0, 5);
	hosts_sync(hosts, sas, MAX + 1, NOW, &actions);
	ck_assert_str_eq(take_actions(),
	                 "hold 7, pin 4096 9, refresh 4096, pin 4097 9, refresh 4097");
	ck_assert_uint_eq(count_known(), MAX + 2);
}
END_TEST

START_TEST(hosts_beyond_the_bound_forget_the_first_contact_that_asked_first)
{
	for (size_t i = 0; i < MAX; i++)
		acquire(i, NOW + (i > 0));
	actions.count = 0;
	acquire(MAX, NOW + 2);
	actions.count = 0;
	failed(0, NOW + 100);
	ck_assert_str_eq(take_actions(), "");
	pass_time(NOW + 2 + SILENT);
	ck_assert_uint_eq(count_known(), MAX + 1 - AT_ONCE);
	for (size_t i = AT_ONCE; i <= MAX; i++)
		ck_assert_int_eq(find(i)->blocked, true);
}
END_TEST

START_TEST(hosts_retain_forgets_without_actions)
{
	unsigned kept = 1u << 3 | 1u << 5;

	up(2, 20, NOW);
	up(3, 30, NOW);
	new_sa(3, 31, NOW);
	acquire(4, NOW);
	acquire(5, NOW);
	actions.count = 0;
	hosts_retain(hosts, keep_some, &kept);
	ck_assert_str_eq(take_actions(), "");
	ck_assert_uint_eq(count_known(), 2);
	pass_time(NOW + SILENT);
	ck_assert_str_eq(take_actions(), "block 5, refresh 5");
	pass_time(NOW + SETTLE);
	ck_assert_str_eq(take_actions(), "probe 5, probe 5, pin 3 31");
}
END_TEST

START_TEST(hosts_list_is_in_address_order)
{
	static const size_t numbers[] = {300, 2, 257, 9, 1};
	static const size_t sorted[] = {1, 2, 9, 257, 300};
	const struct known_host *list;
	size_t count;

	for (size_t i = 0; i < 5; i++)
		new_sa(numbers[i], 5, NOW);
	list = hosts_list(hosts, &count);
	ck_assert_uint_eq(count, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(number_of(&list[i].pair.remote), sorted[i]);
}
END_TEST

static void acquire_from(uint8_t last_byte, size_t host)
{
	struct pair pair = pair_of(host);

	pair.local.bytes[3] = last_byte;
	hosts_on_acquire(hosts, &pair, 0, NOW, &actions);
}

/* The kernel refuses two larval SAs with one SPI to one address, and drops the packet. */
static struct local_addr local_of(uint8_t byte)
{
	return (struct local_addr){.addr = {.family = AF_INET, .bytes = {10, 0, 0, byte}}};
}

START_TEST(hosts_with_one_remote_wait_with_different_spis)
{
	struct local_addr addrs[] = {local_of(5), local_of(6), local_of(7)};
	const struct known_host *list;
	size_t count;

	ck_assert_int_eq(hosts_set_addresses(hosts, addrs, 3), 0);
	for (uint8_t byte = 5; byte <= 7; byte++)
		acquire_from(byte, 2);
	acquire_from(5, 3);
	list = hosts_list(hosts, &count);
	ck_assert_uint_eq(count, 4);
	for (size_t i = 0; i < 3; i++) {
		ck_assert(known_host_holds(&list[i]));
		ck_assert_uint_ne(list[i].spi, list[(i + 1) % 3].spi);
	}
	ck_assert_uint_eq(list[3].spi, list[0].spi);
}
END_TEST

/* Who pings has the SA, and the kernel holds no answers. */
START_TEST(hosts_answer_to_pings_while_they_wait_for_the_peer)
{
	struct pair pair;
	size_t count;

	ck_assert_int_eq(addr_parse("fd00::1", &pair.local), 0);
	ck_assert_int_eq(addr_parse("fd00::2", &pair.remote), 0);
	hosts_on_sa(hosts, &pair, SPI + 5, NOW, &actions);
	ck_assert_uint_eq(actions.count, 1);
	ck_assert_int_eq(actions.items[0].kind, HOST_ACTION_PUT);
	ck_assert(known_host_holds(&actions.items[0].host));
	ck_assert_uint_eq(actions.items[0].host.answer_spi, SPI + 5);
	actions.count = 0;
	pass_time(NOW + WAIT);
	ck_assert_int_eq(actions.items[0].kind, HOST_ACTION_PUT);
	ck_assert_uint_eq(actions.items[0].host.spi, SPI + 5);
	ck_assert_uint_eq(actions.items[0].host.answer_spi, 0);
	/* traffic asks, and the SA comes and goes */
	actions.count = 0;
	hosts_on_sa_gone(hosts, &pair, SPI + 5, NOW + 1000, &actions);
	hosts_on_acquire(hosts, &pair, POLICY_SPI_WAIT_MAX, NOW + 1001, &actions);
	hosts_on_sa(hosts, &pair, SPI + 6, NOW + 1002, &actions);
	ck_assert_uint_eq(actions.items[actions.count - 1].host.answer_spi, SPI + 6);
	hosts_on_sa_gone(hosts, &pair, SPI + 6, NOW + 1003, &actions);
	ck_assert_uint_eq(actions.items[actions.count - 1].host.answer_spi, 0);
	hosts_on_sa(hosts, &pair, SPI + 7, NOW + 1004, &actions);
	hosts_set_mode(hosts, HOSTS_MODE_CLEAR);
	ck_assert_uint_eq(hosts_list(hosts, &count)[0].answer_spi, 0);
}
END_TEST

/* The whole plan is written after it. */
START_TEST(hosts_that_wait_take_the_spi_of_their_address)
{
	struct local_addr addrs[] = {local_of(5), local_of(6)};
	const struct known_host *list;
	uint32_t before;
	size_t count;

	acquire_from(5, 2);
	acquire_from(6, 2);
	list = hosts_list(hosts, &count);
	before = list[0].spi;
	ck_assert_uint_eq(before, list[1].spi);
	ck_assert_int_eq(hosts_set_addresses(hosts, addrs, 2), 0);
	list = hosts_list(hosts, &count);
	ck_assert_uint_ne(list[0].spi, before);
	ck_assert_uint_ne(list[0].spi, list[1].spi);
	ck_assert(known_host_holds(&list[0]) && known_host_holds(&list[1]));
}
END_TEST

START_TEST(hosts_sync_makes_up_for_what_failed_without_memory)
{
	const struct host_sa sas[] = {sa_of(2, 5)};

	host_actions_fini(&actions);
	memory_is_out = true;
	new_sa(2, 5, NOW);
	ck_assert_int_eq(actions.out_of_memory, true);
	acquire(2, NOW);
	ck_assert_uint_eq(count_known(), 0);
	hosts_sync(hosts, sas, 1, NOW, &actions);
	ck_assert_uint_eq(actions.count, 0);
	memory_is_out = false;
	hosts_sync(hosts, sas, 1, NOW, &actions);
	ck_assert_str_eq(take_actions(), "pin 2 5, refresh 2");
	host_actions_fini(&actions);
	memory_is_out = true;
	sa_gone(2, 5, NOW);
	fresh_sas(2, 6, true, NOW);
	ck_assert_uint_eq(find(2)->spi, SPI + 5);
	memory_is_out = false;
	hosts_sync(hosts, NULL, 0, NOW, &actions);
	ck_assert_str_eq(take_actions(), "hold 2");
}
END_TEST

START_TEST(hosts_timer_without_memory_tries_again_soon)
{
	up(2, 5, NOW);
	new_sa(2, 6, NOW);
	host_actions_fini(&actions);
	memory_is_out = true;
	hosts_on_timer(hosts, NOW + SETTLE, &actions);
	ck_assert_int_eq(actions.out_of_memory, true);
	ck_assert_uint_eq(hosts_next_ms(hosts), NOW + SETTLE + RETRY);
	memory_is_out = false;
	pass_time(NOW + SETTLE + RETRY);
	ck_assert_str_eq(take_actions(), "pin 2 6");
}
END_TEST

START_TEST(hosts_without_memory_for_an_entry_say_so)
{
	unsigned kept = 0;

	/* Leaves room for actions, and then none for one more host. */
	for (size_t i = 0; i < 16; i++)
		make_known(i, NOW);
	memory_is_out = true;
	acquire(20, NOW);
	ck_assert_int_eq(actions.out_of_memory, true);
	actions.out_of_memory = false;
	new_sa(20, 5, NOW);
	ck_assert_int_eq(actions.out_of_memory, true);
	ck_assert_str_eq(take_actions(), "");
	ck_assert_int_eq(restore(20, 0, false), -ENOMEM);
	ck_assert_uint_eq(count_known(), 16);
	hosts_retain(hosts, keep_some, &kept);
	ck_assert_int_eq(restore(20, 0, false), 0);
}
END_TEST

START_TEST(hosts_are_fast_with_all_of_them_changing)
{
	clock_t start = clock();
	double seconds;

	for (size_t i = 0; i < 10000; i++) {
		size_t host = i * 2654435761u % 9973;

		if (i % 3)
			new_sa(host, (uint32_t)i, NOW + i);
		else
			acquire(host, NOW + i);
		if (i % 2)
			sa_gone(host, (uint32_t)i, NOW + i);
		pass_time(NOW + i);
		actions.count = 0;
	}
	seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
	ck_assert_uint_gt(count_known(), MAX);
	fprintf(stderr, "10,000 events took %.3f s\n", seconds);
	/* A tenth of a second; wide enough for valgrind. */
	ck_assert_double_lt(seconds, 15);
}
END_TEST

START_TEST(hosts_free_accepts_null)
{
	hosts_free(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("hosts", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, hosts_answer_every_story_step_by_step, 0, STORY_COUNT);
	tcase_add_test(tcase, hosts_are_never_pinned_to_a_dead_sa_in_any_order_of_notifications);
	tcase_add_loop_test(tcase, hosts_keep_their_invariants_under_random_events, 0, 4);
	tcase_add_test(tcase, hosts_of_the_higher_address_follow_their_peers);
	tcase_add_test(tcase, hosts_make_room_for_all_that_are_queued);
	tcase_add_test(tcase, hosts_restored_with_two_pairs_stay_where_they_are);
	tcase_add_test(tcase, hosts_count_pins_that_were_lost);
	tcase_add_test(tcase, hosts_learn_the_inbound_sa_of_one_that_is_known);
	tcase_add_test(tcase, hosts_sync_does_only_what_changed);
	tcase_add_test(tcase, hosts_forget_a_blocked_one_that_nothing_is_sent_to);
	tcase_add_test(tcase, hosts_are_not_silent_before_charon_is_up);
	tcase_add_test(tcase, hosts_are_silent_when_charon_does_not_come);
	tcase_add_test(tcase, hosts_sync_leaves_the_silent_blocked);
	tcase_add_test(tcase, hosts_sync_leaves_those_that_wait_for_the_peer);
	tcase_add_test(tcase, hosts_sync_ends_the_wait_for_a_peer_whose_sa_is_gone);
	tcase_add_test(tcase, hosts_sync_ends_a_wait_that_is_due);
	tcase_add_test(tcase, hosts_negotiate_only_when_no_sa_is_left);
	tcase_add_test(tcase, hosts_sync_ends_the_settle_time_of_an_sa_that_is_gone);
	tcase_add_test(tcase, hosts_forget_the_oldest_of_too_many_sas_but_the_pinned_one);
	tcase_add_test(tcase, hosts_sync_takes_the_newest_of_too_many_sas);
	tcase_add_test(tcase, hosts_that_drop_do_not_wait);
	tcase_add_test(tcase, hosts_that_go_on_in_clear_wait_for_the_peer_and_are_never_blocked);
	tcase_add_test(tcase, hosts_follow_a_new_mode);
	tcase_add_test(tcase, hosts_that_were_ready_forget_it_in_a_new_mode);
	tcase_add_test(tcase, hosts_that_were_ready_may_lose_their_sa_in_a_new_mode);
	tcase_add_test(tcase, hosts_that_are_blocked_again_are_probed_anew);
	tcase_add_test(tcase, hosts_begin_without_holding);
	tcase_add_test(tcase, hosts_restored_are_adopted_by_the_first_sync);
	tcase_add_test(tcase, hosts_restored_follow_their_sas_before_the_first_sync);
	tcase_add_test(tcase, hosts_restored_while_waiting_wait_when_they_are_asked_for);
	tcase_add_test(tcase, hosts_restored_while_blocked_are_probed);
	tcase_add_test(tcase, hosts_restored_while_blocked_protect_without_holding);
	tcase_add_test(tcase, hosts_restored_beyond_the_bound_are_left_out);
	tcase_add_test(tcase, hosts_beyond_the_bound_replace_those_that_were_silent_longest);
	tcase_add_test(tcase, hosts_with_an_sa_have_no_bound);
	tcase_add_test(tcase, hosts_sync_knows_all_that_have_sas);
	tcase_add_test(tcase, hosts_beyond_the_bound_forget_the_first_contact_that_asked_first);
	tcase_add_test(tcase, hosts_retain_forgets_without_actions);
	tcase_add_test(tcase, hosts_list_is_in_address_order);
	tcase_add_test(tcase, hosts_with_one_remote_wait_with_different_spis);
	tcase_add_test(tcase, hosts_answer_to_pings_while_they_wait_for_the_peer);
	tcase_add_test(tcase, hosts_that_wait_take_the_spi_of_their_address);
	tcase_add_test(tcase, hosts_sync_makes_up_for_what_failed_without_memory);
	tcase_add_test(tcase, hosts_timer_without_memory_tries_again_soon);
	tcase_add_test(tcase, hosts_without_memory_for_an_entry_say_so);
	tcase_add_test(tcase, hosts_are_fast_with_all_of_them_changing);
	tcase_add_test(tcase, hosts_free_accepts_null);
	return test_run(suite);
}
