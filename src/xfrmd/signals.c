/* SPDX-License-Identifier: MIT */
#include "xfrmd/xfrmd/signals.h"

#include <signal.h>
#include <string.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/notify.h"
#include "xfrmd/xfrmd/reload.h"
#include "xfrmd/xfrmd/shutdown.h"

struct signals {
	struct loop_signal *terminate, *interrupt, *hangup;
};

static void on_terminate(void *ctx)
{
	struct daemon *daemon = ctx;

	if (shutdown_finish(daemon))
		return;
	log_notice("stop: policies, SAs and charon go on; `xfrmctl shutdown` ends the protection");
	notify_send("STOPPING=1");
	loop_stop(daemon->loop);
}

static void on_hangup(void *ctx)
{
	_cleanup_(strlist_fini) struct strlist changes = {0}, errors = {0};

	reload_run(ctx, &changes, &errors);
}

/* One more must not end us in another way than the first. */
static void block(void)
{
	sigset_t endings;

	sigemptyset(&endings);
	sigaddset(&endings, SIGTERM);
	sigaddset(&endings, SIGINT);
	sigaddset(&endings, SIGHUP);
	sigprocmask(SIG_BLOCK, &endings, NULL);
}

static int open_part(struct daemon *daemon, struct err *err)
{
	struct signals *self = daemon->parts.signals;
	const struct {
		int number;
		loop_fn fn;
		struct loop_signal **watch;
	} all[] = {{SIGTERM, on_terminate, &self->terminate},
	           {SIGINT, on_terminate, &self->interrupt},
	           {SIGHUP, on_hangup, &self->hangup}};
	int error = 0;

	for (size_t i = 0; !error && i < sizeof(all) / sizeof(all[0]); i++)
		error = loop_signal_new(daemon->loop, all[i].number, all[i].fn, daemon,
		                        all[i].watch);
	return error ? err_set(err, error, "signals: %s", strerror(-error)) : 0;
}

static void close_part(struct daemon *daemon)
{
	struct signals *self = daemon->parts.signals;

	block();
	loop_signal_free(self->hangup);
	loop_signal_free(self->interrupt);
	loop_signal_free(self->terminate);
}

const struct part signals_part = {PART(signals), .open = open_part, .close = close_part};
