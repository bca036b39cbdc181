/* SPDX-License-Identifier: MIT */
/* What `xfrmctl status` and `xfrmctl peers` show: gathered from the parts and from the kernel. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/conf/expiry.h"
#include "xfrmd/ctl/ctl_sas.h"
#include "xfrmd/ike/failures.h"
#include "xfrmd/net/children.h"
#include "xfrmd/net/route.h"
#include "xfrmd/spd/plan.h"

/* `xfrmctl list` shows all. */
#define FOREIGN_SHOWN_MAX  5
/* `xfrmctl doctor` does. */
#define CHILDREN_SHOWN_MAX 5

static void __attribute__((format(printf, 2, 0)))
add_text(struct strlist *list, const char *format, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), format, args);
	(void)strlist_add(list, text);
}

static void __attribute__((format(printf, 2, 3)))
add_problem(struct ctl_status *status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_text(&status->problems, format, args);
	va_end(args);
}

static void __attribute__((format(printf, 2, 3)))
add_warning(struct ctl_status *status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_text(&status->warnings, format, args);
	va_end(args);
}

static bool has_chosen_address(const struct daemon *daemon)
{
	const struct local_addr *addrs;
	size_t count;

	addrs = addr_watch_list(daemon->addrs, &count);
	for (size_t i = 0; i < count; i++)
		if (plan_addr_chosen(&daemon->conf, &addrs[i]))
			return true;
	return false;
}

/* The kernel gives the loopback interface of each network namespace this one. */
#define LOOPBACK_IFINDEX 1

static void add_foreign(const struct daemon *daemon, struct ctl_status *status)
{
	const struct policy_list *foreign = foreign_policies_foreign(daemon);
	char text[POLICY_TEXT_MAX];

	status->policies_foreign = foreign->count;
	for (size_t i = 0; i < foreign->count && i < FOREIGN_SHOWN_MAX; i++)
		add_problem(status, "policies: a foreign one defeats ours: %s",
		            policy_format(&foreign->items[i], text));
	if (foreign->count > FOREIGN_SHOWN_MAX)
		add_problem(status, "policies: %zu more foreign ones defeat ours",
		            foreign->count - FOREIGN_SHOWN_MAX);
}

static bool is_first_of_interface(const struct local_addr *addrs, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (addrs[j].addr.family == addrs[i].addr.family &&
		    strcmp(addrs[j].ifname, addrs[i].ifname) == 0)
			return false;
	return true;
}

/* What leaves by such an interface does so in clear, whatever the policies say. By loopback, for which
 * the kernel sets it, nothing leaves. */
static void add_disabled(const struct daemon *daemon, struct ctl_status *status)
{
	const struct local_addr *addrs;
	size_t count;

	addrs = addr_watch_list(daemon->addrs, &count);
	for (size_t i = 0; i < count; i++)
		if (addrs[i].ifindex != LOOPBACK_IFINDEX && is_first_of_interface(addrs, i) &&
		    plan_addr_chosen(&daemon->conf, &addrs[i]) &&
		    route_disables_xfrm(addrs[i].addr.family, addrs[i].ifname))
			add_problem(status,
			            "policies: disable_xfrm is set for %s, what leaves by it "
			            "goes in clear",
			            addrs[i].ifname);
}

/* Its peers want ESP from such an address, and it sends in clear. */
static void add_left_out(const struct daemon *daemon, struct ctl_status *status)
{
	const struct local_addr *addrs;
	char text[PREFIX_TEXT_MAX];
	size_t count;

	addrs = addr_watch_list(daemon->addrs, &count);
	for (size_t i = 0; i < count && !daemon->conf.optional; i++) {
		struct prefix span = local_addr_span(&addrs[i]);

		if (addrs[i].global && !plan_addr_chosen(&daemon->conf, &addrs[i]) &&
		    conf_verdict(&daemon->conf, &addrs[i].addr) == CONF_VERDICT_PROTECT)
			add_problem(status,
			            "addresses: %s (%s) is in ipsec_subnets and left out by "
			            "[ipsec] interfaces, what it sends goes in clear",
			            prefix_format(&span, text), addrs[i].ifname);
	}
}

static void add_children(const struct daemon *daemon, struct ctl_status *status)
{
	_cleanup_(cleanup_free) struct child_link *children = NULL;
	char text[CHILD_LINK_TEXT_MAX];
	size_t count = 0;
	struct err err;

	if (daemon->conf.optional || !daemon->conf.protect.count)
		return;
	if (child_links_dump(&children, &count, &err) < 0)
		log_warning("status: %s", err.text);
	for (size_t i = 0; i < count && i < CHILDREN_SHOWN_MAX; i++)
		add_warning(status,
		            "addresses: %s is in another network namespace, which needs an xfrmd "
		            "of its own",
		            child_link_format(&children[i], text));
	if (count > CHILDREN_SHOWN_MAX)
		add_warning(status, "addresses: %zu more interfaces that send by ours are there",
		            count - CHILDREN_SHOWN_MAX);
}

static void add_policies(struct daemon *daemon, struct ctl_status *status)
{
	struct spd_counts counts = {0};
	struct err err;

	if (installed_spd_count(daemon->spd, &counts, &err) < 0) {
		add_problem(status, "policies: %s", err.text);
		return;
	}
	status->policies_desired = counts.desired;
	status->policies_installed = counts.installed;
	status->policies_drift = counts.drift;
	status->policies_repaired = counts.repaired;
	status->last_added = counts.last.added;
	status->last_updated = counts.last.updated;
	status->last_deleted = counts.last.deleted;
	status->last_apply_us = counts.last.took_us;
	add_foreign(daemon, status);
	if (foreign_policies_fights(daemon))
		add_problem(status, "policies: somebody else keeps changing ours");
	if (*policies_problem(daemon))
		add_problem(status, "policies: not all could be applied, trying again: %s",
		            policies_problem(daemon));
	if (counts.drift)
		add_problem(status, "policies: %zu differ from the desired ones", counts.drift);
	if (!has_chosen_address(daemon))
		add_problem(status, "addresses: none is chosen by [ipsec] interfaces, nothing is "
		                    "protected");
	add_left_out(daemon, status);
	add_disabled(daemon, status);
	add_children(daemon, status);
	if (daemon->flushed)
		add_problem(status, "policies: removed by `xfrmctl flush`, nothing is "
		                    "protected until a reload");
}

static void add_peers(struct daemon *daemon, struct ctl_status *status)
{
	struct peers_counters counters;
	size_t count;
	const struct peers *peers = negotiator_peers(daemon->negotiator);
	const struct peer **list = peers_list_by_local(peers, &count);
	struct failures failures = {0};

	for (size_t i = 0; i < count; i++) {
		switch (list[i]->state) {
		case PEER_STATE_UP:
			status->peers_up++;
			break;
		case PEER_STATE_QUEUED:
		case PEER_STATE_NEGOTIATING:
			status->peers_negotiating++;
			break;
		case PEER_STATE_FAILED:
			status->peers_failed++;
			break;
		case PEER_STATE_IDLE:
			break;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (list[i]->state != PEER_STATE_IDLE && list[i]->last_error.reason)
			failures_add(&failures, &list[i]->last_error, &list[i]->pair.remote);
	(void)failures_tell(&failures, &status->warnings);
	free(list);
	peers_counters(peers, &counters);
	status->peers_repaired = counters.repairs;
	status->acquires_received = counters.acquires + daemon->acquires.put_off;
	status->acquires_deduplicated = counters.deduplicated;
	status->acquires_lost = daemon->acquires.lost;
}

/* The rows have room for it. */
static void add_certificate(const struct daemon *daemon, const struct pki_cert *cert,
                            const char *role, struct ctl_status *status)
{
	struct ctl_certificate *row = &status->certificates[status->certificate_count];
	int64_t now = clock_now_epoch();

	*row = (struct ctl_certificate){.file = strdup(cert->file),
	                                .role = role,
	                                .subject = strdup(cert->subject),
	                                .not_after = cert->not_after,
	                                .days_left = pki_cert_days_left(cert, now)};
	if (!row->file || !row->subject) {
		free(row->file);
		free(row->subject);
		return;
	}
	status->certificate_count++;
	/* a peer's certificate is shown and logged, but does not make this host unhealthy */
	if (strcmp(role, "peer") == 0)
		return;
	switch (expiry_of(&daemon->conf, cert->not_after, now)) {
	case EXPIRY_OVER:
		add_problem(status, "certificate: %s: %s has expired", cert->file, cert->subject);
		break;
	case EXPIRY_CRITICAL:
		add_problem(status, "certificate: %s: %s expires in %lld days", cert->file,
		            cert->subject, (long long)row->days_left);
		break;
	case EXPIRY_WARNING:
	case EXPIRY_ERROR:
		add_warning(status, "certificate: %s: %s expires in %lld days", cert->file,
		            cert->subject, (long long)row->days_left);
		break;
	case EXPIRY_FAR:
	case EXPIRY_INFO:
		break;
	}
}

static void add_certificates(struct daemon *daemon, struct ctl_status *status)
{
	const struct pki_certs *chain = &daemon->bundle.chain, *cas = &daemon->bundle.cas;
	const struct pki_certs *peers = &daemon->peer_certs;

	status->certificates = calloc(chain->count + cas->count + peers->count,
	                              sizeof(*status->certificates));
	if (!status->certificates)
		return;
	for (size_t i = 0; i < chain->count; i++)
		add_certificate(daemon, &chain->items[i], i == 0 ? "instance" : "ca", status);
	for (size_t i = 0; i < cas->count; i++)
		add_certificate(daemon, &cas->items[i], "ca", status);
	for (size_t i = 0; i < peers->count; i++)
		add_certificate(daemon, &peers->items[i], "peer", status);
}

static void add_charon(struct daemon *daemon, struct ctl_status *status)
{
	const char *problem = negotiator_problem(daemon->negotiator);
	const char *socket_problem = charon_socket_problem(daemon->charon);
	const char *port_problem = charon_port_problem(daemon->charon);
	struct flood_facts facts;
	char words[FLOOD_WORDS_MAX];

	status->charon_pid = charon_pid(daemon->charon);
	status->charon_running = status->charon_pid != 0;
	status->charon_restarts = charon_restarts(daemon->charon);
	if (!status->charon_running)
		add_problem(status, "charon: not running, new peers must wait");
	else if (*port_problem)
		add_problem(status,
		            "charon: %s: no UDP encapsulation, so peers behind NAT cannot be "
		            "reached; end that process, then charon, which is started again: kill "
		            "-KILL %d",
		            port_problem, (int)status->charon_pid);
	if (*problem)
		add_problem(status, "charon: %s", problem);
	if (*socket_problem)
		add_warning(status, "charon: %s: a flood of IKE_SA_INIT would silence it",
		            socket_problem);
	switch (ike_flood_look(daemon, &facts, words)) {
	case FLOOD_SILENT:
		add_problem(status, "charon: %s", words);
		break;
	case FLOOD_BORNE:
		add_warning(status, "charon: %s", words);
		break;
	case FLOOD_NONE:
		break;
	}
}

static void add_surroundings(const struct daemon *daemon, struct ctl_status *status)
{
	if (*daemon->sysctl_problem.text)
		add_problem(status, "kernel: %s", daemon->sysctl_problem.text);
	if (*daemon->log_problem.text)
		add_problem(status, "log: %s, it goes to stderr", daemon->log_problem.text);
}

static void add_reload(const struct daemon *daemon, struct ctl_status *status)
{
	status->reload_time = daemon->reload_time;
	status->reload_ok = !daemon->reload_errors.count;
	for (size_t i = 0; i < daemon->reload_errors.count; i++)
		(void)strlist_add(&status->reload_errors, daemon->reload_errors.items[i]);
	if (daemon->reload_errors.count)
		add_problem(status, "reload: the last one failed: %s",
		            daemon->reload_errors.items[0]);
}

void status_fill(struct daemon *daemon, struct ctl_status *ret_status)
{
	struct ctl_status *status = ret_status;

	*status = (struct ctl_status){.ready = daemon->ready, .optional = daemon->conf.optional};
	if (!daemon->ready)
		add_problem(status, "starting: charon is not ready yet");
	add_policies(daemon, status);
	add_peers(daemon, status);
	add_certificates(daemon, status);
	add_charon(daemon, status);
	add_surroundings(daemon, status);
	add_reload(daemon, status);
	try_status(daemon, status);
	shutdown_status(daemon, status);
	status->config_file = realpath(daemon->conf_path, NULL);
	memcpy(status->config_hash, daemon->config_hash, sizeof(status->config_hash));
	status->healthy = !status->problems.count;
}

char *status_json(struct daemon *daemon)
{
	struct ctl_status status;
	char *json;

	status_fill(daemon, &status);
	json = ctl_proto_status(&status);
	ctl_status_fini(&status);
	return json;
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

char *status_peers_json(struct daemon *daemon)
{
	size_t peer_count, sa_count = 0;
	const struct peer **peers = peers_list_by_local(negotiator_peers(daemon->negotiator),
	                                                &peer_count);
	struct ctl_peers rows = {.items = calloc(peer_count ? peer_count : 1, sizeof(*rows.items))};
	struct sa *sas = NULL;
	struct err err;
	char *json;

	if (!peers || !rows.items) {
		free(peers);
		free(rows.items);
		return NULL;
	}
	if (installed_spd_sas(daemon->spd, &sas, &sa_count, &err) < 0)
		log_warning("peers: %s", err.text);
	ctl_sas_sort(sas, sa_count);
	for (size_t i = 0; i < peer_count; i++) {
		const struct peer *peer = peers[i];
		struct ctl_peer *row = &rows.items[rows.count++];

		*row = (struct ctl_peer){.pair = peer->pair,
		                         .since = clock_epoch_of(peer->since_ms),
		                         .next_retry = epoch_or_zero(peer->next_retry_ms),
		                         .last_error = peer->last_error,
		                         .last_acquire = epoch_or_zero(peer->acquired_ms),
		                         .last_failure = epoch_or_zero(peer->failed_ms)};
		snprintf(row->state, sizeof(row->state), "%s", state_text(peer->state));
		if (ctl_sas_of(sas, sa_count, daemon->conf.reqid, &peer->pair, &row->sas,
		               &row->sa_count) < 0)
			log_warning("peers: out of memory");
	}
	json = ctl_proto_peers(&rows);
	ctl_peers_fini(&rows);
	free(peers);
	free(sas);
	return json;
}
