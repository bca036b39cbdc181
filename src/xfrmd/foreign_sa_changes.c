/* SPDX-License-Identifier: MIT */
/*
 * What others do to our SAs. charon lists an SA until it deletes it itself, and initiates no second
 * one; so whoever else deletes one leaves a peer without traffic, until it is rekeyed.
 */
#include "xfrmd/xfrmd/foreign_sa_changes.h"

#include <stdio.h>
#include <stdlib.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/gather.h"
#include "xfrmd/base/log.h"
#include "xfrmd/xfrmd/sas.h"

/* What charon itself takes away again, as of rekeyings that collide, is told of within this time. */
#define CHECK_DELAY_MS 100

struct foreign_sa_changes {
	struct loop_timer *tell_timer, *check_timer;
	bool check_due;
	struct gather losses;
	size_t deleted, lacking; /* untold: SAs that were deleted, peers whose SAs were flushed */
	struct sa last;
	uint32_t charon_port; /* what charon calls itself in its requests */
	bool charon_port_known;
};

/* It uses its process id; should another version not, the SAs that it adds tell. */
static bool is_charon(const struct daemon *daemon, uint32_t port)
{
	const struct foreign_sa_changes *self = daemon->parts.foreign_sa_changes;

	return port == (uint32_t)charon_pid(daemon->charon) ||
	       (self->charon_port_known && port == self->charon_port);
}

static void tell(void *ctx)
{
	struct daemon *daemon = ctx;
	struct foreign_sa_changes *self = daemon->parts.foreign_sa_changes;
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX], over[32] = "";
	uint64_t over_ms;

	if (!gather_tell(&self->losses, clock_now_ms(), &over_ms))
		return;
	if (over_ms)
		snprintf(over, sizeof(over), " in %llu s", (unsigned long long)over_ms / 1000);
	if (self->deleted)
		log_warning("sad: somebody else deleted %zu SAs%s, the last one %s -> %s spi "
		            "0x%08x: rekeying",
		            self->deleted, over, addr_format(&self->last.src, src),
		            addr_format(&self->last.dst, dst), self->last.spi);
	if (self->lacking)
		log_warning("sad: somebody else flushed the SAs of %zu peers%s: rekeying",
		            self->lacking, over);
	self->deleted = self->lacking = 0;
	loop_timer_start_at(self->tell_timer, gather_due_ms(&self->losses));
}

static void note_loss(struct foreign_sa_changes *self)
{
	gather_add(&self->losses, clock_now_ms());
	loop_timer_start_at(self->tell_timer, gather_due_ms(&self->losses));
}

void foreign_sa_changes_on_new(struct daemon *daemon, uint32_t port)
{
	daemon->parts.foreign_sa_changes->charon_port = port;
	daemon->parts.foreign_sa_changes->charon_port_known = true;
}

void foreign_sa_changes_on_gone(struct daemon *daemon, const struct sa *sa, uint32_t port)
{
	struct foreign_sa_changes *self = daemon->parts.foreign_sa_changes;
	const struct pair ends = sa_pair(sa, true);

	if (is_charon(daemon, port) || port == installed_spd_port(daemon->spd) ||
	    !negotiator_sa_lost(daemon->negotiator, &ends))
		return;
	self->deleted++;
	self->last = *sa;
	note_loss(self);
}

/* The caller frees. NULL: it failed, which is logged. */
static struct pair *list_sas(struct daemon *daemon, size_t *ret_count)
{
	struct err err = {.text = "SAs: out of memory"};
	_cleanup_(sas_fini) struct sas all = {0};
	struct pair *list = NULL;
	size_t count = 0;

	if (sas_read(daemon, &all, &err) == 0)
		list = calloc(all.count + 1, sizeof(*list));
	if (!list)
		log_error("sad: %s", err.text);
	for (size_t i = 0; list && i < all.count; i++)
		if (sa_is_negotiated(&all.items[i]))
			list[count++] = sa_pair(&all.items[i], true);
	*ret_count = count;
	return list;
}

void foreign_sa_changes_check(struct daemon *daemon, bool flushed)
{
	struct foreign_sa_changes *self = daemon->parts.foreign_sa_changes;
	size_t count, lacking;
	_cleanup_(cleanup_free) struct pair *sas = list_sas(daemon, &count);

	if (!sas)
		return;
	lacking = negotiator_sas_listed(daemon->negotiator, sas, count);
	if (lacking && !flushed)
		log_warning("sad: %zu peers lack SAs that charon lists: rekeying", lacking);
	if (!lacking || !flushed)
		return;
	self->lacking += lacking;
	note_loss(self);
}

static void check_flushed(void *ctx)
{
	struct daemon *daemon = ctx;

	daemon->parts.foreign_sa_changes->check_due = false;
	foreign_sa_changes_check(daemon, true);
}

static bool has_sa(const struct daemon *daemon, const struct pair *pair, bool outbound,
                   uint32_t spi)
{
	const struct sa key = sa_key(pair, outbound, spi);
	struct sa found;

	return installed_spd_find_sa(daemon->spd, &key, &found) == 0;
}

void foreign_sa_changes_on_fresh(struct daemon *daemon, const struct fresh_sas *fresh)
{
	struct foreign_sa_changes *self = daemon->parts.foreign_sa_changes;

	if (self->check_due || (has_sa(daemon, &fresh->pair, true, fresh->spi_out) &&
	                        has_sa(daemon, &fresh->pair, false, fresh->spi_in)))
		return;
	self->check_due = true;
	loop_timer_start(self->check_timer, CHECK_DELAY_MS);
}

const struct part foreign_sa_changes_part = {
	PART(foreign_sa_changes),
	.timers = {{tell, offsetof(struct foreign_sa_changes, tell_timer)},
                   {check_flushed, offsetof(struct foreign_sa_changes, check_timer)}}};
