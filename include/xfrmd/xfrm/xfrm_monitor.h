/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRM_XFRM_MONITOR_H
#define XFRMD_XFRM_XFRM_MONITOR_H

#include "xfrmd/base/err.h"
#include "xfrmd/base/loop.h"
#include "xfrmd/xfrm/xfrm_codec.h"

/* Event sockets. Callbacks run from the loop and may close the monitor. */
struct xfrm_events {
	void (*acquire)(void *ctx, const struct xfrm_acquire *acquire);
	/* A larval SA (spi 0) or a real one reached its lifetime. */
	void (*expire)(void *ctx, const struct sa *sa, bool hard);
	/* Somebody else changed the SPD: dump and compare. */
	void (*policies_touched)(void *ctx);
	/* The kernel dropped notifications (ENOBUFS); the state is unknown: dump and compare. */
	void (*lost)(void *ctx, bool acquires);
	/* The rest is optional; without any of them no notifications of SAs are asked for. */
	/* An SA was added or updated by whoever calls himself @port in his request: charon says its
	 * process id, and iproute2 says 0. */
	void (*sa_new)(void *ctx, const struct sa *sa, uint32_t port);
	/* An SA was deleted, likewise. One that reached its hard lifetime is gone as well, and only
	 * `expire` says so. */
	void (*sa_gone)(void *ctx, const struct sa *sa, uint32_t port);
	/* Notifications of SAs were lost, or SAs were @flushed: dump and compare. What the socket
	 * still held is left out, so that nothing older than that dump is told after it. */
	void (*sas_lost)(void *ctx, bool flushed);
};
/* By SO_RCVBUFFORCE. Of acquires, each of which takes 1,283 bytes, it holds a second's of a scan. */
#define XFRM_MONITOR_RCVBUF          (8 * 1024 * 1024)
#define XFRM_MONITOR_ACQUIRES_RCVBUF (32 * 1024 * 1024)
struct xfrm_monitor;
/*
 * Opens a socket each for ACQUIRE with EXPIRE, for POLICY, and for SA if wanted, so that a flood of
 * one kind of notifications cannot cost another. Policy notifications with the port @own_port (not
 * 0) are ours and ignored.
 */
int xfrm_monitor_open(struct loop *loop, uint32_t own_port, const struct xfrm_events *events,
                      void *ctx, struct xfrm_monitor **ret_monitor, struct err *err);
void xfrm_monitor_close(struct xfrm_monitor *monitor);

#endif
