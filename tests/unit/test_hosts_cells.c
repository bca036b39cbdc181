/* SPDX-License-Identifier: MIT */
/* Every event in every phase. */
#include "hosts_fixture.h"

/* Host 2 in the phase, entered at NOW, with SA 5 where it has one; READY beside host 3, which is
 * ACQUIRING. */
static void enter(enum host_phase phase)
{
	switch (phase) {
	case HOST_PHASE_NONE:
		break;
	case HOST_PHASE_IDLE:
		make_known(2, NOW);
		break;
	case HOST_PHASE_ACQUIRING:
		acquire(2, NOW);
		break;
	case HOST_PHASE_BLOCKED:
		acquire(2, NOW);
		failed(2, NOW);
		break;
	case HOST_PHASE_AWAITS_PEER:
		new_sa(2, 5, NOW);
		break;
	case HOST_PHASE_READY:
		acquire(2, NOW);
		acquire(3, NOW);
		up(2, 5, NOW);
		break;
	case HOST_PHASE_PINNED:
		up(2, 5, NOW);
		break;
	}
	actions.count = 0;
}

enum event {
	SA_NEW,
	SA_AGAIN,
	SA_GONE,
	SA_GONE_UNKNOWN,
	FRESH_OURS,
	FRESH_THEIRS,
	FRESH_REKEYED,
	INBOUND,
	RECEIVED,
	RECEIVED_NEWER,
	SYNC_NONE,
	SYNC_SAME,
	SYNC_OTHER,
	ACQUIRE,
	ACQUIRE_LATE,
	ACQUIRE_AND_GONE,
	PROGRESS_SENT,
	PROGRESS_ANSWERED,
	FAILED,
	PROBED_USED,
	PROBED_UNUSED,
	PROBED_FORGET,
	CHARON_UP,
	CHARON_DOWN,
	TIMER_EARLY,
	TIMER_LATE,
	MODE_DROP,
	MODE_CLEAR,
	ADDRESSES,
	RESTORE,
	RETAIN_ALL,
	RETAIN_NONE,
	EVENT_COUNT
};

static void sync_with(uint32_t spi)
{
	const struct host_sa sa = sa_of(2, spi);

	hosts_sync(hosts, &sa, spi ? 1 : 0, NOW + 10, &actions);
}

static void apply(enum event event)
{
	const uint64_t now_ms = NOW + 10;
	const struct pair pair = pair_of(2);
	unsigned kept = event == RETAIN_ALL ? UINT32_MAX : 0;

	switch (event) {
	case SA_NEW:
		new_sa(2, 6, now_ms);
		break;
	case SA_AGAIN:
		new_sa(2, 5, now_ms);
		break;
	case SA_GONE:
		sa_gone(2, 5, now_ms);
		break;
	case SA_GONE_UNKNOWN:
		sa_gone(2, 9, now_ms);
		break;
	case FRESH_OURS:
		fresh_sas(2, 6, true, now_ms);
		break;
	case FRESH_THEIRS:
		fresh_sas(2, 6, false, now_ms);
		break;
	case FRESH_REKEYED:
		rekeyed(2, 6, now_ms);
		break;
	case INBOUND:
		hosts_on_inbound_sa(hosts, &pair, SPI + 5, SPI + IN + 5, now_ms);
		break;
	case RECEIVED:
		looked(2, 5, 1, now_ms);
		break;
	case RECEIVED_NEWER:
		fresh_sas(2, 6, false, now_ms);
		actions.count = 0;
		looked(2, 6, 1, now_ms);
		break;
	case SYNC_NONE:
		sync_with(0);
		break;
	case SYNC_SAME:
		sync_with(hosts_phase(hosts, &pair) >= HOST_PHASE_AWAITS_PEER ? 5 : 0);
		break;
	case SYNC_OTHER:
		sync_with(6);
		break;
	case ACQUIRE:
		acquire(2, now_ms);
		break;
	case ACQUIRE_LATE:
		acquire_by(2, SPI_RESERVED_MAX - 1, now_ms);
		break;
	case ACQUIRE_AND_GONE:
		acquire(2, now_ms);
		actions.count = 0;
		sa_gone(2, 5, now_ms);
		break;
	case PROGRESS_SENT:
		progress(2, IKE_PROGRESS_SENT, now_ms);
		break;
	case PROGRESS_ANSWERED:
		progress(2, IKE_PROGRESS_ANSWERED, now_ms);
		break;
	case FAILED:
		failed(2, now_ms);
		break;
	case PROBED_USED:
		probed(2, 77, now_ms);
		break;
	case PROBED_UNUSED:
		probed(2, 0, now_ms);
		break;
	case PROBED_FORGET:
		probed(2, 0, NOW + HOSTS_FORGET_MS);
		break;
	case CHARON_UP:
	case CHARON_DOWN:
		hosts_on_charon(hosts, event == CHARON_UP, now_ms);
		break;
	case TIMER_EARLY:
		hosts_on_timer(hosts, NOW + 1, &actions);
		break;
	case TIMER_LATE:
		hosts_on_timer(hosts, NOW + 1000, &actions);
		break;
	case MODE_DROP:
		hosts_set_mode(hosts, HOSTS_MODE_DROP);
		break;
	case MODE_CLEAR:
		hosts_set_mode(hosts, HOSTS_MODE_CLEAR);
		break;
	case ADDRESSES:
		ck_assert_int_eq(hosts_set_addresses(hosts, NULL, 0), 0);
		break;
	case RESTORE:
		ck_assert_int_eq(restore(2, SPI + 6, false), 0);
		break;
	case RETAIN_ALL:
	case RETAIN_NONE:
		hosts_retain(hosts, keep_some, &kept);
		break;
	case EVENT_COUNT:
		break;
	}
}

#define IGNORED          \
	{                \
		NULL, "" \
	}
/* A phase of NULL: the same as before. */
static const struct {
	const char *end, *actions;
} cells[EVENT_COUNT][HOST_PHASE_COUNT] = {
	[SA_NEW] = {{"awaits peer", "hold 2"},
                    {"awaits peer", ""},
                    {"awaits peer", ""},
                    {"awaits peer", "hold 2"},
                    IGNORED,
                    IGNORED,
                    IGNORED},
	[SA_AGAIN] = {{"awaits peer", "hold 2"},
                      {"awaits peer", ""},
                      {"awaits peer", ""},
                      {"awaits peer", "hold 2"},
                      IGNORED,
                      IGNORED,
                      IGNORED},
	[SA_GONE] = {IGNORED,
                     IGNORED,
                     IGNORED,
                     IGNORED,
                     {"idle", "end 2"},
                     {"idle", "end 2"},
                     {"idle", "hold 2"}},
	[SA_GONE_UNKNOWN] = {IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED},
	[FRESH_OURS] = {{"pinned", "hold 2, pin 2 6, end 2, greet 2"},
                        {"pinned", "pin 2 6, end 2, greet 2"},
                        {"pinned", "pin 2 6, end 2, refresh 2"},
                        {"pinned", "hold 2, pin 2 6, end 2, greet 2"},
                        {"pinned", "pin 2 6, end 2, greet 2"},
                        IGNORED,
                        {NULL, "pin 2 6, greet 2"}},
	[FRESH_THEIRS] = {{"awaits peer", "hold 2"},
                          {"awaits peer", ""},
                          {"awaits peer", ""},
                          {"awaits peer", "hold 2"},
                          IGNORED,
                          IGNORED,
                          IGNORED},
	[FRESH_REKEYED] = {{"pinned", "hold 2, pin 2 6, end 2"},
                           {"pinned", "pin 2 6, end 2"},
                           {"pinned", "pin 2 6, end 2, refresh 2"},
                           {"pinned", "hold 2, pin 2 6, end 2"},
                           {"pinned", "pin 2 6, end 2"},
                           IGNORED,
                           IGNORED},
	[INBOUND] = {IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED},
	[RECEIVED] = {IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED},
	[RECEIVED_NEWER] = {{"pinned", "pin 2 6, end 2"},
                            {"pinned", "pin 2 6, end 2"},
                            {"pinned", "pin 2 6, end 2, refresh 2"},
                            {"pinned", "pin 2 6, end 2"},
                            {"pinned", "pin 2 6, end 2"},
                            IGNORED,
                            {NULL, "pin 2 6"}},
	[SYNC_NONE] = {IGNORED,
                       IGNORED,
                       IGNORED,
                       IGNORED,
                       {"idle", "end 2"},
                       {"idle", "end 2"},
                       {"idle", "hold 2"}},
	[SYNC_SAME] = {IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED},
	[SYNC_OTHER] = {{"pinned", "pin 2 6, refresh 2"},
                        {"pinned", "pin 2 6, end 2"},
                        {"pinned", "pin 2 6, end 2, refresh 2"},
                        {"pinned", "pin 2 6"},
                        IGNORED,
                        IGNORED,
                        {NULL, "pin 2 6"}},
	[ACQUIRE] = {{"acquiring", "hold 2"},
                     {"acquiring", ""},
                     IGNORED,
                     IGNORED,
                     IGNORED,
                     IGNORED,
                     IGNORED},
	[ACQUIRE_LATE] = {{"acquiring", "hold 2"},
                          {"acquiring", ""},
                          IGNORED,
                          IGNORED,
                          IGNORED,
                          IGNORED,
                          IGNORED},
	[ACQUIRE_AND_GONE] = {{"acquiring", ""},
                              {"acquiring", ""},
                              IGNORED,
                              IGNORED,
                              {"acquiring", "end 2, negotiate 2"},
                              {"acquiring", "end 2, negotiate 2"},
                              {"acquiring", "hold 2, negotiate 2"}},
	[PROGRESS_SENT] = {IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED},
	[PROGRESS_ANSWERED] = {IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED},
	[FAILED] = {IGNORED,
                    IGNORED,
                    {"blocked", "block 2, refresh 2"},
                    IGNORED,
                    IGNORED,
                    IGNORED,
                    IGNORED},
	[PROBED_USED] =
		{IGNORED, IGNORED, IGNORED, {NULL, "negotiate 2"}, IGNORED, IGNORED, IGNORED},
	[PROBED_UNUSED] = {IGNORED, IGNORED, IGNORED, {NULL, "quiet 2"}, IGNORED, IGNORED, IGNORED},
	[PROBED_FORGET] =
		{IGNORED, IGNORED, IGNORED, {"none", "remove 2, end 2"}, IGNORED, IGNORED, IGNORED},
	[CHARON_UP] = {IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED},
	[CHARON_DOWN] = {IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED},
	[TIMER_EARLY] = {IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED},
	[TIMER_LATE] = {IGNORED,
                        IGNORED,
                        {"blocked", "block 2, refresh 2"},
                        {NULL, "probe 2"},
                        {"pinned", "pin 2 5, end 2"},
                        {"pinned", "block 3, refresh 3, pin 2 5, end 2, refresh 2"},
                        IGNORED},
	[MODE_DROP] = {IGNORED,
                       IGNORED,
                       {"idle", ""},
                       {"idle", ""},
                       {"pinned", ""},
                       {"pinned", ""},
                       IGNORED},
	[MODE_CLEAR] = {IGNORED,
                        IGNORED,
                        {"idle", ""},
                        {"idle", ""},
                        IGNORED,
                        {"awaits peer", ""},
                        IGNORED},
	[ADDRESSES] = {IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED},
	[RESTORE] = {{"pinned", ""}, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED},
	[RETAIN_ALL] = {IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED},
	[RETAIN_NONE] = {IGNORED,
                         {"none", ""},
                         {"none", ""},
                         {"none", ""},
                         {"none", ""},
                         {"none", ""},
                         {"none", ""}},
};

START_TEST(hosts_answer_every_event_in_every_phase)
{
	enum event event = (enum event)(_i / HOST_PHASE_COUNT);
	enum host_phase phase = (enum host_phase)(_i % HOST_PHASE_COUNT);
	const char *end = cells[event][phase].end;
	const struct pair pair = pair_of(2);

	enter(phase);
	ck_assert_int_eq(hosts_phase(hosts, &pair), phase);
	apply(event);
	ck_assert_str_eq(host_phase_name(hosts_phase(hosts, &pair)),
	                 end ? end : host_phase_name(phase));
	ck_assert_str_eq(take_actions(), cells[event][phase].actions);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("hosts_cells", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, hosts_answer_every_event_in_every_phase, 0,
	                    EVENT_COUNT * HOST_PHASE_COUNT);
	return test_run(suite);
}
