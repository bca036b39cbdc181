/* SPDX-License-Identifier: MIT */
/* Reloads, and what came of them. */
#include "xfrmd/xfrmd/reload.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/notify.h"
#include "xfrmd/xfrmd/policies.h"
#include "xfrmd/xfrmd/settings_swap.h"
#include "xfrmd/xfrmd/try.h"

struct reload {
	struct reload_history history;
};

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

int reload_run(struct daemon *daemon, struct strlist *ret_changes, struct strlist *ret_errors)
{
	struct settings settings = {0};
	int error = log_reopen();

	if (error)
		log_error("log: cannot open again: %s", strerror(-error));
	if (try_refuses(daemon, "another configuration is being tried", ret_errors)) {
		settings_log("reload", ret_changes, ret_errors);
		return -EINVAL;
	}
	notify_send("RELOADING=1");
	if (settings_read(daemon, daemon->conf_path, &settings, ret_errors) == 0 &&
	    settings_open_log(daemon, &settings, ret_errors) == 0) {
		policies_set_flushed(daemon, false);
		settings_swap(daemon, &settings, ret_changes, ret_errors);
	}
	settings_fini(&settings);
	malloc_trim(0); /* glibc would keep what the former policies, and the difference, took */
	settings_log("reload", ret_changes, ret_errors);
	note(&daemon->parts.reload->history, ret_errors);
	notify_send("READY=1\nSTATUS=protecting %zu prefixes", daemon->settings.conf.protect.count);
	return ret_errors->count ? -EINVAL : 0;
}

const struct reload_history *reload_history(const struct daemon *daemon)
{
	return &daemon->parts.reload->history;
}

static void close_part(struct daemon *daemon)
{
	strlist_fini(&daemon->parts.reload->history.errors);
}

const struct part reload_part = {PART(reload), .close = close_part};
