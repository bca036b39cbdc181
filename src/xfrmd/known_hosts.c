/* SPDX-License-Identifier: MIT */
/*
 * Carries the kernel's SA notifications to the hosts machine and its decisions to the SPD. A pin
 * that is late costs packets, so a decision is one netlink write and not a new plan.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/net/greeting.h"
#include "xfrmd/spd/plan.h"
#include "xfrmd/spd/role.h"

/* After a lack of memory, or lost acquires. */
#define RESYNC_DELAY_MS 1000
/* Acquires that a look at the larval SAs makes up for. */
#define LARVALS_AT_ONCE 512
/* Different subnet policies that are refreshed for one event. */
#define REFRESHED_MAX   16

static bool is_protected(void *ctx, const struct pair *pair)
{
	struct daemon *daemon = ctx;
	const struct local_addr *addrs;
	size_t count;

	addrs = addr_watch_list(daemon->addrs, &count);
	return plan_negotiable(&daemon->conf, addrs, count, pair);
}

static void arm_timer(struct daemon *daemon)
{
	uint64_t due_ms = hosts_next_ms(daemon->hosts), now_ms = clock_now_ms();

	if (due_ms == UINT64_MAX)
		loop_timer_stop(daemon->hosts_timer);
	else
		loop_timer_start(daemon->hosts_timer, due_ms > now_ms ? due_ms - now_ms : 0);
}

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
	struct policy answers = plan_answer_policy(&daemon->conf, host);
	struct err err;
	int error = host->answer_spi ? installed_spd_put(daemon->spd, &answers, &err)
	                             : installed_spd_remove(daemon->spd, &answers, &err);

	note_failure(daemon, error, &err);
}

static void put_policy(struct daemon *daemon, const struct known_host *host)
{
	struct policy policy = plan_host_policy(&daemon->conf, host);
	struct err err;

	if (daemon->flushed)
		return;
	if (host->answer_spi)
		put_answer_policy(daemon, host);
	note_failure(daemon, installed_spd_put(daemon->spd, &policy, &err), &err);
	if (!host->answer_spi && host->pair.local.family == AF_INET6)
		put_answer_policy(daemon, host);
}

/* One that stood in for a /32 of the lists leaves a place that only the plan can fill. */
static void remove_policy(struct daemon *daemon, const struct known_host *host)
{
	struct policy policy = plan_host_policy(&daemon->conf, host);
	struct policy answers = plan_answer_policy(&daemon->conf, host);
	struct spd_change change;
	struct err err;

	if (daemon->flushed)
		return;
	if (host->answer_spi)
		note_failure(daemon, installed_spd_remove(daemon->spd, &answers, &err), &err);
	if (prefixset_has(&daemon->conf.protect, &policy.dst)) {
		if (policies_apply(daemon, &change, &err) < 0)
			log_warning("spd: known host: %s", err.text);
	} else if (installed_spd_remove(daemon->spd, &policy, &err) < 0) {
		log_warning("spd: known host: %s", err.text);
		policies_failed(daemon, &err);
	}
}

/* Whether traffic was blocked since the last look. */
static void probe(struct daemon *daemon, const struct known_host *host,
                  struct host_actions *actions)
{
	struct policy policy = plan_host_policy(&daemon->conf, host);

	hosts_on_probed(daemon->hosts, &host->pair, installed_spd_used(daemon->spd, &policy),
	                clock_now_ms(), actions);
}

/* False: there is no such SA. */
static bool count_packets(struct daemon *daemon, const struct addr *src, const struct addr *dst,
                          uint32_t spi, uint64_t *ret_packets)
{
	const struct sa key = {.src = *src, .dst = *dst, .spi = spi, .proto = IPPROTO_ESP};
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

	if (!count_packets(daemon, &pair->remote, &pair->local, spi_in, &in))
		return UINT64_MAX;
	(void)count_packets(daemon, &pair->local, &pair->remote, spi_out, &out);
	return in + out;
}

static void look(struct daemon *daemon, const struct host_action *action,
                 struct host_actions *actions)
{
	const struct pair *pair = &action->host.pair;
	uint64_t packets;

	if (count_packets(daemon, &pair->remote, &pair->local, action->spi, &packets))
		hosts_on_looked(daemon->hosts, pair, action->spi, packets, clock_now_ms(), actions);
}

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
	const struct sa key = {.src = action->host.pair.local,
	                       .dst = action->host.pair.remote,
	                       .spi = action->spi,
	                       .proto = IPPROTO_ESP};

	installed_spd_delete_sa(daemon->spd, &key);
}

static void act(struct daemon *daemon, const struct host_action *action,
                struct host_actions *answers)
{
	const struct pair *pair = &action->host.pair;

	switch (action->kind) {
	case HOST_ACTION_PUT:
		put_policy(daemon, &action->host);
		break;
	case HOST_ACTION_REMOVE:
		remove_policy(daemon, &action->host);
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

/* Each subnet policy once, as far as they are few. */
static void refresh_all(struct daemon *daemon, const struct host_actions *actions)
{
	struct policy keys[REFRESHED_MAX], key;
	const struct local_addr *addrs;
	size_t addr_count, count = 0;

	addrs = addr_watch_list(daemon->addrs, &addr_count);
	for (size_t i = 0; i < actions->count; i++) {
		const struct known_host *host = &actions->items[i].host;
		size_t seen = 0;

		if (actions->items[i].kind != HOST_ACTION_REFRESH ||
		    !plan_subnet_key(&daemon->conf, addrs, addr_count, &host->pair, &key))
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

/* With all that follows from the answers. False: something was lost for want of memory. */
static bool act_all(struct daemon *daemon, const struct host_actions *actions)
{
	bool complete = !actions->out_of_memory;
	struct host_actions answers = {0};

	for (size_t i = 0; i < actions->count; i++)
		act(daemon, &actions->items[i], &answers);
	refresh_all(daemon, actions);
	if (answers.count || answers.out_of_memory)
		complete &= act_all(daemon, &answers);
	host_actions_fini(&answers);
	return complete;
}

static void run_actions(struct daemon *daemon, struct host_actions *actions)
{
	bool complete = act_all(daemon, actions);

	arm_timer(daemon);
	/* what was lost is found again in the kernel's SAs */
	if (!complete) {
		log_error("spd: known hosts: out of memory, pins are late");
		known_hosts_resync_soon(daemon);
	}
	host_actions_fini(actions);
}

static bool is_outbound(struct daemon *daemon, const struct sa *sa)
{
	const struct pair pair = {.local = sa->src, .remote = sa->dst};

	return daemon_owns_sa(daemon, sa) && is_protected(daemon, &pair);
}

/* Oldest first, as hosts_sync() wants them: by installation, and by SPI within a second. */
static int compare_age(const void *a, const void *b)
{
	const struct sa *x = a, *y = b;

	if (x->installed != y->installed)
		return x->installed < y->installed ? -1 : 1;
	return (x->spi > y->spi) - (x->spi < y->spi);
}

/* The caller frees. */
static int read_sas(struct daemon *daemon, struct sa **ret_sas, size_t *ret_count, struct err *err)
{
	int error = installed_spd_sas(daemon->spd, ret_sas, ret_count, err);

	if (!error && *ret_count)
		qsort(*ret_sas, *ret_count, sizeof(**ret_sas), compare_age);
	return error;
}

/* Takes the kernel's SAs as they are. */
static int sync_hosts(struct daemon *daemon, const struct sa *all, size_t all_count,
                      struct host_actions *actions, struct err *err)
{
	struct host_sa *sas = calloc(all_count ? all_count : 1, sizeof(*sas));
	size_t count = 0;

	if (!sas)
		return err_set(err, -ENOMEM, "known hosts: out of memory");
	for (size_t i = 0; i < all_count; i++)
		if (is_outbound(daemon, &all[i]))
			sas[count++] = (struct host_sa){
				.pair = {.local = all[i].src, .remote = all[i].dst},
				.spi = all[i].spi};
	hosts_sync(daemon->hosts, sas, count, clock_now_ms(), actions);
	free(sas);
	return 0;
}

static bool is_larval(const struct daemon *daemon, const struct sa *sa)
{
	return sa->proto == IPPROTO_ESP && sa->spi <= POLICY_SPI_WAIT_MAX &&
	       sa->reqid == daemon->conf.reqid;
}

void known_hosts_on_larval_expired(struct daemon *daemon, const struct pair *pair)
{
	if (hosts_phase(daemon->hosts, pair) != HOST_PHASE_BLOCKED)
		negotiator_larval_expired(daemon->negotiator, pair);
}

static int compare_pairs(const void *a, const void *b)
{
	return pair_compare(a, b);
}

/* Whose expiry nobody heard has been asked for no longer. */
static void end_wishes(struct daemon *daemon, const struct sa *all, size_t count)
{
	size_t host_count, kept = 0;
	const struct known_host *hosts = hosts_list(daemon->hosts, &host_count);
	struct pair *larvals = calloc(count + host_count + 1, sizeof(*larvals));

	/* then it is asked for a little longer */
	if (!larvals)
		return;
	for (size_t i = 0; i < host_count; i++)
		if (hosts[i].blocked)
			larvals[kept++] = hosts[i].pair;
	for (size_t i = 0; i < count; i++)
		if (is_larval(daemon, &all[i]))
			larvals[kept++] = (struct pair){.local = all[i].src, .remote = all[i].dst};
	qsort(larvals, kept, sizeof(*larvals), compare_pairs);
	negotiator_larvals_listed(daemon->negotiator, larvals, kept);
	free(larvals);
}

static bool is_wanted(const struct daemon *daemon, const struct sa *larval)
{
	const struct pair pair = {.local = larval->src, .remote = larval->dst};
	const struct peer *peer = peers_find(negotiator_peers(daemon->negotiator), &pair);

	return peer && peer->asked_by_traffic;
}

/* Of acquires that nobody heard: while these live the kernel does not ask again. The latest, since
 * those of very many would keep the loop from all else. */
static void take_larval(struct daemon *daemon, const struct sa *all, size_t count)
{
	for (size_t i = count, taken = 0; i-- > 0 && taken < LARVALS_AT_ONCE;) {
		const struct xfrm_acquire acquire = {
			.pair = {.local = all[i].src, .remote = all[i].dst},
			.spi = all[i].spi,
			.reqid = all[i].reqid};

		if (!is_larval(daemon, &all[i]) || is_wanted(daemon, &all[i]))
			continue;
		acquires_on_acquire(daemon, &acquire);
		taken++;
	}
}

void known_hosts_resync(void *ctx)
{
	struct daemon *daemon = ctx;
	struct host_actions actions = {0};
	struct sa *all = NULL;
	size_t count = 0;
	struct err err;

	if (read_sas(daemon, &all, &count, &err) < 0 ||
	    sync_hosts(daemon, all, count, &actions, &err) < 0) {
		log_error("spd: %s", err.text);
		known_hosts_resync_soon(daemon);
	}
	run_actions(daemon, &actions);
	if (all) {
		end_wishes(daemon, all, count);
		take_larval(daemon, all, count);
	}
	free(all);
}

void known_hosts_resync_soon(struct daemon *daemon)
{
	loop_timer_start(daemon->resync_timer, RESYNC_DELAY_MS);
}

/* What a predecessor left: its host policies hold packets and pins, and are taken over. */
static int restore(struct daemon *daemon)
{
	const struct policy_list *have = installed_spd_have(daemon->spd);
	struct known_host host;
	int error = 0;

	for (size_t i = 0; !error && i < have->count; i++)
		if (plan_read_host(&have->items[i], &host) && is_protected(daemon, &host.pair))
			error = hosts_restore(daemon->hosts, &host, clock_now_ms());
	return error;
}

/* What the plan depends on, too. 0 or -ENOMEM. */
static int set_mode(struct daemon *daemon)
{
	enum hosts_mode mode = HOSTS_MODE_HOLD;
	const struct local_addr *addrs;
	size_t count;

	if (daemon->conf.optional)
		mode = HOSTS_MODE_CLEAR;
	else if (daemon->conf.xfrm_larval_drop)
		mode = HOSTS_MODE_DROP;
	hosts_set_mode(daemon->hosts, mode);
	addrs = addr_watch_list(daemon->addrs, &count);
	return hosts_set_addresses(daemon->hosts, addrs, count);
}

int known_hosts_open(struct daemon *daemon, struct err *err)
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

int known_hosts_reload(struct daemon *daemon, struct host_actions *ret_actions, struct err *err)
{
	struct sa *all = NULL;
	size_t count = 0;
	int error = set_mode(daemon);

	hosts_retain(daemon->hosts, is_protected, daemon);
	if (!error)
		error = recent_peers_apply(daemon);
	if (error)
		err_set(err, error, "known hosts: out of memory");
	else
		error = read_sas(daemon, &all, &count, err);
	if (!error)
		error = sync_hosts(daemon, all, count, ret_actions, err);
	drop_writes(ret_actions);
	free(all);
	if (error)
		known_hosts_resync_soon(daemon);
	return error;
}

void known_hosts_reloaded(struct daemon *daemon, struct host_actions *actions)
{
	run_actions(daemon, actions);
}

void known_hosts_due(void *ctx)
{
	struct daemon *daemon = ctx;
	struct host_actions actions = {0};

	hosts_on_timer(daemon->hosts, clock_now_ms(), &actions);
	run_actions(daemon, &actions);
}

void known_hosts_on_sa(void *ctx, const struct sa *sa)
{
	struct daemon *daemon = ctx;
	const struct pair pair = {.local = sa->src, .remote = sa->dst};
	struct host_actions actions = {0};

	if (!is_outbound(daemon, sa))
		return;
	hosts_on_sa(daemon->hosts, &pair, sa->spi, clock_now_ms(), &actions);
	run_actions(daemon, &actions);
}

void known_hosts_on_fresh_sas(void *ctx, const struct fresh_sas *fresh)
{
	struct daemon *daemon = ctx;
	const struct sa key = {.src = fresh->pair.local,
	                       .dst = fresh->pair.remote,
	                       .spi = fresh->spi_out,
	                       .proto = IPPROTO_ESP};
	struct host_actions actions = {0};
	struct sa found;

	/* the kernel may have told that it is gone before charon's word that it is there was
	 * read */
	if (!is_protected(daemon, &fresh->pair) ||
	    installed_spd_find_sa(daemon->spd, &key, &found) < 0)
		return;
	hosts_on_fresh_sas(daemon->hosts, fresh, clock_now_ms(), &actions);
	run_actions(daemon, &actions);
}

void known_hosts_on_listed_sa(void *ctx, const struct pair *pair, uint32_t spi_in, uint32_t spi_out)
{
	struct daemon *daemon = ctx;

	hosts_on_inbound_sa(daemon->hosts, pair, spi_out, spi_in, clock_now_ms());
	arm_timer(daemon);
}

void known_hosts_on_sa_gone(void *ctx, const struct sa *sa)
{
	struct daemon *daemon = ctx;
	const struct pair pair = {.local = sa->src, .remote = sa->dst};
	struct host_actions actions = {0};

	hosts_on_sa_gone(daemon->hosts, &pair, sa->spi, clock_now_ms(), &actions);
	run_actions(daemon, &actions);
}

bool known_hosts_on_acquire(struct daemon *daemon, const struct xfrm_acquire *acquire)
{
	struct host_actions actions = {0};
	bool due = hosts_on_acquire(daemon->hosts, &acquire->pair, acquire->spi, clock_now_ms(),
	                            &actions);

	run_actions(daemon, &actions);
	return due;
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
	run_actions(daemon, &actions);
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

void known_hosts_unpin(struct daemon *daemon)
{
	const struct known_host *hosts;
	size_t count;

	hosts = hosts_list(daemon->hosts, &count);
	for (size_t i = 0; i < count; i++) {
		struct known_host host = hosts[i];

		/* a newer one the peer may not have */
		if (!host.spi ||
		    (!known_host_holds(&host) && !hosts_goes_by_newest(daemon->hosts, i)))
			continue;
		host.spi = 0;
		host.answer_spi = 0;
		put_policy(daemon, &host);
	}
	if (!daemon->flushed)
		unpin_subnets(daemon);
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
