/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRM_XFRM_SOCK_H
#define XFRMD_XFRM_XFRM_SOCK_H

#include "xfrmd/base/err.h"
#include "xfrmd/conf/spd_thresholds.h"
#include "xfrmd/spd/diff.h"
#include "xfrmd/xfrm/xfrm_codec.h"

/* The request socket: synchronous, never in a multicast group. */
struct xfrm_sock;
int xfrm_sock_open(struct xfrm_sock **ret_sock, struct err *err);
void xfrm_sock_close(struct xfrm_sock *sock);
/* The netlink port id of our requests; notifications about our own changes carry it. */
uint32_t xfrm_sock_port(const struct xfrm_sock *sock);

/*
 * All policies of this network namespace, per-socket ones left out, sorted by key. An interrupted
 * dump is repeated. The caller finis. Negative errno and @err.
 */
int xfrm_sock_dump_policies(struct xfrm_sock *sock, struct policy_list *ret_list, struct err *err);
/* All SAs; the caller frees *ret_sas. */
int xfrm_sock_dump_sas(struct xfrm_sock *sock, struct sa **ret_sas, size_t *ret_count,
                       struct err *err);

/*
 * Applies the operations in order. A failing one is counted and remembered in @err (the first),
 * the rest goes on: less protection is never the answer to an error. EEXIST on an addition and
 * ENOENT on a deletion mean that somebody else was faster and count as failures too, so that the
 * caller dumps again. A deletion without index is looked up first. Returns the number of failures.
 */
size_t xfrm_sock_apply(struct xfrm_sock *sock, const struct diff *diff, struct err *err);
/* One UPDPOLICY of @policy. Negative errno. */
int xfrm_sock_update(struct xfrm_sock *sock, const struct policy *policy);
/* Deletes the policy with the index of @policy, or with its key if that is 0. Negative errno. */
int xfrm_sock_delete(struct xfrm_sock *sock, const struct policy *policy);
/* The kernel's policy with the key of @key. Negative errno; -ENOENT: there is none. */
int xfrm_sock_find(struct xfrm_sock *sock, const struct policy *key, struct policy *ret_found);

/* What becomes of packets that no policy matches: `ip xfrm policy setdefault`. Kernels before 5.15,
 * which do not know the question, let them pass. Negative errno. */
struct xfrm_defaults {
	bool out_blocked, in_blocked, fwd_blocked;
};
int xfrm_sock_read_defaults(struct xfrm_sock *sock, struct xfrm_defaults *ret_defaults);

/*
 * Sets the kernel's hash thresholds, or only lowers those that are above @thresholds. It then sorts
 * all policies anew, which is quick where few are too short: lower before such policies are added,
 * set when others are gone. Returns 1: changed; 0: they were so; or negative errno.
 */
int xfrm_sock_set_thresholds(struct xfrm_sock *sock, const struct spd_thresholds *thresholds);
int xfrm_sock_lower_thresholds(struct xfrm_sock *sock, const struct spd_thresholds *thresholds);

/* The SA with the addresses, the protocol and the SPI of @key. Negative errno; -ESRCH: there is
 * none. */
int xfrm_sock_find_sa(struct xfrm_sock *sock, const struct sa *key, struct sa *ret_found);
/* Deletes it, likewise. */
int xfrm_sock_delete_sa(struct xfrm_sock *sock, const struct sa *key);

#endif
