/* SPDX-License-Identifier: MIT */
/* `xfrmctl metrics`: what Prometheus reads. */
#include "xfrmctl.h"
#include "xfrmd/cleanup.h"
#include "xfrmd/ctl_metrics.h"

int cmd_metrics(const struct options *options)
{
	_cleanup_(metrics_fini) struct metrics metrics = {0};
	_cleanup_(cleanup_free) char *text = NULL;
	_cleanup_(buf_fini) struct buf out = {0};
	struct err err = {0};
	size_t len = 0;
	int ret = ask_daemon(options, CTL_COMMAND_METRICS, QUESTION_TIMEOUT_MS, &text, &len, &err);

	if (ret == EXIT_OK && ctl_metrics_parse(text, len, &metrics, &err) < 0)
		ret = EXIT_FAILED;
	if (ret != EXIT_OK) {
		complain("%s", err.text);
		return ret;
	}
	if (options->json)
		return print_json(text);
	metrics_text(&metrics, &out);
	return print_buf(&out);
}
