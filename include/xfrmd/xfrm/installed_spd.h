/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRM_INSTALLED_SPD_H
#define XFRMD_XFRM_INSTALLED_SPD_H

#include "xfrmd/base/err.h"
#include "xfrmd/conf/spd_thresholds.h"
#include "xfrmd/spd/policy.h"

/*
 * Keeps the kernel's SPD at the desired one. Remembers what the kernel holds, so that a change
 * costs only its own netlink writes; reads it again whenever somebody else may have changed it.
 */
struct installed_spd;

struct spd_change {
	size_t added, updated, deleted;
	size_t conflicts; /* a foreign policy holds the selector */
	size_t failures;
	uint64_t took_us; /* comparing and applying */
};

int installed_spd_open(struct installed_spd **ret_keeper, struct err *err);
void installed_spd_close(struct installed_spd *keeper); /* policies stay */
/* The netlink port of our requests, for xfrm_monitor_open(). */
uint32_t installed_spd_port(const struct installed_spd *keeper);

/*
 * Makes @want (sorted by key; contents move, *want is empty afterwards) the desired SPD and applies
 * the difference. The kernel gets those @thresholds that fit. Failures are tried again once against
 * a fresh dump. 0, or negative errno and @err when not everything could be applied; what could be
 * is.
 */
int installed_spd_set(struct installed_spd *keeper, struct policy_list *want,
                      const struct spd_thresholds *thresholds, struct spd_change *ret_change,
                      struct err *err);
/*
 * Adds one policy to the desired ones, or replaces the one of its key, and writes just that. Not
 * where a foreign policy holds the key. Negative errno and @err; a repair is then due.
 */
int installed_spd_put(struct installed_spd *keeper, const struct policy *policy, struct err *err);
/* The opposite: takes the policy with the key of @key out of the desired ones and deletes just
 * that. Negative errno and @err; a repair is then due. */
int installed_spd_remove(struct installed_spd *keeper, const struct policy *key, struct err *err);
/* When a packet last met the policy with the key of @key, epoch seconds; 0: never, or there is
 * none. */
int64_t installed_spd_used(struct installed_spd *keeper, const struct policy *key);
/* Writes the policy with the key of @key again as it is, if there is one of ours: the kernel then
 * looks at the packets that it holds for it. */
void installed_spd_refresh(struct installed_spd *keeper, const struct policy *key);
/* Reads the kernel. */
int installed_spd_read(struct installed_spd *keeper, struct err *err);
/* What the kernel held when last read or written, foreign policies included, sorted by key.
 * Borrowed until the next call. */
const struct policy_list *installed_spd_have(const struct installed_spd *keeper);
/* Reads the kernel and repairs what differs; counted as repairs. */
int installed_spd_repair(struct installed_spd *keeper, struct spd_change *ret_change,
                         struct err *err);
/* Makes the kernel look up the policies of established sockets of @family anew. */
void installed_spd_refresh_family(struct installed_spd *keeper, uint8_t family);

/* Borrowed until the next installed_spd_set(). */
const struct policy_list *installed_spd_want(const struct installed_spd *keeper);

struct spd_counts {
	size_t desired, installed, drift;
	uint64_t repaired; /* since the start */
	struct spd_change last;
};
/* Reads the kernel and compares, without changing anything. */
int installed_spd_count(struct installed_spd *keeper, struct spd_counts *ret_counts,
                        struct err *err);

struct sa;
/* All SAs of the kernel; the caller frees. */
int installed_spd_sas(struct installed_spd *keeper, struct sa **ret_sas, size_t *ret_count,
                      struct err *err);
/* The SA with the addresses, the protocol and the SPI of @key. Negative errno; -ESRCH: there is
 * none. */
int installed_spd_find_sa(struct installed_spd *keeper, const struct sa *key, struct sa *ret_found);
/* Deletes it, likewise. */
int installed_spd_delete_sa(struct installed_spd *keeper, const struct sa *key);
/* Deletes every SA with @reqid, those that charon left when it was killed. Returns how many. */
size_t installed_spd_delete_sas(struct installed_spd *keeper, uint32_t reqid);

/* Pure parts, of lists that are sorted by key. */
/*
 * A policy of ours that somebody moved out of our band is not foreign for that: where @known has one
 * of ours at its key, the policy in @fresh counts as ours again, so that it is put right.
 */
void installed_spd_reclaim(struct policy_list *fresh, const struct policy_list *known);
/*
 * What the kernel holds after @want was applied to @have: the wanted policies, with the indices that
 * are known, and all foreign ones, which keep a key that is wanted too. 0 or -ENOMEM, then it is
 * empty; the caller finis.
 */
int installed_spd_merge(const struct policy_list *have, const struct policy_list *want,
                        struct policy_list *ret_merged);

#endif
