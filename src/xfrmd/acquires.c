/* SPDX-License-Identifier: MIT */
/* The kernel asks for SAs: which acquires are acted upon, and by whom. */
#include "xfrmd/xfrmd/acquires.h"

#include <errno.h>
#include <stdlib.h>

#include "xfrmd/base/cleanup.h"
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
	return peers_find(negotiator_peers(daemon->negotiator), pair) ||
	       hosts_phase(daemon->hosts, pair) != HOST_PHASE_NONE;
}

static void put_off(struct daemon *daemon, const struct pair *pair, uint32_t spi)
{
	const struct sa larval = sa_key(pair, true, spi);
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
		negotiator_acquire(daemon->negotiator, pair, contact == FIRST_CONTACT_AGAIN);
	else
		acquires->counters.ignored++;
}

void acquires_on_acquire(void *ctx, const struct xfrm_acquire *acquire)
{
	struct daemon *daemon = ctx;

	if (acquire->reqid == daemon->settings.conf.reqid)
		take(daemon, &acquire->pair, acquire->spi);
}

/* What larval SAs tell. */

/* Whose expiry nobody heard has been asked for no longer. */
static void end_wishes(struct daemon *daemon, const struct sas *sas)
{
	size_t host_count, kept = 0;
	const struct known_host *hosts = hosts_list(daemon->hosts, &host_count);
	_cleanup_(cleanup_free) struct pair *asked = calloc(sas->count + host_count + 1,
	                                                    sizeof(*asked));

	/* then it is asked for a little longer */
	if (!asked)
		return;
	for (size_t i = 0; i < host_count; i++)
		if (hosts[i].blocked)
			asked[kept++] = hosts[i].pair;
	for (size_t i = 0; i < sas->count; i++)
		if (!sa_is_negotiated(&sas->items[i]))
			asked[kept++] = sa_pair(&sas->items[i], true);
	qsort(asked, kept, sizeof(*asked), pair_compare_items);
	negotiator_larvals_listed(daemon->negotiator, asked, kept);
}

static bool is_wanted(const struct daemon *daemon, const struct pair *pair)
{
	const struct peer *peer = peers_find(negotiator_peers(daemon->negotiator), pair);

	return peer && peer->asked_by_traffic;
}

/* Of acquires that nobody heard: while these live the kernel does not ask again. The latest, since
 * those of very many would keep the loop from all else. */
static void take_larvals(struct daemon *daemon, const struct sas *sas)
{
	for (size_t i = sas->count, taken = 0; i-- > 0 && taken < LARVALS_AT_ONCE;) {
		const struct sa *sa = &sas->items[i];
		const struct pair pair = sa_pair(sa, true);

		if (sa_is_negotiated(sa) || is_wanted(daemon, &pair))
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

static int open_part(struct daemon *daemon, struct err *err)
{
	struct acquires *acquires = daemon->parts.acquires;

	acquires->put_off_log = (struct log_limit){.burst = 1, .interval_ms = LOG_INTERVAL_MS};
	return first_contacts_new(&acquires->first_contacts)
	               ? err_set(err, -ENOMEM, "acquires: out of memory")
	               : 0;
}

static void close_part(struct daemon *daemon)
{
	first_contacts_free(daemon->parts.acquires->first_contacts);
}

const struct part acquires_part = {PART(acquires), .open = open_part, .close = close_part};
