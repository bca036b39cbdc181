/* SPDX-License-Identifier: MIT */
/*
 * The parts that make an xfrmd, in order. Addresses and settings become the SPD, the kernel's acquires
 * become negotiations, foreign changes become repairs: who is told of what is in kernel_events.c and
 * charon_events.c.
 */
#include "xfrmd/xfrmd/daemon.h"

#include <string.h>

#include "xfrmd/base/clock.h"
#include "xfrmd/base/run_dir.h"
#include "xfrmd/xfrmd/acquires.h"
#include "xfrmd/xfrmd/carried.h"
#include "xfrmd/xfrmd/certificates.h"
#include "xfrmd/xfrmd/charon_events.h"
#include "xfrmd/xfrmd/commands.h"
#include "xfrmd/xfrmd/foreign_policies.h"
#include "xfrmd/xfrmd/foreign_sa_changes.h"
#include "xfrmd/xfrmd/host_policies.h"
#include "xfrmd/xfrmd/idle_peers.h"
#include "xfrmd/xfrmd/ike_flood.h"
#include "xfrmd/xfrmd/kernel_events.h"
#include "xfrmd/xfrmd/known_hosts.h"
#include "xfrmd/xfrmd/live_peers.h"
#include "xfrmd/xfrmd/log_sink.h"
#include "xfrmd/xfrmd/network.h"
#include "xfrmd/xfrmd/orphan_sas.h"
#include "xfrmd/xfrmd/policies.h"
#include "xfrmd/xfrmd/readiness.h"
#include "xfrmd/xfrmd/recent_peers.h"
#include "xfrmd/xfrmd/reload.h"
#include "xfrmd/xfrmd/resync.h"
#include "xfrmd/xfrmd/shutdown.h"
#include "xfrmd/xfrmd/signals.h"
#include "xfrmd/xfrmd/sysctls.h"
#include "xfrmd/xfrmd/try.h"

static int open_loop(struct daemon *daemon, struct err *err)
{
	int error = loop_new(&daemon->loop);

	return error ? err_set(err, error, "start: %s", strerror(-error)) : 0;
}

static void close_loop(struct daemon *daemon)
{
	loop_free(daemon->loop);
	daemon->loop = NULL;
}

static int open_run_dir(struct daemon *daemon, struct err *err)
{
	daemon->lock_fd = -1;
	return run_dir_open(daemon->run_dir, &daemon->lock_fd, err);
}

static void close_run_dir(struct daemon *daemon)
{
	run_dir_close(daemon->run_dir, daemon->lock_fd);
}

static int open_spd(struct daemon *daemon, struct err *err)
{
	int error = installed_spd_open(&daemon->spd, err);

	return error ? error : installed_spd_read(daemon->spd, err);
}

static void close_spd(struct daemon *daemon)
{
	installed_spd_close(daemon->spd);
	daemon->spd = NULL;
}

static int start_charon(struct daemon *daemon, struct err *err)
{
	return charon_start(daemon->charon, err);
}

static const struct part loop_part = {.name = "loop", .open = open_loop, .close = close_loop};
static const struct part run_dir_part = {
	.name = "run_dir", .open = open_run_dir, .close = close_run_dir};
static const struct part spd_part = {.name = "spd", .open = open_spd, .close = close_spd};
static const struct part protection_part = {
	.name = "protection", .open = network_begin, .close = host_policies_unpin};
static const struct part charon_part = {.name = "charon", .open = start_charon};

/* Before the first policy is written, what commonly refuses a start has been asked; what refuses it later
 * leaves a host that blocks. charon is started when all is there that it may call for. */
static const struct part *const parts[] = {
	&loop_part,
	&signals_part,
	&log_repeats_part,
	&readiness_part,
	&sysctls_part,
	&policies_part,
	&foreign_policies_part,
	&foreign_sa_changes_part,
	&acquires_part,
	&ike_flood_part,
	&orphan_sas_part,
	&idle_peers_part,
	&live_peers_part,
	&certificates_part,
	&reload_part,
	&run_dir_part,
	&charon_events_part,
	&network_part,
	&spd_part,
	&recent_peers_part,
	&known_hosts_part,
	&resync_part,
	&protection_part,
	&kernel_events_part,
	&carried_part,
	&commands_part,
	&try_part,
	&shutdown_part,
	&charon_part,
};
#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

const struct part *const *daemon_parts(size_t *ret_count)
{
	*ret_count = PART_COUNT;
	return parts;
}

int daemon_open(struct daemon *daemon, struct err *err)
{
	int error;

	daemon->started = clock_now_epoch();
	error = parts_open(parts, PART_COUNT, daemon, err);
	if (error)
		return error;
	certificates_log(daemon);
	idle_peers_arm(daemon);
	readiness_expect(daemon);
	return 0;
}

void daemon_close(struct daemon *daemon)
{
	parts_close(parts, PART_COUNT, daemon);
}
