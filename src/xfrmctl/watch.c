/* SPDX-License-Identifier: MIT */
/*
 * `--watch`: the same command over and over. On a terminal each run is drawn over the last one in a
 * single write, so that nothing flickers; elsewhere the runs follow one another. There is nothing
 * to put back at the end, so Ctrl-C may end the process wherever it is.
 */
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "out_frame.h"
#include "xfrmctl.h"

#define ROWS_DEFAULT 24

static size_t terminal_rows(void)
{
	struct winsize size = {0};

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row
	                                                                       : ROWS_DEFAULT;
}

static void put_head(const struct options *options, const char *name, struct buf *head)
{
	char text[64];
	time_t now = time(NULL);
	struct tm local;

	if (!localtime_r(&now, &local) ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local) == 0)
		text[0] = '\0';
	buf_printf(head, "%s  xfrmctl %s%s%s, every %u s\n", text, name,
	           options->argument ? " " : "", options->argument ? options->argument : "",
	           options->watch_s);
}

/* Complaints are part of the screen. */
static bool draw(const struct options *options, const char *name, const struct output *run)
{
	struct output frame = {0};
	struct buf screen = {0};
	bool written;

	put_head(options, name, &screen);
	buf_append(&screen, run->complaints.data, run->complaints.len);
	buf_append(&screen, run->text.data, run->text.len);
	out_frame(&screen, terminal_rows(), &frame.text);
	written = output_write(&frame);
	output_fini(&frame);
	buf_fini(&screen);
	return written;
}

/* Documents follow one another as they are; text is told apart by its time. */
static bool append(const struct options *options, const char *name, struct output *run)
{
	struct output head = {0};
	bool written;

	if (!options->json)
		put_head(options, name, &head.text);
	written = output_write(&head) && output_write(run);
	output_fini(&head);
	return written;
}

int watch(const struct options *options, const char *name, command_fn *run)
{
	bool terminal = isatty(STDOUT_FILENO) && !options->json;
	bool written = true;
	int status = EXIT_OK;

	while (written && status != EXIT_USAGE) {
		struct output output = {0};

		status = run(options, &output);
		if (status == EXIT_USAGE)
			output_write(&output);
		else
			written = terminal ? draw(options, name, &output)
			                   : append(options, name, &output);
		output_fini(&output);
		if (written && status != EXIT_USAGE)
			sleep(options->watch_s);
	}
	return written ? status : EXIT_FAILED;
}
