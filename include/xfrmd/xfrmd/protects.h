/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_PROTECTS_H
#define XFRMD_XFRMD_PROTECTS_H

#include <stdbool.h>

#include "xfrmd/net/pair.h"

/* Whether the pair is protected now, with the present settings and addresses, so that it may have SAs.
 * @daemon: a struct daemon, so that this may be a callback. */
bool protects(void *daemon, const struct pair *pair);

#endif
