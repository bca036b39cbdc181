/* SPDX-License-Identifier: MIT */
/* Carries what kernel and charon tell of SAs to the hosts machine, and carries out what it decides. */
#include "xfrmd/xfrmd/known_hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/net/greeting.h"
#include "xfrmd/spd/plan.h"
#include "xfrmd/xfrmd/host_policies.h"
#include "xfrmd/xfrmd/protects.h"
#include "xfrmd/xfrmd/recent_peers.h"

struct known_hosts {
	struct loop_timer *timer;
	void (*lost)(struct daemon *daemon);
};

static void arm_timer(struct daemon *daemon)
{
	loop_timer_start_at(daemon->parts.known_hosts->timer, hosts_next_ms(daemon->hosts));
}

/* What the machine asks of the kernel. */

/* False: there is no such SA. */
static bool count_packets(struct daemon *daemon, const struct pair *pair, bool outbound,
                          uint32_t spi, uint64_t *ret_packets)
{
	const struct sa key = sa_key(pair, outbound, spi);
	struct sa found;

	if (installed_spd_find_sa(daemon->spd, &key, &found) < 0)
		return false;
	*ret_packets = found.packets;
	return true;
}

uint64_t known_hosts_packets(void *ctx, const struct pair *pair, uint32_t spi_in, uint32_t spi_out)
{
	struct daemon *daemon = ctx;
	uint64_t in, out = 0;

	if (!count_packets(daemon, pair, false, spi_in, &in))
		return UINT64_MAX;
	(void)count_packets(daemon, pair, true, spi_out, &out);
	return in + out;
}

/* Whether traffic was blocked since the last look. */
static void probe(struct daemon *daemon, const struct known_host *host,
                  struct host_actions *actions)
{
	hosts_on_probed(daemon->hosts, &host->pair, host_policies_used(daemon, host),
	                clock_now_ms(), actions);
}

static void look(struct daemon *daemon, const struct host_action *action,
                 struct host_actions *actions)
{
	const struct pair *pair = &action->host.pair;
	uint64_t packets;

	if (count_packets(daemon, pair, false, action->spi, &packets))
		hosts_on_looked(daemon->hosts, pair, action->spi, packets, clock_now_ms(), actions);
}

/* What it decides. */

void known_hosts_greet(void *ctx, const struct pair *pair)
{
	char text[ADDR_TEXT_MAX];
	int error = greeting_send(pair);

	(void)ctx;
	if (error)
		log_debug("peer: %s: cannot be greeted: %s", addr_format(&pair->remote, text),
		          strerror(-error));
}

/* There is none if nothing was sent meanwhile. */
static void end_acquire(struct daemon *daemon, const struct host_action *action)
{
	const struct sa key = sa_key(&action->host.pair, true, action->spi);

	installed_spd_delete_sa(daemon->spd, &key);
}

static void act(struct daemon *daemon, const struct host_action *action,
                struct host_actions *answers)
{
	const struct pair *pair = &action->host.pair;

	switch (action->kind) {
	case HOST_ACTION_PUT:
		host_policies_put(daemon, &action->host);
		break;
	case HOST_ACTION_REMOVE:
		host_policies_remove(daemon, &action->host);
		/* what goes on asks anew */
		negotiator_larval_expired(daemon->negotiator, pair);
		break;
	case HOST_ACTION_NEGOTIATE:
		negotiator_acquire(daemon->negotiator, pair, false);
		break;
	case HOST_ACTION_QUIET:
		negotiator_larval_expired(daemon->negotiator, pair);
		break;
	case HOST_ACTION_PROBE:
		probe(daemon, &action->host, answers);
		break;
	case HOST_ACTION_LISTEN:
		look(daemon, action, answers);
		break;
	case HOST_ACTION_GREET:
		known_hosts_greet(daemon, pair);
		break;
	case HOST_ACTION_END_ACQUIRE:
		end_acquire(daemon, action);
		break;
	case HOST_ACTION_REFRESH:
		break; /* at the end */
	}
}

/* With all that follows from the answers. False: something was lost for want of memory. */
static bool act_all(struct daemon *daemon, const struct host_actions *actions)
{
	bool complete = !actions->out_of_memory;
	struct host_actions answers = {0};

	for (size_t i = 0; i < actions->count; i++)
		act(daemon, &actions->items[i], &answers);
	host_policies_refresh_subnets(daemon, actions);
	if (answers.count || answers.out_of_memory)
		complete &= act_all(daemon, &answers);
	host_actions_fini(&answers);
	return complete;
}

void known_hosts_act(struct daemon *daemon, struct host_actions *actions)
{
	bool complete = act_all(daemon, actions);

	arm_timer(daemon);
	/* what was lost is found again in the kernel's SAs */
	if (!complete) {
		log_error("spd: known hosts: out of memory, pins are late");
		if (daemon->parts.known_hosts->lost)
			daemon->parts.known_hosts->lost(daemon);
	}
	host_actions_fini(actions);
}

static void on_timer(void *ctx)
{
	struct daemon *daemon = ctx;
	struct host_actions actions = {0};

	hosts_on_timer(daemon->hosts, clock_now_ms(), &actions);
	known_hosts_act(daemon, &actions);
}

/* All of it anew. */

static int sync_hosts(struct daemon *daemon, const struct sas *all, struct host_actions *actions)
{
	_cleanup_(cleanup_free) struct host_sa *sas = calloc(all->count + 1, sizeof(*sas));
	size_t count = 0;

	if (!sas)
		return -ENOMEM;
	for (size_t i = 0; i < all->count; i++) {
		const struct sa *sa = &all->items[i];
		const struct pair pair = sa_pair(sa, true);

		if (sa_is_negotiated(sa) && protects(daemon, &pair))
			sas[count++] = (struct host_sa){.pair = pair, .spi = sa->spi};
	}
	hosts_sync(daemon->hosts, sas, count, clock_now_ms(), actions);
	return 0;
}

int known_hosts_sync(struct daemon *daemon, const struct sas *sas)
{
	struct host_actions actions = {0};
	int error = sync_hosts(daemon, sas, &actions);

	known_hosts_act(daemon, &actions);
	return error;
}

/* For a caller that writes the whole plan. */
static void drop_writes(struct host_actions *actions)
{
	size_t kept = 0;

	for (size_t i = 0; i < actions->count; i++)
		if (actions->items[i].kind != HOST_ACTION_PUT &&
		    actions->items[i].kind != HOST_ACTION_REMOVE)
			actions->items[kept++] = actions->items[i];
	actions->count = kept;
}

/* What the plan depends on, too. 0 or -ENOMEM. */
static int set_mode(struct daemon *daemon)
{
	enum hosts_mode mode = HOSTS_MODE_HOLD;
	size_t count;
	const struct local_addr *addrs = addr_watch_list(daemon->addrs, &count);

	if (daemon->settings.conf.optional)
		mode = HOSTS_MODE_CLEAR;
	else if (daemon->settings.conf.xfrm_larval_drop)
		mode = HOSTS_MODE_DROP;
	hosts_set_mode(daemon->hosts, mode);
	return hosts_set_addresses(daemon->hosts, addrs, count);
}

int known_hosts_reload(struct daemon *daemon, struct host_actions *ret_actions, struct err *err)
{
	_cleanup_(sas_fini) struct sas sas = {0};
	int error = set_mode(daemon);

	hosts_retain(daemon->hosts, protects, daemon);
	if (!error)
		error = recent_peers_apply(daemon);
	if (error)
		return err_set(err, error, "known hosts: out of memory");
	error = sas_read(daemon, &sas, err);
	if (!error && sync_hosts(daemon, &sas, ret_actions) < 0)
		error = err_set(err, -ENOMEM, "known hosts: out of memory");
	drop_writes(ret_actions);
	return error;
}

void known_hosts_on_lost(struct daemon *daemon, void (*lost)(struct daemon *daemon))
{
	daemon->parts.known_hosts->lost = lost;
}

/* Events. */

void known_hosts_on_sa(struct daemon *daemon, const struct sa *sa)
{
	const struct pair pair = sa_pair(sa, true);
	struct host_actions actions = {0};

	hosts_on_sa(daemon->hosts, &pair, sa->spi, clock_now_ms(), &actions);
	known_hosts_act(daemon, &actions);
}

void known_hosts_on_sa_gone(struct daemon *daemon, const struct sa *sa)
{
	const struct pair pair = sa_pair(sa, true);
	struct host_actions actions = {0};

	hosts_on_sa_gone(daemon->hosts, &pair, sa->spi, clock_now_ms(), &actions);
	known_hosts_act(daemon, &actions);
}

void known_hosts_on_fresh_sas(void *ctx, const struct fresh_sas *fresh)
{
	struct daemon *daemon = ctx;
	const struct sa key = sa_key(&fresh->pair, true, fresh->spi_out);
	struct host_actions actions = {0};
	struct sa found;

	/* the kernel may have told that it is gone before charon's word that it is there was
	 * read */
	if (!protects(daemon, &fresh->pair) || installed_spd_find_sa(daemon->spd, &key, &found) < 0)
		return;
	hosts_on_fresh_sas(daemon->hosts, fresh, clock_now_ms(), &actions);
	known_hosts_act(daemon, &actions);
}

void known_hosts_on_listed_sa(void *ctx, const struct pair *pair, uint32_t spi_in, uint32_t spi_out)
{
	struct daemon *daemon = ctx;

	hosts_on_inbound_sa(daemon->hosts, pair, spi_out, spi_in, clock_now_ms());
	arm_timer(daemon);
}

bool known_hosts_on_acquire(struct daemon *daemon, const struct pair *pair, uint32_t spi)
{
	struct host_actions actions = {0};
	bool due = hosts_on_acquire(daemon->hosts, pair, spi, clock_now_ms(), &actions);

	known_hosts_act(daemon, &actions);
	return due;
}

void known_hosts_on_larval_expired(struct daemon *daemon, const struct pair *pair)
{
	if (hosts_phase(daemon->hosts, pair) != HOST_PHASE_BLOCKED)
		negotiator_larval_expired(daemon->negotiator, pair);
}

void known_hosts_on_charon(struct daemon *daemon, bool up)
{
	hosts_on_charon(daemon->hosts, up, clock_now_ms());
	arm_timer(daemon);
}

void known_hosts_on_progress(void *ctx, const struct pair *pair, enum ike_progress progress)
{
	struct daemon *daemon = ctx;

	hosts_on_progress(daemon->hosts, pair, progress, clock_now_ms());
	arm_timer(daemon);
}

void known_hosts_on_failed(void *ctx, const struct pair *pair)
{
	struct daemon *daemon = ctx;
	struct host_actions actions = {0};

	hosts_on_failed(daemon->hosts, pair, clock_now_ms(), &actions);
	known_hosts_act(daemon, &actions);
}

uint32_t known_hosts_spi(void *ctx, const struct pair *pair)
{
	struct daemon *daemon = ctx;
	size_t count;
	const struct known_host *hosts = hosts_list(daemon->hosts, &count);

	for (size_t i = 0; i < count; i++)
		if (pair_equal(&hosts[i].pair, pair))
			return known_host_holds(&hosts[i]) ? 0 : hosts[i].spi;
	return 0;
}

/* Life. */

/* What a predecessor left: its host policies hold packets and pins, and are taken over. */
static int restore(struct daemon *daemon)
{
	const struct policy_list *have = installed_spd_have(daemon->spd);
	struct known_host host;
	int error = 0;

	for (size_t i = 0; !error && i < have->count; i++)
		if (plan_read_host(&have->items[i], &host) && protects(daemon, &host.pair))
			error = hosts_restore(daemon->hosts, &host, clock_now_ms());
	return error;
}

static int open_part(struct daemon *daemon, struct err *err)
{
	int error = hosts_new(&daemon->hosts);

	if (!error)
		error = set_mode(daemon);
	if (!error) {
		known_hosts_on_charon(daemon, false);
		error = restore(daemon);
	}
	return error ? err_set(err, error, "known hosts: out of memory") : 0;
}

static void close_part(struct daemon *daemon)
{
	hosts_free(daemon->hosts);
	daemon->hosts = NULL;
}

const struct part known_hosts_part = {PART(known_hosts), .open = open_part, .close = close_part,
                                      .timers = {{on_timer, offsetof(struct known_hosts, timer)}}};
