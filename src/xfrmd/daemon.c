/* SPDX-License-Identifier: MIT */
/*
 * The parts that make an xfrmd, in order. Addresses and settings become the SPD, the kernel's acquires
 * become negotiations, foreign changes become repairs: who is told of what is in kernel_events.c and
 * charon_events.c.
 */
#include "xfrmd/xfrmd/daemon.h"

#include <string.h>

#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
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
#include "xfrmd/xfrmd/log_sink.h"
#include "xfrmd/xfrmd/network.h"
#include "xfrmd/xfrmd/orphan_sas.h"
#include "xfrmd/xfrmd/parts.h"
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

static int open_policies(struct daemon *daemon, struct err *err)
{
	return policies_open(daemon, foreign_policies_look, err);
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

static int open_known_hosts(struct daemon *daemon, struct err *err)
{
	return known_hosts_open(daemon, resync_soon, err);
}

static int protect(struct daemon *daemon, struct err *err)
{
	int error = network_begin(daemon, err);

	/* protected with other values rather than not at all */
	if (!error && sysctls_write(daemon, err) < 0)
		log_error("kernel: %s", err->text);
	return error;
}

static int start_charon(struct daemon *daemon, struct err *err)
{
	return charon_start(daemon->charon, err);
}

static int nothing(struct daemon *daemon, struct err *err)
{
	(void)daemon;
	(void)err;
	return 0;
}

/* Before the first policy is written all that could refuse the start has been asked. */
static const struct part parts[] = {
	{"loop", open_loop, close_loop},
	{"signals", signals_open, signals_close},
	{"log_repeats", log_repeats_open, log_repeats_close},
	{"readiness", readiness_open, readiness_close},
	{"sysctls", sysctls_open, sysctls_close},
	{"policies", open_policies, policies_close},
	{"foreign_policies", foreign_policies_open, foreign_policies_close},
	{"foreign_sa_changes", foreign_sa_changes_open, foreign_sa_changes_close},
	{"acquires", acquires_open, acquires_close},
	{"resync", resync_open, resync_close},
	{"ike_flood", ike_flood_open, ike_flood_close},
	{"orphan_sas", orphan_sas_open, orphan_sas_close},
	{"idle_peers", idle_peers_open, idle_peers_close},
	{"certificates", certificates_open, certificates_close},
	{"reload", reload_open, reload_close},
	{"run_dir", open_run_dir, close_run_dir},
	{"charon_events", charon_events_open, charon_events_close},
	{"network", network_open, network_close},
	{"spd", open_spd, close_spd},
	{"recent_peers", recent_peers_open, recent_peers_close},
	{"known_hosts", open_known_hosts, known_hosts_close},
	{"protection", protect, host_policies_unpin},
	{"kernel_events", kernel_events_open, kernel_events_close},
	{"carried", carried_open, carried_close},
	{"commands", commands_open, commands_close},
	/* these begin when they are asked for */
	{"try", nothing, try_close},
	{"shutdown", nothing, shutdown_close},
	{"charon", start_charon, NULL},
};
#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

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
