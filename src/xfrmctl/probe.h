/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_PROBE_H
#define XFRMCTL_PROBE_H

#include "verdict.h"
#include "xfrmd/base/err.h"
#include "xfrmd/net/pair.h"

/* One ICMP echo to one peer, with eyes on the wire. */
struct probe {
	struct pair pair;
	char ifname[IF_NAMESIZE];
	bool knock; /* find out whether anybody speaks IKE there */
	struct verdict_seen seen;

	int wire_fd, icmp_fd, knock_fd;
	uint16_t id;
	uint64_t begin_us; /* wall clock, as the kernel's time stamps */
	uint64_t sent_us;  /* the last attempt, likewise */
	bool done;
};

/*
 * Sends to all @count at once, from its local address by `ifname`, and fills each `seen` until all have their
 * answer or @timeout_ms is over. `known` of the SPIs is left to the caller. Each peer takes three
 * file descriptors. 0, or negative errno and @err when it could not be looked at the wire.
 */
int probes_run(struct probe *probes, size_t count, unsigned timeout_ms, struct err *err);

#endif
