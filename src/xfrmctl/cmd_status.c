/* SPDX-License-Identifier: MIT */
/* `xfrmctl status`: the exit status is the health. */
#include "out_text.h"
#include "xfrmctl.h"
#include "xfrmd/cleanup.h"
#include "xfrmd/loop.h"

int cmd_status(const struct options *options, struct output *output)
{
	_cleanup_(ctl_status_fini) struct ctl_status status = {0};
	char *text = NULL;
	struct err err = {0};
	size_t len = 0;
	int ret = ask_daemon(options, CTL_COMMAND_STATUS, QUESTION_TIMEOUT_MS, &text, &len, &err);

	if (ret == EXIT_OK && ctl_proto_parse_status(text, len, &status, &err) < 0)
		ret = EXIT_FAILED;
	if (ret != EXIT_OK) {
		output_complain(output, "%s", err.text);
		free(text);
		return ret;
	}
	if (options->json) {
		output_json(output, text);
	} else {
		out_text_status(&status, loop_now_epoch(), options->coloured, &output->text);
		free(text);
	}
	return status.healthy ? EXIT_OK : EXIT_FAILED;
}
