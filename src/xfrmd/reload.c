/* SPDX-License-Identifier: MIT */
/* Reload: read all, check all, then swap. Until the swap nothing that runs has changed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/notify.h"
#include "xfrmd/charon/swan_conf.h"
#include "xfrmd/conf/settings.h"

static void __attribute__((format(printf, 2, 3))) say(struct strlist *list, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* a lost sentence is the smallest of the troubles of a process without memory */
	(void)strlist_add(list, text);
}

static void update_charon_config(struct daemon *daemon, struct strlist *errors)
{
	_cleanup_(cleanup_free) char *text = swan_conf_text(&daemon->conf, daemon->run_dir);
	struct err err;
	int error;

	error = text ? charon_set_config(daemon->charon, text, &err)
	             : err_set(&err, -ENOMEM, "charon: out of memory");
	if (error && error != -EALREADY)
		say(errors, "%s", err.text);
}

/* What a running daemon cannot take over. */
static int check_changes(struct daemon *daemon, const struct conf *conf, struct strlist *errors)
{
	struct err err;

	if (conf->reqid != daemon->conf.reqid) {
		say(errors,
		    "%s: [kernel] reqid: changed from %u to %u while SAs have the old one, expected "
		    "the old one, or `xfrmctl shutdown` and a start",
		    daemon->conf_path, daemon->conf.reqid, conf->reqid);
		return -EINVAL;
	}
	if (conf->force_udp_encapsulation && !daemon->conf.force_udp_encapsulation &&
	    *charon_port_problem(daemon->charon)) {
		say(errors, "%s: [ipsec] force_udp_encapsulation: %s, expected charon to have it",
		    daemon->conf_path, charon_port_problem(daemon->charon));
		return -EINVAL;
	}
	if (daemon_open_log(daemon, conf, &err) < 0) {
		say(errors, "%s", err.text);
		return -EINVAL;
	}
	return 0;
}

/* From here on the new configuration is in force; what fails now is reported and retried. */
static void apply(struct daemon *daemon, bool distrust, struct strlist *changes,
                  struct strlist *errors)
{
	struct spd_change change = {0};
	struct err err;

	if (daemon_write_sysctls(daemon, &err) < 0)
		say(errors, "%s", err.text);
	if (policies_refresh(daemon, &change, &err) < 0)
		say(errors, "%s", err.text);
	if (change.added || change.updated || change.deleted)
		say(changes, "policies: %zu added, %zu updated, %zu deleted in %.1f ms",
		    change.added, change.updated, change.deleted, (double)change.took_us / 1000);
	if (change.conflicts)
		say(errors, "policies: %zu selectors are held by foreign policies",
		    change.conflicts);
	update_charon_config(daemon, errors);
	charon_set_needs_encapsulation(daemon->charon, daemon->conf.force_udp_encapsulation);
	negotiator_set(daemon->negotiator, &daemon->conf, &daemon->bundle, distrust);
	daemon_retain_peers(daemon);
	certificates_log(daemon);
}

static bool drops_ca(const struct pki_certs *old, const struct pki_certs *new)
{
	for (size_t i = 0; i < old->count; i++) {
		size_t n = 0;

		while (n < new->count &&
		       strcmp(old->items[i].fingerprint, new->items[n].fingerprint) != 0)
			n++;
		if (n == new->count)
			return true;
	}
	return false;
}

static void describe(const struct daemon *daemon, const struct conf *conf,
                     const struct pki_bundle *bundle, struct strlist *changes)
{
	if (daemon->conf.optional != conf->optional)
		say(changes, "mode: %s", conf->optional ? "optional" : "required");
	if (strcmp(bundle->chain.items[0].fingerprint, daemon->bundle.chain.items[0].fingerprint) !=
	    0)
		say(changes, "instance certificate: now %s", bundle->chain.items[0].subject);
	if (drops_ca(&daemon->bundle.cas, &bundle->cas))
		say(changes, "CA certificates: now %zu, peers are authenticated anew",
		    bundle->cas.count);
	else if (drops_ca(&bundle->cas, &daemon->bundle.cas))
		say(changes, "CA certificates: now %zu", bundle->cas.count);
	if (!strlist_equal(&conf->ike_proposals, &daemon->conf.ike_proposals) ||
	    !strlist_equal(&conf->esp_proposals, &daemon->conf.esp_proposals))
		say(changes, "proposals: used from the next negotiation on: xfrmctl rekey --all");
	if (conf->replay_window != daemon->conf.replay_window ||
	    conf->rekey_time_s != daemon->conf.rekey_time_s ||
	    conf->ike_rekey_time_s != daemon->conf.ike_rekey_time_s ||
	    conf->force_udp_encapsulation != daemon->conf.force_udp_encapsulation)
		say(changes, "SAs: others from the next negotiation on: xfrmctl rekey --all");
	if (strcmp(conf->charon_binary, daemon->conf.charon_binary) != 0 &&
	    !daemon_charon_unit(conf))
		say(changes, "charon binary: used from its next start on");
}

static void finish(struct daemon *daemon, const struct strlist *changes, struct strlist *errors)
{
	daemon->reload_time = clock_now_epoch();
	if (errors->count)
		daemon->reloads_failed++;
	else
		daemon->reloads_ok++;
	strlist_fini(&daemon->reload_errors);
	for (size_t i = 0; i < changes->count; i++)
		log_notice("reload: %s", changes->items[i]);
	for (size_t i = 0; i < errors->count; i++) {
		log_error("reload: %s", errors->items[i]);
		(void)strlist_add(&daemon->reload_errors, errors->items[i]);
	}
}

void settings_swap(struct daemon *daemon, struct setting *setting, struct strlist *changes,
                   struct strlist *errors)
{
	struct setting former = {daemon->conf, daemon->bundle, ""};
	bool other = strcmp(daemon->config_hash, setting->hash) != 0;
	bool distrust = drops_ca(&former.bundle.cas, &setting->bundle.cas);

	memcpy(former.hash, daemon->config_hash, sizeof(former.hash));
	describe(daemon, &setting->conf, &setting->bundle, changes);
	daemon->conf = setting->conf;
	daemon->bundle = setting->bundle;
	memcpy(daemon->config_hash, setting->hash, sizeof(daemon->config_hash));
	apply(daemon, distrust, changes, errors);
	/* else frequent reloads would put it off for ever */
	if (daemon->conf.idle_timeout_s != former.conf.idle_timeout_s)
		idle_peers_arm(daemon);
	*setting = former;
	if (!changes->count && !errors->count)
		say(changes, "%s", other ? "other settings are in force" : "nothing changed");
}

int reload_read(struct daemon *daemon, const char *path, struct setting *ret_setting,
                struct strlist *errors)
{
	struct problems problems = {0};
	struct setting setting = {0};
	int error = settings_load(path, clock_now_epoch(), &setting.conf, &setting.bundle,
	                          &problems);

	for (size_t i = 0; i < problems.count; i++)
		say(errors, "%s", problems.items[i]);
	problems_fini(&problems);
	if (!error)
		error = daemon_hash(&setting.conf, &setting.bundle, setting.hash);
	if (!error)
		error = check_changes(daemon, &setting.conf, errors);
	if (!error) {
		for (size_t i = 0; i < setting.conf.notes.count; i++)
			log_info("%s", setting.conf.notes.items[i]);
		*ret_setting = setting;
		return 0;
	}
	if (!errors->count)
		say(errors, "out of memory");
	say(errors, "nothing was changed, what ran before goes on");
	setting_fini(&setting);
	return error;
}

void setting_fini(struct setting *setting)
{
	conf_fini(&setting->conf);
	pki_bundle_fini(&setting->bundle);
}

/* Why the configuration file is not read now. */
static bool refused(const struct daemon *daemon, struct strlist *errors)
{
	if (daemon->try)
		say(errors,
		    "another configuration is being tried, expected `xfrmctl try --confirm` "
		    "or `xfrmctl try --back` first");
	else if (daemon->shutdown)
		say(errors, "a shutdown is under way");
	return daemon->try || daemon->shutdown;
}

int reload_run(struct daemon *daemon, struct strlist *ret_changes, struct strlist *ret_errors)
{
	struct setting setting = {0};
	int error = log_reopen();

	if (error)
		log_error("log: cannot open again: %s", strerror(-error));
	if (refused(daemon, ret_errors)) {
		for (size_t i = 0; i < ret_errors->count; i++)
			log_error("reload: %s", ret_errors->items[i]);
		return -EINVAL;
	}
	notify_send("RELOADING=1");
	if (reload_read(daemon, daemon->conf_path, &setting, ret_errors) == 0) {
		daemon->flushed = false;
		settings_swap(daemon, &setting, ret_changes, ret_errors);
		setting_fini(&setting);
	}
	finish(daemon, ret_changes, ret_errors);
	notify_send("READY=1\nSTATUS=protecting %zu prefixes", daemon->conf.protect.count);
	return ret_errors->count ? -EINVAL : 0;
}
