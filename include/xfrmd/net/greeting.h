/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_GREETING_H
#define XFRMD_NET_GREETING_H

#include "xfrmd/net/pair.h"

/* RFC 3948. */
#define GREETING_PORT 4500
#define GREETING_BYTE 0xff
/* With the header of UDP: what an SA counts for it. */
#define GREETING_LEN  9

/*
 * Sends one packet by the policies that are there now, so that the other end hears of the SA that it
 * goes by: a keepalive for NAT (RFC 3948, 2.3), which whoever speaks IKE takes without an answer.
 * Needs no privilege. Negative errno, of which nothing follows: who waits for a greeting goes on
 * without it.
 */
int greeting_send(const struct pair *pair);

#endif
