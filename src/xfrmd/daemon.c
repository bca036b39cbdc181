/* SPDX-License-Identifier: MIT */
/*
 * Owns every part and hands callbacks around: addresses and configuration become the SPD, the
 * kernel's acquires become negotiations, foreign changes become repairs. Decisions are elsewhere.
 */
#include "daemon.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_config.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/notify.h"
#include "xfrmd/base/run_dir.h"
#include "xfrmd/charon/swan_conf.h"
#include "xfrmd/charon/swan_event.h"
#include "xfrmd/conf/settings.h"
#include "xfrmd/sad/traffic.h"
#include "xfrmd/spd/plan.h"

/* The SPD. */

static void log_change(const char *why, const struct spd_change *change)
{
	if (change->added || change->updated || change->deleted)
		log_notice("spd: %s: added=%zu updated=%zu deleted=%zu took_us=%llu", why,
		           change->added, change->updated, change->deleted,
		           (unsigned long long)change->took_us);
}

static bool wants(void *ctx, const struct pair *pair)
{
	struct daemon *daemon = ctx;
	const struct local_addr *addrs;
	size_t count;

	addrs = addr_watch_list(daemon->addrs, &count);
	return plan_negotiable(&daemon->conf, addrs, count, pair);
}

static bool keeps_peer(void *ctx, const struct peer *peer)
{
	return wants(ctx, &peer->pair);
}

void daemon_retain_peers(struct daemon *daemon)
{
	negotiator_retain(daemon->negotiator, keeps_peer, daemon);
}

static void on_network(void *ctx)
{
	struct daemon *daemon = ctx;
	struct spd_change change = {0};
	struct err err;

	if (policies_refresh(daemon, &change, &err) < 0)
		log_error("spd: network changed: %s", err.text);
	log_change("network changed", &change);
	daemon_retain_peers(daemon);
	/* an address that is back finds the larval SAs of before, and is not asked for again */
	known_hosts_resync(daemon);
}

bool daemon_owns_sa(const struct daemon *daemon, const struct sa *sa)
{
	return sa_is_ours(sa, daemon->conf.reqid);
}

static void log_sa(const struct daemon *daemon, const struct sa *sa, const char *what)
{
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

	if (daemon_owns_sa(daemon, sa))
		log_debug("sad: %s -> %s: %s spi=0x%08x packets=%llu", addr_format(&sa->src, src),
		          addr_format(&sa->dst, dst), what, sa->spi,
		          (unsigned long long)sa->packets);
}

static void on_expire(void *ctx, const struct sa *sa, bool hard)
{
	const struct pair pair = {.local = sa->src, .remote = sa->dst};
	struct daemon *daemon = ctx;

	if (!hard || sa->reqid != daemon->conf.reqid)
		return;
	if (sa->spi <= POLICY_SPI_WAIT_MAX) {
		known_hosts_on_larval_expired(daemon, &pair);
		return;
	}
	log_sa(daemon, sa, "SA expired");
	metrics_on_sa_gone(daemon, sa);
	known_hosts_on_sa_gone(daemon, sa);
}

static void on_overrun(void *ctx, bool acquires_lost)
{
	struct daemon *daemon = ctx;

	/* their larval SAs tell what was lost */
	if (acquires_lost) {
		daemon->acquires.lost++;
		known_hosts_resync_soon(daemon);
	}
	if (log_allowed(&daemon->overruns, clock_now_ms(), "kernel: notifications"))
		log_warning("kernel: notifications were lost, comparing all policies");
	foreign_policies_touched(daemon);
}

/* SAs: those of others' making first, so that traffic that asks finds the repair under way. */

static void on_sa_new(void *ctx, const struct sa *sa, uint32_t port)
{
	/* one that is still being negotiated has no algorithm */
	if (sa->algorithm[0])
		log_sa(ctx, sa, "SA added");
	foreign_sa_changes_on_new(ctx, sa, port);
	known_hosts_on_sa(ctx, sa);
	orphan_sas_on_change(ctx);
}

static void on_sa_gone(void *ctx, const struct sa *sa, uint32_t port)
{
	log_sa(ctx, sa, "SA gone");
	metrics_on_sa_gone(ctx, sa);
	foreign_sa_changes_on_gone(ctx, sa, port);
	known_hosts_on_sa_gone(ctx, sa);
}

static void on_sas_lost(void *ctx, bool flushed)
{
	foreign_sa_changes_check(ctx, flushed);
	known_hosts_resync(ctx);
	orphan_sas_on_change(ctx);
}

/* charon. */

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

static void on_charon_stuck(void *ctx)
{
	struct daemon *daemon = ctx;

	log_error("charon: does not answer, killing it; policies and SAs stay");
	charon_restart(daemon->charon);
}

static void on_charon_line(void *ctx, const char *line)
{
	int level;

	(void)ctx;
	if (swan_log_level(line, &level))
		log_at((enum log_level)level, "charon: %s", line);
}

static void report_ready(struct daemon *daemon)
{
	struct err err;

	daemon->ready = true;
	loop_timer_stop(daemon->ready_timer);
	if (run_dir_write_pid(daemon->run_dir, &err) < 0)
		log_error("%s", err.text);
	notify_send("READY=1\nMAINPID=%d\nSTATUS=protecting %zu prefixes", (int)getpid(),
	            daemon->conf.protect.count);
	if (daemon->ready_fd >= 0) {
		if (write(daemon->ready_fd, "", 1) < 0)
			log_warning("start: the starting process is gone");
		close(steal_fd(&daemon->ready_fd));
	}
	log_notice("ready: policies=%zu", installed_spd_want(daemon->spd)->count);
}

static void on_negotiator_ready(void *ctx)
{
	struct daemon *daemon = ctx;

	log_info("charon: credentials and connections loaded");
	known_hosts_on_charon(daemon, true);
	foreign_sa_changes_check(daemon, false);
	if (!daemon->ready)
		report_ready(daemon);
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
	if (daemon->conf.optional)
		installed_spd_refresh_family(daemon->spd, family);
}

static void on_ready_timeout(void *ctx)
{
	struct daemon *daemon = ctx;
	const char *problem = negotiator_problem(daemon->negotiator);
	pid_t impostor = charon_impostor(daemon->charon);

	if (impostor)
		log_error("charon: pid %d answers at its VICI socket, expected pid %d",
		          (int)impostor, (int)charon_pid(daemon->charon));
	log_error("start: charon was not ready within %u s (prestart_timeout)%s%s; policies stay",
	          daemon->conf.prestart_timeout_s, *problem ? ": " : "", problem);
	if (!charon_adopted(daemon->charon))
		charon_kill(daemon->charon);
	daemon->exit_status = 1;
	loop_stop(daemon->loop);
}

static void on_watchdog(void *ctx)
{
	struct daemon *daemon = ctx;

	notify_send("WATCHDOG=1");
	loop_timer_start(daemon->watchdog_timer, notify_watchdog_ms());
}

static void on_repeats(void *ctx)
{
	(void)ctx;
	log_tell_repeats();
}

static void on_repeats_counted(void *ctx, uint64_t due_ms)
{
	struct daemon *daemon = ctx;

	loop_timer_start_at(daemon->repeats_timer, due_ms);
}

/* Signals. */

static void on_terminate(void *ctx)
{
	struct daemon *daemon = ctx;

	if (shutdown_finish(daemon))
		return;
	log_notice("stop: policies, SAs and charon go on; `xfrmctl shutdown` ends the protection");
	notify_send("STOPPING=1");
	loop_stop(daemon->loop);
}

static void on_hangup(void *ctx)
{
	struct daemon *daemon = ctx;
	struct strlist changes = {0}, errors = {0};

	reload_run(daemon, &changes, &errors);
	strlist_fini(&changes);
	strlist_fini(&errors);
}

/* Start. */

int daemon_write_sysctls(struct daemon *daemon, struct err *err)
{
	struct err *problem = &daemon->sysctl_problem, second;
	char expires[16];
	int error, other;

	snprintf(expires, sizeof(expires), "%u", daemon->conf.xfrm_acq_expires_s);
	*problem = (struct err){0};
	error = file_write_value("/proc/sys/net/core/xfrm_acq_expires", expires, problem);
	other = file_write_value("/proc/sys/net/core/xfrm_larval_drop",
	                         daemon->conf.xfrm_larval_drop ? "1" : "0",
	                         error ? &second : problem);
	if (error || other)
		*err = *problem;
	return error ? error : other;
}

int daemon_open_log(struct daemon *daemon, const struct conf *conf, struct err *err)
{
	int error = log_open("xfrmd", conf->log_target, conf->log_path, conf->log_level);

	if (!error) {
		daemon->log_problem.text[0] = '\0';
		return 0;
	}
	return err_set(err, error, "[log] target: %s cannot be opened: %s",
	               conf->log_path ? conf->log_path : "the journal's socket", strerror(-error));
}

void daemon_begin_log(struct daemon *daemon)
{
	if (daemon_open_log(daemon, &daemon->conf, &daemon->log_problem) == 0)
		return;
	(void)log_open("xfrmd", LOG_TARGET_STDERR, NULL, daemon->conf.log_level);
	log_error("%s: %s, it goes to stderr", daemon->conf_path, daemon->log_problem.text);
}

int daemon_hash(const struct conf *conf, const struct pki_bundle *bundle, char ret_hex[65])
{
	_cleanup_(cleanup_free) char *canonical = conf_canonical(conf);
	_cleanup_(cleanup_free) char *text = NULL;
	struct buf all = {0};

	if (!canonical)
		return -ENOMEM;
	buf_str(&all, canonical);
	for (size_t i = 0; i < bundle->chain.count; i++)
		buf_printf(&all, "certificate %s\n", bundle->chain.items[i].fingerprint);
	for (size_t i = 0; i < bundle->cas.count; i++)
		buf_printf(&all, "ca %s\n", bundle->cas.items[i].fingerprint);
	text = buf_take_str(&all);
	if (!text)
		return -ENOMEM;
	return pki_sha256(text, strlen(text), ret_hex);
}

static int open_kernel(struct daemon *daemon, struct err *err)
{
	static const struct xfrm_events events = {
		.acquire = acquires_on_acquire,
		.expire = on_expire,
		.policies_touched = foreign_policies_touched,
		.overrun = on_overrun,
		.sa_new = on_sa_new,
		.sa_gone = on_sa_gone,
		.sas_lost = on_sas_lost,
	};
	struct spd_change change = {0};
	int error;

	error = addr_watch_open(daemon->loop, on_network, daemon, &daemon->addrs, err);
	if (!error)
		error = installed_spd_open(&daemon->spd, err);
	if (!error)
		error = installed_spd_read(daemon->spd, err);
	if (!error)
		error = recent_peers_open(daemon, err);
	if (!error)
		error = known_hosts_open(daemon, err);
	if (!error)
		error = policies_refresh(daemon, &change, err);
	if (error)
		return error;
	log_change("start", &change);
	/* protected with other values rather than not at all */
	if (daemon_write_sysctls(daemon, err) < 0)
		log_error("kernel: %s", err->text);
	error = xfrm_monitor_open(daemon->loop, installed_spd_port(daemon->spd), &events, daemon,
	                          &daemon->monitor, err);
	if (error)
		return error;
	/* what changed between the first dumps and the monitor was not announced to us */
	foreign_policies_touched(daemon);
	known_hosts_resync(daemon);
	return metrics_open(daemon, err);
}

const char *daemon_charon_unit(const struct conf *conf)
{
	const char *unit = getenv("XFRMD_CHARON_UNIT");

	if (!unit || !*unit)
		return NULL;
	if (strcmp(conf->charon_binary, XFRMD_CHARON) != 0)
		log_warning("charon: %s of [charon] binary is not used, %s names its own",
		            conf->charon_binary, unit);
	return unit;
}

static int open_charon(struct daemon *daemon, struct err *err)
{
	static const struct charon_callbacks callbacks = {
		.ready = on_charon_ready,
		.died = on_charon_died,
		.log_line = on_charon_line,
	};
	static const struct negotiator_callbacks negotiator_callbacks = {
		.ready = on_negotiator_ready,
		.wants = wants,
		.peer_up = on_peer_up,
		.fresh_sas = known_hosts_on_fresh_sas,
		.progress = known_hosts_on_progress,
		.peer_failed = known_hosts_on_failed,
		.peer_changed = recent_peers_on_change,
		.listed_sa = on_listed_sa,
		.listed = orphan_sas_on_listed,
		.spi_in_use = known_hosts_spi,
		.packets = known_hosts_packets,
		.greet = known_hosts_greet,
		.cert = certificates_on_cert,
		.stuck = on_charon_stuck,
	};
	_cleanup_(cleanup_free) char *text = swan_conf_text(&daemon->conf, daemon->run_dir);
	struct charon_options options = {
		.binary = daemon->conf.charon_binary,
		.unit = daemon_charon_unit(&daemon->conf),
		.run_dir = daemon->run_dir,
		.config_text = text,
		.needs_encapsulation = daemon->conf.force_udp_encapsulation};
	_cleanup_(cleanup_free) char *vici_path = NULL;

	if (!text || asprintf(&vici_path, "%s/charon.vici", daemon->run_dir) < 0) {
		vici_path = NULL;
		return err_set(err, -ENOMEM, "charon: out of memory");
	}
	if (negotiator_open(daemon->loop, vici_path, &daemon->conf, &daemon->bundle,
	                    &negotiator_callbacks, daemon, &daemon->negotiator) < 0)
		return err_set(err, -ENOMEM, "charon: out of memory");
	return charon_open(daemon->loop, &options, &callbacks, daemon, &daemon->charon, err);
}

static int open_timers(struct daemon *daemon)
{
	static const struct {
		int number;
		loop_fn fn;
	} signals[] = {{SIGTERM, on_terminate}, {SIGINT, on_terminate}, {SIGHUP, on_hangup}};
	const struct {
		loop_fn fn;
		struct loop_timer **timer;
	} timers[] = {
		{known_hosts_due, &daemon->hosts_timer},
		{known_hosts_resync, &daemon->resync_timer},
		{orphan_sas_due, &daemon->orphans_timer},
		{recent_peers_due, &daemon->recent_timer},
		{idle_peers_due, &daemon->idle_timer},
		{certificates_log, &daemon->expiry_timer},
		{certificates_list, &daemon->list_certs_timer},
		{on_ready_timeout, &daemon->ready_timer},
		{on_watchdog, &daemon->watchdog_timer},
		{on_repeats, &daemon->repeats_timer},
	};
	int error = 0;

	for (size_t i = 0; !error && i < sizeof(signals) / sizeof(signals[0]); i++)
		error = loop_signal_new(daemon->loop, signals[i].number, signals[i].fn, daemon,
		                        &daemon->signals[i]);
	for (size_t i = 0; !error && i < sizeof(timers) / sizeof(timers[0]); i++)
		error = loop_timer_new(daemon->loop, timers[i].fn, daemon, timers[i].timer);
	if (!error)
		error = policies_open(daemon);
	if (!error)
		error = acquires_open(daemon);
	if (!error)
		error = foreign_policies_open(daemon);
	if (!error)
		error = foreign_sa_changes_open(daemon);
	if (!error)
		error = ike_flood_open(daemon);
	return error;
}

static int open_control(struct daemon *daemon, struct err *err)
{
	_cleanup_(cleanup_free) char *path = NULL;

	if (asprintf(&path, "%s/%s", daemon->run_dir, CTL_SOCKET_NAME) < 0) {
		path = NULL;
		return err_set(err, -ENOMEM, "control socket: out of memory");
	}
	return ctl_server_open(daemon->loop, path, commands_handle, daemon, &daemon->ctl, err);
}

int daemon_open(struct daemon *daemon, struct err *err)
{
	int error;

	daemon->overruns = (struct log_limit){.burst = 3, .interval_ms = 60000};
	error = daemon_hash(&daemon->conf, &daemon->bundle, daemon->config_hash);
	if (!error)
		error = loop_new(&daemon->loop);
	if (!error)
		error = open_timers(daemon);
	if (!error)
		error = orphans_new(&daemon->orphans);
	if (!error)
		error = idle_new(&daemon->idle);
	if (error)
		return err_set(err, error, "start: %s", strerror(-error));
	log_count_repeats(on_repeats_counted, daemon);
	error = run_dir_open(daemon->run_dir, &daemon->lock_fd, err);
	if (!error)
		error = open_charon(daemon, err);
	if (!error)
		error = open_kernel(daemon, err);
	if (!error)
		error = open_control(daemon, err);
	if (!error)
		error = charon_start(daemon->charon, err);
	if (error)
		return error;
	certificates_log(daemon);
	idle_peers_arm(daemon);
	loop_timer_start(daemon->ready_timer, (uint64_t)daemon->conf.prestart_timeout_s * 1000);
	if (notify_watchdog_ms())
		loop_timer_start(daemon->watchdog_timer, notify_watchdog_ms());
	return 0;
}

void daemon_close(struct daemon *daemon)
{
	sigset_t endings;

	/* a second SIGTERM must not end us halfway, with the pid file still there */
	sigemptyset(&endings);
	sigaddset(&endings, SIGTERM);
	sigaddset(&endings, SIGINT);
	sigaddset(&endings, SIGHUP);
	sigprocmask(SIG_BLOCK, &endings, NULL);
	shutdown_close(daemon);
	try_close(daemon);
	if (daemon->hosts)
		known_hosts_unpin(daemon);
	log_set_tap(NULL, NULL);
	ctl_server_close(daemon->ctl);
	charon_close(daemon->charon);
	recent_peers_close(daemon);
	negotiator_close(daemon->negotiator);
	xfrm_monitor_close(daemon->monitor);
	installed_spd_close(daemon->spd);
	orphans_free(daemon->orphans);
	idle_free(daemon->idle);
	traffic_free(daemon->traffic);
	hosts_free(daemon->hosts);
	addr_watch_close(daemon->addrs);
	ike_flood_close(daemon);
	foreign_sa_changes_close(daemon);
	foreign_policies_close(daemon);
	acquires_close(daemon);
	policies_close(daemon);
	log_count_repeats(NULL, NULL);
	loop_timer_free(daemon->repeats_timer);
	loop_timer_free(daemon->watchdog_timer);
	loop_timer_free(daemon->ready_timer);
	loop_timer_free(daemon->list_certs_timer);
	loop_timer_free(daemon->expiry_timer);
	loop_timer_free(daemon->recent_timer);
	loop_timer_free(daemon->orphans_timer);
	loop_timer_free(daemon->idle_timer);
	loop_timer_free(daemon->resync_timer);
	loop_timer_free(daemon->hosts_timer);
	for (size_t i = 0; i < sizeof(daemon->signals) / sizeof(daemon->signals[0]); i++)
		loop_signal_free(daemon->signals[i]);
	loop_free(daemon->loop);
	strlist_fini(&daemon->reload_errors);
	run_dir_close(daemon->run_dir, daemon->lock_fd);
	pki_certs_fini(&daemon->peer_certs);
	pki_bundle_fini(&daemon->bundle);
	conf_fini(&daemon->conf);
}
