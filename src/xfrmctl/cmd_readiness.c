/* SPDX-License-Identifier: MIT */
/* `xfrmctl readiness`: the exit status says whether the fleet can be switched to required. */
#include "out_readiness.h"
#include "xfrmctl.h"
#include "xfrmd/cleanup.h"
#include "xfrmd/loop.h"
#include "xfrmd/readiness.h"

/* The mode and all peers. EXIT_OK, or what failed is in @err. */
static int ask(const struct options *options, bool *ret_optional, struct ctl_peers *ret_peers,
               struct err *err)
{
	_cleanup_(cleanup_free) char *status_text = NULL, *peers_text = NULL;
	_cleanup_(ctl_status_fini) struct ctl_status status = {0};
	size_t status_len = 0, peers_len = 0;
	int ret = ask_daemon(options, CTL_COMMAND_STATUS, QUESTION_TIMEOUT_MS, &status_text,
	                     &status_len, err);

	if (ret == EXIT_OK)
		ret = ask_daemon(options, CTL_COMMAND_PEERS, QUESTION_TIMEOUT_MS, &peers_text,
		                 &peers_len, err);
	if (ret != EXIT_OK)
		return ret;
	if (ctl_proto_parse_status(status_text, status_len, &status, err) < 0 ||
	    ctl_proto_parse_peers(peers_text, peers_len, ret_peers, err) < 0)
		return EXIT_FAILED;
	*ret_optional = status.optional;
	return EXIT_OK;
}

int cmd_readiness(const struct options *options)
{
	_cleanup_(ctl_peers_fini) struct ctl_peers peers = {0};
	_cleanup_(cleanup_free) char *json = NULL;
	_cleanup_(buf_fini) struct buf out = {0};
	bool optional = false;
	struct err err = {0};
	int ret = ask(options, &optional, &peers, &err);

	if (ret != EXIT_OK) {
		complain("%s", err.text);
		return ret;
	}
	readiness_keep(&peers);
	if (options->json) {
		json = readiness_json(optional, &peers);
		ret = print_json(json);
	} else {
		out_readiness(optional, &peers, loop_now_epoch(), options->coloured, &out);
		ret = print_buf(&out);
	}
	return ret == EXIT_OK && (!optional || !peers.count) ? EXIT_OK : EXIT_FAILED;
}
