/* SPDX-License-Identifier: MIT */
/* Where the log goes, and the lines that it counts instead of writing them again. */
#include "xfrmd/xfrmd/log_sink.h"

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

static int open_part(struct daemon *daemon, struct err *err)
{
	(void)err;
	log_count_repeats(on_counted, daemon->parts.log_repeats);
	return 0;
}

static void close_part(struct daemon *daemon)
{
	(void)daemon;
	log_count_repeats(NULL, NULL);
}

const struct part log_repeats_part = {PART(log_repeats), .open = open_part, .close = close_part,
                                      .timers = {{on_due, offsetof(struct log_repeats, timer)}}};
