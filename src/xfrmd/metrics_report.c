/* SPDX-License-Identifier: MIT */
/*
 * What `xfrmctl metrics` shows: gathered from the parts, from the kernel and from /proc. What
 * cannot be measured has no sample.
 */
#include "xfrmd/xfrmd/metrics_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/proc_text.h"
#include "xfrmd/base/version.h"
#include "xfrmd/ctl/ctl_metrics.h"
#include "xfrmd/xfrmd/acquires.h"
#include "xfrmd/xfrmd/carried.h"
#include "xfrmd/xfrmd/certificates.h"
#include "xfrmd/xfrmd/ike_flood.h"
#include "xfrmd/xfrmd/live_peers.h"
#include "xfrmd/xfrmd/reload.h"
#include "xfrmd/xfrmd/status.h"

#define PROC_TEXT_MAX 16384

static void add_direction(struct metrics *metrics, const char *name, enum metric_type type,
                          const char *help, double in, double out)
{
	metrics_family(metrics, name, type, help);
	metrics_labelled(metrics, "direction", "in", in);
	metrics_labelled(metrics, "direction", "out", out);
}

static void add_sas(struct daemon *daemon, struct metrics *metrics)
{
	struct carried_total totals[2], *in = &totals[false], *out = &totals[true];

	if (carried_read(daemon, totals) < 0)
		return;
	add_direction(metrics, "xfrmd_sas", METRIC_TYPE_GAUGE, "SAs of ours in the kernel.",
	              (double)in->sas, (double)out->sas);
	add_direction(metrics, "xfrmd_sa_bytes_total", METRIC_TYPE_COUNTER,
	              "Bytes that all SAs carried since the start of xfrmd.",
	              (double)in->traffic.bytes, (double)out->traffic.bytes);
	add_direction(metrics, "xfrmd_sa_packets_total", METRIC_TYPE_COUNTER,
	              "Packets that all SAs carried since the start of xfrmd.",
	              (double)in->traffic.packets, (double)out->traffic.packets);
}

/* What status knows. */

static void add_single(struct metrics *metrics, const char *name, enum metric_type type,
                       const char *help, double value)
{
	metrics_family(metrics, name, type, help);
	metrics_sample(metrics, value);
}

static void add_service(const struct daemon *daemon, const struct ctl_status *status,
                        struct metrics *metrics)
{
	metrics_family(metrics, "xfrmd_build_info", METRIC_TYPE_GAUGE, "The version of xfrmd.");
	metrics_labelled(metrics, "version", version_text, 1);
	metrics_family(metrics, "xfrmd_config_info", METRIC_TYPE_GAUGE,
	               "The effective configuration; equal hashes behave alike.");
	metrics_labelled(metrics, "hash", status->config_hash, 1);
	metrics_label(metrics, "mode", status->optional ? "optional" : "required");
	add_single(metrics, "xfrmd_start_time_seconds", METRIC_TYPE_GAUGE,
	           "When xfrmd started, since the epoch.", (double)daemon->started);
	add_single(metrics, "xfrmd_ready", METRIC_TYPE_GAUGE, "1 once new peers can be reached.",
	           status->ready);
	add_single(metrics, "xfrmd_problems", METRIC_TYPE_GAUGE,
	           "Problems that `xfrmctl status` lists; 0 is healthy.",
	           (double)status->problems.count);
	add_single(metrics, "xfrmd_charon_up", METRIC_TYPE_GAUGE, "1 while charon runs.",
	           status->charon_running);
	add_single(metrics, "xfrmd_charon_restarts_total", METRIC_TYPE_COUNTER,
	           "Times that charon was started again.", (double)status->charon_restarts);
}

static void add_policies(const struct daemon *daemon, const struct ctl_status *status,
                         struct metrics *metrics)
{
	size_t count, blocked = 0;
	const struct known_host *hosts = hosts_list(daemon->hosts, &count);

	for (size_t i = 0; i < count; i++)
		blocked += hosts[i].blocked;
	add_single(metrics, "xfrmd_policies_desired", METRIC_TYPE_GAUGE,
	           "Policies that should be in the kernel.", (double)status->policies_desired);
	add_single(metrics, "xfrmd_policies_installed", METRIC_TYPE_GAUGE,
	           "Policies of those that are in the kernel.", (double)status->policies_installed);
	add_single(metrics, "xfrmd_policies_drifted", METRIC_TYPE_GAUGE,
	           "Policies that are missing, changed or unexpected.",
	           (double)status->policies_drift);
	add_single(metrics, "xfrmd_policies_foreign", METRIC_TYPE_GAUGE,
	           "Policies of others that defeat ours.", (double)status->policies_foreign);
	add_single(metrics, "xfrmd_policy_repairs_total", METRIC_TYPE_COUNTER,
	           "Policies put right after somebody else changed them.",
	           (double)status->policies_repaired);
	add_single(metrics, "xfrmd_hosts_known", METRIC_TYPE_GAUGE,
	           "Peers with a policy of their own.", (double)count);
	add_single(metrics, "xfrmd_hosts_blocked", METRIC_TYPE_GAUGE,
	           "Those of them that are blocked because they are silent.", (double)blocked);
}

static void add_reloads(const struct daemon *daemon, const struct ctl_status *status,
                        struct metrics *metrics)
{
	const struct reload_history *history = reload_history(daemon);

	metrics_family(metrics, "xfrmd_reloads_total", METRIC_TYPE_COUNTER,
	               "Reloads of the configuration by result.");
	metrics_labelled(metrics, "result", "ok", (double)history->ok);
	metrics_labelled(metrics, "result", "failed", (double)history->failed);
	metrics_family(metrics, "xfrmd_last_reload_time_seconds", METRIC_TYPE_GAUGE,
	               "When the configuration was last reloaded, since the epoch.");
	if (status->reload_time)
		metrics_sample(metrics, (double)status->reload_time);
	add_single(metrics, "xfrmd_last_reload_ok", METRIC_TYPE_GAUGE,
	           "0 if the last reload failed.", !status->reload_errors.count);
}

/* Negotiations. */

static void add_acquires(const struct daemon *daemon, const struct peers_counters *counters,
                         struct metrics *metrics)
{
	const struct acquires_counters acquires = acquires_counters(daemon);

	metrics_family(
		metrics, "xfrmd_acquires_total", METRIC_TYPE_COUNTER,
		"Questions of the kernel for an SA by what became of them: a negotiation "
		"of its own, be it later; one that was under way; none before the next retry "
		"of a peer that failed; none at all; none before it asks again, since it "
		"asked for too many addresses at once.");
	metrics_labelled(metrics, "result", "negotiated",
	                 (double)(counters->acquires - counters->deduplicated));
	metrics_labelled(metrics, "result", "deduplicated",
	                 (double)(counters->deduplicated - counters->in_backoff));
	metrics_labelled(metrics, "result", "held_back", (double)counters->in_backoff);
	metrics_labelled(metrics, "result", "ignored", (double)acquires.ignored);
	metrics_labelled(metrics, "result", "put_off", (double)acquires.put_off);
	add_single(metrics, "xfrmd_acquire_overruns_total", METRIC_TYPE_COUNTER,
	           "Times that the kernel lost acquires, which come again.", (double)acquires.lost);
}

static void add_negotiations(const struct peers_counters *counters, struct metrics *metrics)
{
	metrics_family(metrics, "xfrmd_negotiations_total", METRIC_TYPE_COUNTER,
	               "Negotiations that ended, by result.");
	metrics_labelled(metrics, "result", "up", (double)counters->up.count);
	metrics_labelled(metrics, "result", "failed", (double)counters->failed.count);
	metrics_labelled(metrics, "result", "abandoned", (double)counters->abandoned);
	metrics_family(metrics, "xfrmd_negotiation_duration_seconds", METRIC_TYPE_HISTOGRAM,
	               "From the first message of a negotiation to its result.");
	metrics_histogram(metrics, "result", "up", &counters->up);
	metrics_histogram(metrics, "result", "failed", &counters->failed);
	add_single(metrics, "xfrmd_sa_repairs_total", METRIC_TYPE_COUNTER,
	           "Times that a peer got new SAs because the kernel had lost some.",
	           (double)counters->repairs);
}

static void add_renewals(const struct daemon *daemon, const struct peers_counters *counters,
                         struct metrics *metrics)
{
	add_single(metrics, "xfrmd_sa_renewals_total", METRIC_TYPE_COUNTER,
	           "Times that this end set out to renew the SAs of a peer because of their age.",
	           (double)counters->renewals);
	add_single(
		metrics, "xfrmd_sa_renewals_failed_total", METRIC_TYPE_COUNTER,
		"Negotiations anew that failed, for whatever they were begun; the old SAs go on.",
		(double)counters->renewals_failed);
	add_single(metrics, "xfrmd_sa_gaps_total", METRIC_TYPE_COUNTER,
	           "Times that an SA in use ended before another one took over: packets were "
	           "held, and some may be lost.",
	           (double)hosts_lost_pins(daemon->hosts));
}

static void add_liveness(const struct daemon *daemon, struct metrics *metrics)
{
	const struct liveness_counters counters = live_peers_counters(daemon);

	add_single(metrics, "xfrmd_liveness_echoes_total", METRIC_TYPE_COUNTER,
	           "Echoes sent to peers that nothing came in from.", (double)counters.echoes);
	add_single(metrics, "xfrmd_liveness_doubts_total", METRIC_TYPE_COUNTER,
	           "Times that a peer answered no echo, so that it was negotiated with anew.",
	           (double)counters.doubts);
	add_single(metrics, "xfrmd_liveness_renewals_total", METRIC_TYPE_COUNTER,
	           "Negotiations anew of peers in doubt, until one was answered.",
	           (double)counters.renewals);
	add_single(metrics, "xfrmd_liveness_given_up_total", METRIC_TYPE_COUNTER,
	           "Times that the SAs of a peer were ended because it gave no sign of life.",
	           (double)counters.given_up);
}

static void add_peers(const struct daemon *daemon, struct metrics *metrics)
{
	const struct peers *peers = negotiator_peers(daemon->negotiator);
	size_t in_state[PEER_STATE_FAILED + 1] = {0}, count;
	const struct peer *const *list = peers_list(peers, &count);
	struct peers_counters counters;

	for (size_t i = 0; i < count; i++)
		in_state[list[i]->state]++;
	metrics_family(metrics, "xfrmd_peers", METRIC_TYPE_GAUGE, "Peers by state.");
	for (int state = 0; state <= PEER_STATE_FAILED; state++)
		metrics_labelled(metrics, "state", peer_state_name((enum peer_state)state),
		                 (double)in_state[state]);
	peers_counters(peers, &counters);
	add_acquires(daemon, &counters, metrics);
	add_negotiations(&counters, metrics);
	add_renewals(daemon, &counters, metrics);
	add_liveness(daemon, metrics);
}

static void add_flood(const struct daemon *daemon, struct metrics *metrics)
{
	struct flood_facts facts;
	char words[FLOOD_WORDS_MAX];

	(void)ike_flood_look(daemon, &facts, words);
	add_single(metrics, "xfrmd_ike_half_open", METRIC_TYPE_GAUGE,
	           "Negotiations that others began and that are not done.",
	           (double)facts.half_open);
	add_single(
		metrics, "xfrmd_ike_admitted_one_in", METRIC_TYPE_GAUGE,
		"Of those who begin to negotiate one in so many is let in; 1 unless it is a flood.",
		facts.one_in);
	metrics_family(metrics, "xfrmd_ike_socket_bytes", METRIC_TYPE_GAUGE,
	               "What waits in the fullest UDP socket of charon, by direction.");
	metrics_labelled(metrics, "direction", "in", (double)facts.waiting.receiving);
	metrics_labelled(metrics, "direction", "out", (double)facts.waiting.sending);
}

/* Certificates: the same one may be in several lists, a sample may not. */

static bool is_shown(const struct daemon *daemon, size_t count, const struct pki_cert *cert,
                     const char *role)
{
	/* those of peers are all different, and may be many */
	if (strcmp(role, "peer") == 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *shown_role;
		const struct pki_cert *shown = certificates_at(daemon, i, &shown_role);

		if (strcmp(shown->fingerprint, cert->fingerprint) == 0 &&
		    strcmp(shown->file, cert->file) == 0 && strcmp(shown_role, role) == 0)
			return true;
	}
	return false;
}

static void add_certificates(const struct daemon *daemon, struct metrics *metrics)
{
	const struct pki_cert *cert;
	const char *role;

	metrics_family(metrics, "xfrmd_certificate_expiry_time_seconds", METRIC_TYPE_GAUGE,
	               "When a certificate expires, since the epoch.");
	for (size_t i = 0; (cert = certificates_at(daemon, i, &role)); i++) {
		if (is_shown(daemon, i, cert, role))
			continue;
		metrics_labelled(metrics, "role", role, (double)cert->not_after);
		metrics_label(metrics, "file", cert->file);
		metrics_label(metrics, "subject", cert->subject);
		metrics_label(metrics, "fingerprint", cert->fingerprint);
	}
}

/* /proc. */

/* NULL: cannot be read. The caller frees. */
static char *read_proc(const char *path)
{
	char *text;
	size_t len;

	return file_read(path, PROC_TEXT_MAX, &text, &len, NULL) == 0 ? text : NULL;
}

static void add_errors(struct metrics *metrics)
{
	/* of the network namespace that we are in */
	_cleanup_(cleanup_free) char *text = read_proc("/proc/self/net/xfrm_stat");
	char name[PROC_COUNTER_NAME_MAX];
	const char *rest = text;
	uint64_t value;

	metrics_family(metrics, "xfrmd_xfrm_errors_total", METRIC_TYPE_COUNTER,
	               "Packets that the kernel's IPsec dropped, by its name for the cause.");
	while (rest && proc_counter_next(&rest, name, &value))
		metrics_labelled(metrics, "name", name, (double)value);
}

static bool read_usage(pid_t pid, struct proc_usage *ret_usage)
{
	_cleanup_(cleanup_free) char *text = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	text = pid ? read_proc(path) : NULL;
	return text && proc_usage_parse(text, ret_usage) == 0;
}

/* Named as ours: node_exporter, which may pass them on, has process_... of its own. */
static void add_processes(const struct daemon *daemon, struct metrics *metrics)
{
	const struct {
		const char *name;
		pid_t pid;
	} processes[] = {{"xfrmd", getpid()}, {"charon", charon_pid(daemon->charon)}};
	struct proc_usage usage[2];
	bool known[2];

	for (int i = 0; i < 2; i++)
		known[i] = read_usage(processes[i].pid, &usage[i]);
	metrics_family(metrics, "xfrmd_process_cpu_seconds_total", METRIC_TYPE_COUNTER,
	               "Processor time of a process, user and system.");
	for (int i = 0; i < 2; i++)
		if (known[i])
			metrics_labelled(metrics, "process", processes[i].name,
			                 (double)usage[i].cpu_ticks / (double)sysconf(_SC_CLK_TCK));
	metrics_family(metrics, "xfrmd_process_resident_memory_bytes", METRIC_TYPE_GAUGE,
	               "Memory of a process.");
	for (int i = 0; i < 2; i++)
		if (known[i])
			metrics_labelled(metrics, "process", processes[i].name,
			                 (double)usage[i].memory_pages *
			                         (double)sysconf(_SC_PAGESIZE));
}

char *metrics_report(struct daemon *daemon)
{
	_cleanup_(metrics_fini) struct metrics metrics = {0};
	_cleanup_(ctl_status_fini) struct ctl_status status = {0};

	status_fill(daemon, &status);
	add_service(daemon, &status, &metrics);
	add_reloads(daemon, &status, &metrics);
	add_policies(daemon, &status, &metrics);
	add_peers(daemon, &metrics);
	add_flood(daemon, &metrics);
	add_sas(daemon, &metrics);
	add_errors(&metrics);
	add_certificates(daemon, &metrics);
	add_processes(daemon, &metrics);
	return ctl_metrics_write(&metrics);
}
