/* SPDX-License-Identifier: MIT */
#include "xfrmd/net/pair.h"

bool pair_equal(const struct pair *a, const struct pair *b)
{
	return addr_equal(&a->remote, &b->remote) && addr_equal(&a->local, &b->local);
}

int pair_compare(const struct pair *a, const struct pair *b)
{
	int order = addr_compare(&a->remote, &b->remote);

	return order ? order : addr_compare(&a->local, &b->local);
}

int pair_compare_items(const void *a, const void *b)
{
	return pair_compare(a, b);
}
