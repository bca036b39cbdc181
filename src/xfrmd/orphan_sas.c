/* SPDX-License-Identifier: MIT */
/*
 * Carries the kernel's SAs to the orphans machine and deletes what it has doomed; tells the
 * negotiator whom to negotiate with anew because of them. The pins of the host policies follow the
 * kernel's own notifications.
 */
#include "xfrmd/xfrmd/orphan_sas.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/sad/orphans.h"
#include "xfrmd/xfrmd/protects.h"
#include "xfrmd/xfrmd/sas.h"

struct orphan_sas {
	struct orphans *orphans;
	struct loop_timer *timer;
};

static struct orphans *machine(const struct daemon *daemon)
{
	return daemon->parts.orphan_sas->orphans;
}

static void arm_timer(struct daemon *daemon)
{
	loop_timer_start_at(daemon->parts.orphan_sas->timer, orphans_next_ms(machine(daemon)));
}

/* False: of a pair that is not protected any more, or without keys. */
static bool convert(struct daemon *daemon, const struct sa *sa, struct orphan_sa *ret_sa)
{
	*ret_sa = (struct orphan_sa){
		.spi = sa->spi, .installed = sa->installed, .packets = sa->packets};
	return sa_is_negotiated(sa) && sa_has_keys(sa) &&
	       sa_find_pair(sa, protects, daemon, &ret_sa->pair, &ret_sa->outbound);
}

/* The caller frees. NULL: it failed, which is logged. */
static struct orphan_sa *read_sas(struct daemon *daemon, size_t *ret_count)
{
	struct err err = {.text = "out of memory"};
	_cleanup_(sas_fini) struct sas all = {0};
	struct orphan_sa *sas = NULL;

	*ret_count = 0;
	if (sas_read(daemon, &all, &err) == 0)
		sas = calloc(all.count + 1, sizeof(*sas));
	if (!sas)
		log_error("spd: orphaned SAs: %s", err.text);
	for (size_t i = 0; sas && i < all.count; i++)
		*ret_count += convert(daemon, &all.items[i], &sas[*ret_count]);
	return sas;
}

void orphan_sas_begin(struct daemon *daemon)
{
	size_t count;
	_cleanup_(cleanup_free) struct orphan_sa *sas = read_sas(daemon, &count);

	orphans_clear(machine(daemon));
	if (sas && orphans_begin(machine(daemon), sas, count) < 0)
		log_error("spd: orphaned SAs: out of memory");
	arm_timer(daemon);
}

void orphan_sas_on_listed_sa(void *ctx, const struct pair *pair, uint32_t spi_in, uint32_t spi_out)
{
	struct daemon *daemon = ctx;

	orphans_claim(machine(daemon), pair, false, spi_in);
	orphans_claim(machine(daemon), pair, true, spi_out);
}

void orphan_sas_on_listed(void *ctx, bool complete)
{
	struct daemon *daemon = ctx;
	const struct orphan *list;
	size_t count;

	if (!complete) {
		log_warning("charon: its list of SAs was not understood, orphaned ones stay until "
		            "their lifetime ends");
		orphans_clear(machine(daemon));
	}
	orphans_on_listed(machine(daemon), clock_now_ms());
	list = orphans_list(machine(daemon), &count);
	if (count)
		log_notice("charon: SAs of an earlier one are in use until they are replaced: %zu",
		           count);
	for (size_t i = 0; i < count; i++)
		negotiator_remember(daemon->negotiator, &list[i].sa.pair);
	arm_timer(daemon);
}

void orphan_sas_on_change(struct daemon *daemon)
{
	orphans_on_change(machine(daemon), clock_now_ms());
	arm_timer(daemon);
}

static void delete_sa(struct daemon *daemon, const struct orphan_sa *orphan)
{
	const struct sa sa = sa_key(&orphan->pair, orphan->outbound, orphan->spi);
	int error = installed_spd_delete_sa(daemon->spd, &sa);
	char remote[ADDR_TEXT_MAX];

	if (error && error != -ESRCH)
		log_warning("spd: %s: orphaned SA %08x cannot be deleted: %s",
		            addr_format(&orphan->pair.remote, remote), orphan->spi,
		            strerror(-error));
	else
		log_debug("spd: %s: orphaned SA %08x is replaced, deleted",
		          addr_format(&orphan->pair.remote, remote), orphan->spi);
}

static void on_timer(void *ctx)
{
	struct daemon *daemon = ctx;
	const struct orphan *list;
	size_t count;
	_cleanup_(cleanup_free) struct orphan_sa *sas = read_sas(daemon, &count);

	if (!sas) {
		loop_timer_start(daemon->parts.orphan_sas->timer, ORPHANS_LOOK_MS);
		return;
	}
	orphans_look(machine(daemon), sas, count, clock_now_ms());
	list = orphans_list(machine(daemon), &count);
	for (size_t i = 0; i < count; i++)
		if (list[i].doomed)
			delete_sa(daemon, &list[i].sa);
	arm_timer(daemon);
}

static int open_part(struct daemon *daemon, struct err *err)
{
	return orphans_new(&daemon->parts.orphan_sas->orphans)
	               ? err_set(err, -ENOMEM, "orphaned SAs: out of memory")
	               : 0;
}

static void close_part(struct daemon *daemon)
{
	orphans_free(machine(daemon));
}

const struct part orphan_sas_part = {PART(orphan_sas), .open = open_part, .close = close_part,
                                     .timers = {{on_timer, offsetof(struct orphan_sas, timer)}}};
