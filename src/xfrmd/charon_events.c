/* SPDX-License-Identifier: MIT */
/* What charon tells, and who is told. */
#include "xfrmd/xfrmd/charon_events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build_config.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/run_dir.h"
#include "xfrmd/charon/swan_conf.h"
#include "xfrmd/charon/swan_log.h"
#include "xfrmd/xfrmd/certificates.h"
#include "xfrmd/xfrmd/foreign_sa_changes.h"
#include "xfrmd/xfrmd/ike_flood.h"
#include "xfrmd/xfrmd/known_hosts.h"
#include "xfrmd/xfrmd/live_peers.h"
#include "xfrmd/xfrmd/orphan_sas.h"
#include "xfrmd/xfrmd/protects.h"
#include "xfrmd/xfrmd/readiness.h"
#include "xfrmd/xfrmd/recent_peers.h"

static void on_charon_ready(void *ctx)
{
	struct daemon *daemon = ctx;
	int error;

	orphan_sas_begin(daemon);
	ike_flood_on_charon(daemon);
	error = negotiator_connect(daemon->negotiator, charon_pid(daemon->charon));
	if (*charon_port_problem(daemon->charon))
		log_warning("charon: %s, so it goes without UDP encapsulation",
		            charon_port_problem(daemon->charon));
	log_notice("charon: %s pid=%d", charon_adopted(daemon->charon) ? "adopted" : "started",
	           (int)charon_pid(daemon->charon));
	if (*charon_socket_problem(daemon->charon))
		log_warning("charon: %s, so a flood of IKE_SA_INIT can silence it",
		            charon_socket_problem(daemon->charon));
	if (error)
		log_warning("charon: cannot connect to its VICI socket: %s, trying again",
		            error == -EPERM ? "another process answers there" : strerror(-error));
}

static void on_charon_died(void *ctx, const char *how)
{
	struct daemon *daemon = ctx;

	log_warning("charon: ended: %s, restarting it; policies and SAs stay", how);
	negotiator_disconnect(daemon->negotiator);
	known_hosts_on_charon(daemon, false);
}

static void on_charon_line(void *ctx, const char *line)
{
	const struct daemon *daemon = ctx;
	struct swan_log log;
	bool parsed = swan_log_parse(line, &log) == 0;
	int level;

	if (swan_log_level(line, parsed ? &log : NULL, &level))
		log_at((enum log_level)level, "charon: %s", line);
	if (daemon->negotiator && parsed)
		negotiator_take_line(daemon->negotiator, &log);
}

static void on_settings_read(void *ctx)
{
	struct daemon *daemon = ctx;

	charon_settings_read(daemon->charon);
}

static void on_stuck(void *ctx)
{
	struct daemon *daemon = ctx;

	log_error("charon: does not answer, killing it; policies and SAs stay");
	charon_restart(daemon->charon);
}

static void on_negotiator_ready(void *ctx)
{
	struct daemon *daemon = ctx;

	log_info("charon: credentials and connections loaded");
	known_hosts_on_charon(daemon, true);
	foreign_sa_changes_check(daemon, false);
	readiness_reached(daemon);
}

static void on_fresh_sas(void *ctx, const struct fresh_sas *fresh)
{
	known_hosts_on_fresh_sas(ctx, fresh);
	foreign_sa_changes_on_fresh(ctx, fresh);
	live_peers_on_negotiated(ctx, &fresh->pair);
}

static void on_listed_sa(void *ctx, const struct pair *pair, uint32_t spi_in, uint32_t spi_out)
{
	orphan_sas_on_listed_sa(ctx, pair, spi_in, spi_out);
	known_hosts_on_listed_sa(ctx, pair, spi_in, spi_out);
}

static void on_peer_up(void *ctx, uint8_t family)
{
	struct daemon *daemon = ctx;

	certificates_on_peer_up(daemon);
	live_peers_arm(daemon);
	if (daemon->settings.conf.optional)
		installed_spd_refresh_family(daemon->spd, family);
}

static int open_negotiator(struct daemon *daemon, struct err *err)
{
	static const struct negotiator_callbacks callbacks = {
		.ready = on_negotiator_ready,
		.wants = protects,
		.peer_up = on_peer_up,
		.fresh_sas = on_fresh_sas,
		.progress = known_hosts_on_progress,
		.peer_failed = known_hosts_on_failed,
		.renewal_failed = live_peers_on_failed,
		.peer_changed = recent_peers_on_change,
		.listed_sa = on_listed_sa,
		.listed = orphan_sas_on_listed,
		.spi_in_use = known_hosts_spi,
		.packets = known_hosts_packets,
		.greet = known_hosts_greet,
		.cert = certificates_on_cert,
		.settings_read = on_settings_read,
		.stuck = on_stuck,
	};
	_cleanup_(cleanup_free) char *path = run_dir_file(daemon->run_dir, "charon.vici");

	if (!path ||
	    negotiator_open(daemon->loop, path, &daemon->settings.conf, &daemon->settings.bundle,
	                    &callbacks, daemon, &daemon->negotiator) < 0)
		return err_set(err, -ENOMEM, "charon: out of memory");
	return 0;
}

const char *charon_events_unit(const struct conf *conf)
{
	const char *unit = getenv("XFRMD_CHARON_UNIT");

	if (!unit || !*unit)
		return NULL;
	if (strcmp(conf->charon_binary, XFRMD_CHARON) != 0)
		log_warning("charon: %s of [charon] binary is not used, %s names its own",
		            conf->charon_binary, unit);
	return unit;
}

static int open_part(struct daemon *daemon, struct err *err)
{
	static const struct charon_callbacks callbacks = {
		.ready = on_charon_ready,
		.died = on_charon_died,
		.log_line = on_charon_line,
	};
	const struct conf *conf = &daemon->settings.conf;
	_cleanup_(cleanup_free) char *text = swan_conf_text(conf, daemon->run_dir);
	struct charon_options options = {.binary = conf->charon_binary,
	                                 .unit = charon_events_unit(conf),
	                                 .run_dir = daemon->run_dir,
	                                 .config_text = text,
	                                 .needs_encapsulation = conf->force_udp_encapsulation};
	int error;

	if (!text)
		return err_set(err, -ENOMEM, "charon: out of memory");
	error = open_negotiator(daemon, err);
	return error ? error
	             : charon_open(daemon->loop, &options, &callbacks, daemon, &daemon->charon,
	                           err);
}

static void close_part(struct daemon *daemon)
{
	charon_close(daemon->charon);
	negotiator_close(daemon->negotiator);
	daemon->charon = NULL;
	daemon->negotiator = NULL;
}

const struct part charon_events_part = {
	.name = "charon_events", .open = open_part, .close = close_part};
