/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRM_XFRM_CODEC_H
#define XFRMD_XFRM_XFRM_CODEC_H

#include <linux/netlink.h>

#include "xfrmd/sad/sa.h"
#include "xfrmd/spd/policy.h"

/*
 * Netlink bytes to values and back. Decoders check message and attribute lengths before every
 * read, trust nothing, and are what the fuzzer drives.
 */

struct nl_msg;

/* Builds NEWPOLICY or UPDPOLICY (@update), or DELPOLICY by direction and index. The caller frees
 * the message with nlmsg_free. 0 or negative errno. */
int xfrm_codec_build_policy(const struct policy *policy, bool update, struct nl_msg **ret_msg);
int xfrm_codec_build_delete(const struct policy *policy, struct nl_msg **ret_msg);
/* GETPOLICY by direction and selector, answered with the policy and so with its index. */
int xfrm_codec_build_lookup(const struct policy *policy, struct nl_msg **ret_msg);

/*
 * Decodes NEWPOLICY or UPDPOLICY (a dump entry, or a notification). -ENOENT: a per-socket policy,
 * to be skipped; -EBADMSG: malformed.
 */
int xfrm_codec_policy(const struct nlmsghdr *header, struct policy *ret_policy);

/* The kernel asks for an SA. */
struct xfrm_acquire {
	struct pair pair;
	uint32_t spi;      /* host byte order; that the template is pinned to, 0: none */
	uint32_t reqid;    /* of the first template; 0 if there is none */
	uint32_t seq;      /* of the larval SA */
	uint32_t priority; /* of the policy that raised it */
};
int xfrm_codec_acquire(const struct nlmsghdr *header, struct xfrm_acquire *ret_acquire);

/* NEWSA or UPDSA: a dump entry or a notification. */
int xfrm_codec_sa(const struct nlmsghdr *header, struct sa *ret_sa);
/* @type, DELSA or GETSA, of the SA with the addresses, the protocol and the SPI of @key. The caller frees
 * the message with nlmsg_free. 0 or -ENOMEM. */
int xfrm_codec_build_sa(int type, const struct sa *key, struct nl_msg **ret_msg);
/* DELSA, a notification: the SA as it was at its end, as far as the message tells. Of a message
 * with the key only, src is AF_UNSPEC and reqid, times and counters are 0. */
int xfrm_codec_sa_gone(const struct nlmsghdr *header, struct sa *ret_sa);
/* XFRM_MSG_EXPIRE; *ret_hard false: the soft lifetime, time to rekey. */
int xfrm_codec_expire(const struct nlmsghdr *header, struct sa *ret_sa, bool *ret_hard);

#endif
