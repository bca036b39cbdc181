/* SPDX-License-Identifier: MIT */
/* `xfrmctl readiness`: the exit status says whether the fleet can be switched to required. */
#include "out_readiness.h"
#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/ctl/readiness.h"

/* The mode and all peers. EXIT_OK, or what failed is in @err. */
static int ask(const struct options *options, bool *ret_optional, struct ctl_peers *ret_peers,
               struct err *err)
{
	_cleanup_(ctl_status_fini) struct ctl_status status = {0};
	_cleanup_(cleanup_free) char *text = NULL;
	size_t len = 0;
	int ret = ask_daemon(options, CTL_COMMAND_STATUS, QUESTION_TIMEOUT_MS, &text, &len, err);

	if (ret == EXIT_OK && ctl_proto_parse_status(text, len, &status, err) < 0)
		ret = EXIT_FAILED;
	*ret_optional = status.optional;
	return ret == EXIT_OK ? ask_peers(options, ret_peers, err) : ret;
}

int cmd_readiness(const struct options *options, struct output *output)
{
	_cleanup_(ctl_peers_fini) struct ctl_peers peers = {0};
	bool optional = false;
	struct err err = {0};
	int ret = ask(options, &optional, &peers, &err);

	if (ret != EXIT_OK)
		return output_complain(output, ret, "%s", err.text);
	readiness_keep(&peers);
	if (options->json)
		output_json(output, readiness_json(optional, &peers));
	else
		out_readiness(optional, &peers, clock_now_epoch(), options->coloured,
		              &output->text);
	return !optional || !peers.count ? EXIT_OK : EXIT_FAILED;
}
