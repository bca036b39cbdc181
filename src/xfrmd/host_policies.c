/* SPDX-License-Identifier: MIT */
/* A pin that is late costs packets, so each decision about a known host is one netlink write and not a
 * new plan. */
#include "xfrmd/xfrmd/host_policies.h"

#include <netinet/in.h>

#include "xfrmd/base/log.h"
#include "xfrmd/spd/plan.h"
#include "xfrmd/spd/role.h"
#include "xfrmd/xfrmd/policies.h"

/* Different subnet policies that are refreshed for one event. */
#define REFRESHED_MAX 16

static void note_failure(struct daemon *daemon, int error, const struct err *err)
{
	if (!error)
		return;
	log_warning("spd: known host: %s", err->text);
	policies_failed(daemon, err);
}

/* Before the host waits with its SA, and until it does no longer. */
static void put_answer_policy(struct daemon *daemon, const struct known_host *host)
{
	struct policy answers = plan_answer_policy(&daemon->settings.conf, host);
	struct err err;
	int error = host->answer_spi ? installed_spd_put(daemon->spd, &answers, &err)
	                             : installed_spd_remove(daemon->spd, &answers, &err);

	note_failure(daemon, error, &err);
}

void host_policies_put(struct daemon *daemon, const struct known_host *host)
{
	struct policy policy = plan_host_policy(&daemon->settings.conf, host);
	struct err err;

	if (policies_flushed(daemon))
		return;
	if (host->answer_spi)
		put_answer_policy(daemon, host);
	note_failure(daemon, installed_spd_put(daemon->spd, &policy, &err), &err);
	if (!host->answer_spi && host->pair.local.family == AF_INET6)
		put_answer_policy(daemon, host);
}

/* One that stood in for a /32 of the lists leaves a place that only the plan can fill. */
void host_policies_remove(struct daemon *daemon, const struct known_host *host)
{
	const struct conf *conf = &daemon->settings.conf;
	struct policy policy = plan_host_policy(conf, host);
	struct policy answers = plan_answer_policy(conf, host);
	struct spd_change change;
	struct err err;

	if (policies_flushed(daemon))
		return;
	if (host->answer_spi)
		note_failure(daemon, installed_spd_remove(daemon->spd, &answers, &err), &err);
	if (!prefixset_has(&conf->protect, &policy.dst))
		note_failure(daemon, installed_spd_remove(daemon->spd, &policy, &err), &err);
	else if (policies_apply(daemon, &change, &err) < 0)
		log_warning("spd: known host: %s", err.text);
}

int64_t host_policies_used(struct daemon *daemon, const struct known_host *host)
{
	struct policy policy = plan_host_policy(&daemon->settings.conf, host);

	return installed_spd_used(daemon->spd, &policy);
}

/* As far as they are few. */
void host_policies_refresh_subnets(struct daemon *daemon, const struct host_actions *actions)
{
	struct policy keys[REFRESHED_MAX], key;
	size_t addr_count, count = 0;
	const struct local_addr *addrs = addr_watch_list(daemon->addrs, &addr_count);

	for (size_t i = 0; i < actions->count; i++) {
		size_t seen = 0;

		if (actions->items[i].kind != HOST_ACTION_REFRESH ||
		    !plan_subnet_key(&daemon->settings.conf, addrs, addr_count,
		                     &actions->items[i].host.pair, &key))
			continue;
		while (seen < count && policy_compare_key(&keys[seen], &key) != 0)
			seen++;
		if (seen < count)
			continue;
		installed_spd_refresh(daemon->spd, &key);
		if (count < REFRESHED_MAX)
			keys[count++] = key;
	}
}

/* The policies of who is not known: the SAs of peers that begin while we are away are used. */
static void unpin_subnets(struct daemon *daemon)
{
	const struct policy_list *want = installed_spd_want(daemon->spd);
	struct err err;

	/* what is replaced stays in its place */
	for (size_t i = 0; i < want->count; i++) {
		struct policy policy = want->items[i];

		if (policy.dir != POLICY_DIR_OUT || role_of(&policy) != ROLE_SUBNET || !policy.spi)
			continue;
		policy.spi = 0;
		if (installed_spd_put(daemon->spd, &policy, &err) < 0)
			log_warning("spd: %s", err.text);
	}
}

void host_policies_unpin(struct daemon *daemon)
{
	size_t count;
	const struct known_host *hosts = hosts_list(daemon->hosts, &count);

	for (size_t i = 0; i < count; i++) {
		struct known_host host = hosts[i];

		/* a newer one the peer may not have */
		if (!host.spi ||
		    (!known_host_holds(&host) && !hosts_goes_by_newest(daemon->hosts, i)))
			continue;
		host.spi = 0;
		host.answer_spi = 0;
		host_policies_put(daemon, &host);
	}
	if (!policies_flushed(daemon))
		unpin_subnets(daemon);
}
