/* SPDX-License-Identifier: MIT */
#include "xfrmd/xfrmd/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

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
	struct strlist changes = {0}, errors = {0};

	reload_run(ctx, &changes, &errors);
	strlist_fini(&changes);
	strlist_fini(&errors);
}

int signals_open(struct daemon *daemon, struct err *err)
{
	struct signals *self = calloc(1, sizeof(*self));
	int error = self ? 0 : -ENOMEM;

	daemon->parts.signals = self;
	if (!error)
		error = loop_signal_new(daemon->loop, SIGTERM, on_terminate, daemon,
		                        &self->terminate);
	if (!error)
		error = loop_signal_new(daemon->loop, SIGINT, on_terminate, daemon,
		                        &self->interrupt);
	if (!error)
		error = loop_signal_new(daemon->loop, SIGHUP, on_hangup, daemon, &self->hangup);
	return error ? err_set(err, error, "signals: %s", strerror(-error)) : 0;
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

void signals_close(struct daemon *daemon)
{
	struct signals *self = daemon->parts.signals;

	if (!self)
		return;
	block();
	loop_signal_free(self->hangup);
	loop_signal_free(self->interrupt);
	loop_signal_free(self->terminate);
	free(self);
	daemon->parts.signals = NULL;
}
