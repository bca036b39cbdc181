/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CTL_CTL_SAS_H
#define XFRMD_CTL_CTL_SAS_H

#include "xfrmd/ctl/ctl_proto.h"
#include "xfrmd/sad/sa.h"

/* Puts the kernel's SAs into the order that ctl_sas_of() needs: many peers may be looked up
 * then. */
void ctl_sas_sort(struct sa *sas, size_t count);

/*
 * The ESP SAs with @reqid between two addresses as pairs: each outbound one with the inbound one
 * that was installed nearest in time, since charon makes them together; oldest first. The caller
 * frees *ret_pairs. 0 or -ENOMEM.
 */
int ctl_sas_of(const struct sa *sas, size_t count, uint32_t reqid, const struct pair *pair,
               struct ctl_sa **ret_pairs, size_t *ret_count);

#endif
