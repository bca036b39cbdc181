/* SPDX-License-Identifier: MIT */
/* The tables and screens of xfrmctl: structs in, text out. */
#include "out_text.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "out_table.h"
#include "xfrmd/str.h"

#define ESCAPED_MAX  512
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *out_text_duration(int64_t seconds, char text[OUT_TEXT_UNIT_MAX])
{
	int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

	if (seconds < 60)
		snprintf(text, OUT_TEXT_UNIT_MAX, "%" PRId64 "s", seconds < 0 ? 0 : seconds);
	else if (hours == 0)
		snprintf(text, OUT_TEXT_UNIT_MAX, "%" PRId64 "m%02ds", minutes,
		         (int)(seconds % 60));
	else if (days == 0)
		snprintf(text, OUT_TEXT_UNIT_MAX, "%" PRId64 "h%02dm", hours, (int)(minutes % 60));
	else
		snprintf(text, OUT_TEXT_UNIT_MAX, "%" PRId64 "d%02dh", days, (int)(hours % 24));
	return text;
}

const char *out_text_bytes(uint64_t bytes, char text[OUT_TEXT_UNIT_MAX])
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes / 1000;
	size_t unit = 0;

	if (bytes < 1000) {
		snprintf(text, OUT_TEXT_UNIT_MAX, "%" PRIu64 " B", bytes);
		return text;
	}
	/* 999.95 would be shown as 1000.0 */
	for (; value >= 999.95; unit++)
		value /= 1000;
	snprintf(text, OUT_TEXT_UNIT_MAX, "%.1f %s", value, units[unit]);
	return text;
}

/* The keys of the status screen are one column. */
static void put_key(struct buf *out, const char *key)
{
	buf_printf(out, "%-14s", key);
}

static void put_texts(struct buf *out, const char *key, const struct strlist *texts, bool coloured)
{
	char escaped[ESCAPED_MAX];
	size_t i;

	for (i = 0; i < texts->count; i++) {
		put_key(out, i == 0 ? key : "");
		out_coloured(out, coloured, OUT_COLOUR_BAD,
		             str_escape(texts->items[i], escaped, sizeof(escaped)));
		buf_str(out, "\n");
	}
}

static void put_charon(struct buf *out, const struct ctl_status *status)
{
	put_key(out, "charon");
	if (!status->charon_running)
		buf_str(out, "not running");
	else if (status->charon_pid)
		buf_printf(out, "running, pid %" PRId64, status->charon_pid);
	else
		buf_str(out, "running");
	buf_printf(out, ", restarted %" PRIu64 " times\n", status->charon_restarts);
}

static void put_certificates(struct buf *out, const struct ctl_status *status)
{
	char subject[ESCAPED_MAX], file[ESCAPED_MAX];
	size_t i;

	for (i = 0; i < status->certificate_count; i++) {
		const struct ctl_certificate *certificate = &status->certificates[i];

		put_key(out, i == 0 ? "certificates" : "");
		buf_printf(out, "%5" PRId64 " days  %-8s  %s  (%s)\n", certificate->days_left,
		           certificate->role,
		           str_escape(certificate->subject, subject, sizeof(subject)),
		           str_escape(certificate->file, file, sizeof(file)));
	}
}

static void put_reload(struct buf *out, const struct ctl_status *status, int64_t now, bool coloured)
{
	char age[OUT_TEXT_UNIT_MAX];

	put_key(out, "last reload");
	if (!status->reload_time) {
		buf_str(out, "never\n");
		return;
	}
	buf_printf(out, "%s ago, ", out_text_duration(now - status->reload_time, age));
	out_coloured(out, coloured, status->reload_ok ? OUT_COLOUR_GOOD : OUT_COLOUR_BAD,
	             status->reload_ok ? "ok" : "failed");
	buf_str(out, "\n");
	put_texts(out, "", &status->reload_errors, coloured);
}

static void put_counters(struct buf *out, const struct ctl_status *status)
{
	put_key(out, "policies");
	buf_printf(out,
	           "%" PRIu64 " of %" PRIu64 " installed, drift %" PRIu64 ", repaired %" PRIu64
	           "\n",
	           status->policies_installed, status->policies_desired, status->policies_drift,
	           status->policies_repaired);
	put_key(out, "last change");
	buf_printf(out, "%" PRIu64 " added, %" PRIu64 " updated, %" PRIu64 " deleted in %.1f ms\n",
	           status->last_added, status->last_updated, status->last_deleted,
	           (double)status->last_apply_us / 1000);
	put_key(out, "peers");
	buf_printf(out,
	           "%" PRIu64 " up, %" PRIu64 " negotiating, %" PRIu64 " failed, repaired %" PRIu64
	           "\n",
	           status->peers_up, status->peers_negotiating, status->peers_failed,
	           status->peers_repaired);
	put_key(out, "acquires");
	buf_printf(out, "%" PRIu64 " received, %" PRIu64 " deduplicated, %" PRIu64 " lost\n",
	           status->acquires_received, status->acquires_deduplicated, status->acquires_lost);
}

void out_text_status(const struct ctl_status *status, int64_t now, bool coloured, struct buf *out)
{
	put_key(out, "xfrmd");
	out_coloured(out, coloured, status->ready ? OUT_COLOUR_GOOD : OUT_COLOUR_WARN,
	             status->ready ? "ready" : "not ready");
	buf_str(out, ", ");
	out_coloured(out, coloured, status->healthy ? OUT_COLOUR_GOOD : OUT_COLOUR_BAD,
	             status->healthy ? "healthy" : "unhealthy");
	buf_str(out, "\n");
	put_texts(out, "problems", &status->problems, coloured);
	put_key(out, "mode");
	buf_printf(out, "%s\n", status->optional ? "optional" : "required");
	put_charon(out, status);
	put_counters(out, status);
	put_certificates(out, status);
	put_reload(out, status, now, coloured);
	if (status->config_hash[0]) {
		put_key(out, "configuration");
		buf_printf(out, "%.12s\n", status->config_hash);
	}
}

static const char *format_protocol(const struct policy *policy, char *text, size_t size)
{
	if (policy->proto == 0)
		text[0] = '\0';
	else if (policy->proto == IPPROTO_ICMPV6 && !policy->exotic_key)
		snprintf(text, size, " icmpv6 type %u", policy->icmp_type);
	else if (policy->proto == IPPROTO_ICMPV6)
		snprintf(text, size, " icmpv6");
	else if (policy->proto == IPPROTO_ICMP)
		snprintf(text, size, " icmp");
	else if (policy->proto == IPPROTO_TCP)
		snprintf(text, size, " tcp");
	else if (policy->proto == IPPROTO_UDP)
		snprintf(text, size, " udp");
	else
		snprintf(text, size, " protocol %u", policy->proto);
	return text;
}

static enum out_colour action_colour(enum policy_action action)
{
	switch (action) {
	case POLICY_ACTION_PROTECT:
		return OUT_COLOUR_GOOD;
	case POLICY_ACTION_ALLOW:
		return OUT_COLOUR_WARN;
	case POLICY_ACTION_BLOCK:
		return OUT_COLOUR_BAD;
	}
	return OUT_COLOUR_NONE;
}

static const char *level_name(const struct policy *policy)
{
	if (policy->action != POLICY_ACTION_PROTECT)
		return "-";
	return policy->optional ? "optional" : "required";
}

static void put_row(struct out_table *table, const struct ctl_policy_row *row)
{
	const struct policy *policy = &row->policy;
	const char *drift = diff_drift_name(row->drift);
	char prefix[PREFIX_TEXT_MAX], protocol[32];

	out_table_cell(table, OUT_COLOUR_NONE, "%s", policy_dir_name(policy->dir));
	out_table_cell(table, action_colour(policy->action), "%s",
	               policy_action_name(policy->action));
	out_table_cell(table, OUT_COLOUR_NONE, "%s", prefix_format(&policy->src, prefix));
	out_table_cell(table, OUT_COLOUR_NONE, "%s%s%s", prefix_format(&policy->dst, prefix),
	               format_protocol(policy, protocol, sizeof(protocol)),
	               policy->exotic_key ? " +" : "");
	out_table_cell(table, OUT_COLOUR_NONE, "%u", policy->priority);
	out_table_cell(table, OUT_COLOUR_NONE, "%s", level_name(policy));
	out_table_cell(table, OUT_COLOUR_NONE, "%s", policy_is_ours(policy) ? "xfrmd" : "other");
	out_table_cell(table, OUT_COLOUR_BAD, "%s", drift ? drift : "");
}

void out_text_list(const struct ctl_policy_row *rows, size_t count, bool coloured, struct buf *out)
{
	static const struct out_column columns[] = {
		{"DIRECTION", false}, {"ACTION", false}, {"SOURCE", false}, {"DESTINATION", false},
		{"PRIORITY", true},   {"LEVEL", false},  {"OWNER", false},  {"DRIFT", false},
	};
	struct out_table table;
	size_t i;

	out_table_init(&table, columns, COUNT(columns));
	for (i = 0; i < count; i++)
		put_row(&table, &rows[i]);
	out_table_render(&table, coloured, out);
}

static enum out_colour state_colour(const char *state)
{
	if (strcmp(state, "up") == 0)
		return OUT_COLOUR_GOOD;
	if (strcmp(state, "failed") == 0)
		return OUT_COLOUR_BAD;
	return strcmp(state, "idle") == 0 ? OUT_COLOUR_NONE : OUT_COLOUR_WARN;
}

static void put_peer(struct out_table *table, const struct ctl_peer *peer, int64_t now)
{
	char addr[ADDR_TEXT_MAX], unit[OUT_TEXT_UNIT_MAX], escaped[ESCAPED_MAX];

	out_table_cell(table, OUT_COLOUR_NONE, "%s", addr_format(&peer->address, addr));
	out_table_cell(table, OUT_COLOUR_NONE, "%s",
	               peer->local.family ? addr_format(&peer->local, addr) : "-");
	out_table_cell(table, state_colour(peer->state), "%s",
	               str_escape(peer->state, escaped, sizeof(escaped)));
	out_table_cell(table, OUT_COLOUR_NONE, "%s", out_text_duration(now - peer->since, unit));
	if (peer->next_retry)
		out_table_cell(table, OUT_COLOUR_NONE, "in %s",
		               out_text_duration(peer->next_retry - now, unit));
	else
		out_table_cell(table, OUT_COLOUR_NONE, "-");
	out_table_cell(table, OUT_COLOUR_BAD, "%s",
	               str_escape(peer->last_error, escaped, sizeof(escaped)));
}

static void put_spi(struct out_table *table, uint32_t spi)
{
	if (spi)
		out_table_cell(table, OUT_COLOUR_NONE, "%08" PRIx32, spi);
	else
		out_table_cell(table, OUT_COLOUR_WARN, "none");
}

static void put_sa(struct out_table *table, const struct ctl_peer *peer, const struct ctl_sa *sa,
                   int64_t now)
{
	char addr[ADDR_TEXT_MAX], unit[OUT_TEXT_UNIT_MAX], escaped[ESCAPED_MAX];

	out_table_cell(table, OUT_COLOUR_NONE, "%s", addr_format(&peer->address, addr));
	put_spi(table, sa->spi_in);
	put_spi(table, sa->spi_out);
	out_table_cell(table, OUT_COLOUR_NONE, "%s",
	               str_escape(sa->algorithm, escaped, sizeof(escaped)));
	out_table_cell(table, OUT_COLOUR_NONE, "%s", out_text_bytes(sa->bytes_in, unit));
	out_table_cell(table, OUT_COLOUR_NONE, "%" PRIu64, sa->packets_in);
	out_table_cell(table, OUT_COLOUR_NONE, "%s", out_text_bytes(sa->bytes_out, unit));
	out_table_cell(table, OUT_COLOUR_NONE, "%" PRIu64, sa->packets_out);
	out_table_cell(table, OUT_COLOUR_NONE, "%s",
	               sa->installed ? out_text_duration(now - sa->installed, unit) : "-");
	if (sa->rekey)
		out_table_cell(table, OUT_COLOUR_NONE, "in %s",
		               out_text_duration(sa->rekey - now, unit));
	else
		out_table_cell(table, OUT_COLOUR_NONE, "never");
}

static size_t put_peer_table(const struct ctl_peers *peers, int64_t now, bool coloured,
                             struct buf *out)
{
	static const struct out_column columns[] = {
		{"PEER", false}, {"LOCAL", false}, {"STATE", false},
		{"FOR", true},   {"RETRY", true},  {"LAST ERROR", false},
	};
	struct out_table table;
	size_t sa_count = 0, i;

	out_table_init(&table, columns, COUNT(columns));
	for (i = 0; i < peers->count; i++) {
		put_peer(&table, &peers->items[i], now);
		sa_count += peers->items[i].sa_count;
	}
	out_table_render(&table, coloured, out);
	return sa_count;
}

static void put_sa_table(const struct ctl_peers *peers, int64_t now, bool coloured, struct buf *out)
{
	static const struct out_column columns[] = {
		{"PEER", false},    {"SPI IN", false}, {"SPI OUT", false}, {"ALGORITHM", false},
		{"RECEIVED", true}, {"PACKETS", true}, {"SENT", true},     {"PACKETS", true},
		{"AGE", true},      {"REKEY", true},
	};
	struct out_table table;
	size_t i, j;

	out_table_init(&table, columns, COUNT(columns));
	for (i = 0; i < peers->count; i++) {
		const struct ctl_peer *peer = &peers->items[i];

		for (j = 0; j < peer->sa_count; j++)
			put_sa(&table, peer, &peer->sas[j], now);
	}
	out_table_render(&table, coloured, out);
}

/* Peers and SAs are two tables: with IPv6 one of both would be too wide for a screen. */
void out_text_peers(const struct ctl_peers *peers, int64_t now, bool coloured, struct buf *out)
{
	if (put_peer_table(peers, now, coloured, out) == 0)
		return;
	buf_str(out, "\n");
	put_sa_table(peers, now, coloured, out);
}
