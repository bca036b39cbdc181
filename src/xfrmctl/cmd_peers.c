/* SPDX-License-Identifier: MIT */
/* `xfrmctl peers [IP]`: all of them in a table, or everything about one. */
#include <stdlib.h>

#include "out_peers.h"
#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"

/* Forgets all others. The same peer may be there once for each local address. */
static void keep_only(struct ctl_peers *peers, const struct addr *address)
{
	size_t kept = 0;

	for (size_t i = 0; i < peers->count; i++) {
		if (addr_equal(&peers->items[i].pair.remote, address))
			peers->items[kept++] = peers->items[i];
		else
			free(peers->items[i].sas);
	}
	peers->count = kept;
}

int cmd_peers(const struct options *options, struct output *output)
{
	_cleanup_(ctl_peers_fini) struct ctl_peers peers = {0};
	const char *argument = options->argument;
	struct addr address = {0};
	struct err err = {0};
	int ret;

	if (argument && addr_parse(argument, &address) < 0)
		return output_complain(output, EXIT_USAGE, "%s: not an IP address", argument);
	ret = ask_peers(options, &peers, &err);
	if (ret != EXIT_OK)
		return output_complain(output, ret, "%s", err.text);
	if (argument) {
		keep_only(&peers, &address);
		if (peers.count == 0)
			return output_complain(output, EXIT_FAILED, "%s: no such peer", argument);
	}
	if (options->json)
		output_json(output, ctl_proto_peers(&peers));
	else if (argument)
		out_peers_each(&peers, clock_now_epoch(), options->coloured, &output->text);
	else
		out_peers_table(&peers, clock_now_epoch(), options->coloured, &output->text);
	return EXIT_OK;
}
