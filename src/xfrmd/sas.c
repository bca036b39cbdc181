/* SPDX-License-Identifier: MIT */
/* The kernel's SAs as far as they are ours. */
#include "xfrmd/xfrmd/sas.h"

#include <netinet/in.h>
#include <stdlib.h>

static int compare_age(const void *a, const void *b)
{
	const struct xfrm_sa *x = a, *y = b;

	if (x->installed != y->installed)
		return x->installed < y->installed ? -1 : 1;
	return (x->spi > y->spi) - (x->spi < y->spi);
}

int sas_read(struct daemon *daemon, struct sas *ret_sas, struct err *err)
{
	struct sas sas = {0};
	size_t kept = 0;
	int error = installed_spd_sas(daemon->spd, &sas.items, &sas.count, err);

	if (error)
		return error;
	for (size_t i = 0; i < sas.count; i++)
		if (sas.items[i].proto == IPPROTO_ESP &&
		    sas.items[i].reqid == daemon->settings.conf.reqid)
			sas.items[kept++] = sas.items[i];
	sas.count = kept;
	if (kept)
		qsort(sas.items, kept, sizeof(*sas.items), compare_age);
	*ret_sas = sas;
	return 0;
}

void sas_fini(struct sas *sas)
{
	free(sas->items);
	*sas = (struct sas){0};
}

bool daemon_owns_sa(const struct daemon *daemon, const struct xfrm_sa *sa)
{
	return sa->spi > POLICY_SPI_WAIT_MAX && sa->proto == IPPROTO_ESP &&
	       sa->reqid == daemon->settings.conf.reqid;
}
