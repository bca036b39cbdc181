/* SPDX-License-Identifier: MIT */
/* Read all, check all, then swap. Until the swap nothing that runs has changed. */
#include "xfrmd/xfrmd/settings_swap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/charon/swan_conf.h"
#include "xfrmd/xfrmd/certificates.h"
#include "xfrmd/xfrmd/charon_events.h"
#include "xfrmd/xfrmd/idle_peers.h"
#include "xfrmd/xfrmd/live_peers.h"
#include "xfrmd/xfrmd/log_sink.h"
#include "xfrmd/xfrmd/network.h"
#include "xfrmd/xfrmd/sysctls.h"

static const char nothing_changed[] = "nothing was changed, what ran before goes on";

/* What a running daemon cannot take over. */
static int check_changes(struct daemon *daemon, const struct conf *conf, struct problems *problems)
{
	const struct conf *present = &daemon->settings.conf;
	struct err err;

	if (conf->reqid != present->reqid) {
		problems_add(problems,
		             "%s: [kernel] reqid: changed from %u to %u while SAs have the old "
		             "one, expected the old one, or `xfrmctl shutdown` and a start",
		             daemon->conf_path, present->reqid, conf->reqid);
		return -EINVAL;
	}
	if (conf->force_udp_encapsulation && !present->force_udp_encapsulation &&
	    *charon_port_problem(daemon->charon)) {
		problems_add(problems,
		             "%s: [ipsec] force_udp_encapsulation: %s, expected charon to have it",
		             daemon->conf_path, charon_port_problem(daemon->charon));
		return -EINVAL;
	}
	if (negotiator_check(daemon->negotiator, conf, &err) < 0) {
		problems_add(problems, "%s: [ipsec] ike_proposals: %s", daemon->conf_path,
		             err.text);
		return -EINVAL;
	}
	if (strcmp(conf->charon_binary, present->charon_binary) != 0 &&
	    settings_check_charon(daemon->conf_path, conf, problems) < 0)
		return -EINVAL;
	return settings_check_log(daemon->conf_path, conf, problems) < 0 ? -EINVAL : 0;
}

int settings_read(struct daemon *daemon, const char *path, struct settings *ret_settings,
                  struct strlist *errors)
{
	struct problems problems = {0};
	int error = settings_load(path, clock_now_epoch(), ret_settings, &problems);

	if (!error)
		error = check_changes(daemon, &ret_settings->conf, &problems);
	for (size_t i = 0; i < problems.count; i++)
		strlist_addf(errors, "%s", problems.items[i]);
	problems_fini(&problems);
	if (!error)
		return 0;
	if (!errors->count)
		strlist_addf(errors, "out of memory");
	strlist_addf(errors, "%s", nothing_changed);
	settings_fini(ret_settings);
	return error;
}

int settings_open_log(struct daemon *daemon, const struct settings *settings,
                      struct strlist *errors)
{
	struct err err;
	int error = log_sink_open(daemon, &settings->conf, &err);

	if (error) {
		strlist_addf(errors, "%s", err.text);
		strlist_addf(errors, "%s", nothing_changed);
	}
	return error;
}

void settings_log(const char *who, const struct strlist *changes, const struct strlist *errors)
{
	for (size_t i = 0; i < changes->count; i++)
		log_notice("%s: %s", who, changes->items[i]);
	for (size_t i = 0; i < errors->count; i++)
		log_error("%s: %s", who, errors->items[i]);
}

static bool drops_ca(const struct settings *from, const struct settings *to)
{
	const struct pki_certs *old = &from->bundle.cas, *new = &to->bundle.cas;

	for (size_t i = 0; i < old->count; i++)
		if (!pki_certs_has(new, &old->items[i]))
			return true;
	return false;
}

void settings_describe(const struct settings *from, const struct settings *to, bool unit,
                       struct strlist *changes)
{
	const struct conf *old = &from->conf, *new = &to->conf;
	const struct pki_cert *old_cert = &from->bundle.chain.items[0];
	const struct pki_cert *new_cert = &to->bundle.chain.items[0];

	if (old->optional != new->optional)
		strlist_addf(changes, "mode: %s", new->optional ? "optional" : "required");
	if (strcmp(old_cert->fingerprint, new_cert->fingerprint) != 0)
		strlist_addf(changes, "instance certificate: now %s", new_cert->subject);
	if (drops_ca(from, to))
		strlist_addf(changes, "CA certificates: now %zu, peers are authenticated anew",
		             to->bundle.cas.count);
	else if (drops_ca(to, from))
		strlist_addf(changes, "CA certificates: now %zu", to->bundle.cas.count);
	if (!strlist_equal(&new->ike_proposals, &old->ike_proposals) ||
	    !strlist_equal(&new->esp_proposals, &old->esp_proposals))
		strlist_addf(changes,
		             "proposals: used from the next negotiation on: xfrmctl rekey --all");
	if (new->replay_window != old->replay_window || new->rekey_time_s != old->rekey_time_s ||
	    new->ike_rekey_time_s != old->ike_rekey_time_s ||
	    new->force_udp_encapsulation != old->force_udp_encapsulation)
		strlist_addf(changes,
		             "SAs: others from the next negotiation on: xfrmctl rekey --all");
	if (strcmp(new->charon_binary, old->charon_binary) != 0 && !unit)
		strlist_addf(changes, "charon binary: used from its next start on");
}

static void update_charon_config(struct daemon *daemon, struct strlist *errors)
{
	_cleanup_(cleanup_free) char *text = swan_conf_text(&daemon->settings.conf,
	                                                    daemon->run_dir);
	struct err err;
	int error;

	error = text ? charon_set_config(daemon->charon, text, &err)
	             : err_set(&err, -ENOMEM, "charon: out of memory");
	if (error && error != -EALREADY)
		strlist_addf(errors, "%s", err.text);
}

/* They are in force; what fails now is reported and retried. */
static void apply(struct daemon *daemon, bool distrust, struct strlist *changes,
                  struct strlist *errors)
{
	const struct settings *settings = &daemon->settings;
	struct spd_change change = {0};
	struct err err;

	if (sysctls_write(daemon, &err) < 0)
		strlist_addf(errors, "%s", err.text);
	if (network_refresh(daemon, &change, &err) < 0)
		strlist_addf(errors, "%s", err.text);
	if (change.added || change.updated || change.deleted)
		strlist_addf(changes, "policies: %zu added, %zu updated, %zu deleted in %.1f ms",
		             change.added, change.updated, change.deleted,
		             (double)change.took_us / 1000);
	if (change.conflicts)
		strlist_addf(errors, "policies: %zu selectors are held by foreign policies",
		             change.conflicts);
	update_charon_config(daemon, errors);
	charon_set_needs_encapsulation(daemon->charon, settings->conf.force_udp_encapsulation);
	negotiator_set(daemon->negotiator, &settings->conf, &settings->bundle, distrust);
	network_retain_peers(daemon);
	certificates_log(daemon);
}

/* Told of only where it matters: it is logged, too. */
static bool is_unit(const struct daemon *daemon, const struct settings *former)
{
	const struct conf *conf = &daemon->settings.conf;

	return strcmp(conf->charon_binary, former->conf.charon_binary) != 0 &&
	       charon_events_unit(conf);
}

void settings_swap(struct daemon *daemon, struct settings *settings, struct strlist *changes,
                   struct strlist *errors)
{
	struct settings former = daemon->settings;

	daemon->settings = *settings;
	*settings = former;
	for (size_t i = 0; i < daemon->settings.conf.notes.count; i++)
		log_info("%s", daemon->settings.conf.notes.items[i]);
	settings_describe(&former, &daemon->settings, is_unit(daemon, &former), changes);
	apply(daemon, drops_ca(&former, &daemon->settings), changes, errors);
	/* else frequent reloads would put it off for ever */
	if (daemon->settings.conf.idle_timeout_s != former.conf.idle_timeout_s)
		idle_peers_arm(daemon);
	live_peers_arm(daemon);
	if (!changes->count && !errors->count)
		strlist_addf(changes, "%s",
		             strcmp(daemon->settings.hash, former.hash) != 0
		                     ? "other settings are in force"
		                     : "nothing changed");
}
