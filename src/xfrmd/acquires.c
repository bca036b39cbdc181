/* SPDX-License-Identifier: MIT */
/* The kernel asks for SAs: which acquires are acted upon, and by whom. */
#include "xfrmd/xfrmd/acquires.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/spd/first_contacts.h"
#include "xfrmd/xfrmd/known_hosts.h"
#include "xfrmd/xfrmd/protects.h"

#define LOG_INTERVAL_MS 60000
/* Acquires that a look at the larval SAs makes up for. */
#define LARVALS_AT_ONCE 512

struct acquires {
	struct first_contacts *first_contacts;
	struct acquires_counters counters;
	struct log_limit put_off_log;
};

static bool is_known(const struct daemon *daemon, const struct pair *pair)
{
	return peers_find(negotiator_peers(daemon->negotiator), &pair->local, &pair->remote) ||
	       hosts_is_known(daemon->hosts, pair);
}

static void put_off(struct daemon *daemon, const struct pair *pair, uint32_t spi)
{
	const struct xfrm_sa larval = {
		.src = pair->local, .dst = pair->remote, .spi = spi, .proto = IPPROTO_ESP};
	struct acquires *acquires = daemon->parts.acquires;

	acquires->counters.put_off++;
	installed_spd_delete_sa(daemon->spd, &larval);
	if (log_allowed(&acquires->put_off_log, clock_now_ms(), "acquires: too many"))
		log_warning(
			"acquires: traffic asks for too many addresses at once, as a scan does; "
			"those that it asks for twice are negotiated with");
}

/* @spi: that the policy is pinned to. */
static void take(struct daemon *daemon, const struct pair *pair, uint32_t spi)
{
	struct acquires *acquires = daemon->parts.acquires;
	enum first_contact contact = FIRST_CONTACT_NEW;

	if (!protects(daemon, pair))
		return;
	/* without an SPI the larval SA could not end */
	if (spi && !is_known(daemon, pair))
		contact = first_contacts_admit(acquires->first_contacts, pair, clock_now_ms());
	if (contact == FIRST_CONTACT_NOT_YET)
		put_off(daemon, pair, spi);
	else if (known_hosts_on_acquire(daemon, pair, spi))
		negotiator_acquire(daemon->negotiator, &pair->local, &pair->remote,
		                   contact == FIRST_CONTACT_AGAIN);
	else
		acquires->counters.ignored++;
}

void acquires_on_acquire(void *ctx, const struct xfrm_acquire *acquire)
{
	const struct pair pair = {.local = acquire->local, .remote = acquire->remote};
	struct daemon *daemon = ctx;

	if (acquire->reqid == daemon->settings.conf.reqid)
		take(daemon, &pair, acquire->spi);
}

/* What larval SAs tell. */

static bool is_larval(const struct xfrm_sa *sa)
{
	return sa->spi <= POLICY_SPI_WAIT_MAX;
}

/* Whose expiry nobody heard has been asked for no longer. */
static void end_wishes(struct daemon *daemon, const struct sas *sas)
{
	size_t host_count, kept = 0;
	const struct known_host *hosts = hosts_list(daemon->hosts, &host_count);
	struct peer_sa *larvals = calloc(sas->count + host_count + 1, sizeof(*larvals));

	/* then it is asked for a little longer */
	if (!larvals)
		return;
	for (size_t i = 0; i < host_count; i++)
		if (hosts[i].blocked)
			larvals[kept++] = (struct peer_sa){.src = hosts[i].pair.local,
			                                   .dst = hosts[i].pair.remote};
	for (size_t i = 0; i < sas->count; i++)
		if (is_larval(&sas->items[i]))
			larvals[kept++] = (struct peer_sa){.src = sas->items[i].src,
			                                   .dst = sas->items[i].dst};
	qsort(larvals, kept, sizeof(*larvals), peer_sa_compare);
	negotiator_larvals_listed(daemon->negotiator, larvals, kept);
	free(larvals);
}

static bool is_wanted(const struct daemon *daemon, const struct pair *pair)
{
	const struct peer *peer = peers_find(negotiator_peers(daemon->negotiator), &pair->local,
	                                     &pair->remote);

	return peer && peer->wanted;
}

/* Of acquires that nobody heard: while these live the kernel does not ask again. The latest, since
 * those of very many would keep the loop from all else. */
static void take_larvals(struct daemon *daemon, const struct sas *sas)
{
	for (size_t i = sas->count, taken = 0; i-- > 0 && taken < LARVALS_AT_ONCE;) {
		const struct xfrm_sa *sa = &sas->items[i];
		const struct pair pair = {.local = sa->src, .remote = sa->dst};

		if (!is_larval(sa) || is_wanted(daemon, &pair))
			continue;
		take(daemon, &pair, sa->spi);
		taken++;
	}
}

void acquires_on_listed(struct daemon *daemon, const struct sas *sas)
{
	end_wishes(daemon, sas);
	take_larvals(daemon, sas);
}

void acquires_on_lost(struct daemon *daemon)
{
	daemon->parts.acquires->counters.lost++;
}

struct acquires_counters acquires_counters(const struct daemon *daemon)
{
	return daemon->parts.acquires->counters;
}

/* Life. */

int acquires_open(struct daemon *daemon, struct err *err)
{
	struct acquires *acquires = calloc(1, sizeof(*acquires));

	daemon->parts.acquires = acquires;
	if (!acquires || first_contacts_new(&acquires->first_contacts) < 0)
		return err_set(err, -ENOMEM, "acquires: out of memory");
	acquires->put_off_log = (struct log_limit){.burst = 1, .interval_ms = LOG_INTERVAL_MS};
	return 0;
}

void acquires_close(struct daemon *daemon)
{
	if (!daemon->parts.acquires)
		return;
	first_contacts_free(daemon->parts.acquires->first_contacts);
	free(daemon->parts.acquires);
	daemon->parts.acquires = NULL;
}
