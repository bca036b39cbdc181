/* SPDX-License-Identifier: MIT */
/* `xfrmctl metrics`: what Prometheus reads. */
#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/ctl/ctl_metrics.h"

int cmd_metrics(const struct options *options, struct output *output)
{
	_cleanup_(metrics_fini) struct metrics metrics = {0};
	_cleanup_(cleanup_free) char *text = NULL;
	struct err err = {0};
	size_t len = 0;
	int ret = ask_daemon(options, CTL_COMMAND_METRICS, &text, &len, &err);

	if (ret == EXIT_OK && ctl_metrics_parse(text, len, &metrics, &err) < 0)
		ret = EXIT_FAILED;
	if (ret != EXIT_OK)
		return output_complain(output, ret, "%s", err.text);
	if (options->json)
		output_json(output, steal_ptr(text));
	else
		metrics_text(&metrics, &output->text);
	return EXIT_OK;
}
