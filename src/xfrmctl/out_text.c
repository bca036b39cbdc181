/* SPDX-License-Identifier: MIT */
/* Units, and the screen of `xfrmctl status`: structs in, text out. */
#include "out_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "out_table.h"
#include "xfrmd/base/str.h"

#define ESCAPED_MAX 512

const char *out_text_error(const char *error, char text[OUT_TEXT_ERROR_MAX])
{
	char escaped[4 * FAILURE_WORDS_MAX];

	str_escape(error, escaped, sizeof(escaped));
	if (snprintf(text, OUT_TEXT_ERROR_MAX, "%s", escaped) >= OUT_TEXT_ERROR_MAX)
		memcpy(text + OUT_TEXT_ERROR_MAX - 4, "...", 4);
	return text;
}

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

void out_text_key(struct buf *out, const char *key)
{
	buf_printf(out, "%-14s", key);
}

static void put_texts(struct buf *out, const char *key, const struct strlist *texts,
                      enum out_colour colour, bool coloured)
{
	char escaped[ESCAPED_MAX];

	for (size_t i = 0; i < texts->count; i++) {
		out_text_key(out, i == 0 ? key : "");
		out_coloured(out, coloured, colour,
		             str_escape(texts->items[i], escaped, sizeof(escaped)));
		buf_str(out, "\n");
	}
}

static void put_charon(struct buf *out, const struct ctl_status *status)
{
	out_text_key(out, "charon");
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

	for (size_t i = 0; i < status->certificate_count; i++) {
		const struct ctl_certificate *certificate = &status->certificates[i];

		out_text_key(out, i == 0 ? "certificates" : "");
		buf_printf(out, "%5" PRId64 " days  %-8s  %s  (%s)\n", certificate->days_left,
		           certificate->role,
		           str_escape(certificate->subject, subject, sizeof(subject)),
		           str_escape(certificate->file, file, sizeof(file)));
	}
}

static void put_reload(struct buf *out, const struct ctl_status *status, int64_t now, bool coloured)
{
	char age[OUT_TEXT_UNIT_MAX];

	out_text_key(out, "last reload");
	if (!status->reload_time) {
		buf_str(out, "never\n");
		return;
	}
	buf_printf(out, "%s ago, ", out_text_duration(now - status->reload_time, age));
	out_coloured(out, coloured, status->reload_ok ? OUT_COLOUR_GOOD : OUT_COLOUR_BAD,
	             status->reload_ok ? "ok" : "failed");
	buf_str(out, "\n");
	put_texts(out, "", &status->reload_errors, OUT_COLOUR_BAD, coloured);
}

static void put_counters(struct buf *out, const struct ctl_status *status)
{
	out_text_key(out, "policies");
	buf_printf(out,
	           "%" PRIu64 " of %" PRIu64 " installed, drift %" PRIu64 ", repaired %" PRIu64
	           "\n",
	           status->policies_installed, status->policies_desired, status->policies_drift,
	           status->policies_repaired);
	out_text_key(out, "last change");
	buf_printf(out, "%" PRIu64 " added, %" PRIu64 " updated, %" PRIu64 " deleted in %.1f ms\n",
	           status->last_added, status->last_updated, status->last_deleted,
	           (double)status->last_apply_us / 1000);
	out_text_key(out, "peers");
	buf_printf(out,
	           "%" PRIu64 " up, %" PRIu64 " negotiating, %" PRIu64 " failed, repaired %" PRIu64
	           "\n",
	           status->peers_up, status->peers_negotiating, status->peers_failed,
	           status->peers_repaired);
	out_text_key(out, "acquires");
	buf_printf(out, "%" PRIu64 " received, %" PRIu64 " deduplicated, %" PRIu64 " lost\n",
	           status->acquires_received, status->acquires_deduplicated, status->acquires_lost);
}

static void put_try(struct buf *out, const struct ctl_status *status, int64_t now)
{
	char left[OUT_TEXT_UNIT_MAX];

	out_text_key(out, "try");
	buf_printf(out, "%s, goes back in %s unless `xfrmctl try --confirm`\n",
	           status->try_copied ? "another configuration" : "the configuration file",
	           out_text_duration(status->try_ends - now, left));
}

static void put_stopping(struct buf *out, const struct ctl_status *status, int64_t now)
{
	char left[OUT_TEXT_UNIT_MAX];

	out_text_key(out, "shutdown");
	if (!status->stopping_ends) {
		buf_str(out, "says goodbye to the peers\n");
		return;
	}
	buf_printf(out, "waits up to %s for\n",
	           out_text_duration(status->stopping_ends - now, left));
	put_texts(out, "", &status->stopping_jobs, OUT_COLOUR_NONE, false);
}

void out_text_status(const struct ctl_status *status, int64_t now, bool coloured, struct buf *out)
{
	out_text_key(out, "xfrmd");
	out_coloured(out, coloured, status->ready ? OUT_COLOUR_GOOD : OUT_COLOUR_WARN,
	             status->ready ? "ready" : "not ready");
	buf_str(out, ", ");
	out_coloured(out, coloured, status->healthy ? OUT_COLOUR_GOOD : OUT_COLOUR_BAD,
	             status->healthy ? "healthy" : "unhealthy");
	buf_str(out, "\n");
	if (status->stopping)
		put_stopping(out, status, now);
	put_texts(out, "problems", &status->problems, OUT_COLOUR_BAD, coloured);
	if (status->trying)
		put_try(out, status, now);
	put_texts(out, "warnings", &status->warnings, OUT_COLOUR_WARN, coloured);
	out_text_key(out, "mode");
	buf_printf(out, "%s\n", status->optional ? "optional" : "required");
	put_charon(out, status);
	put_counters(out, status);
	put_certificates(out, status);
	put_reload(out, status, now, coloured);
	if (status->config_hash[0]) {
		out_text_key(out, "configuration");
		buf_printf(out, "%.12s\n", status->config_hash);
	}
}
