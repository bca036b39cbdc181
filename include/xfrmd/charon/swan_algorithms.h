/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_SWAN_ALGORITHMS_H
#define XFRMD_CHARON_SWAN_ALGORITHMS_H

#include "xfrmd/base/err.h"
#include "xfrmd/base/str.h"

/*
 * Which of the algorithms that only some charons have this one lists. Of another one it may know the
 * name: then it takes the proposal, and negotiations stop without a word. Pure.
 */
struct swan_algorithms {
	bool known;      /* it was asked */
	unsigned listed; /* 1 << row of the table */
};

/* The reply to `get-algorithms`. */
int swan_algorithms_read(const void *message, size_t len, struct swan_algorithms *ret_algorithms);
/* 0, or -EOPNOTSUPP and in @err the proposal, and what charon lacks for it. Whoever was not asked has
 * everything. */
int swan_algorithms_check(const struct swan_algorithms *algorithms,
                          const struct strlist *ike_proposals, struct err *err);

#endif
