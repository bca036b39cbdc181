/* SPDX-License-Identifier: MIT */
/* Where the log goes, and the lines that it counts instead of writing them again. */
#include "xfrmd/xfrmd/log_sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/log.h"

struct log_repeats {
	struct loop_timer *timer;
};

int log_sink_open(struct daemon *daemon, const struct conf *conf, struct err *err)
{
	int error = log_open("xfrmd", conf->log_target, conf->log_path, conf->log_level);

	if (error)
		return err_set(err, error, "[log] target: %s cannot be opened: %s",
		               conf->log_path ? conf->log_path : "the journal's socket",
		               strerror(-error));
	daemon->log_problem.text[0] = '\0';
	return 0;
}

void log_sink_begin(struct daemon *daemon)
{
	const struct conf *conf = &daemon->settings.conf;

	if (log_sink_open(daemon, conf, &daemon->log_problem) == 0)
		return;
	(void)log_open("xfrmd", LOG_TARGET_STDERR, NULL, conf->log_level);
	log_error("%s: %s, it goes to stderr", daemon->conf_path, daemon->log_problem.text);
}

static void on_due(void *ctx)
{
	(void)ctx;
	log_tell_repeats();
}

static void on_counted(void *ctx, uint64_t due_ms)
{
	struct log_repeats *repeats = ctx;

	loop_timer_start_at(repeats->timer, due_ms);
}

int log_repeats_open(struct daemon *daemon, struct err *err)
{
	struct log_repeats *repeats = calloc(1, sizeof(*repeats));

	daemon->parts.log_repeats = repeats;
	if (!repeats || loop_timer_new(daemon->loop, on_due, NULL, &repeats->timer) < 0)
		return err_set(err, -ENOMEM, "log: out of memory");
	log_count_repeats(on_counted, repeats);
	return 0;
}

void log_repeats_close(struct daemon *daemon)
{
	struct log_repeats *repeats = daemon->parts.log_repeats;

	if (!repeats)
		return;
	log_count_repeats(NULL, NULL);
	loop_timer_free(repeats->timer);
	free(repeats);
	daemon->parts.log_repeats = NULL;
}
