/* SPDX-License-Identifier: MIT */
/* The peers that are talked to in clear, or one line that says that there are none. */
#include "out_readiness.h"

#include "out_table.h"
#include "out_text.h"

static void put_age(struct out_table *table, int64_t time, int64_t now)
{
	char unit[OUT_TEXT_UNIT_MAX];

	if (time)
		out_table_cell(table, OUT_COLOUR_NONE, "%s ago",
		               out_text_duration(now - time, unit));
	else
		out_table_cell(table, OUT_COLOUR_NONE, "-");
}

void out_readiness(bool optional, const struct ctl_peers *peers, int64_t now, bool coloured,
                   struct buf *out)
{
	static const struct out_column columns[] = {
		{"IN CLEAR WITH", false}, {"LOCAL", false},   {"LAST SEEN", true},
		{"LAST FAILURE", true},   {"BECAUSE", false},
	};
	char addr[ADDR_TEXT_MAX], words[FAILURE_WORDS_MAX], error[OUT_TEXT_ERROR_MAX];
	struct out_table table;

	if (!optional || !peers->count) {
		buf_str(out, optional ? "ready: no peer is known to be talked to in clear\n"
		                      : "ready: the mode is required already\n");
		return;
	}
	out_table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < peers->count; i++) {
		const struct ctl_peer *peer = &peers->items[i];

		out_table_cell(&table, OUT_COLOUR_NONE, "%s",
		               addr_format(&peer->pair.remote, addr));
		out_table_cell(&table, OUT_COLOUR_NONE, "%s",
		               peer->pair.local.family ? addr_format(&peer->pair.local, addr)
		                                       : "-");
		put_age(&table, peer->last_acquire, now);
		put_age(&table, peer->last_failure, now);
		out_table_cell(&table, OUT_COLOUR_BAD, "%s",
		               out_text_error(peer->last_error.reason
		                                      ? failure_words(&peer->last_error, words)
		                                      : peer->state,
		                              error));
	}
	out_table_render(&table, coloured, out);
}
