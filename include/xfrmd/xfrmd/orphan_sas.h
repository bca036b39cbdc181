/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_ORPHAN_SAS_H
#define XFRMD_XFRMD_ORPHAN_SAS_H

#include "xfrmd/xfrmd/parts.h"

/* SAs that the present charon does not know. */
extern const struct part orphan_sas_part;
/* charon takes connections, before it is connected to. */
void orphan_sas_begin(struct daemon *daemon);
/* The kernel has new SAs. */
void orphan_sas_on_change(struct daemon *daemon);
/* negotiator_callbacks. */
void orphan_sas_on_listed_sa(void *ctx, const struct pair *pair, uint32_t spi_in, uint32_t spi_out);
void orphan_sas_on_listed(void *ctx, bool complete);

#endif
