/* SPDX-License-Identifier: MIT */
/* Reload: read all, check all, then swap. Until the swap nothing that runs has changed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "xfrmd/cleanup.h"
#include "xfrmd/log.h"
#include "xfrmd/notify.h"
#include "xfrmd/plan.h"
#include "xfrmd/setup.h"
#include "xfrmd/swan_conf.h"

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

static bool keeps_peer(void *ctx, const struct peer *peer)
{
	struct daemon *daemon = ctx;
	const struct local_addr *addrs;
	size_t count;

	addrs = addr_watch_list(daemon->addrs, &count);
	return plan_negotiable(&daemon->conf, addrs, count, &peer->local, &peer->remote);
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
static int check_changes(const struct daemon *daemon, const struct conf *conf,
                         struct strlist *errors)
{
	struct err err;

	if (conf->reqid != daemon->conf.reqid) {
		say(errors,
		    "%s: [kernel] reqid: changed from %u to %u while SAs have the old one, expected "
		    "the old one, or `xfrmctl shutdown` and a start",
		    daemon->conf_path, daemon->conf.reqid, conf->reqid);
		return -EINVAL;
	}
	if (daemon_open_log(conf, &err) < 0) {
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

	if (daemon_write_sysctls(&daemon->conf, &err) < 0)
		say(errors, "%s", err.text);
	daemon->flushed = false;
	if (known_hosts_reload(daemon, &err) < 0)
		say(errors, "%s", err.text);
	if (daemon_apply_spd(daemon, &change, &err) < 0)
		say(errors, "%s", err.text);
	if (change.added || change.updated || change.deleted)
		say(changes, "policies: %zu added, %zu updated, %zu deleted in %.1f ms",
		    change.added, change.updated, change.deleted, (double)change.took_us / 1000);
	if (change.conflicts)
		say(errors, "policies: %zu selectors are held by foreign policies",
		    change.conflicts);
	update_charon_config(daemon, errors);
	negotiator_set(daemon->negotiator, &daemon->conf, &daemon->bundle, distrust);
	negotiator_retain(daemon->negotiator, keeps_peer, daemon);
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
		say(changes, "proposals: used from the next negotiation on");
	if (strcmp(conf->charon_binary, daemon->conf.charon_binary) != 0 &&
	    !daemon_charon_unit(conf))
		say(changes, "charon binary: used from its next start on");
}

static void finish(struct daemon *daemon, const struct strlist *changes, struct strlist *errors)
{
	daemon->reload_time = loop_now_epoch();
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

/* Takes both over; from here on nothing is refused. */
static void swap(struct daemon *daemon, const struct conf *conf, const struct pki_bundle *bundle,
                 const char hash[65], struct strlist *changes, struct strlist *errors)
{
	struct conf old_conf = daemon->conf;
	struct pki_bundle old_bundle = daemon->bundle;
	bool other = strcmp(daemon->config_hash, hash) != 0;
	bool distrust = drops_ca(&old_bundle.cas, &bundle->cas);

	for (size_t i = 0; i < conf->notes.count; i++)
		log_info("%s", conf->notes.items[i]);
	describe(daemon, conf, bundle, changes);
	daemon->conf = *conf;
	daemon->bundle = *bundle;
	memcpy(daemon->config_hash, hash, sizeof(daemon->config_hash));
	apply(daemon, distrust, changes, errors);
	/* else frequent reloads would put it off for ever */
	if (daemon->conf.idle_timeout_s != old_conf.idle_timeout_s)
		idle_peers_arm(daemon);
	conf_fini(&old_conf);
	pki_bundle_fini(&old_bundle);
	if (!changes->count && !errors->count)
		say(changes, "%s", other ? "other settings are in force" : "nothing changed");
}

int reload_run(struct daemon *daemon, struct strlist *ret_changes, struct strlist *ret_errors)
{
	struct problems problems = {0};
	struct pki_bundle bundle = {0};
	struct conf conf = {0};
	char hash[65] = "";
	int error = log_reopen();

	if (error)
		log_error("log: cannot open again: %s", strerror(-error));
	notify_send("RELOADING=1");
	error = setup_load(daemon->conf_path, loop_now_epoch(), &conf, &bundle, &problems);
	for (size_t i = 0; i < problems.count; i++)
		say(ret_errors, "%s", problems.items[i]);
	if (!error)
		error = daemon_hash(&conf, &bundle, hash);
	if (!error)
		error = check_changes(daemon, &conf, ret_errors);
	if (!error) {
		swap(daemon, &conf, &bundle, hash, ret_changes, ret_errors);
	} else {
		if (!ret_errors->count)
			say(ret_errors, "out of memory");
		say(ret_errors, "nothing was changed, what ran before goes on");
		conf_fini(&conf);
		pki_bundle_fini(&bundle);
	}
	problems_fini(&problems);
	finish(daemon, ret_changes, ret_errors);
	notify_send("READY=1\nSTATUS=protecting %zu prefixes", daemon->conf.protect.count);
	return ret_errors->count ? -EINVAL : 0;
}
