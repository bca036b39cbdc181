/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_PAIR_H
#define XFRMD_NET_PAIR_H

#include "xfrmd/net/addr.h"

/* An address of this host and one of a peer, of one family: what an SA is between. A value type. */
struct pair {
	struct addr local, remote;
};

/* "LOCAL" and "REMOTE", of one family, with @separator between them. 0 or -EINVAL. */
int pair_parse(const char *text, char separator, struct pair *ret_pair);
bool pair_equal(const struct pair *a, const struct pair *b);
/* Total order: by the remote address, then by the local one. Below, equal, above: < 0, 0, > 0. */
int pair_compare(const struct pair *a, const struct pair *b);
/* The same of pairs, or of what begins with one: for qsort() and its like. */
int pair_compare_items(const void *a, const void *b);

#endif
