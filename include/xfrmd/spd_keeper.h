/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_KEEPER_H
#define XFRMD_SPD_KEEPER_H

#include "xfrmd/err.h"
#include "xfrmd/policy.h"
#include "xfrmd/spd_thresholds.h"

/*
 * Keeps the kernel's SPD at the desired one. Remembers what the kernel holds, so that a change
 * costs only its own netlink writes; reads it again whenever somebody else may have changed it.
 */
struct spd_keeper;

struct spd_change {
	size_t added, updated, deleted;
	size_t conflicts; /* a foreign policy holds the selector */
	size_t failures;
	uint64_t took_us; /* comparing and applying */
};

int spd_keeper_open(struct spd_keeper **ret_keeper, struct err *err);
void spd_keeper_close(struct spd_keeper *keeper); /* policies stay */
/* The netlink port of our requests, for xfrm_monitor_open(). */
uint32_t spd_keeper_port(const struct spd_keeper *keeper);

/*
 * Makes @want (sorted by key; contents move, *want is empty afterwards) the desired SPD and applies
 * the difference. The kernel gets those @thresholds that fit. Failures are tried again once against
 * a fresh dump. 0, or negative errno and @err when not everything could be applied; what could be
 * is.
 */
int spd_keeper_set(struct spd_keeper *keeper, struct policy_list *want,
                   const struct spd_thresholds *thresholds, struct spd_change *ret_change,
                   struct err *err);
/*
 * Adds one policy to the desired ones, or replaces the one of its key, and writes just that. Not
 * where a foreign policy holds the key. Negative errno and @err; a repair is then due.
 */
int spd_keeper_put(struct spd_keeper *keeper, const struct policy *policy, struct err *err);
/* The opposite: takes the policy with the key of @key out of the desired ones and deletes just
 * that. Negative errno and @err; a repair is then due. */
int spd_keeper_remove(struct spd_keeper *keeper, const struct policy *key, struct err *err);
/* When a packet last met the policy with the key of @key, epoch seconds; 0: never, or there is
 * none. */
int64_t spd_keeper_used(struct spd_keeper *keeper, const struct policy *key);
/* Re-sends the policy with the key of @key as it is, if there is one of ours: the kernel then looks at
 * the packets that it holds for it. */
void spd_keeper_resend(struct spd_keeper *keeper, const struct policy *key);
/* Reads the kernel. */
int spd_keeper_read(struct spd_keeper *keeper, struct err *err);
/* What the kernel held when last read or written, foreign policies included, sorted by key.
 * Borrowed until the next call. */
const struct policy_list *spd_keeper_have(const struct spd_keeper *keeper);
/* Reads the kernel and repairs what differs; counted as repairs. */
int spd_keeper_repair(struct spd_keeper *keeper, struct spd_change *ret_change, struct err *err);
/* Makes the kernel look up the policies of established sockets of @family anew. */
void spd_keeper_kick(struct spd_keeper *keeper, uint8_t family);

/* Borrowed until the next spd_keeper_set(). */
const struct policy_list *spd_keeper_want(const struct spd_keeper *keeper);

struct spd_counts {
	size_t desired, installed, drift;
	uint64_t repaired; /* since the start */
	struct spd_change last;
};
/* Reads the kernel and compares, without changing anything. */
int spd_keeper_count(struct spd_keeper *keeper, struct spd_counts *ret_counts, struct err *err);

struct xfrm_sa;
/* All SAs of the kernel; the caller frees. */
int spd_keeper_sas(struct spd_keeper *keeper, struct xfrm_sa **ret_sas, size_t *ret_count,
                   struct err *err);
/* The SA with the addresses, the protocol and the SPI of @key. Negative errno; -ESRCH: there is
 * none. */
int spd_keeper_find_sa(struct spd_keeper *keeper, const struct xfrm_sa *key,
                       struct xfrm_sa *ret_found);
/* Deletes it, likewise. */
int spd_keeper_delete_sa(struct spd_keeper *keeper, const struct xfrm_sa *key);
/* Deletes every SA with @reqid, those that charon left when it was killed. Returns how many. */
size_t spd_keeper_delete_sas(struct spd_keeper *keeper, uint32_t reqid);

#endif
