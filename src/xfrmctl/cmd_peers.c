/* SPDX-License-Identifier: MIT */
/* `xfrmctl peers [IP]`. */
#include <stdlib.h>

#include "out_text.h"
#include "xfrmctl.h"
#include "xfrmd/cleanup.h"
#include "xfrmd/loop.h"

/* Forgets all others. The same peer may be there once for each local address. */
static void keep_only(struct ctl_peers *peers, const struct addr *address)
{
	size_t kept = 0, i;

	for (i = 0; i < peers->count; i++) {
		if (addr_equal(&peers->items[i].address, address))
			peers->items[kept++] = peers->items[i];
		else
			free(peers->items[i].sas);
	}
	peers->count = kept;
}

static int print_peers(const struct options *options, const struct ctl_peers *peers)
{
	_cleanup_(cleanup_free) char *json = NULL;
	_cleanup_(buf_fini) struct buf out = {0};

	if (options->json) {
		json = ctl_proto_peers(peers);
		return print_json(json);
	}
	out_text_peers(peers, loop_now_epoch(), options->coloured, &out);
	return print_buf(&out);
}

int cmd_peers(const struct options *options)
{
	_cleanup_(ctl_peers_fini) struct ctl_peers peers = {0};
	_cleanup_(cleanup_free) char *text = NULL;
	struct addr address = {0};
	struct err err = {0};
	size_t len = 0;
	int ret;

	if (options->argument && addr_parse(options->argument, &address) < 0) {
		complain("%s: not an IP address", options->argument);
		return EXIT_USAGE;
	}
	ret = ask_daemon(options, CTL_COMMAND_PEERS, QUESTION_TIMEOUT_MS, &text, &len, &err);
	if (ret == EXIT_OK && ctl_proto_parse_peers(text, len, &peers, &err) < 0)
		ret = EXIT_FAILED;
	if (ret != EXIT_OK) {
		complain("%s", err.text);
		return ret;
	}
	if (options->argument) {
		keep_only(&peers, &address);
		if (peers.count == 0) {
			complain("%s: no such peer", options->argument);
			return EXIT_FAILED;
		}
	}
	return print_peers(options, &peers);
}
