/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_WAIT_SPIS_H
#define XFRMD_SPD_WAIT_SPIS_H

#include "xfrmd/net/local_addr.h"

/*
 * The reserved SPI of each address of this host: that of the templates that wait, which no SA has.
 * Two addresses have different ones, as far as there are enough, since the kernel finds a larval SA by
 * its remote address and its SPI alone. An address keeps its SPI while it is there; else a function of
 * the set of addresses, not of their order. Zero-initialise.
 */
struct wait_spis {
	struct wait_spi {
		struct addr local;
		uint8_t spi;
	} * items;
	size_t count;
};

/* Replaces what @spis held, but for want of memory; addresses that it held keep theirs. Local routes to
 * prefixes are left out. 0 or -ENOMEM. */
int wait_spis_assign(struct wait_spis *spis, const struct local_addr *addrs, size_t count);
void wait_spis_fini(struct wait_spis *spis);

/* Never 0; SPI_RESERVED_MAX for all that were not among the addresses. */
uint32_t wait_spis_of(const struct wait_spis *spis, const struct addr *local);

#endif
