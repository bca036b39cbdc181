/* SPDX-License-Identifier: MIT */
#include "xfrmd/xfrmd/resync.h"

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/log.h"
#include "xfrmd/xfrmd/acquires.h"
#include "xfrmd/xfrmd/known_hosts.h"

/* After a lack of memory, or lost acquires. */
#define DELAY_MS 1000

struct resync {
	struct loop_timer *timer;
};

void resync_now(void *ctx)
{
	struct daemon *daemon = ctx;
	_cleanup_(sas_fini) struct sas sas = {0};
	struct err err;

	if (sas_read(daemon, &sas, &err) < 0) {
		log_error("spd: %s", err.text);
		resync_soon(daemon);
		return;
	}
	if (known_hosts_sync(daemon, &sas) < 0) {
		log_error("spd: known hosts: out of memory");
		resync_soon(daemon);
	}
	acquires_on_listed(daemon, &sas);
}

void resync_soon(struct daemon *daemon)
{
	loop_timer_start(daemon->parts.resync->timer, DELAY_MS);
}

static int open_part(struct daemon *daemon, struct err *err)
{
	(void)err;
	known_hosts_on_lost(daemon, resync_soon);
	return 0;
}

const struct part resync_part = {PART(resync), .open = open_part,
                                 .timers = {{resync_now, offsetof(struct resync, timer)}}};
