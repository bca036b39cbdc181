/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_ECHO_SENDER_H
#define XFRMD_NET_ECHO_SENDER_H

#include "xfrmd/net/pair.h"

/*
 * Sends ICMP echoes, to whom there are SAs, and reads no answers: the counters of the SAs show them. One
 * raw socket a family, which needs CAP_NET_RAW when it is opened.
 */
struct echo_sender;
/* 0, or negative errno: neither family. One alone is enough. */
int echo_sender_open(struct echo_sender **ret_sender);
void echo_sender_close(struct echo_sender *sender);
/* ECHO_CHECK_LEN bytes by the policies that are there. Blocks nowhere. 0 or negative errno. */
int echo_sender_send(struct echo_sender *sender, const struct pair *pair);

#endif
