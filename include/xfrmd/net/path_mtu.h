/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_PATH_MTU_H
#define XFRMD_NET_PATH_MTU_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The search for the largest packet that a path carries, where nobody says so: in each round some
 * sizes are sent at once, and those that are answered pass. Sizes are of IP packets before ESP, in
 * bytes. A value type; pure.
 */
struct path_mtu {
	unsigned top;  /* the largest that the kernel would send */
	unsigned pass; /* the largest that was answered; 0: none, so nothing is known */
	unsigned fail; /* the smallest above it that was not; 0: none */
	unsigned rounds;
	bool over;
};

#define PATH_MTU_SIZES 16
/* Any host takes it, and nobody's path is so narrow (RFC 791: 68 at least). */
#define PATH_MTU_LEAST 88

/* @top is above PATH_MTU_LEAST, or it is over at once. */
void path_mtu_begin(struct path_mtu *search, unsigned top);
/* What to send in this round, ascending; 0: it is over. */
size_t path_mtu_sizes(const struct path_mtu *search, unsigned ret_sizes[PATH_MTU_SIZES]);
/* The round is over: which of its @sizes were answered. */
void path_mtu_judge(struct path_mtu *search, const unsigned *sizes, const bool *answered,
                    size_t count);
/* Small packets pass and large ones, that the kernel would send, do not. */
bool path_mtu_vanish(const struct path_mtu *search);
/* The MTU of an interface with @link_mtu that would keep packets small enough. */
unsigned path_mtu_of_link(const struct path_mtu *search, unsigned link_mtu);

#endif
