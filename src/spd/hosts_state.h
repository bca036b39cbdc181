/* SPDX-License-Identifier: MIT */
#ifndef HOSTS_STATE_H
#define HOSTS_STATE_H

#include "xfrmd/spd/host_table.h"
#include "xfrmd/spd/wait_spis.h"

/* The inside of the known hosts, shared by their two files: events (hosts.c) and moves. */

struct hosts {
	struct host_table known;
	struct wait_spis spis;
	enum hosts_mode mode;
	bool charon_up;
	uint64_t charon_ms;                    /* since then */
	uint64_t together_ms, together_max_ms; /* those that are ready take over */
	uint64_t next_ms;
	uint64_t lost_pins;
};

/* PUT, RESEND, and END_ACQUIRE of a new SA or NEGOTIATE for want of one. */
#define ACTIONS_PER_EVENT 3
/* A look at all SAs of a host. */
#define ACTIONS_PER_TIMER HOSTS_CHILDREN_MAX

/* Room for so many more. False: out of memory, which is noted. The other functions take room that
 * is reserved. */
bool host_actions_reserve(struct host_actions *actions, size_t count);
void host_actions_add(struct host_actions *actions, enum host_action_kind kind,
                      const struct known_host *host);

void hosts_set_due(struct hosts *hosts, struct host_state *state, uint64_t due_ms);
/* PUT, if it is another policy than before. */
void hosts_set_policy(struct hosts *hosts, size_t index, uint32_t spi, bool blocked,
                      struct host_actions *actions);
/* What a host is pinned to without an SA. */
uint32_t hosts_idle_spi(const struct hosts *hosts, const struct host_state *state);
/* Traffic asks for an SA: the host waits and its silence begins, unless they have begun already. */
void hosts_await_sa(struct hosts *hosts, size_t index, uint64_t now_ms,
                    struct host_actions *actions);
/* Whether it does, for the first one or for the next. */
bool hosts_awaits_sa(const struct hosts *hosts, size_t index);

bool hosts_is_pinned(const struct hosts *hosts, size_t index);
/* Of two ends that send with different SAs the one with the higher address follows the other. */
bool hosts_is_follower(const struct hosts *hosts, size_t index);
/* Whether a pinned host goes over to its newest SA when takeover_ms is over: not where it can be seen
 * what the peer uses. */
bool hosts_takes_over_by_time(const struct hosts *hosts, size_t index);
/* Sets the due time of a pinned host: the next look at its other SAs, or the takeover. */
void hosts_watch(struct hosts *hosts, size_t index, uint64_t now_ms);
/* LISTEN, if the inbound SA is known. */
void hosts_add_listen(struct hosts *hosts, size_t index, uint32_t spi,
                      struct host_actions *actions);

/* The host goes by this SA, which lives, from now on. */
void hosts_pin(struct hosts *hosts, size_t index, uint32_t spi, uint64_t now_ms,
               struct host_actions *actions);
/* The same for a host that waited; a stranger gets ready for hosts_end_together(), which is to follow
 * in the same event. */
void hosts_take_over(struct hosts *hosts, size_t index, uint32_t spi, uint64_t now_ms,
                     struct host_actions *actions);
/* Those that are ready take over, if none that could be waited for is left, or it is time. Takes
 * its own room. */
void hosts_end_together(struct hosts *hosts, uint64_t now_ms, struct host_actions *actions);
/* It has its first SAs; whether the peer has them, too, is not known. */
void hosts_wait_for_peer(struct hosts *hosts, size_t index, uint64_t now_ms,
                         struct host_actions *actions);
/* Its last SA is gone. */
void hosts_end_sas(struct hosts *hosts, size_t index, uint64_t now_ms,
                   struct host_actions *actions);
/* It is silent: nothing waits for it any more, and nothing will until it has an SA. */
void hosts_block(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions);
/* REMOVE and END_ACQUIRE; the indexes behind it change. */
void hosts_forget(struct hosts *hosts, size_t index, struct host_actions *actions);

#endif
