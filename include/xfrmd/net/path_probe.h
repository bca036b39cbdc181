/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_PATH_PROBE_H
#define XFRMD_NET_PATH_PROBE_H

#include <net/if.h>
#include <stdint.h>

#include "xfrmd/net/pair.h"
#include "xfrmd/net/path_mtu.h"

/* Of one path. Set the first three; the rest is filled. */
struct path_probe {
	struct pair pair;
	char ifname[IF_NAMESIZE];
	unsigned link_mtu; /* of this interface; 0: not known */
	struct path_mtu
		search; /* without `pass`: it could not be asked, or pings are not answered */

	int fd;
	uint16_t id;
	unsigned sizes[PATH_MTU_SIZES];
	bool answered[PATH_MTU_SIZES];
	size_t count;
};

/*
 * Finds what all @count paths carry, by pings that no router may cut (DF), as large as the kernel
 * would send them at most; each round waits @wait_ms if there are answers missing. They go as all
 * packets: an SA must be there, or one is asked for. What cannot be asked stays unknown. Takes one
 * file descriptor for each path.
 */
void path_probes_run(struct path_probe *probes, size_t count, unsigned wait_ms);

#endif
