/* SPDX-License-Identifier: MIT */
/* The commands that make the daemon do something, and then tell what it did, or why not. */
#include "xfrmctl.h"
#include "xfrmd/cleanup.h"

/* Changing some 30,000 policies may take the kernel a minute. */
#define CHANGE_TIMEOUT_MS   (5 * 60 * 1000)
/* Shutdown waits for the jobs of stop_wait_for and for the peers: the daemon bounds both. */
#define SHUTDOWN_TIMEOUT_MS 0

static int print_result(const struct strlist *changes, const struct strlist *errors)
{
	_cleanup_(buf_fini) struct buf out = {0};
	size_t i;

	for (i = 0; i < changes->count; i++)
		buf_printf(&out, "%s\n", changes->items[i]);
	for (i = 0; i < errors->count; i++)
		complain("%s", errors->items[i]);
	return print_buf(&out);
}

static int control(const struct options *options, enum ctl_command command, unsigned timeout_ms)
{
	_cleanup_(strlist_fini) struct strlist changes = {0}, errors = {0};
	_cleanup_(cleanup_free) char *text = NULL;
	struct err err = {0};
	bool ok = false;
	size_t len = 0;
	int printed;
	int ret = ask_daemon(options, command, timeout_ms, &text, &len, &err);

	if (ret == EXIT_OK && ctl_proto_parse_result(text, len, &ok, &changes, &errors, &err) < 0)
		ret = EXIT_FAILED;
	if (ret != EXIT_OK) {
		complain("%s: %s", ctl_command_name(command), err.text);
		return ret;
	}
	printed = options->json ? print_json(text) : print_result(&changes, &errors);
	return printed == EXIT_OK && ok ? EXIT_OK : EXIT_FAILED;
}

int cmd_reload(const struct options *options)
{
	return control(options, CTL_COMMAND_RELOAD, CHANGE_TIMEOUT_MS);
}

int cmd_shutdown(const struct options *options)
{
	return control(options, CTL_COMMAND_SHUTDOWN, SHUTDOWN_TIMEOUT_MS);
}

int cmd_flush(const struct options *options)
{
	return control(options, CTL_COMMAND_FLUSH, CHANGE_TIMEOUT_MS);
}
