/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_SAS_H
#define XFRMD_XFRMD_SAS_H

#include "xfrmd/sad/sa.h"
#include "xfrmd/xfrmd/state.h"

/* What the kernel has of our reqid, oldest first: by installation, and by SPI within a second. Larval
 * ones are among them, and those that are still being negotiated. */
struct sas {
	struct sa *items;
	size_t count;
};
/* The caller calls sas_fini(). 0, or negative errno and @err. */
int sas_read(struct daemon *daemon, struct sas *ret_sas, struct err *err);
void sas_fini(struct sas *sas);
/* For sa_find_pair() with a struct daemon: pairs that are up. */
bool sas_peer_is_up(void *ctx, const struct pair *pair);

#endif
