/* SPDX-License-Identifier: MIT */
/* Stories of known hosts, told step by step. */
#include "hosts_fixture.h"

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

/* Three looks at the SAs 5 and 6. */
#define LOOKS "listen 2 5, listen 2 6, listen 2 5, listen 2 6, listen 2 5, listen 2 6"
/* A first contact whom nothing was sent to gets its SA. */
#define FIRST "hold 2, pin 2 5, end 2, greet 2"

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
                  "listen 2 5, listen 2 5, listen 2 5, listen 2 5, listen 2 5, listen 2 5, listen 2 5, "
                  "listen 2 5"},
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
	hosts_on_acquire(hosts, &pair, SPI_RESERVED_MAX, NOW + 1001, &actions);
	hosts_on_sa(hosts, &pair, SPI + 6, NOW + 1002, &actions);
	ck_assert_uint_eq(actions.items[actions.count - 1].host.answer_spi, SPI + 6);
	hosts_on_sa_gone(hosts, &pair, SPI + 6, NOW + 1003, &actions);
	ck_assert_uint_eq(actions.items[actions.count - 1].host.answer_spi, 0);
	hosts_on_sa(hosts, &pair, SPI + 7, NOW + 1004, &actions);
	hosts_set_mode(hosts, HOSTS_MODE_CLEAR);
	ck_assert_uint_eq(hosts_list(hosts, &count)[0].answer_spi, 0);
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
	tcase_add_test(tcase, hosts_of_the_higher_address_follow_their_peers);
	tcase_add_test(tcase, hosts_count_pins_that_were_lost);
	tcase_add_test(tcase, hosts_learn_the_inbound_sa_of_one_that_is_known);
	tcase_add_test(tcase, hosts_forget_a_blocked_one_that_nothing_is_sent_to);
	tcase_add_test(tcase, hosts_are_not_silent_before_charon_is_up);
	tcase_add_test(tcase, hosts_are_silent_when_charon_does_not_come);
	tcase_add_test(tcase, hosts_negotiate_only_when_no_sa_is_left);
	tcase_add_test(tcase, hosts_that_are_blocked_again_are_probed_anew);
	tcase_add_test(tcase, hosts_list_is_in_address_order);
	tcase_add_test(tcase, hosts_answer_to_pings_while_they_wait_for_the_peer);
	tcase_add_test(tcase, hosts_free_accepts_null);
	return test_run(suite);
}
