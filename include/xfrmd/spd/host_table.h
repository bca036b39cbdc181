/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_HOST_TABLE_H
#define XFRMD_SPD_HOST_TABLE_H

#include "xfrmd/spd/hosts.h"

/*
 * The hosts as data: entries in order of their remote, then their local addresses, and the living
 * SAs of each, without any rule. For the files of the hosts machine (hosts_state.h).
 * Zero-initialise; host_table_fini() frees.
 */
#define HOST_TABLE_NEVER UINT64_MAX
#define HOST_TABLE_NONE  SIZE_MAX

/* A CHILD_SA, that is a pair of SAs, by its outbound one. */
struct host_child {
	uint32_t spi, spi_in; /* spi_in 0: not known */
	uint64_t packets_in;  /* at the last look; HOST_TABLE_NEVER: there was none */
	bool listed;          /* scratch of hosts_sync() */
};

struct host_state {
	enum host_phase phase; /* hosts_move() alone writes it */
	uint64_t due_ms;
	uint64_t active_ms;     /* the last acquire or use, or when the host lost its last SA */
	uint64_t held_ms;       /* since when its packets wait for an SA; 0: none do */
	uint64_t look_ms;       /* from this look at the kernel to the next: PROBE or LISTEN */
	uint64_t takeover_ms;   /* AWAITS_PEER, PINNED: the newest SA is pinned then, if it is not
	                        * yet; HOST_TABLE_NEVER: the peer is known to use the pinned one */
	uint32_t takeover_spi;  /* READY: this SA takes over */
	uint32_t listen_spi;    /* the SA that takes over when its inbound one receives; 0: none */
	int64_t used_s;         /* BLOCKED: when the policy was used, as the last PROBE found it */
	bool pinned_receives;   /* the inbound SA of the pinned one, at the last look */
	bool acquired_while_up; /* by a policy with the SPI of an SA that may be the one that ends */
	bool first_contact;     /* was never pinned or blocked */
	bool queued_at_subnet;  /* packets for it may wait in the subnet policy's queue */
	struct host_child children[HOSTS_CHILDREN_MAX]; /* the living ones, newest last */
	size_t child_count;
};

/* By the outbound SA. NULL: there is none. */
struct host_child *host_find_child(struct host_state *state, uint32_t spi);
/* By the inbound one. */
struct host_child *host_find_inbound(struct host_state *state, uint32_t spi_in);
void host_remove_child(struct host_state *state, struct host_child *child);
/* Whether it is a new one; it is the newest then. Of more than HOSTS_CHILDREN_MAX the oldest goes,
 * but not @pinned. */
bool host_add_spi(struct host_state *state, uint32_t pinned, uint32_t spi);
/* Makes the SA, old or new, the newest, and notes that it was listed. */
void host_list_spi(struct host_state *state, uint32_t pinned, uint32_t spi);
/* Removes those that were not. */
void host_remove_unlisted(struct host_state *state);
/* 0: none. */
uint32_t host_newest_spi(const struct host_state *state);

/* Apart from their states, so that the hosts can be lent as they are. */
struct host_table {
	struct known_host *hosts;
	struct host_state **states;
	size_t count, capacity;
};

void host_table_fini(struct host_table *table);
/* The index of the pair; HOST_TABLE_NONE: it is not there. */
size_t host_table_find(const struct host_table *table, const struct pair *pair);
/* The index of a new entry, in HOST_PHASE_NONE, for a pair that has none. HOST_TABLE_NONE: out of
 * memory. */
size_t host_table_add(struct host_table *table, const struct pair *pair, uint64_t now_ms);
void host_table_remove(struct host_table *table, size_t index);
/* How many have no SA; into @oldest go those of them that were silent longest, up to @max, the
 * last one in the table first. */
size_t host_table_find_silent(const struct host_table *table, size_t *oldest, size_t max,
                              size_t *ret_count);
size_t host_table_count_due(const struct host_table *table, uint64_t now_ms);
/* HOST_TABLE_NEVER: none is due. */
uint64_t host_table_first_due(const struct host_table *table);
/* Removes those in HOST_PHASE_NONE. */
void host_table_remove_none(struct host_table *table);

#endif
