/* SPDX-License-Identifier: MIT */
/*
 * Carries the kernel's SAs to the orphans machine and deletes what it has doomed; tells the
 * negotiator whom to negotiate with anew because of them. The pins of the host policies follow the
 * kernel's own notifications.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/spd/plan.h"

static void arm_timer(struct daemon *daemon)
{
	uint64_t due_ms = orphans_next_ms(daemon->orphans), now_ms = clock_now_ms();

	if (due_ms == UINT64_MAX)
		loop_timer_stop(daemon->orphans_timer);
	else
		loop_timer_start(daemon->orphans_timer, due_ms > now_ms ? due_ms - now_ms : 0);
}

/* False: none of ours, of a pair that is not protected any more, or larval (it has no
 * algorithm). */
static bool convert(const struct daemon *daemon, const struct xfrm_sa *sa, struct orphan_sa *ret_sa)
{
	const struct local_addr *addrs;
	struct orphan_sa seen = {
		.spi = sa->spi, .installed = sa->installed, .packets = sa->packets};
	struct pair pair;
	size_t count;

	if (!daemon_owns_sa(daemon, sa) || !sa->algorithm[0])
		return false;
	addrs = addr_watch_list(daemon->addrs, &count);
	pair = (struct pair){.local = sa->src, .remote = sa->dst};
	seen.outbound = plan_negotiable(&daemon->conf, addrs, count, &pair);
	if (!seen.outbound)
		pair = (struct pair){.local = sa->dst, .remote = sa->src};
	seen.local = pair.local;
	seen.remote = pair.remote;
	if (!plan_negotiable(&daemon->conf, addrs, count, &pair))
		return false;
	*ret_sa = seen;
	return true;
}

static int read_sas(struct daemon *daemon, struct orphan_sa **ret_sas, size_t *ret_count)
{
	struct xfrm_sa *all = NULL;
	struct orphan_sa *sas;
	size_t all_count, count = 0;
	struct err err;
	int error = installed_spd_sas(daemon->spd, &all, &all_count, &err);

	if (error) {
		log_error("spd: orphaned SAs: %s", err.text);
		return error;
	}
	sas = calloc(all_count ? all_count : 1, sizeof(*sas));
	for (size_t i = 0; sas && i < all_count; i++)
		count += convert(daemon, &all[i], &sas[count]);
	free(all);
	if (!sas) {
		log_error("spd: orphaned SAs: out of memory");
		return -ENOMEM;
	}
	*ret_sas = sas;
	*ret_count = count;
	return 0;
}

void orphan_sas_begin(struct daemon *daemon)
{
	struct orphan_sa *sas = NULL;
	size_t count = 0;

	orphans_clear(daemon->orphans);
	if (read_sas(daemon, &sas, &count) == 0 && orphans_begin(daemon->orphans, sas, count) < 0)
		log_error("spd: orphaned SAs: out of memory");
	free(sas);
	arm_timer(daemon);
}

void orphan_sas_on_listed_sa(void *ctx, const struct addr *local, const struct addr *remote,
                             uint32_t spi_in, uint32_t spi_out)
{
	struct daemon *daemon = ctx;

	orphans_claim(daemon->orphans, local, remote, false, spi_in);
	orphans_claim(daemon->orphans, local, remote, true, spi_out);
}

void orphan_sas_on_listed(void *ctx, bool complete)
{
	struct daemon *daemon = ctx;
	const struct orphan *list;
	size_t count;

	if (!complete) {
		log_warning("charon: its list of SAs was not understood, orphaned ones stay until "
		            "their lifetime ends");
		orphans_clear(daemon->orphans);
	}
	orphans_on_listed(daemon->orphans, clock_now_ms());
	list = orphans_list(daemon->orphans, &count);
	if (count)
		log_notice("charon: SAs of an earlier one are in use until they are replaced: %zu",
		           count);
	for (size_t i = 0; i < count; i++)
		negotiator_remember(daemon->negotiator, &list[i].sa.local, &list[i].sa.remote);
	arm_timer(daemon);
}

void orphan_sas_on_change(struct daemon *daemon)
{
	orphans_on_change(daemon->orphans, clock_now_ms());
	arm_timer(daemon);
}

static void delete_sa(struct daemon *daemon, const struct orphan_sa *orphan)
{
	struct xfrm_sa sa = {.src = orphan->outbound ? orphan->local : orphan->remote,
	                     .dst = orphan->outbound ? orphan->remote : orphan->local,
	                     .spi = orphan->spi,
	                     .proto = IPPROTO_ESP};
	int error = installed_spd_delete_sa(daemon->spd, &sa);
	char remote[ADDR_TEXT_MAX];

	if (error && error != -ESRCH)
		log_warning("spd: %s: orphaned SA %08x cannot be deleted: %s",
		            addr_format(&orphan->remote, remote), orphan->spi, strerror(-error));
	else
		log_debug("spd: %s: orphaned SA %08x is replaced, deleted",
		          addr_format(&orphan->remote, remote), orphan->spi);
}

void orphan_sas_due(void *ctx)
{
	struct daemon *daemon = ctx;
	const struct orphan *list;
	struct orphan_sa *sas;
	size_t count;

	if (read_sas(daemon, &sas, &count) < 0) {
		loop_timer_start(daemon->orphans_timer, ORPHANS_LOOK_MS);
		return;
	}
	orphans_look(daemon->orphans, sas, count, clock_now_ms());
	free(sas);
	list = orphans_list(daemon->orphans, &count);
	for (size_t i = 0; i < count; i++)
		if (list[i].doomed)
			delete_sa(daemon, &list[i].sa);
	arm_timer(daemon);
}
