/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_HOST_POLICIES_H
#define XFRMD_XFRMD_HOST_POLICIES_H

#include "xfrmd/xfrmd/state.h"

/*
 * The policies of known hosts, written one by one beside the plan, which has them too. What cannot be
 * written is logged, and repaired later. Without effect while no policies are wanted.
 */
void host_policies_put(struct daemon *daemon, const struct known_host *host);
void host_policies_remove(struct daemon *daemon, const struct known_host *host);
/* When traffic last met the host's policy, epoch seconds; 0: never. */
int64_t host_policies_used(struct daemon *daemon, const struct known_host *host);
/* Writes again the subnet policies that HOST_ACTION_REFRESH is about, each once. */
void host_policies_refresh_subnets(struct daemon *daemon, const struct host_actions *actions);
/* Without us nobody would move the pins when SAs are replaced: the kernel takes the newest SA then. */
void host_policies_unpin(struct daemon *daemon);

#endif
