/* SPDX-License-Identifier: MIT */
/* The table of `xfrmctl peers`, and the block of `xfrmctl peers IP`. */
#include "out_peers.h"

#include <inttypes.h>
#include <string.h>

#include "out_table.h"
#include "out_text.h"
#include "xfrmd/base/str.h"

#define ESCAPED_MAX  (4 * FAILURE_WORDS_MAX)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum out_colour state_colour(const char *state)
{
	if (strcmp(state, "up") == 0)
		return OUT_COLOUR_GOOD;
	if (strcmp(state, "failed") == 0)
		return OUT_COLOUR_BAD;
	return strcmp(state, "idle") == 0 ? OUT_COLOUR_NONE : OUT_COLOUR_WARN;
}

static void put_traffic(struct out_table *table, const struct ctl_peer *peer)
{
	uint64_t received = 0, sent = 0;
	char unit[OUT_TEXT_UNIT_MAX];

	for (size_t i = 0; i < peer->sa_count; i++) {
		received += peer->sas[i].bytes_in;
		sent += peer->sas[i].bytes_out;
	}
	out_table_cell(table, OUT_COLOUR_NONE, "%zu", peer->sa_count);
	out_table_cell(table, OUT_COLOUR_NONE, "%s", out_text_bytes(received, unit));
	out_table_cell(table, OUT_COLOUR_NONE, "%s", out_text_bytes(sent, unit));
}

static void put_peer(struct out_table *table, const struct ctl_peer *peer, int64_t now)
{
	char addr[ADDR_TEXT_MAX], unit[OUT_TEXT_UNIT_MAX], escaped[ESCAPED_MAX];
	char words[FAILURE_WORDS_MAX], error[OUT_TEXT_ERROR_MAX];

	out_table_cell(table, OUT_COLOUR_NONE, "%s", addr_format(&peer->pair.remote, addr));
	out_table_cell(table, OUT_COLOUR_NONE, "%s",
	               peer->pair.local.family ? addr_format(&peer->pair.local, addr) : "-");
	out_table_cell(table, state_colour(peer->state), "%s",
	               str_escape(peer->state, escaped, sizeof(escaped)));
	out_table_cell(table, OUT_COLOUR_NONE, "%s", out_text_duration(now - peer->since, unit));
	put_traffic(table, peer);
	if (peer->next_retry)
		out_table_cell(table, OUT_COLOUR_NONE, "in %s",
		               out_text_duration(peer->next_retry - now, unit));
	else
		out_table_cell(table, OUT_COLOUR_NONE, "-");
	out_table_cell(table, OUT_COLOUR_BAD, "%s",
	               out_text_error(failure_words(&peer->last_error, words), error));
}

void out_peers_table(const struct ctl_peers *peers, int64_t now, bool coloured, struct buf *out)
{
	static const struct out_column columns[] = {
		{"PEER", false}, {"LOCAL", false}, {"STATE", false},
		{"FOR", true},   {"SAS", true},    {"RECEIVED", true},
		{"SENT", true},  {"RETRY", true},  {"LAST ERROR", false},
	};
	struct out_table table;

	out_table_init(&table, columns, COUNT(columns));
	for (size_t i = 0; i < peers->count; i++)
		put_peer(&table, &peers->items[i], now);
	out_table_render(&table, coloured, out);
}

static void put_spi(struct buf *out, uint32_t spi)
{
	if (spi)
		buf_printf(out, "%08" PRIx32, spi);
	else
		buf_str(out, "none");
}

void out_peers_sa(const struct ctl_sa *sa, int64_t now, struct buf *out)
{
	char unit[OUT_TEXT_UNIT_MAX], escaped[ESCAPED_MAX];

	out_text_key(out, "SA");
	buf_str(out, "in ");
	put_spi(out, sa->spi_in);
	buf_str(out, ", out ");
	put_spi(out, sa->spi_out);
	buf_printf(out, ", %s\n", str_escape(sa->algorithm, escaped, sizeof(escaped)));
	out_text_key(out, "");
	buf_printf(out, "received %s in %" PRIu64 " packets, ", out_text_bytes(sa->bytes_in, unit),
	           sa->packets_in);
	buf_printf(out, "sent %s in %" PRIu64 " packets\n", out_text_bytes(sa->bytes_out, unit),
	           sa->packets_out);
	out_text_key(out, "");
	buf_printf(out, "age %s, ",
	           sa->installed ? out_text_duration(now - sa->installed, unit) : "unknown");
	if (sa->rekey)
		buf_printf(out, "replaced in %s at the latest\n",
		           out_text_duration(sa->rekey - now, unit));
	else
		buf_str(out, "never replaced\n");
}

void out_peers_state(const struct ctl_peer *peer, int64_t now, bool coloured, struct buf *out)
{
	char unit[OUT_TEXT_UNIT_MAX], words[FAILURE_WORDS_MAX], escaped[ESCAPED_MAX];

	out_text_key(out, "peer");
	out_coloured(out, coloured, state_colour(peer->state),
	             str_escape(peer->state, escaped, sizeof(escaped)));
	buf_printf(out, " for %s\n", out_text_duration(now - peer->since, unit));
	if (peer->last_error.reason) {
		out_text_key(out, "last error");
		out_coloured(out, coloured, OUT_COLOUR_BAD,
		             str_escape(failure_words(&peer->last_error, words), escaped,
		                        sizeof(escaped)));
		if (peer->last_failure)
			buf_printf(out, ", %s ago",
			           out_text_duration(now - peer->last_failure, unit));
		buf_str(out, "\n");
	}
	if (peer->next_retry) {
		out_text_key(out, "next retry");
		buf_printf(out, "in %s\n", out_text_duration(peer->next_retry - now, unit));
	}
}

void out_peers_each(const struct ctl_peers *peers, int64_t now, bool coloured, struct buf *out)
{
	char addr[ADDR_TEXT_MAX];

	for (size_t i = 0; i < peers->count; i++) {
		const struct ctl_peer *peer = &peers->items[i];

		buf_printf(out, "%s%s", i > 0 ? "\n" : "", addr_format(&peer->pair.remote, addr));
		if (peer->pair.local.family)
			buf_printf(out, " from %s", addr_format(&peer->pair.local, addr));
		buf_str(out, "\n");
		out_peers_state(peer, now, coloured, out);
		for (size_t j = 0; j < peer->sa_count; j++)
			out_peers_sa(&peer->sas[j], now, out);
	}
}
