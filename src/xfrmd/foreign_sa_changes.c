/* SPDX-License-Identifier: MIT */
/*
 * What others do to our SAs. charon lists an SA until it deletes it itself, and initiates no second
 * one; so whoever else deletes one leaves a peer without traffic, until it is rekeyed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/gather.h"
#include "xfrmd/base/log.h"

struct foreign_sa_changes {
	struct loop_timer *tell_timer;
	struct gather losses;
	size_t deleted, lacking; /* untold: SAs that were deleted, peers whose SAs were flushed */
	struct sa last;
	uint32_t charon_port; /* what charon calls itself in its requests */
	bool charon_port_known;
};

/* It uses its process id; should another version not, the SAs that it adds tell. */
static bool is_charon(const struct daemon *daemon, uint32_t port)
{
	const struct foreign_sa_changes *guard = daemon->foreign_sa_changes;

	return port == (uint32_t)charon_pid(daemon->charon) ||
	       (guard->charon_port_known && port == guard->charon_port);
}

static void tell(void *ctx)
{
	struct daemon *daemon = ctx;
	struct foreign_sa_changes *guard = daemon->foreign_sa_changes;
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX], over[32] = "";
	uint64_t over_ms;

	if (!gather_tell(&guard->losses, clock_now_ms(), &over_ms))
		return;
	if (over_ms)
		snprintf(over, sizeof(over), " in %llu s", (unsigned long long)over_ms / 1000);
	if (guard->deleted)
		log_warning("sad: somebody else deleted %zu SAs%s, the last one %s -> %s spi "
		            "0x%08x: rekeying",
		            guard->deleted, over, addr_format(&guard->last.src, src),
		            addr_format(&guard->last.dst, dst), guard->last.spi);
	if (guard->lacking)
		log_warning("sad: somebody else flushed the SAs of %zu peers%s: rekeying",
		            guard->lacking, over);
	guard->deleted = guard->lacking = 0;
	loop_timer_start_at(guard->tell_timer, gather_due_ms(&guard->losses));
}

static void note_loss(struct foreign_sa_changes *guard)
{
	gather_add(&guard->losses, clock_now_ms());
	loop_timer_start_at(guard->tell_timer, gather_due_ms(&guard->losses));
}

void foreign_sa_changes_on_new(struct daemon *daemon, const struct sa *sa, uint32_t port)
{
	if (!daemon_owns_sa(daemon, sa))
		return;
	daemon->foreign_sa_changes->charon_port = port;
	daemon->foreign_sa_changes->charon_port_known = true;
}

void foreign_sa_changes_on_gone(struct daemon *daemon, const struct sa *sa, uint32_t port)
{
	struct foreign_sa_changes *guard = daemon->foreign_sa_changes;
	const struct peer_sa lost = {.src = sa->src, .dst = sa->dst};

	if (!daemon_owns_sa(daemon, sa) || is_charon(daemon, port) ||
	    port == installed_spd_port(daemon->spd))
		return;
	if (!negotiator_sa_lost(daemon->negotiator, &lost))
		return;
	guard->deleted++;
	guard->last = *sa;
	note_loss(guard);
}

static int list_sas(struct daemon *daemon, struct peer_sa **ret_sas, size_t *ret_count,
                    struct err *err)
{
	struct sa *all = NULL;
	struct peer_sa *sas;
	size_t all_count, count = 0;
	int error = installed_spd_sas(daemon->spd, &all, &all_count, err);

	if (error)
		return error;
	sas = calloc(all_count + 1, sizeof(*sas));
	if (!sas)
		error = err_set(err, -ENOMEM, "SAs: out of memory");
	for (size_t i = 0; sas && i < all_count; i++)
		if (daemon_owns_sa(daemon, &all[i]))
			sas[count++] = (struct peer_sa){.src = all[i].src, .dst = all[i].dst};
	free(all);
	if (error)
		return error;
	*ret_sas = sas;
	*ret_count = count;
	return 0;
}

void foreign_sa_changes_check(struct daemon *daemon, bool flushed)
{
	struct foreign_sa_changes *guard = daemon->foreign_sa_changes;
	struct peer_sa *sas = NULL;
	size_t count = 0, lacking;
	struct err err;

	if (list_sas(daemon, &sas, &count, &err) < 0) {
		log_error("sad: %s", err.text);
		return;
	}
	lacking = negotiator_sas_listed(daemon->negotiator, sas, count);
	free(sas);
	if (lacking && !flushed)
		log_warning("sad: %zu peers lack SAs that charon lists: rekeying", lacking);
	if (!lacking || !flushed)
		return;
	guard->lacking += lacking;
	note_loss(guard);
}

int foreign_sa_changes_open(struct daemon *daemon)
{
	daemon->foreign_sa_changes = calloc(1, sizeof(*daemon->foreign_sa_changes));
	if (!daemon->foreign_sa_changes)
		return -ENOMEM;
	return loop_timer_new(daemon->loop, tell, daemon, &daemon->foreign_sa_changes->tell_timer);
}

void foreign_sa_changes_close(struct daemon *daemon)
{
	if (!daemon->foreign_sa_changes)
		return;
	loop_timer_free(daemon->foreign_sa_changes->tell_timer);
	free(daemon->foreign_sa_changes);
	daemon->foreign_sa_changes = NULL;
}
