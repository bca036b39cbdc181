/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_PLAN_INPUT_H
#define XFRMD_SPD_PLAN_INPUT_H

#include "xfrmd/conf/conf.h"
#include "xfrmd/net/local_addr.h"
#include "xfrmd/spd/hosts.h"
#include "xfrmd/spd/wait_spis.h"

/* What the desired SPD depends on besides the configuration; all borrowed. */
struct plan_input {
	const struct local_addr *addrs;
	size_t addr_count;
	const struct known_host *hosts;
	size_t host_count;
	struct forwarding forwarding;
	const struct wait_spis *spis; /* by which the templates of the addresses hold; NULL: new */
	bool lockdown;                /* before all else at boot: see fallback_add() */
};

/* Whether policies are made for this address: neither loopback nor link-local, on a chosen
 * interface. */
bool plan_addr_chosen(const struct conf *conf, const struct local_addr *addr);

#endif
