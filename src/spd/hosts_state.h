/* SPDX-License-Identifier: MIT */
#ifndef HOSTS_STATE_H
#define HOSTS_STATE_H

#include "xfrmd/base/clock.h"
#include "xfrmd/spd/host_table.h"
#include "xfrmd/spd/wait_spis.h"

/* The inside of the known hosts, shared by their files: what is common and time (hosts.c), the
 * kernel's SAs (hosts_sas.c), hosts without an SA (hosts_silence.c), first contacts that take over
 * together (hosts_together.c), and moves (hosts_move.c). */

struct hosts {
	struct host_table known;
	struct wait_spis spis;
	enum hosts_mode mode;
	bool charon_up;
	uint64_t charon_ms;                    /* since then */
	uint64_t together_ms, together_max_ms; /* those that are READY take over */
	uint64_t next_ms;
	uint64_t lost_pins;
};

/* PUT, REFRESH, and END_ACQUIRE of a new SA or NEGOTIATE for want of one. */
#define ACTIONS_PER_EVENT 3
/* A look at all SAs of a host. */
#define ACTIONS_PER_TIMER HOSTS_CHILDREN_MAX
/* After a timer that found no memory, or nothing to do yet. */
#define HOSTS_RETRY_MS    100

/* Room for so many more. False: out of memory, which is noted. The other functions take room that
 * is reserved; without @actions they only change the entry. */
bool host_actions_reserve(struct host_actions *actions, size_t count);
void host_actions_add(struct host_actions *actions, enum host_action_kind kind,
                      const struct known_host *host, uint32_t spi);

void hosts_set_due(struct hosts *hosts, struct host_state *state, uint64_t due_ms);

/* Adds a host that is not known, in HOST_PHASE_NONE; hosts_move() is to follow. To make room those
 * that had no SA for longest are forgotten. HOST_TABLE_NONE: out of memory, which is noted. */
size_t hosts_add(struct hosts *hosts, const struct pair *pair, uint64_t now_ms,
                 struct host_actions *actions);
/* REMOVE and END_ACQUIRE; the indexes behind the host change. */
void hosts_forget(struct hosts *hosts, size_t index, const char *why, struct host_actions *actions);

/* The one writer of a phase: PUT, if the phase has another policy, END_ACQUIRE where the host
 * held, and times and flags as they begin. @spi: of the SA that PINNED goes by, or that READY is
 * ready for; else 0. To the same phase: it begins anew. */
void hosts_move(struct hosts *hosts, size_t index, enum host_phase phase, uint32_t spi,
                const char *why, uint64_t now_ms, struct host_actions *actions);
/* To PINNED, and REFRESH for what may be in the queue of the subnet policy. */
void hosts_pin(struct hosts *hosts, size_t index, uint32_t spi, const char *why, uint64_t now_ms,
               struct host_actions *actions);
/* PUT, if the phase has another policy than the host, as after a new mode or reserved SPI. */
void hosts_put_policy(struct hosts *hosts, size_t index, uint32_t spi,
                      struct host_actions *actions);
/* REFRESH, if packets for the host may be in the queue of the subnet policy. */
void hosts_free_queue(struct hosts *hosts, size_t index, struct host_actions *actions);

/* Of two ends that send with different SAs the one with the higher address follows the other. */
bool hosts_is_follower(const struct hosts *hosts, size_t index);
/* Whether a PINNED host goes over to its newest SA when takeover_ms is over: not where it can be
 * seen what the peer uses. */
bool hosts_takes_over_by_time(const struct hosts *hosts, size_t index);
/* Sets the due time of a PINNED host: the next look at its other SAs, or the takeover. */
void hosts_watch(struct hosts *hosts, size_t index, uint64_t now_ms);
/* LISTEN to the SAs that may take over. */
void hosts_look(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions);

/* The SA, which lives, takes over: at once, or for a first contact together with others, by
 * hosts_end_together(), which is to follow in the same event. */
void hosts_take_over(struct hosts *hosts, size_t index, uint32_t spi, const char *why,
                     uint64_t now_ms, struct host_actions *actions);
/* Those that are READY take over, if none that could be waited for is left, or it is time. Takes
 * its own room. */
void hosts_end_together(struct hosts *hosts, uint64_t now_ms, struct host_actions *actions);

/* A host that is ACQUIRING was silent for long enough: it is blocked, once charon had its time. */
void hosts_end_silence(struct hosts *hosts, size_t index, uint64_t now_ms,
                       struct host_actions *actions);
void hosts_probe(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions);

#endif
