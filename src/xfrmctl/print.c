/* SPDX-License-Identifier: MIT */
/* What all commands do: ask, print, complain. Text that was not written is a failure. */
#include "xfrmctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "xfrmd/ctl_client.h"

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("xfrmctl: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

int ask_daemon(const struct options *options, enum ctl_command command, unsigned timeout_ms,
               char **ret_text, size_t *ret_len, struct err *err)
{
	const struct ctl_ask ask = {.command = command};

	return ask_daemon_for(options, &ask, timeout_ms, ret_text, ret_len, err);
}

int ask_daemon_for(const struct options *options, const struct ctl_ask *ask, unsigned timeout_ms,
                   char **ret_text, size_t *ret_len, struct err *err)
{
	int ret = ctl_client_request(options->run_dir, ask, timeout_ms, ret_text, ret_len, err);

	if (ret == 0)
		return EXIT_OK;
	return ret == -ENOMEM || ret == -EMSGSIZE || ret == -ENAMETOOLONG ? EXIT_FAILED
	                                                                  : EXIT_UNREACHABLE;
}

static int print(const void *data, size_t len, const char *end)
{
	/* an empty buf has no data to point at */
	if ((len == 0 || fwrite(data, 1, len, stdout) == len) && fputs(end, stdout) >= 0 &&
	    fflush(stdout) == 0)
		return EXIT_OK;
	complain("stdout: %s", strerror(errno));
	return EXIT_FAILED;
}

int print_buf(const struct buf *out)
{
	if (out->error) {
		complain("output: %s", strerror(-out->error));
		return EXIT_FAILED;
	}
	return print(out->data, out->len, "");
}

int print_json(const char *json)
{
	if (!json) {
		complain("output: out of memory");
		return EXIT_FAILED;
	}
	return print(json, strlen(json), "\n");
}
