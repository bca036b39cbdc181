/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_SAS_H
#define XFRMD_XFRMD_SAS_H

#include "xfrmd/xfrm/xfrm_codec.h"
#include "xfrmd/xfrmd/state.h"

/* What the kernel has of our reqid, oldest first: by installation, and by SPI within a second. Larval
 * ones are among them, and those that are still being negotiated. */
struct sas {
	struct xfrm_sa *items;
	size_t count;
};
/* The caller calls sas_fini(). 0, or negative errno and @err. */
int sas_read(struct daemon *daemon, struct sas *ret_sas, struct err *err);
void sas_fini(struct sas *sas);

/* Whether it is one that charon negotiated for us, and no larval one. */
bool daemon_owns_sa(const struct daemon *daemon, const struct xfrm_sa *sa);

#endif
