/* SPDX-License-Identifier: MIT */
/* `xfrmctl status`: the exit status is the health. */
#include "out_text.h"
#include "xfrmctl.h"
#include "xfrmd/cleanup.h"
#include "xfrmd/loop.h"

int cmd_status(const struct options *options)
{
	_cleanup_(ctl_status_fini) struct ctl_status status = {0};
	_cleanup_(cleanup_free) char *text = NULL;
	_cleanup_(buf_fini) struct buf out = {0};
	struct err err = {0};
	size_t len = 0;
	int printed;
	int ret = ask_daemon(options, CTL_COMMAND_STATUS, QUESTION_TIMEOUT_MS, &text, &len, &err);

	if (ret == EXIT_OK && ctl_proto_parse_status(text, len, &status, &err) < 0)
		ret = EXIT_FAILED;
	if (ret != EXIT_OK) {
		complain("%s", err.text);
		return ret;
	}
	if (options->json) {
		printed = print_json(text);
	} else {
		out_text_status(&status, loop_now_epoch(), options->coloured, &out);
		printed = print_buf(&out);
	}
	return printed == EXIT_OK && status.healthy ? EXIT_OK : EXIT_FAILED;
}
