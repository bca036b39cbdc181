/* SPDX-License-Identifier: MIT */
/* The kernel's SAs as far as they are ours. */
#include "xfrmd/xfrmd/sas.h"

#include <stdlib.h>

static int compare_age(const void *a, const void *b)
{
	const struct sa *x = a, *y = b;

	if (x->installed != y->installed)
		return x->installed < y->installed ? -1 : 1;
	return (x->spi > y->spi) - (x->spi < y->spi);
}

int sas_read(struct daemon *daemon, struct sas *ret_sas, struct err *err)
{
	const uint32_t reqid = daemon->settings.conf.reqid;
	struct sas sas = {0};
	size_t kept = 0;
	int error = installed_spd_sas(daemon->spd, &sas.items, &sas.count, err);

	if (error)
		return error;
	for (size_t i = 0; i < sas.count; i++)
		if (sa_is_ours(&sas.items[i], reqid) || sa_is_larval(&sas.items[i], reqid))
			sas.items[kept++] = sas.items[i];
	sas.count = kept;
	if (kept)
		qsort(sas.items, kept, sizeof(*sas.items), compare_age);
	*ret_sas = sas;
	return 0;
}

bool sas_peer_is_up(void *ctx, const struct pair *pair)
{
	const struct daemon *daemon = ctx;
	const struct peer *peer = peers_find(negotiator_peers(daemon->negotiator), pair);

	return peer && peer->state == PEER_STATE_UP;
}

void sas_fini(struct sas *sas)
{
	free(sas->items);
	*sas = (struct sas){0};
}
