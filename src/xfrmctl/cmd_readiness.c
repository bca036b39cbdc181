/* SPDX-License-Identifier: MIT */
/* `xfrmctl readiness`: the exit status says whether the fleet can be switched to required. */
#include "out_readiness.h"
#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/ctl/readiness.h"

int cmd_readiness(const struct options *options, struct output *output)
{
	_cleanup_(ctl_peers_fini) struct ctl_peers peers = {0};
	_cleanup_(ctl_status_fini) struct ctl_status status = {0};
	struct err err = {0};
	int ret = ask_status(options, &status, NULL, &err);

	if (ret == EXIT_OK)
		ret = ask_peers(options, &peers, &err);
	if (ret != EXIT_OK)
		return output_complain(output, ret, "%s", err.text);
	readiness_keep(&peers);
	if (options->json)
		output_json(output, readiness_json(status.optional, &peers));
	else
		out_readiness(status.optional, &peers, clock_now_epoch(), options->coloured,
		              &output->text);
	return !status.optional || !peers.count ? EXIT_OK : EXIT_FAILED;
}
