/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CONF_SPD_THRESHOLDS_H
#define XFRMD_CONF_SPD_THRESHOLDS_H

#include "xfrmd/conf/conf.h"

/*
 * The hash thresholds of the kernel's SPD: policies whose prefixes are both at least that long are
 * found by a hash of those bits. The others are in a tree that takes O(n) for each update, and with
 * older kernels (seen with 6.1, not with 6.18) for each addition. What is found is the same.
 */
struct spd_threshold {
	uint8_t local;
	uint8_t remote;
};

struct spd_thresholds {
	struct spd_threshold ipv4;
	struct spd_threshold ipv6;
};

/* The kernel's own, and charon's, which writes its own at its start. */
extern const struct spd_thresholds spd_thresholds_default;

/* So many prefixes of a family stay out of the hash: their O(n^2) is some 100 ms. */
#define SPD_THRESHOLDS_OUT_MAX  500
/* Never shorter than one link usually is: known hosts with these bits in common share one chain. */
#define SPD_THRESHOLDS_IPV4_MIN 24
#define SPD_THRESHOLDS_IPV6_MIN 64

/*
 * Those for the policies of @conf: the default for a family with no more than
 * SPD_THRESHOLDS_OUT_MAX prefixes; else any local prefix, and the longest remote ones for which no
 * more than these are too short.
 */
struct spd_thresholds spd_thresholds_choose(const struct conf *conf);
/* The smaller of each two. */
struct spd_thresholds spd_thresholds_lower(const struct spd_thresholds *a,
                                           const struct spd_thresholds *b);
bool spd_thresholds_equal(const struct spd_thresholds *a, const struct spd_thresholds *b);

#endif
