/* SPDX-License-Identifier: MIT */
/* The kernel asks for SAs: which acquires are acted upon, and by whom. */
#include <netinet/in.h>

#include "daemon.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/spd/plan.h"

#define LOG_INTERVAL_MS 60000

int acquires_open(struct daemon *daemon)
{
	daemon->acquires.put_off_log = (struct log_limit){.burst = 1,
	                                                  .interval_ms = LOG_INTERVAL_MS};
	return first_contacts_new(&daemon->acquires.first_contacts);
}

void acquires_close(struct daemon *daemon)
{
	first_contacts_free(daemon->acquires.first_contacts);
	daemon->acquires.first_contacts = NULL;
}

static bool is_negotiable(const struct daemon *daemon, const struct xfrm_acquire *acquire)
{
	const struct local_addr *addrs;
	size_t count;

	addrs = addr_watch_list(daemon->addrs, &count);
	return acquire->reqid == daemon->conf.reqid &&
	       plan_negotiable(&daemon->conf, addrs, count, &acquire->pair);
}

static bool is_known(const struct daemon *daemon, const struct xfrm_acquire *acquire)
{
	return peers_find(negotiator_peers(daemon->negotiator), &acquire->pair) ||
	       hosts_phase(daemon->hosts, &acquire->pair) != HOST_PHASE_NONE;
}

static void put_off(struct daemon *daemon, const struct xfrm_acquire *acquire)
{
	const struct sa larval = {.src = acquire->pair.local,
	                          .dst = acquire->pair.remote,
	                          .spi = acquire->spi,
	                          .proto = IPPROTO_ESP};

	daemon->acquires.put_off++;
	installed_spd_delete_sa(daemon->spd, &larval);
	if (log_allowed(&daemon->acquires.put_off_log, clock_now_ms(), "acquires: too many"))
		log_warning(
			"acquires: traffic asks for too many addresses at once, as a scan does; "
			"those that it asks for twice are negotiated with");
}

void acquires_on_acquire(void *ctx, const struct xfrm_acquire *acquire)
{
	struct daemon *daemon = ctx;
	enum first_contact contact = FIRST_CONTACT_NEW;

	if (!is_negotiable(daemon, acquire))
		return;
	/* without an SPI the larval SA could not end */
	if (acquire->spi && !is_known(daemon, acquire))
		contact = first_contacts_admit(daemon->acquires.first_contacts, &acquire->pair,
		                               clock_now_ms());
	if (contact == FIRST_CONTACT_NOT_YET)
		put_off(daemon, acquire);
	else if (known_hosts_on_acquire(daemon, acquire))
		negotiator_acquire(daemon->negotiator, &acquire->pair,
		                   contact == FIRST_CONTACT_AGAIN);
	else
		daemon->acquires.ignored++;
}
