/* SPDX-License-Identifier: MIT */
/* Reloads, and what came of them. */
#include "xfrmd/xfrmd/reload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/notify.h"
#include "xfrmd/xfrmd/policies.h"
#include "xfrmd/xfrmd/settings_swap.h"
#include "xfrmd/xfrmd/shutdown.h"
#include "xfrmd/xfrmd/try.h"

struct reload {
	struct reload_history history;
};

static void log_lists(const struct strlist *changes, const struct strlist *errors)
{
	for (size_t i = 0; i < changes->count; i++)
		log_notice("reload: %s", changes->items[i]);
	for (size_t i = 0; i < errors->count; i++)
		log_error("reload: %s", errors->items[i]);
}

static void note(struct reload_history *history, const struct strlist *errors)
{
	history->time = clock_now_epoch();
	if (errors->count)
		history->failed++;
	else
		history->ok++;
	strlist_fini(&history->errors);
	for (size_t i = 0; i < errors->count; i++)
		(void)strlist_add(&history->errors, errors->items[i]);
}

/* Why the configuration file is not read now. */
static bool refused(const struct daemon *daemon, struct strlist *errors)
{
	if (try_is_under_way(daemon))
		strlist_addf(errors, "another configuration is being tried, expected `xfrmctl try "
		                     "--confirm` or `xfrmctl try --back` first");
	else if (shutdown_is_under_way(daemon))
		strlist_addf(errors, "a shutdown is under way");
	return errors->count;
}

int reload_run(struct daemon *daemon, struct strlist *ret_changes, struct strlist *ret_errors)
{
	struct settings settings = {0};
	int error = log_reopen();

	if (error)
		log_error("log: cannot open again: %s", strerror(-error));
	if (refused(daemon, ret_errors)) {
		log_lists(ret_changes, ret_errors);
		return -EINVAL;
	}
	notify_send("RELOADING=1");
	if (settings_read(daemon, daemon->conf_path, &settings, ret_errors) == 0) {
		policies_set_flushed(daemon, false);
		settings_swap(daemon, &settings, ret_changes, ret_errors);
		settings_fini(&settings);
	}
	log_lists(ret_changes, ret_errors);
	note(&daemon->parts.reload->history, ret_errors);
	notify_send("READY=1\nSTATUS=protecting %zu prefixes", daemon->settings.conf.protect.count);
	return ret_errors->count ? -EINVAL : 0;
}

const struct reload_history *reload_history(const struct daemon *daemon)
{
	return &daemon->parts.reload->history;
}

int reload_open(struct daemon *daemon, struct err *err)
{
	daemon->parts.reload = calloc(1, sizeof(*daemon->parts.reload));
	return daemon->parts.reload ? 0 : err_set(err, -ENOMEM, "reload: out of memory");
}

void reload_close(struct daemon *daemon)
{
	if (!daemon->parts.reload)
		return;
	strlist_fini(&daemon->parts.reload->history.errors);
	free(daemon->parts.reload);
	daemon->parts.reload = NULL;
}
