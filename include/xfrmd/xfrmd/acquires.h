/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_ACQUIRES_H
#define XFRMD_XFRMD_ACQUIRES_H

#include "xfrmd/xfrm/xfrm_codec.h"
#include "xfrmd/xfrmd/parts.h"
#include "xfrmd/xfrmd/sas.h"

/* The kernel asks for SAs: which acquires are acted upon, and by whom. */
extern const struct part acquires_part;
/* An xfrm_events callback. */
void acquires_on_acquire(void *ctx, const struct xfrm_acquire *acquire);
/* From the larval SAs among all: acquires and expiries that nobody heard. */
void acquires_on_listed(struct daemon *daemon, const struct sas *sas);
void acquires_on_lost(struct daemon *daemon);

struct acquires_counters {
	uint64_t ignored; /* no negotiation was due for them */
	uint64_t put_off; /* first contacts, too many at once */
	uint64_t lost;    /* times that the kernel lost notifications */
};
struct acquires_counters acquires_counters(const struct daemon *daemon);

#endif
