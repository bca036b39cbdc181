/* SPDX-License-Identifier: MIT */
/* `xfrmctl monitor`: ends by a signal, or when xfrmd ends. Each event is written at once. */
#include <errno.h>

#include "out_event.h"
#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/ctl/ctl_client.h"

static int on_line(void *ctx, const char *line, size_t len, struct err *err)
{
	const struct options *const *options = ctx;
	_cleanup_(ctl_event_fini) struct ctl_event event = {0};
	_cleanup_(output_fini) struct output output = {0};
	int error = ctl_event_parse(line, len, &event, err);

	if (error)
		return error;
	if ((*options)->json)
		buf_printf(&output.text, "%s\n", line);
	else
		out_event(&event, (*options)->coloured, &output.text);
	return output_write(&output) ? 0 : -EIO;
}

int cmd_monitor(const struct options *options, struct output *output)
{
	struct err err = {0};
	int error = ctl_client_watch(options->run_dir, CTL_COMMAND_MONITOR, QUESTION_TIMEOUT_MS,
	                             on_line, &options, &err);

	if (error == -EIO) /* output_write() has said why */
		return EXIT_FAILED;
	return output_complain(
		output, error == -EBADMSG || error == -ENOMEM ? EXIT_FAILED : EXIT_UNREACHABLE,
		"monitor: %s", err.text);
}
