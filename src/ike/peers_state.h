/* SPDX-License-Identifier: MIT */
#ifndef PEERS_STATE_H
#define PEERS_STATE_H

#include "xfrmd/ike/peer_table.h"

/* The inside of the acquire machine, shared by its files: the kernel's events, the operator's
 * and time (peers.c), charon's events (peers_charon.c), lost SAs (peers_lost.c), moves
 * (peers_move.c), how many at once and who gives way (peers_crowd.c), and who comes next (peers_queue.c). */

#define PEER_STATE_COUNT (PEER_STATE_FAILED + 1)

struct peers {
	struct peer_table table;
	size_t in_state[PEER_STATE_COUNT];
	size_t silent;    /* of those that are NEGOTIATING */
	size_t resolving; /* of those that are QUEUED */
	struct begun {
		struct addr remote;
		uint64_t since_ms; /* 0: unused */
	} begun[PEERS_BEGUN_REMEMBERED];
	size_t next_begun;
	bool resolver;
	size_t window;
	uint64_t slowed_ms;     /* it was halved last */
	uint64_t busy_after_ms; /* one that is there is silent after this */
	uint64_t deaf_ms;       /* that was halved last */
	bool charon_up;
	uint64_t next_ms;
	uint64_t next_order;
	uint64_t forget_after_ms;
	uint64_t repairs_ms; /* not before this the next REKEY of lost SAs */
	uint64_t random_state;
	struct lifetimes lifetimes;
	struct peers_counters counters;
};

/* The action is zeroed but for kind and addresses. NULL: out of memory, which is noted. */
struct peer_action *peer_actions_add(struct peer_actions *actions, enum peer_action_kind kind,
                                     const struct pair *pair);
/* One about a CHILD_SA, or with @child_id 0 about an IKE_SA. */
struct peer_action *peer_actions_add_sa(struct peer_actions *actions, enum peer_action_kind kind,
                                        const struct pair *pair, uint32_t ike_id,
                                        uint32_t child_id);

/* By traffic or by the operator, who wait for it. */
bool peer_is_asked_for(const struct peer *peer);
/* Whether one that is QUEUED or FAILED shall be negotiated with. */
bool peer_is_waiting(const struct peer *peer);

/* NULL: out of memory, which is noted in @actions. */
struct peer *peers_find_or_add(struct peers *peers, const struct pair *pair, uint64_t now_ms,
                               struct peer_actions *actions);
/* Frees one that leaves the table. */
void peers_forget(struct peers *peers, struct peer *peer);

/* The one writer of a state. @why is static. */
void peers_move(struct peers *peers, struct peer *peer, enum peer_state state, const char *why,
                uint64_t now_ms, struct peer_actions *actions);
/* A move to FAILED, for the reason that it has. */
void peers_fail(struct peers *peers, struct peer *peer, uint64_t now_ms,
                struct peer_actions *actions);
/* Negotiations that charon works on. */
size_t peers_working(const struct peers *peers);
/* One that is NEGOTIATING has sent its first message, or that is @answered: it is work until it goes no
 * further for a while. When it is due has changed. */
void peers_await(struct peers *peers, struct peer *peer, bool answered, uint64_t now_ms);
/* One that is NEGOTIATING becomes silent when it is due. */
void peers_check_silent(struct peers *peers, struct peer *peer, uint64_t now_ms);
/* The one writer of silent; when it is due is not known afterwards. */
void peers_set_silent(struct peers *peers, struct peer *peer, bool silent);
/* Whether one that is QUEUED is to be resolved first. */
bool peers_has_to_resolve(const struct peers *peers, const struct peer *peer);
/* It is not resolved any more; @resolved: nor need it be. */
void peers_end_resolving(struct peers *peers, struct peer *peer, bool resolved);
/* What @remote began has an end. */
void peers_forget_begun(struct peers *peers, const struct addr *remote);
/* A negotiation has come to its end with an SA. */
void peers_note_duration(struct peers *peers, uint64_t took_ms, uint64_t now_ms);
/* How long a negotiation that the peer began is waited for. */
uint64_t peers_begun_wait_ms(const struct peers *peers);
/* How long a pair that is QUEUED from now on leaves it to the peer to begin; 0: not at all. */
uint64_t peers_give_way_ms(const struct peers *peers, const struct peer *peer, uint64_t now_ms);
/* Fills free slots; called at the end of every event that may free one or queue a peer. */
void peers_start_queued(struct peers *peers, uint64_t now_ms, struct peer_actions *actions);
/* Charon refuses to initiate what it lists already, so that is rekeyed, the newest first. */
void peers_repair(struct peers *peers, struct peer *peer, uint64_t now_ms,
                  struct peer_actions *actions);

/* When the peer's state ends by itself, and to be called whenever that becomes another time. */
uint64_t peers_due_ms(const struct peers *peers, const struct peer *peer);
void peers_note_due(struct peers *peers, const struct peer *peer, uint64_t now_ms);

/* 0 to @bound - 1, for jitter. */
uint64_t peers_random_below(struct peers *peers, uint64_t bound);

#endif
