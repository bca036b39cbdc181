/* SPDX-License-Identifier: MIT */
/* What depends on addresses and settings together: known hosts, the SPD, peers. */
#include "xfrmd/xfrmd/network.h"

#include "xfrmd/base/log.h"
#include "xfrmd/xfrmd/known_hosts.h"
#include "xfrmd/xfrmd/policies.h"
#include "xfrmd/xfrmd/protects.h"
#include "xfrmd/xfrmd/resync.h"
#include "xfrmd/xfrmd/sysctls.h"

static void log_change(const char *why, const struct spd_change *change)
{
	if (change->added || change->updated || change->deleted)
		log_notice("spd: %s: added=%zu updated=%zu deleted=%zu took_us=%llu", why,
		           change->added, change->updated, change->deleted,
		           (unsigned long long)change->took_us);
}

int network_refresh(struct daemon *daemon, struct spd_change *ret_change, struct err *err)
{
	struct host_actions actions = {0};
	struct err second;
	int error = known_hosts_reload(daemon, &actions, err), plan_error;

	if (error)
		resync_soon(daemon);
	plan_error = policies_apply(daemon, ret_change, error ? &second : err);
	known_hosts_act(daemon, &actions);
	return error ? error : plan_error;
}

int network_begin(struct daemon *daemon, struct err *err)
{
	struct spd_change change = {0};
	int error = network_refresh(daemon, &change, err);

	if (error)
		return error;
	log_change("start", &change);
	/* protected with other values rather than not at all */
	if (sysctls_write(daemon, err) < 0)
		log_error("kernel: %s", err->text);
	return 0;
}

static bool keeps_peer(void *daemon, const struct peer *peer)
{
	return protects(daemon, &peer->pair);
}

void network_retain_peers(struct daemon *daemon)
{
	negotiator_retain(daemon->negotiator, keeps_peer, daemon);
}

static void on_change(void *ctx)
{
	struct daemon *daemon = ctx;
	struct spd_change change = {0};
	struct err err;

	if (network_refresh(daemon, &change, &err) < 0)
		log_error("spd: network changed: %s", err.text);
	log_change("network changed", &change);
	network_retain_peers(daemon);
	/* an address that is back finds the larval SAs of before, and is not asked for again */
	resync_now(daemon);
}

static int open_part(struct daemon *daemon, struct err *err)
{
	return addr_watch_open(daemon->loop, on_change, daemon, &daemon->addrs, err);
}

static void close_part(struct daemon *daemon)
{
	addr_watch_close(daemon->addrs);
	daemon->addrs = NULL;
}

const struct part network_part = {.name = "network", .open = open_part, .close = close_part};
