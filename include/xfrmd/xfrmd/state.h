/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_STATE_H
#define XFRMD_XFRMD_STATE_H

#include "xfrmd/base/err.h"
#include "xfrmd/base/loop.h"
#include "xfrmd/charon/charon.h"
#include "xfrmd/charon/negotiator.h"
#include "xfrmd/conf/settings.h"
#include "xfrmd/net/addr_watch.h"
#include "xfrmd/spd/hosts.h"
#include "xfrmd/xfrm/installed_spd.h"

/*
 * What each part of xfrmd keeps for itself, its timers among it: only NAME.c looks into `NAME`. All are
 * NULL while the part is not open.
 */
struct parts {
	struct acquires *acquires;
	struct carried *carried;
	struct certificates *certificates;
	struct commands *commands;
	struct foreign_policies *foreign_policies;
	struct foreign_sa_changes *foreign_sa_changes;
	struct idle_peers *idle_peers;
	struct ike_flood *ike_flood;
	struct kernel_events *kernel_events;
	struct known_hosts *known_hosts;
	struct live_peers *live_peers;
	struct log_repeats *log_repeats; /* log_sink.c */
	struct orphan_sas *orphan_sas;
	struct policies *policies;
	struct readiness *readiness;
	struct recent_peers *recent_peers;
	struct reload *reload;
	struct resync *resync;
	struct shutdown *shutdown;
	struct signals *signals;
	struct sysctls *sysctls;
	struct trying *trying; /* try.c */
};

/* One xfrmd: what its parts share. */
struct daemon {
	const char *conf_path;
	const char *run_dir;
	int ready_fd;             /* the waiting parent's pipe, or -1 */
	int lock_fd;              /* of the run directory */
	int64_t started;          /* epoch */
	struct settings settings; /* in force */
	struct err log_problem;   /* empty: it goes where [log] says */

	struct loop *loop;
	struct addr_watch *addrs;
	struct installed_spd *spd;
	struct hosts *hosts;
	struct negotiator *negotiator;
	struct charon *charon;

	struct parts parts;
};

#endif
