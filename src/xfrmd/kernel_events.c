/* SPDX-License-Identifier: MIT */
/* What the kernel tells, and who is told. Whether an SA is ours, and protects whom, is asked here. */
#include "xfrmd/xfrmd/kernel_events.h"

#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/xfrm/xfrm_monitor.h"
#include "xfrmd/xfrmd/acquires.h"
#include "xfrmd/xfrmd/carried.h"
#include "xfrmd/xfrmd/foreign_policies.h"
#include "xfrmd/xfrmd/foreign_sa_changes.h"
#include "xfrmd/xfrmd/known_hosts.h"
#include "xfrmd/xfrmd/orphan_sas.h"
#include "xfrmd/xfrmd/protects.h"
#include "xfrmd/xfrmd/resync.h"

struct kernel_events {
	struct xfrm_monitor *monitor;
	struct log_limit losses;
};

static bool is_ours(const struct daemon *daemon, const struct sa *sa)
{
	return sa_is_ours(sa, daemon->settings.conf.reqid);
}

static void log_sa(const struct sa *sa, const char *what)
{
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

	log_debug("sad: %s -> %s: %s spi=0x%08x packets=%llu", addr_format(&sa->src, src),
	          addr_format(&sa->dst, dst), what, sa->spi, (unsigned long long)sa->packets);
}

static void on_expire(void *ctx, const struct sa *sa, bool hard)
{
	const struct pair pair = sa_pair(sa, true);
	struct daemon *daemon = ctx;

	if (!hard || sa->reqid != daemon->settings.conf.reqid)
		return;
	if (sa->spi <= SPI_RESERVED_MAX)
		known_hosts_on_larval_expired(daemon, &pair);
	if (!is_ours(daemon, sa))
		return;
	log_sa(sa, "SA expired");
	carried_on_gone(daemon, sa);
	known_hosts_on_sa_gone(daemon, sa);
}

static void on_lost(void *ctx, bool acquires)
{
	struct daemon *daemon = ctx;

	/* their larval SAs tell what was lost */
	if (acquires) {
		acquires_on_lost(daemon);
		resync_soon(daemon);
	}
	if (log_allowed(&daemon->parts.kernel_events->losses, clock_now_ms(),
	                "kernel: notifications"))
		log_warning("kernel: notifications were lost, comparing all policies");
	foreign_policies_touched(daemon);
}

/* SAs: those of others' making first, so that traffic that asks finds the repair under way. */

static void on_sa_new(void *ctx, const struct sa *sa, uint32_t port)
{
	const struct pair pair = sa_pair(sa, true);
	struct daemon *daemon = ctx;

	if (is_ours(daemon, sa)) {
		if (sa_has_keys(sa))
			log_sa(sa, "SA added");
		foreign_sa_changes_on_new(daemon, port);
		if (protects(daemon, &pair))
			known_hosts_on_sa(daemon, sa);
	}
	orphan_sas_on_change(daemon);
}

static void on_sa_gone(void *ctx, const struct sa *sa, uint32_t port)
{
	struct daemon *daemon = ctx;

	if (!is_ours(daemon, sa))
		return;
	log_sa(sa, "SA gone");
	carried_on_gone(daemon, sa);
	foreign_sa_changes_on_gone(daemon, sa, port);
	known_hosts_on_sa_gone(daemon, sa);
}

static void on_sas_lost(void *ctx, bool flushed)
{
	foreign_sa_changes_check(ctx, flushed);
	resync_now(ctx);
	orphan_sas_on_change(ctx);
}

static int open_part(struct daemon *daemon, struct err *err)
{
	static const struct xfrm_events events = {
		.acquire = acquires_on_acquire,
		.expire = on_expire,
		.policies_touched = foreign_policies_touched,
		.lost = on_lost,
		.sa_new = on_sa_new,
		.sa_gone = on_sa_gone,
		.sas_lost = on_sas_lost,
	};
	struct kernel_events *self = daemon->parts.kernel_events;
	int error;

	self->losses = (struct log_limit){.burst = 3, .interval_ms = 60000};
	error = xfrm_monitor_open(daemon->loop, installed_spd_port(daemon->spd), &events, daemon,
	                          &self->monitor, err);
	if (error)
		return error;
	/* what changed between the first dumps and the monitor was not announced to us */
	foreign_policies_touched(daemon);
	resync_now(daemon);
	return 0;
}

static void close_part(struct daemon *daemon)
{
	xfrm_monitor_close(daemon->parts.kernel_events->monitor);
}

const struct part kernel_events_part = {PART(kernel_events), .open = open_part,
                                        .close = close_part};
