/* SPDX-License-Identifier: MIT */
/* What `xfrmctl status` and `xfrmctl peers` show: gathered from the parts and from the kernel. */
#include "xfrmd/xfrmd/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/array.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/ctl/ctl_sas.h"
#include "xfrmd/ike/failures.h"
#include "xfrmd/net/children.h"
#include "xfrmd/net/route.h"
#include "xfrmd/xfrmd/acquires.h"
#include "xfrmd/xfrmd/certificates.h"
#include "xfrmd/xfrmd/foreign_policies.h"
#include "xfrmd/xfrmd/health.h"
#include "xfrmd/xfrmd/ike_flood.h"
#include "xfrmd/xfrmd/policies.h"
#include "xfrmd/xfrmd/readiness.h"
#include "xfrmd/xfrmd/reload.h"
#include "xfrmd/xfrmd/sas.h"
#include "xfrmd/xfrmd/shutdown.h"
#include "xfrmd/xfrmd/sysctls.h"
#include "xfrmd/xfrmd/try.h"

static void add_policies(struct daemon *daemon, struct ctl_status *status)
{
	const struct policy_list *foreign = foreign_policies_list(daemon);
	const struct conf *conf = &daemon->settings.conf;
	_cleanup_(cleanup_free) struct child_link *children = NULL;
	struct spd_counts counts = {0};
	struct health_policies facts = {.conf = conf,
	                                .foreign = foreign,
	                                .fights = foreign_policies_fights(daemon),
	                                .apply_problem = policies_problem(daemon),
	                                .flushed = policies_flushed(daemon),
	                                .disables_xfrm = route_disables_xfrm};
	struct err err;

	if (installed_spd_count(daemon->spd, &counts, &err) < 0) {
		strlist_addf(&status->problems, "policies: %s", err.text);
		return;
	}
	status->policies_desired = counts.desired;
	status->policies_installed = counts.installed;
	status->policies_drift = counts.drift;
	status->policies_repaired = counts.repaired;
	status->policies_foreign = foreign->count;
	status->last_added = counts.last.added;
	status->last_updated = counts.last.updated;
	status->last_deleted = counts.last.deleted;
	status->last_apply_us = counts.last.took_us;
	facts.drift = counts.drift;
	facts.addrs = addr_watch_list(daemon->addrs, &facts.addr_count);
	if (!conf->optional && conf->protect.count &&
	    child_links_dump(&children, &facts.child_count, &err) < 0)
		log_warning("status: %s", err.text);
	facts.children = children;
	health_of_policies(&facts, status);
}

static void add_peers(struct daemon *daemon, struct ctl_status *status)
{
	size_t in_state[PEER_STATE_FAILED + 1] = {0}, count;
	struct peers_counters counters;
	const struct peers *peers = negotiator_peers(daemon->negotiator);
	_cleanup_(cleanup_free) const struct peer **list = peers_list_by_local(peers, &count);
	struct failures failures = {0};

	for (size_t i = 0; i < count; i++) {
		in_state[list[i]->state]++;
		if (list[i]->state != PEER_STATE_IDLE && list[i]->last_error.reason)
			failures_add(&failures, &list[i]->last_error, &list[i]->pair.remote);
	}
	status->peers_up = in_state[PEER_STATE_UP];
	status->peers_negotiating = in_state[PEER_STATE_QUEUED] + in_state[PEER_STATE_NEGOTIATING];
	status->peers_failed = in_state[PEER_STATE_FAILED];
	(void)failures_tell(&failures, &status->warnings);
	peers_counters(peers, &counters);
	status->peers_repaired = counters.repairs;
	status->acquires_received = counters.acquires + acquires_counters(daemon).put_off;
	status->acquires_deduplicated = counters.deduplicated;
	status->acquires_lost = acquires_counters(daemon).lost;
}

static void add_certificates(struct daemon *daemon, struct ctl_status *status)
{
	const int64_t now = clock_now_epoch();
	const struct pki_cert *cert;
	const char *role;

	for (size_t i = 0; (cert = certificates_at(daemon, i, &role)); i++) {
		struct ctl_certificate row = {.file = strdup(cert->file),
		                              .role = role,
		                              .subject = strdup(cert->subject),
		                              .not_after = cert->not_after,
		                              .days_left = pki_cert_days_left(cert, now)};

		if (!row.file || !row.subject ||
		    array_grow(&status->certificates, status->certificate_count, sizeof(row)) < 0) {
			free(row.file);
			free(row.subject);
			continue;
		}
		status->certificates[status->certificate_count++] = row;
		health_of_certificate(&daemon->settings.conf, &row, now, status);
	}
}

static void add_charon(struct daemon *daemon, struct ctl_status *status)
{
	struct flood_facts flood;
	char words[FLOOD_WORDS_MAX];
	const struct health_charon facts = {
		.pid = charon_pid(daemon->charon),
		.problem = negotiator_problem(daemon->negotiator),
		.port_problem = charon_port_problem(daemon->charon),
		.socket_problem = charon_socket_problem(daemon->charon),
		.flood = ike_flood_look(daemon, &flood, words),
		.flood_words = words,
	};

	status->charon_pid = facts.pid;
	status->charon_running = facts.pid != 0;
	status->charon_restarts = charon_restarts(daemon->charon);
	health_of_charon(&facts, status);
}

static void add_reload(const struct daemon *daemon, struct ctl_status *status)
{
	const struct reload_history *history = reload_history(daemon);

	status->reload_time = history->time;
	status->reload_ok = !history->errors.count;
	for (size_t i = 0; i < history->errors.count; i++)
		(void)strlist_add(&status->reload_errors, history->errors.items[i]);
}

void status_fill(struct daemon *daemon, struct ctl_status *ret_status)
{
	struct ctl_status *status = ret_status;

	*status = (struct ctl_status){.ready = readiness_is_reached(daemon),
	                              .optional = daemon->settings.conf.optional};
	health_of_start(status);
	add_policies(daemon, status);
	add_peers(daemon, status);
	add_certificates(daemon, status);
	add_charon(daemon, status);
	add_reload(daemon, status);
	health_of_settings(sysctls_problem(daemon), daemon->log_problem.text, status);
	try_status(daemon, status);
	shutdown_status(daemon, status);
	status->config_file = realpath(daemon->conf_path, NULL);
	memcpy(status->config_hash, daemon->settings.hash, sizeof(status->config_hash));
	status->healthy = !status->problems.count;
}

char *status_json(struct daemon *daemon)
{
	_cleanup_(ctl_status_fini) struct ctl_status status = {0};

	status_fill(daemon, &status);
	return ctl_proto_status(&status);
}

/* Peers with their SAs. The kernel is asked, not charon: it knows SAs that charon lost. */

static const char *state_text(enum peer_state state)
{
	return state == PEER_STATE_QUEUED ? "negotiating" : peer_state_name(state);
}

static int64_t epoch_or_zero(uint64_t monotonic_ms)
{
	return monotonic_ms ? clock_epoch_of(monotonic_ms) : 0;
}

static struct ctl_peer peer_row(const struct peer *peer)
{
	struct ctl_peer row = {.pair = peer->pair,
	                       .since = clock_epoch_of(peer->since_ms),
	                       .next_retry = epoch_or_zero(peer->next_retry_ms),
	                       .last_error = peer->last_error,
	                       .last_acquire = epoch_or_zero(peer->acquired_ms),
	                       .last_failure = epoch_or_zero(peer->failed_ms)};

	snprintf(row.state, sizeof(row.state), "%s", state_text(peer->state));
	return row;
}

char *status_peers_json(struct daemon *daemon)
{
	size_t count;
	_cleanup_(cleanup_free) const struct peer **peers =
		peers_list_by_local(negotiator_peers(daemon->negotiator), &count);
	_cleanup_(ctl_peers_fini) struct ctl_peers rows = {0};
	_cleanup_(sas_fini) struct sas sas = {0};
	struct err err;

	rows.items = calloc(count + 1, sizeof(*rows.items));
	if (!peers || !rows.items)
		return NULL;
	if (sas_read(daemon, &sas, &err) < 0)
		log_warning("peers: %s", err.text);
	ctl_sas_sort(sas.items, sas.count);
	for (size_t i = 0; i < count; i++) {
		struct ctl_peer *row = &rows.items[rows.count++];

		*row = peer_row(peers[i]);
		if (ctl_sas_of(sas.items, sas.count, daemon->settings.conf.reqid, &peers[i]->pair,
		               &row->sas, &row->sa_count) < 0)
			log_warning("peers: out of memory");
	}
	return ctl_proto_peers(&rows);
}
